#include "platform/telemetry/log.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace zoetrope::telemetry {
namespace {

std::string logged(const std::string& text) {
    testing::internal::CaptureStderr();
    warn("the file {} is broken", text);
    return testing::internal::GetCapturedStderr();
}

TEST(Log, has_one_line_for_each_event_whatever_its_words_are) {
    const std::string forged = logged("a\n2026-01-01T00:00:00.000+00:00 error all is lost\r");
    EXPECT_THAT(forged, testing::HasSubstr("a\\n2026-01-01T00:00:00.000+00:00 error"));
    EXPECT_EQ(std::ranges::count(forged, '\n'), 1);
    EXPECT_THAT(logged("\x1b[2J"), testing::HasSubstr("\\u{1b}[2J"));
    EXPECT_THAT(logged("naïve 写"), testing::HasSubstr("naïve 写"));
}

TEST(Log, is_cut_where_nobody_reads_on) {
    const std::string line = logged(std::string(100'000, 'x'));
    EXPECT_LT(line.size(), 5000U);
    EXPECT_THAT(line, testing::HasSubstr("bytes more"));
}

}  // namespace
}  // namespace zoetrope::telemetry

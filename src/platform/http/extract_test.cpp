#include "platform/http/extract.hpp"

#include <gmock/gmock.h>

namespace zoetrope::http {
namespace {

std::optional<std::int64_t> version_of(std::string_view tag) {
    Request request;
    request.headers = {{Field::if_match, "If-Match", tag}};
    const Caller caller{local_user};
    Extraction at{request, caller};
    return Extract<IfMatch>::from(at)->version;
}

TEST(IfMatchTest, takes_a_whole_version_and_lets_everything_else_match_nothing) {
    EXPECT_EQ(version_of(""), std::nullopt);
    EXPECT_EQ(version_of("*"), std::nullopt);
    EXPECT_EQ(version_of("\"7\""), 7);
    for (const char* tag :
         {"\"7x\"",
          "7",
          "\"\"",
          "\"",
          "\"x\"",
          "W/\"7\"",
          "\"7\", \"8\"",
          "\"99999999999999999999\""})
        EXPECT_EQ(version_of(tag), -1) << tag;
}

}  // namespace
}  // namespace zoetrope::http

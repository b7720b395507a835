#include "platform/queue/cron.hpp"

#include <gtest/gtest.h>

namespace zoetrope::queue {
namespace {

std::string next(std::string_view cron, std::string_view from) {
    const auto read = Cron::read(cron);
    if (!read) return read.error().fields.at(0).message;
    return to_text(read->next_after(*parse_instant(from)));
}

TEST(Cron, FindsTheNextTime) {
    const struct {
        const char *cron, *from, *expected;
    } cases[] = {
        {"* * * * *", "2026-11-22T08:00:00Z", "2026-11-22T08:01:00Z"},
        {"* * * * *", "2026-11-22T08:00:59.999999Z", "2026-11-22T08:01:00Z"},
        {"30 3 * * *", "2026-11-22T03:29:59Z", "2026-11-22T03:30:00Z"},
        {"30 3 * * *", "2026-11-22T03:30:00Z", "2026-11-23T03:30:00Z"},
        {"*/15 * * * *", "2026-11-22T08:46:00Z", "2026-11-22T09:00:00Z"},
        {"5/20 * * * *", "2026-11-22T08:06:00Z", "2026-11-22T08:25:00Z"},
        {"0 9-17/4 * * *", "2026-11-22T09:00:00Z", "2026-11-22T13:00:00Z"},
        {"0 0 1,15 * *", "2026-12-15T00:00:00Z", "2027-01-01T00:00:00Z"},
        {"0 12 * * mon-FRI", "2026-11-20T12:00:00Z", "2026-11-23T12:00:00Z"},
        {"0 12 * * 7", "2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"},
        {"0 12 * * 0", "2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z"},
        {"0 0 13 * fri", "2026-11-22T00:00:00Z", "2026-11-27T00:00:00Z"},
        {"0 0 29 feb *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"},
        {"0 0 */30 4 wed", "2026-11-22T00:00:00Z", "2037-04-01T00:00:00Z"},
        {"0 0 31 * *", "2026-11-22T00:00:00Z", "2026-12-31T00:00:00Z"},
        {"59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"},
        {" @daily ", "2026-11-22T08:00:00Z", "2026-11-23T00:00:00Z"},
        {"@Weekly", "2026-11-22T08:00:00Z", "2026-11-29T00:00:00Z"},
    };
    for (const auto& each : cases)
        EXPECT_EQ(next(each.cron, each.from), each.expected) << each.cron;
}

TEST(Cron, SaysWhatCannotBeRead) {
    for (const char* cron : {"", "* * * *", "* * * * * *", "@never"})
        EXPECT_TRUE(next(cron, "2026-11-22T00:00:00Z").starts_with("must have five fields"))
            << cron;
    for (const char* cron :
         {"60 * * * *",
          "* 24 * * *",
          "* * 0 * *",
          "* * * 13 *",
          "* * * * 8",
          "5-1 * * * *",
          "*/0 * * * *",
          "*/x * * * *",
          "1/2147483647 * * * *",
          "1, * * * *",
          "a * * * *",
          "- * * * *",
          "1-2-3 * * * *",
          "99999999999 * * * *"})
        EXPECT_TRUE(next(cron, "2026-11-22T00:00:00Z").starts_with("has '")) << cron;
    EXPECT_EQ(next("0 0 30 2 *", "2026-11-22T00:00:00Z"), "names a day that never comes");
    EXPECT_EQ(
        next("0 25 * * *", "2026-11-22T00:00:00Z"), "has '25' for the hour, which is 0 to 23"
    );
}

}  // namespace
}  // namespace zoetrope::queue

#include <gmock/gmock.h>

#include "platform/limits/one_at_a_time.hpp"
#include "platform/limits/sliding_window.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::limits {
namespace {

constexpr std::int64_t second = 1'000'000;

TEST(SlidingWindow, takes_as_many_as_the_limit_and_says_when_there_is_room) {
    SlidingWindow window(3, std::chrono::seconds(60));
    const Instant now{600 * second};
    for (int left : {2, 1, 0}) {
        const Quota quota = window.take("a", now);
        EXPECT_TRUE(quota.allowed);
        EXPECT_EQ(quota.remaining, left);
    }
    const Quota refused = window.take("a", now);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.limit, 3);
    EXPECT_TRUE(window.take("b", now).allowed) << "another key has its own";
}

TEST(SlidingWindow, slides_over_the_border_of_two_windows) {
    SlidingWindow window(4, std::chrono::seconds(60));
    const std::int64_t late = 659 * second;
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(window.take("a", Instant{late}).allowed);
    // Two seconds later a fixed window would let four more in.
    EXPECT_FALSE(window.take("a", Instant{late + 2 * second}).allowed);
    // After three quarters of the next window, three quarters of the old have gone.
    int allowed = 0;
    for (int i = 0; i < 4; ++i) allowed += window.take("a", Instant{705 * second}).allowed;
    EXPECT_EQ(allowed, 3);
}

TEST(SlidingWindow, is_free_again_when_it_said) {
    SlidingWindow window(2, std::chrono::seconds(10));
    std::int64_t now = 103 * second;
    window.take("a", Instant{now});
    window.take("a", Instant{now});
    for (int tries = 0; tries < 4; ++tries) {
        const Quota quota = window.take("a", Instant{now});
        if (quota.allowed) return;
        EXPECT_GE(quota.reset_s, 1);
        now += quota.reset_s * second;
    }
    FAIL() << "it was asked to come again, and again";
}

TEST(SlidingWindow, forgets_a_flood_before_it_forgets_who_was_counted) {
    SlidingWindow window(2, std::chrono::seconds(60), 100);
    const Instant now{600 * second};
    window.take("known", now);
    window.take("known", now);
    for (int i = 0; i < 1000; ++i) window.take("flood" + std::to_string(i), now);
    EXPECT_FALSE(window.take("known", now).allowed);
}

TEST(Network, of_ipv6_is_what_one_household_has) {
    EXPECT_EQ(network_of("198.51.100.7"), "198.51.100.7");
    EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2:ffff::1"));
    EXPECT_NE(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
    EXPECT_EQ(network_of("::ffff:198.51.100.7"), "198.51.100.7");
}

TEST(OneAtATime, lets_the_newest_wait_and_sends_the_others_away) {
    using namespace std::chrono_literals;
    test::Io io;
    OneAtATime limit;
    const auto begin = [&](std::chrono::milliseconds wait_max) {
        return asio::co_spawn(
            io.context().get_executor(), limit.take(7, wait_max), asio::use_future
        );
    };
    std::optional first(io.wait(limit.take(7, 1h)));
    EXPECT_TRUE(*first);
    EXPECT_TRUE(io.wait(limit.take(8, 1h))) << "another user";
    auto replaced = begin(1h);
    auto waiting = begin(1h);
    EXPECT_FALSE(replaced.get()) << "the one after it took its place";
    first.reset();
    std::optional called(waiting.get());
    EXPECT_TRUE(*called);
    EXPECT_FALSE(io.wait(limit.take(7, 10ms))) << "it waited for nothing";
    called.reset();
    EXPECT_TRUE(io.wait(limit.take(7, 0ms)));
}

}  // namespace
}  // namespace zoetrope::limits

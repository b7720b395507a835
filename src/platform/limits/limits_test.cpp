#include <gmock/gmock.h>

#include "platform/limits/one_at_a_time.hpp"
#include "platform/limits/open_per_network.hpp"
#include "platform/limits/open_per_user.hpp"
#include "platform/limits/token_bucket.hpp"
#include "platform/limits/turns_per_user.hpp"
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

TEST(OpenPerUser, gives_each_user_so_many_and_takes_them_back) {
    OpenPerUser streams(2);
    const UserId ann{1}, bob{2};
    const auto one = streams.take(ann);
    auto another = streams.take(ann);
    EXPECT_TRUE(one && another);
    EXPECT_FALSE(streams.take(ann));
    EXPECT_TRUE(streams.take(bob));
    another.reset();
    EXPECT_TRUE(streams.take(ann)) << "and it was given back at once";
    EXPECT_TRUE(streams.take(ann));
}

TEST(SlidingWindow, counts_an_ipv6_address_by_its_wider_networks_too) {
    SlidingWindow window(2, std::chrono::seconds(60));
    const Instant now{600 * second};
    int allowed = 0;
    for (int i = 0; i < 100; ++i) {  // all in one /56
        const auto networks = networks_of("2001:db8:1:" + std::to_string(i) + "::1");
        allowed += window.take(networks, now).allowed;
    }
    EXPECT_EQ(allowed, 8) << "a /56 has four times the limit of a /64";
    EXPECT_TRUE(window.take(networks_of("2001:db8:2:1::1"), now).allowed) << "another site";
}

TEST(TokenBucket, gives_its_tokens_back_one_after_the_other) {
    TokenBucket bucket(3);
    Instant now{600 * second};
    for (int left : {2, 1, 0}) {
        const Quota quota = bucket.take("a", now);
        EXPECT_TRUE(quota.allowed);
        EXPECT_EQ(quota.limit, 3);
        EXPECT_EQ(quota.remaining, left);
    }
    for (int i = 0; i < 100; ++i) {
        const Quota refused = bucket.take("a", now);
        EXPECT_FALSE(refused.allowed);
        EXPECT_EQ(refused.reset_s, 20) << "a refused attempt takes nothing";
    }
    EXPECT_TRUE(bucket.take("b", now).allowed) << "another key has its own";
    now = now + std::chrono::seconds(20);
    EXPECT_TRUE(bucket.take("a", now).allowed);
    EXPECT_FALSE(bucket.take("a", now).allowed);
}

TEST(TokenBucket, makes_nobody_wait_longer_than_half_a_minute) {
    TokenBucket bucket(60);
    bucket.divide(100);
    Instant now{600 * second};
    EXPECT_TRUE(bucket.take("a", now).allowed);
    const Quota refused = bucket.take("a", now);
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.reset_s, 30);
    now = now + std::chrono::seconds(refused.reset_s);
    EXPECT_TRUE(bucket.take("a", now).allowed);
}

TEST(TokenBucket, keeps_nobody_waiting_for_a_clock_that_was_ahead) {
    TokenBucket bucket(3);
    const Instant ahead{36'000 * second};
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take("a", ahead).allowed);
    EXPECT_FALSE(bucket.take("a", ahead).allowed);
    const Instant now = ahead - std::chrono::hours(9);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take("a", now).allowed) << i;
    EXPECT_FALSE(bucket.take("a", now).allowed);
}

TEST(TokenBucket, counts_an_ipv6_address_by_its_wider_networks_too) {
    TokenBucket bucket(2);
    const Instant now{600 * second};
    const auto address = [](unsigned i) {
        char text[40];
        std::snprintf(text, sizeof(text), "2001:db8:1:%x::1", i);
        return networks_of(text);
    };
    int allowed = 0;
    for (unsigned i = 0; i < 0x1000; ++i) allowed += bucket.take(address(i), now).allowed;
    EXPECT_EQ(allowed, 32) << "a /48 has sixteen times the limit";
    EXPECT_FALSE(bucket.look(address(0xffff), now).allowed);
    EXPECT_TRUE(bucket.take(networks_of("2001:db8:2:1::1"), now).allowed) << "another site";
    EXPECT_TRUE(bucket.take(networks_of("198.51.100.7"), now).allowed);
}

TEST(TokenBucket, forgets_a_flood_before_it_forgets_who_was_counted) {
    TokenBucket bucket(4, 100);
    const Instant now{600 * second};
    for (int i = 0; i < 4; ++i) bucket.take("known", now);
    for (int i = 0; i < 1000; ++i) bucket.take("flood" + std::to_string(i), now);
    EXPECT_FALSE(bucket.take("known", now).allowed);
}

TEST(Network, of_ipv6_is_what_one_household_has) {
    const auto names = [](std::string_view address) {
        std::vector<std::string> out;
        for (const LimitKey& each : networks_of(address)) out.push_back(each.key);
        return out;
    };
    EXPECT_THAT(
        names("2001:db8:1:234:5::6"),
        testing::ElementsAre("2001:db8:1:234::/64", "2001:db8:1:200::/56", "2001:db8:1::/48")
    );
    EXPECT_THAT(names("198.51.100.7"), testing::ElementsAre("198.51.100.7"));
    EXPECT_EQ(network_of("198.51.100.7"), "198.51.100.7");
    EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2:ffff::1"));
    EXPECT_NE(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
    EXPECT_EQ(network_of("::ffff:198.51.100.7"), "198.51.100.7");
}

TEST(OpenPerNetwork, has_room_for_the_neighbours_of_who_holds_all_they_may) {
    OpenPerNetwork open(2, 20);
    const auto take = [&](const std::string& address) {
        const auto networks = networks_of(address);
        const LimitKey* full = open.take(networks);
        return full ? full->key : "";
    };
    EXPECT_EQ(take("198.51.100.7"), "");
    EXPECT_EQ(take("198.51.100.7"), "");
    EXPECT_EQ(take("198.51.100.7"), "198.51.100.7");
    EXPECT_EQ(take("198.51.100.8"), "");
    open.give_back(networks_of("198.51.100.7"));
    EXPECT_EQ(take("198.51.100.7"), "");
    EXPECT_EQ(open.open("198.51.100.9"), 0U);
    // 2 of a /64, 8 of a /56, and 20 of a /48, as of any.
    int held = 0;
    for (int house = 0; house < 5; ++house)
        for (int i = 0; i < 10; ++i)
            held +=
                take("2001:db8:1:" + std::to_string(house) + std::to_string(i) + "0::1").empty() +
                take("2001:db8:1:" + std::to_string(house) + std::to_string(i) + "0::2").empty();
    EXPECT_EQ(held, 20);
    EXPECT_EQ(take("2001:db8:1:ff00::1"), "2001:db8:1::/48");
    EXPECT_EQ(take("2001:db8:2::1"), "");
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

TEST(TurnsPerUser, keeps_one_users_requests_waiting_and_nobody_elses) {
    test::Io io;
    TurnsPerUser lists({.at_a_time = 2, .large_at_a_time = 1, .large_bytes = 1000}, io.context());
    const auto begin = [&](UserId user) {
        return asio::co_spawn(
            io.context().get_executor(),
            [](TurnsPerUser& from, UserId of) -> Async<std::shared_ptr<TurnsPerUser::Place>> {
                co_return std::make_shared<TurnsPerUser::Place>(co_await from.take(of));
            }(lists, user),
            asio::use_future
        );
    };
    const auto is_ready = [](auto& place) {
        return place.wait_for(std::chrono::milliseconds(50)) == std::future_status::ready;
    };
    auto one = begin(UserId{1}).get();
    auto another = begin(UserId{1}).get();
    auto third = begin(UserId{1}), fourth = begin(UserId{1});
    EXPECT_TRUE(begin(UserId{2}).get()) << "another user";
    EXPECT_FALSE(is_ready(third));
    const auto leave = [&io](auto& place) {  // on the thread of all turns
        io.wait([](auto& of) -> Async<int> { co_return (of.reset(), 0); }(place));
    };
    leave(one);
    auto called = third.get();
    EXPECT_FALSE(is_ready(fourth)) << "one left, so one comes";
    leave(called);
    auto last = fourth.get();
    leave(another);
    leave(last);
    auto large = begin(UserId{1}).get();
    large->note(1000);
    auto next = begin(UserId{1}).get();
    leave(large);
    auto behind = begin(UserId{1});
    EXPECT_FALSE(is_ready(behind)) << "large ones go one by one";
    next->note(10);
    auto after = begin(UserId{1});
    leave(next);
    auto held = behind.get();
    EXPECT_FALSE(is_ready(after)) << "a small one between them changes nothing";
    leave(held);
    EXPECT_TRUE(after.get());
}

}  // namespace
}  // namespace zoetrope::limits

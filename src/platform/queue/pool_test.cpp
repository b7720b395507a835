#include "platform/queue/pool.hpp"

#include <gmock/gmock.h>

namespace zoetrope::queue {
namespace {

using std::chrono::seconds;

class Depth : public testing::Test {
  protected:
    std::int64_t after(std::int64_t waiting, std::int64_t size, seconds since_busy) {
        const PoolState state{size, now_};
        const auto decision = decide(settings_, rule_, state, waiting, now_ + since_busy);
        reason_ = decision ? decision->reason : "";
        return decision ? decision->size : size;
    }

    PoolSettings settings_{.name = "test", .size_min = 5, .size_desired = 20, .size_max = 50};
    DepthRule rule_;
    Instant now_{1'000'000'000};
    std::string reason_;
};

TEST_F(Depth, asks_for_the_sizes_at_the_thresholds) {
    EXPECT_EQ(wanted_size(settings_, rule_, 0), 5);
    EXPECT_EQ(wanted_size(settings_, rule_, 500), 5);
    EXPECT_EQ(wanted_size(settings_, rule_, 501), 20);
    EXPECT_EQ(wanted_size(settings_, rule_, 1000), 20);
    EXPECT_EQ(wanted_size(settings_, rule_, 1001), 50);
}

TEST_F(Depth, grows_a_pool_at_once) {
    EXPECT_EQ(after(501, 5, seconds(0)), 20);
    EXPECT_EQ(reason_, "more than 500 wait");
    EXPECT_EQ(after(1001, 20, seconds(0)), 50);
    EXPECT_EQ(reason_, "more than 1000 wait");
}

TEST_F(Depth, shrinks_it_when_its_size_was_not_asked_for_some_time) {
    EXPECT_EQ(after(400, 50, seconds(59)), 50);
    EXPECT_EQ(after(400, 50, seconds(60)), 5);
    EXPECT_EQ(reason_, "no more than 500 waited for 60 s");
    EXPECT_EQ(after(700, 50, seconds(60)), 20);
    EXPECT_EQ(reason_, "no more than 1000 waited for 60 s");
    EXPECT_EQ(after(700, 20, seconds(600)), 20);  // which is asked for
}

TEST_F(Depth, leaves_a_pool_at_its_desired_size_when_it_is_off) {
    rule_.is_on = false;
    EXPECT_EQ(after(0, 20, seconds(600)), 20);
    EXPECT_EQ(after(5000, 20, seconds(0)), 20);
    EXPECT_EQ(after(0, 5, seconds(0)), 20);
    EXPECT_EQ(reason_, "the autoscaler is off");
}

TEST_F(Depth, keeps_to_limits_that_were_changed_at_once) {
    settings_.size_min = 8;
    EXPECT_EQ(after(0, 5, seconds(0)), 8);
    settings_.size_max = 30;
    EXPECT_EQ(after(0, 50, seconds(0)), 30);
    EXPECT_EQ(reason_, "its limits were changed");
}

TEST(Share, of_all_nodes_is_the_whole) {
    EXPECT_EQ(share_of(5, 0, 1), 5);
    EXPECT_EQ(share_of(5, 0, 2), 3);
    EXPECT_EQ(share_of(5, 1, 2), 2);
    EXPECT_EQ(share_of(1, 1, 2), 0);
}

TEST(PoolSettings, that_cannot_be_name_each_field) {
    const auto refused = check({.name = "x", .size_min = 3, .size_desired = 9, .size_max = 4});
    ASSERT_FALSE(refused.has_value());
    ASSERT_EQ(refused.error().fields.size(), 1U);
    EXPECT_EQ(refused.error().fields[0].field, "size_desired");
    EXPECT_EQ(check({.name = "x", .concurrency = 0, .prefetch = 0}).error().fields.size(), 2U);
    EXPECT_TRUE(check({.name = "x"}).has_value());
}

}  // namespace
}  // namespace zoetrope::queue

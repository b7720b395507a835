#include "app/pools.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace zoetrope::app {
namespace {

queue::PoolSettings pool_of(std::string_view text, std::string_view name) {
    const auto pools = read_pools(text);
    EXPECT_TRUE(pools.has_value());
    return *std::ranges::find(*pools, name, &queue::PoolSettings::name);
}

std::string refused(std::string_view text) {
    const auto pools = read_pools(text);
    if (pools) return "";
    return pools.error().fields.at(0).field + " " + pools.error().fields.at(0).message;
}

TEST(Pools, of_the_house_are_there_without_being_named) {
    const auto pool = pool_of("", "model_generation");
    EXPECT_EQ(pool.size_min, 5);
    EXPECT_EQ(pool.size_desired, 20);
    EXPECT_EQ(pool.size_max, 50);
    EXPECT_EQ(pool.concurrency, 8);
    EXPECT_EQ(pool.prefetch, 2);
    EXPECT_EQ(pool.tasks_per_child, 100);
}

TEST(Pools, are_changed_and_added) {
    constexpr auto text = "priority = 1/1/1 , concurrency = 2; thumbs=2/3/4";
    EXPECT_EQ(pool_of(text, "priority").size_max, 1);
    EXPECT_EQ(pool_of(text, "priority").concurrency, 2);
    EXPECT_EQ(pool_of(text, "priority").tasks_per_child, 100);  // as it was
    EXPECT_EQ(pool_of(text, "thumbs").size_desired, 3);
    EXPECT_EQ(pool_of(text, "thumbs").concurrency, 4);
    EXPECT_EQ(pool_of(text, "maintenance").size_max, 3);
}

TEST(Pools, need_no_sizes) {
    EXPECT_EQ(pool_of("thumbs", "thumbs").size_min, 2);
    EXPECT_EQ(pool_of("thumbs", "thumbs").size_max, 10);
    EXPECT_EQ(pool_of("thumbs,concurrency=2", "thumbs").concurrency, 2);
    EXPECT_EQ(pool_of("model_generation,concurrency=2", "model_generation").size_max, 50);
    EXPECT_EQ(pool_of("model_generation,concurrency=2", "model_generation").concurrency, 2);
}

TEST(Pools, that_make_no_sense_are_refused_by_name) {
    for (const char* text :
         {"priority=",
          "priority=1/2",
          "=1/2/3",
          "Thumb nails=1/2/3",
          "priority=1/2/x",
          "priority=1/2/3,size=4",
          "priority=1/2/3,concurrency"})
        EXPECT_THAT(refused(text), testing::HasSubstr("must be like")) << text;
    EXPECT_EQ(refused("thumbs=3/2/4"), "thumbs size_desired must be from 3 to 4");
    EXPECT_EQ(refused("thumbs=1/2/3,prefetch=0"), "thumbs prefetch must be from 1 to 100");
}

TEST(Served, queues_have_slots_of_their_own_or_a_share) {
    const auto pools = *read_pools("");
    const auto served = read_served("model_generation=8, priority", pools);
    ASSERT_TRUE(served.has_value());
    EXPECT_EQ(served->at(0).queue, "model_generation");
    EXPECT_EQ(served->at(0).slots, 8U);
    EXPECT_EQ(served->at(1).slots, 0U);
    for (const char* text : {"", "none=1", "priority=0", "priority=x", "priority=1,"})
        EXPECT_FALSE(read_served(text, pools).has_value()) << text;
}

}  // namespace
}  // namespace zoetrope::app

#include "platform/cache/lru.hpp"

#include <gtest/gtest.h>

#include <string>

namespace zoetrope::cache {
namespace {

using namespace std::chrono_literals;

TEST(Lru, TheLeastRecentlyUsedGoesFirst) {
    Lru<int, std::string> lru(2);
    lru.put(1, "one");
    lru.put(2, "two");
    EXPECT_EQ(lru.get(1), "one");
    lru.put(3, "three");
    EXPECT_EQ(lru.get(2), std::nullopt);
    EXPECT_EQ(lru.get(1), "one");
    EXPECT_EQ(lru.get(3), "three");
}

TEST(Lru, WhatIsPutAgainIsReplacedAndCountsOnce) {
    Lru<int, int> lru(2);
    lru.put(1, 10);
    lru.put(2, 20);
    lru.put(1, 11);
    EXPECT_EQ(lru.get(1), 11);
    EXPECT_EQ(lru.get(2), 20);
}

TEST(Lru, NothingIsKeptLongerThanItsAge) {
    const auto start = std::chrono::steady_clock::now();
    Lru<int, int> lru(2, 300s);
    lru.put(1, 10, start);
    EXPECT_EQ(lru.get(1, start + 299s), 10);
    EXPECT_EQ(lru.get(1, start + 300s), std::nullopt);
    EXPECT_EQ(lru.get(1, start), std::nullopt);
}

TEST(Lru, WhatIsErasedIsGone) {
    Lru<int, int> lru(2);
    lru.put(1, 10);
    lru.erase(1);
    lru.erase(7);
    EXPECT_EQ(lru.get(1), std::nullopt);
}

}  // namespace
}  // namespace zoetrope::cache

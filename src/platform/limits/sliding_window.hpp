// How often something may happen in a window of time, per key (an address, an account): a sliding
// window over two fixed ones, whose older counts by the part of it that the window still covers.
// Any thread.
#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "platform/base/result.hpp"
#include "platform/base/time.hpp"
#include "platform/limits/networks.hpp"

namespace zoetrope::limits {

struct Quota {
    std::int64_t limit = 0;      // in a window; 0: none
    std::int64_t remaining = 0;  // now
    int reset_s = 0;             // until the count has fallen by at least one
    bool allowed = true;
};

class SlidingWindow {
  public:
    // `limit` 0: none. `keys_max`: what is kept; past it, windows that are over are forgotten, and
    // then the keys with the least in them.
    SlidingWindow(std::int64_t limit, std::chrono::seconds window, std::size_t keys_max = 100'000)
        : whole_(limit),
          limit_(limit),
          window_us_(std::chrono::microseconds(window).count()),
          keys_max_(keys_max) {}

    // Counts one when there is room.
    Quota take(std::string_view key, Instant now);
    // Counts one under each key, or under none when one of them has no room.
    Quota take(std::span<const LimitKey> keys, Instant now);
    // Each of so many processes lets through its part of the limit, and at least one.
    void divide(unsigned processes);

  private:
    struct Count {
        std::int64_t window = 0;  // which one `now` is of
        std::int64_t now = 0;
        std::int64_t before = 0;
    };
    Count& count_of(const std::string& key, std::int64_t window);
    Quota quota_of(const Count& count, std::int64_t limit, Instant now) const;
    void make_room(std::int64_t window);

    const std::int64_t whole_;
    std::atomic<std::int64_t> limit_;
    const std::int64_t window_us_;
    const std::size_t keys_max_;
    std::mutex mutex_;
    boost::unordered_flat_map<std::string, Count> counts_;
};

// For one that is not allowed: when to come again.
Error too_many(const Quota& quota);

}  // namespace zoetrope::limits

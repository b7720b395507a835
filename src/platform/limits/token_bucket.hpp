// How often something may happen, per key, where nobody may be made to wait long: a bucket of
// tokens that refills steadily (as the generic cell rate algorithm, ITU-T I.371, keeps it). A key
// that has used its bucket gets one token each interval, and refused attempts take none; a
// SlidingWindow would keep it out for the rest of its window. Thread-safe.
#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "platform/base/time.hpp"
#include "platform/limits/networks.hpp"
#include "platform/limits/sliding_window.hpp"

namespace zoetrope::limits {

class TokenBucket {
  public:
    // However small the limit, the next token is no farther away.
    static constexpr std::chrono::seconds wait_max{30};

    // `per_minute`: tokens in a full bucket, and how many come back in a minute; 0: no limit.
    // `keys_max`: buckets kept; past it full ones are forgotten, then those that are nearly full.
    explicit TokenBucket(std::int64_t per_minute, std::size_t keys_max = 100'000)
        : whole_(per_minute),
          limit_(per_minute),
          keys_max_(keys_max) {}

    // Takes a token when there is one.
    Quota take(std::string_view key, Instant now);
    // Takes a token of each key, or none when one of them has none.
    Quota take(std::span<const LimitKey> keys, Instant now);
    // What take() would answer.
    Quota look(std::span<const LimitKey> keys, Instant now) const;
    // Each of so many processes lets through its part of the limit, and at least one.
    void divide(unsigned processes);

  private:
    Quota quota_of(const LimitKey& key, std::int64_t limit, Instant now) const;
    void make_room(Instant now);

    const std::int64_t whole_;
    std::atomic<std::int64_t> limit_;
    const std::size_t keys_max_;
    mutable std::mutex mutex_;
    boost::unordered_flat_map<std::string, Instant> full_at_;  // when each bucket is full again
};

}  // namespace zoetrope::limits

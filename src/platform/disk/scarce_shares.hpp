// What each user may add to a database on a disk that is nearly full: a little, so that nobody
// takes the reserve from the others. Counts the bytes of requests, in memory, by the hour.
// Thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "platform/base/ids.hpp"

namespace zoetrope::disk {

class ScarceShares {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;

    // A day's notes and work of a person; a reserve of 512 MB holds an hour of 500 people's.
    static constexpr std::uint64_t hourly_bytes = std::uint64_t(1) << 20;

    // The least that a database writes, whatever a request holds.
    static constexpr std::uint64_t page_bytes = 4096;

    // Counts the bytes when they fit the rest of the user's hour. False: they do not.
    bool take(UserId user, std::uint64_t bytes, TimePoint now) {
        bytes = std::max(bytes, page_bytes);
        const std::lock_guard lock(mutex_);
        if (now - began_at_ >= std::chrono::hours(1)) {
            used_.clear();
            began_at_ = now;
        }
        std::uint64_t& used = used_[user.value];
        if (used + bytes > hourly_bytes) return false;
        used += bytes;
        return true;
    }

  private:
    std::mutex mutex_;
    TimePoint began_at_{};
    std::unordered_map<std::int64_t, std::uint64_t> used_;
};

}  // namespace zoetrope::disk

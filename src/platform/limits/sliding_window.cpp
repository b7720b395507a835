#include "platform/limits/sliding_window.hpp"

#include <algorithm>
#include <cmath>

namespace zoetrope::limits {

Quota SlidingWindow::take(std::string_view key, Instant now) {
    const LimitKey alone{std::string(key)};
    return take(std::span(&alone, 1), now);
}

Quota SlidingWindow::take(std::span<const LimitKey> keys, Instant now) {
    const std::int64_t limit = limit_.load(std::memory_order_relaxed);
    if (limit == 0) return {};
    const std::int64_t window = now.us / window_us_;
    const std::lock_guard lock(mutex_);
    for (const auto& [key, allowance] : keys) {
        const Quota quota = quota_of(count_of(key, window), limit * allowance, now);
        if (!quota.allowed) return quota;
    }
    for (const LimitKey& each : keys) ++count_of(each.key, window).now;
    const LimitKey& first = keys.front();
    Quota quota = quota_of(count_of(first.key, window), limit * first.allowance, now);
    quota.allowed = true;
    return quota;
}

SlidingWindow::Count& SlidingWindow::count_of(const std::string& key, std::int64_t window) {
    auto found = counts_.find(key);
    if (found == counts_.end()) {
        if (counts_.size() >= keys_max_) make_room(window);
        found = counts_.emplace(key, Count{.window = window}).first;
    }
    Count& count = found->second;
    if (count.window != window) {
        count.before = count.window == window - 1 ? count.now : 0;
        count.now = 0;
        count.window = window;
    }
    return count;
}

// What is left, and whether one more has room.
Quota SlidingWindow::quota_of(const Count& count, std::int64_t limit, Instant now) const {
    const double passed = double(now.us % window_us_) / double(window_us_);
    const double used = double(count.now) + double(count.before) * (1 - passed);
    Quota quota{.limit = limit};
    quota.allowed = used + 1 <= double(limit);
    quota.remaining = std::max<std::int64_t>(0, limit - std::int64_t(std::ceil(used)));
    // The older window's part shrinks steadily; a full newer one has to become the older first.
    const double window_s = double(window_us_) / 1e6;
    double wait = (1 - passed) * window_s;
    if (count.before > 0 && count.now < limit)
        wait = std::min(wait, (used + 1 - double(limit)) / double(count.before) * window_s);
    quota.reset_s = std::max(1, int(std::ceil(wait)));
    return quota;
}

void SlidingWindow::divide(unsigned processes) {
    limit_ = whole_ == 0 ? 0 : std::max<std::int64_t>(1, whole_ / std::max(1U, processes));
}

void SlidingWindow::make_room(std::int64_t window) {
    boost::unordered::erase_if(counts_, [&](const auto& entry) {
        return entry.second.window < window - 1;
    });
    if (counts_.size() < keys_max_) return;
    // All are recent: a flood of addresses. Those that come once are the flood.
    boost::unordered::erase_if(counts_, [](const auto& entry) { return entry.second.now <= 1; });
    if (counts_.size() >= keys_max_) counts_.clear();
}

Error too_many(const Quota& quota) {
    Error error{.code = Code::limited, .message = "Too many tries. Wait a moment."};
    error.retry_after_s = quota.reset_s;
    error.limit = quota.limit;
    return error;
}

}  // namespace zoetrope::limits

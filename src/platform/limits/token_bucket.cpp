#include "platform/limits/token_bucket.hpp"

#include <algorithm>

namespace zoetrope::limits {

namespace {

constexpr std::int64_t second_us = 1'000'000;

// Between two tokens of a bucket that holds so many.
std::int64_t interval_us(std::int64_t tokens) {
    constexpr std::int64_t max = TokenBucket::wait_max.count() * second_us;
    return std::clamp<std::int64_t>(60 * second_us / tokens, 1, max);
}

// When a bucket is full again. Never later than what it holds takes, unless the clock was wrong.
Instant believed(Instant full_at, std::int64_t tokens, Instant now) {
    const std::chrono::microseconds longest{interval_us(tokens) * (tokens + 1)};
    return full_at > now + longest ? now : full_at;
}

int seconds_up(std::int64_t us) {
    return int(std::max<std::int64_t>(1, (us + second_us - 1) / second_us));
}

}  // namespace

Quota TokenBucket::take(std::string_view key, Instant now) {
    const LimitKey alone{std::string(key)};
    return take(std::span(&alone, 1), now);
}

Quota TokenBucket::take(std::span<const LimitKey> keys, Instant now) {
    const std::int64_t limit = limit_.load(std::memory_order_relaxed);
    if (limit == 0) return {};
    const std::lock_guard lock(mutex_);
    for (const LimitKey& each : keys) {
        const Quota quota = quota_of(each, limit, now);
        if (!quota.allowed) return quota;
    }
    Quota quota = quota_of(keys.front(), limit, now);
    --quota.remaining;
    for (const auto& [key, allowance] : keys) {
        if (full_at_.size() >= keys_max_ && !full_at_.contains(key)) make_room(now);
        Instant& full_at = full_at_[key];
        const std::int64_t tokens = limit * allowance;
        full_at = std::max(believed(full_at, tokens, now), now) +
                  std::chrono::microseconds(interval_us(tokens));
    }
    return quota;
}

Quota TokenBucket::look(std::span<const LimitKey> keys, Instant now) const {
    const std::int64_t limit = limit_.load(std::memory_order_relaxed);
    if (limit == 0) return {};
    const std::lock_guard lock(mutex_);
    for (const LimitKey& each : keys) {
        const Quota quota = quota_of(each, limit, now);
        if (!quota.allowed) return quota;
    }
    return quota_of(keys.front(), limit, now);
}

Quota TokenBucket::quota_of(const LimitKey& key, std::int64_t limit, Instant now) const {
    const std::int64_t tokens = limit * key.allowance;
    const std::int64_t interval = interval_us(tokens);
    const auto found = full_at_.find(key.key);
    const std::int64_t missing_us =
        found == full_at_.end()
            ? 0
            : std::max<std::int64_t>(0, believed(found->second, tokens, now).us - now.us);
    const std::int64_t missing = (missing_us + interval - 1) / interval;
    return {
        .limit = tokens,
        .remaining = std::max<std::int64_t>(0, tokens - missing),
        .reset_s = seconds_up(missing_us - (std::min(missing, tokens) - 1) * interval),
        .allowed = missing < tokens
    };
}

void TokenBucket::divide(unsigned processes) {
    limit_ = whole_ == 0 ? 0 : std::max<std::int64_t>(1, whole_ / std::max(1U, processes));
}

void TokenBucket::make_room(Instant now) {
    boost::unordered::erase_if(full_at_, [now](const auto& each) { return each.second <= now; });
    if (full_at_.size() < keys_max_) return;
    // A flood of keys that come once: what each of them has taken is back soon.
    const Instant soon = now + wait_max;
    boost::unordered::erase_if(full_at_, [soon](const auto& each) { return each.second <= soon; });
    if (full_at_.size() >= keys_max_) full_at_.clear();
}

}  // namespace zoetrope::limits

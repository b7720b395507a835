#include "platform/limits/sliding_window.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cmath>

namespace zoetrope::limits {

Quota SlidingWindow::take(std::string_view key, Instant now) {
    const std::int64_t limit = limit_.load(std::memory_order_relaxed);
    if (limit == 0) return {};
    const std::int64_t window = now.us / window_us_;
    const double passed = double(now.us % window_us_) / double(window_us_);
    const std::lock_guard lock(mutex_);
    std::string name(key);
    auto found = counts_.find(name);
    if (found == counts_.end()) {
        if (counts_.size() >= keys_max_) make_room(window);
        found = counts_.emplace(std::move(name), Count{.window = window}).first;
    }
    Count& count = found->second;
    if (count.window != window) {
        count.before = count.window == window - 1 ? count.now : 0;
        count.now = 0;
        count.window = window;
    }
    const double used = double(count.now) + double(count.before) * (1 - passed);
    Quota quota{.limit = limit};
    quota.allowed = used + 1 <= double(limit);
    if (quota.allowed) ++count.now;
    quota.remaining =
        std::max<std::int64_t>(0, limit - std::int64_t(std::ceil(used)) - quota.allowed);
    // The older window's part shrinks steadily; a full newer one has to become the older first.
    const double window_s = double(window_us_) / 1e6;
    double wait = (1 - passed) * window_s;
    if (count.before > 0 && count.now < limit)
        wait = std::min(wait, (used + 1 - double(limit)) / double(count.before) * window_s);
    quota.reset_s = std::max(1, int(std::ceil(wait)));
    return quota;
}

void SlidingWindow::forget(std::string_view key) {
    const std::lock_guard lock(mutex_);
    counts_.erase(std::string(key));
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

std::string network_of(std::string_view address) {
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(std::string(address), error);
    if (error || parsed.is_v4()) return std::string(address);
    auto bytes = parsed.to_v6().to_bytes();
    if (parsed.to_v6().is_v4_mapped())
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, parsed.to_v6())
            .to_string();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t(0));
    return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace zoetrope::limits

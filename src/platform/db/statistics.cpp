#include "platform/db/statistics.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "platform/telemetry/log.hpp"

namespace zoetrope::db {

namespace {

struct Counters {
    std::string_view name;
    std::atomic<std::uint64_t> count = 0, duration_us_sum = 0;
    std::array<std::atomic<std::uint64_t>, 9> buckets{};
    // The slow log, of the one thread that writes here.
    std::chrono::steady_clock::time_point said_at{};
    std::uint64_t unsaid = 0;
};

constexpr std::chrono::seconds said_pause{1};  // a crowd that waits must not fill the log, too

std::mutex mutex;
std::deque<Counters> all;  // one for each name and thread: nobody shares a line of cache
std::atomic<std::int64_t> slow_us = 0;
std::atomic<bool> with_plans = false;

Counters& counters_of(std::string_view name) {
    thread_local std::unordered_map<const char*, Counters*> own;  // names are constants
    Counters*& known = own[name.data()];
    if (!known) {
        const std::lock_guard lock(mutex);
        known = &all.emplace_back();
        known->name = name;
    }
    return *known;
}

void say_slow(Counters& counters, std::chrono::microseconds took) {
    const auto now = std::chrono::steady_clock::now();
    if (now - counters.said_at < said_pause) {
        ++counters.unsaid;
        return;
    }
    const std::uint64_t others = std::exchange(counters.unsaid, 0);
    telemetry::warn(
        "statement {} took {} ms{}",
        counters.name,
        took.count() / 1000,
        others > 0 ? fmt::format(", and {} more were slow since the last line", others) : ""
    );
    counters.said_at = now;
}

// One writer for each slot.
void bump(std::atomic<std::uint64_t>& slot, std::uint64_t by) {
    slot.store(slot.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

void Timed::count() const {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begun_
    );
    const auto us = std::uint64_t(took.count());
    Counters& counters = counters_of(name_);
    bump(counters.count, 1);
    bump(counters.duration_us_sum, us);
    const auto& bounds = StatementTotals::bounds_us;
    bump(counters.buckets[std::size_t(std::ranges::lower_bound(bounds, us) - bounds.begin())], 1);
    if (is_slow(took)) say_slow(counters, took);
}

void set_slow_statement(std::chrono::microseconds threshold, bool with_plan) {
    slow_us = threshold.count();
    with_plans = with_plan && threshold.count() > 0;
}

bool is_slow(std::chrono::steady_clock::duration took) {
    const std::int64_t slow = slow_us.load(std::memory_order_relaxed);
    return slow > 0 && took > std::chrono::microseconds(slow);
}

bool slow_plans_are_logged() { return with_plans.load(std::memory_order_relaxed); }

std::vector<StatementTotals> statement_totals() {
    std::vector<StatementTotals> out;
    const std::lock_guard lock(mutex);
    for (const Counters& each : all) {
        auto found = std::ranges::find(out, each.name, &StatementTotals::name);
        if (found == out.end()) {
            out.push_back({.name = std::string(each.name)});
            found = out.end() - 1;
        }
        found->count += each.count;
        found->duration_us_sum += each.duration_us_sum;
        for (std::size_t i = 0; i < each.buckets.size(); ++i)
            found->duration_buckets[i] += each.buckets[i];
    }
    return out;
}

}  // namespace zoetrope::db

#include "platform/db/database_clock.hpp"

#include <cmath>

#include "platform/telemetry/log.hpp"

namespace zoetrope::db {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// An answer that took longer says too little, and a smaller difference is not worth a jump.
constexpr microseconds answer_max = milliseconds(500);
constexpr microseconds jump_min = milliseconds(250);
constexpr microseconds told_min = std::chrono::seconds(2);  // people should know, and set the clock

struct Told {
    Instant now;
};
BOOST_DESCRIBE_STRUCT(Told, (), (now))

constexpr Sql clock_sql{
    "db.clock", "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS now"
};

}  // namespace

Instant DatabaseClock::now() const {
    return SystemClock().now() + microseconds(ahead_us_.load(std::memory_order_relaxed));
}

Async<void> DatabaseClock::look(Pool& db) {
    if (db.dialect() != Dialect::postgres) co_return;
    using Steady = std::chrono::steady_clock;
    const auto began = Steady::now();
    const Instant own = SystemClock().now();
    const auto told = co_await db.one<Told>(clock_sql);
    const auto took = std::chrono::duration_cast<microseconds>(Steady::now() - began);
    if (!told || took > answer_max) co_return;
    const std::int64_t ahead_us = told->now.us - (own.us + took.count() / 2);
    const std::int64_t before_us = ahead_us_.load(std::memory_order_relaxed);
    if (std::abs(ahead_us - before_us) < jump_min.count()) co_return;
    ahead_us_.store(ahead_us, std::memory_order_relaxed);
    if (std::abs(ahead_us) < told_min.count()) co_return;
    telemetry::warn(
        "this machine's clock is {:.1f} s {} the database's, which counts; set it by NTP",
        std::abs(double(ahead_us)) / 1e6,
        ahead_us > 0 ? "behind" : "ahead of"
    );
}

}  // namespace zoetrope::db

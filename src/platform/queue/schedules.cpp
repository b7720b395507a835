#include "platform/queue/schedules.hpp"

namespace zoetrope::queue {

constexpr db::Sql keep_sql{
    "queue.keep_schedule",
    "INSERT INTO schedules (name, interval_us, next_run_at) VALUES ($1, $2, $3) "
    "ON CONFLICT (name) DO UPDATE SET interval_us = $2"
};

// Makes its row, due at once, or gives it the interval of today.
static Async<void> keep(db::Session& db, const Schedule& schedule, Instant now) {
    co_await db.send(keep_sql, schedule.name, std::int64_t(schedule.interval.count()), now);
}

constexpr db::Sql take_sql{
    "queue.take_turn",
    "UPDATE schedules SET next_run_at = $2 + interval_us WHERE name = $1 AND next_run_at <= $2"
};

static Async<bool> take_turn(db::Transaction& db, const Schedule& schedule, Instant now) {
    if (co_await db.execute(take_sql, schedule.name, now) == 0) co_return false;
    const NewTask task{.queue = schedule.queue, .kind = schedule.name, .args = {"{}"}};
    co_await insert(db, task, now);
    co_return true;
}

constexpr db::Sql due_sql{
    "queue.is_due",
    "SELECT name, interval_us, next_run_at FROM schedules WHERE name = $1 AND next_run_at <= $2"
};

static Async<bool> run_if_due(db::Pool& db, const Schedule& schedule, Instant now) {
    // Mostly it is not: then nothing is written.
    if (!co_await db.one<ScheduleState>(due_sql, schedule.name, now)) co_return false;
    co_return co_await db::transact(db, [&](db::Transaction& transaction) {
        return take_turn(transaction, schedule, now);
    });
}

Async<bool> run_due(db::Pool& db, std::span<const Schedule> schedules, Instant now) {
    bool any = false;
    for (const Schedule& each : schedules) {
        co_await keep(db, each, now);
        if (co_await run_if_due(db, each, now)) any = true;
    }
    co_return any;
}

constexpr db::Sql list_sql{
    "queue.list_schedules", "SELECT name, interval_us, next_run_at FROM schedules ORDER BY name"
};

Async<std::vector<ScheduleState>> list_schedules(db::Session& db) {
    co_return co_await db.all<ScheduleState>(list_sql);
}

}  // namespace zoetrope::queue

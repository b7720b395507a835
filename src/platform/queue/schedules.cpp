#include "platform/queue/schedules.hpp"

#include "platform/telemetry/log.hpp"

namespace zoetrope::queue {

constexpr db::Sql keep_schedule_sql{
    "queue.keep_schedule",
    "INSERT INTO schedules (name, interval_us, next_run_at) VALUES ($1, $2, $3) "
    "ON CONFLICT (name) DO UPDATE SET interval_us = $2"
};

// Makes its row, due at once, or gives it the interval of today.
static Async<void> keep(db::Session& db, const Schedule& schedule, Instant now) {
    co_await db.send(
        keep_schedule_sql, schedule.name, std::int64_t(schedule.interval.count()), now
    );
}

static Instant next_of(const ScheduleState& state, Instant now) {
    if (state.cron) {
        if (const auto cron = Cron::read(*state.cron)) return cron->next_after(now);
        telemetry::warn("schedule {}: '{}' cannot be read", state.name, *state.cron);
    }
    return now + std::chrono::microseconds(state.interval_us);
}

// Only from where it was when it was looked at: of two that look at once, one takes the turn.
constexpr db::Sql take_turn_sql{
    "queue.take_turn", "UPDATE schedules SET next_run_at = $3 WHERE name = $1 AND next_run_at = $2"
};

// In a queue that is paused, or that nobody serves, one task waits and not one for each turn.
constexpr db::Sql is_turn_waiting_sql{
    "queue.is_turn_waiting",
    "SELECT 1 AS one FROM tasks WHERE queue = $1 AND kind = $2 AND state IN ('available', "
    "'retryable') LIMIT 1"
};

struct One {
    std::int64_t one = 0;
};
BOOST_DESCRIBE_STRUCT(One, (), (one))

static Async<bool> take_turn(
    db::Transaction& db, const Schedule& schedule, const ScheduleState& state, Instant now
) {
    const Instant next = next_of(state, now);
    if (co_await db.execute(take_turn_sql, state.name, state.next_run_at, next) == 0)
        co_return false;
    if (co_await db.one<One>(is_turn_waiting_sql, schedule.queue, schedule.name)) co_return false;
    const NewTask task{.queue = schedule.queue, .kind = schedule.name, .args = {"{}"}};
    co_await insert(db, task, now);
    co_return true;
}

#define SCHEDULE "SELECT name, interval_us, cron, next_run_at FROM schedules "

constexpr db::Sql find_schedule_sql{"queue.find_schedule", SCHEDULE "WHERE name = $1"};

static Async<bool> run_if_due(db::Pool& db, const Schedule& schedule, Instant now) {
    // Mostly it is not: then nothing is written.
    const auto state = co_await db.one<ScheduleState>(find_schedule_sql, schedule.name);
    if (!state) co_return false;
    // Later than its next turn: by a clock that was wrong.
    constexpr std::chrono::minutes doubtful{1};  // clocks of nodes differ a little
    const Instant next = next_of(*state, now);
    if (state->next_run_at > now && state->next_run_at > next + doubtful) {
        co_await db.execute(take_turn_sql, state->name, state->next_run_at, next);
        co_return false;
    }
    if (state->next_run_at > now) co_return false;
    co_return co_await db::transact(db, [&](db::Transaction& transaction) {
        return take_turn(transaction, schedule, *state, now);
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

constexpr db::Sql list_schedules_sql{"queue.list_schedules", SCHEDULE "ORDER BY name"};

Async<std::vector<ScheduleState>> list_schedules(db::Session& db) {
    co_return co_await db.all<ScheduleState>(list_schedules_sql);
}

constexpr db::Sql choose_cron_sql{
    "queue.choose_cron", "UPDATE schedules SET cron = $2, next_run_at = $3 WHERE name = $1"
};

Async<Result<ScheduleState>> choose_cron(
    db::Session& db, std::string name, std::optional<std::string> cron, Instant now
) {
    if (cron) CO_CHECK(Cron::read(*cron));
    std::string known;
    for (ScheduleState& each : co_await list_schedules(db)) {
        known += (known.empty() ? "" : ", ") + each.name;
        if (each.name != name) continue;
        each.cron = std::move(cron);
        each.next_run_at = next_of(each, now);
        co_await db.execute(choose_cron_sql, each.name, each.cron, each.next_run_at);
        co_return std::move(each);
    }
    co_return not_found("There is no such schedule; the schedules are: " + known + ".");
}

}  // namespace zoetrope::queue

// What happens again and again: a row for each, which one process moves on when its time has come,
// in the transaction that inserts the task. Turns missed while nobody ran are made up for once.
#pragma once

#include <span>

#include "platform/queue/cron.hpp"
#include "platform/queue/queue.hpp"

namespace zoetrope::queue {

struct Schedule {
    std::string name;  // also the kind of its task
    std::chrono::microseconds interval;
    std::string queue;
};

struct ScheduleState {
    std::string name;
    std::int64_t interval_us = 0;
    std::optional<std::string> cron;  // an operator's choice, instead of the interval
    Instant next_run_at;
    static constexpr std::string_view schema_name = "Schedule";
};
BOOST_DESCRIBE_STRUCT(ScheduleState, (), (name, interval_us, cron, next_run_at))

// Inserts the tasks of those that are due, unless somebody was first. Whether there were any.
Async<bool> run_due(db::Pool& db, std::span<const Schedule> schedules, Instant now);
Async<std::vector<ScheduleState>> list_schedules(db::Session& db);
// By cron (see Cron), or by its interval again. Errors: not_found, naming the schedules; invalid
// naming `cron`.
Async<Result<ScheduleState>> choose_cron(
    db::Session& db, std::string name, std::optional<std::string> cron, Instant now
);

}  // namespace zoetrope::queue

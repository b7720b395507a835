// What an operator sees of the queues and their tasks, and how a queue is paused.
#pragma once

#include <vector>

#include "platform/queue/queue.hpp"

namespace zoetrope::queue {

struct QueueState {
    std::string name;
    std::int64_t scheduled = 0;
    std::int64_t available = 0;
    std::int64_t running = 0;
    std::int64_t retryable = 0;
    std::optional<Instant> oldest_available_at;  // when the oldest that could begin was inserted
    std::optional<Instant> paused_at;
    static constexpr std::string_view schema_name = "Queue";
};
BOOST_DESCRIBE_STRUCT(
    QueueState, (), (name, scheduled, available, running, retryable, oldest_available_at, paused_at)
)

// By name; those of `known` also when they are empty.
Async<std::vector<QueueState>> list_queues(db::Session& db, std::vector<std::string> known);
// On every node, from the next claim on; what runs goes on.
Async<void> pause(db::Session& db, const std::string& queue, Instant now);
Async<void> resume(db::Session& db, const std::string& queue);

struct TaskReport {
    TaskId id;
    std::string queue;
    std::string kind;
    TaskState state{};
    std::int64_t priority = 0;
    std::int64_t attempt = 0;
    std::int64_t attempts_max = 0;
    std::int64_t crashes = 0;
    std::optional<std::string> error;  // of the last attempt that failed
    Instant created_at;
    std::optional<Instant> run_at;  // of one that is not over: not before
    std::optional<Instant> started_at;
    std::optional<Instant> finished_at;
    static constexpr std::string_view schema_name = "Task";
};
BOOST_DESCRIBE_STRUCT(
    TaskReport,
    (),
    (id,
     queue,
     kind,
     state,
     priority,
     attempt,
     attempts_max,
     crashes,
     error,
     created_at,
     run_at,
     started_at,
     finished_at)
)

// The newest first.
struct TaskFilter {
    std::optional<TaskState> state;
    std::optional<std::string> queue;
    std::optional<std::string> kind;
    std::int64_t below = 0;  // only ids below; 0: all
    std::int64_t limit = 50;
};
Async<std::vector<TaskReport>> list_tasks(db::Session& db, const TaskFilter& filter);
// Waiting, running or finished.
Async<std::optional<TaskReport>> find_task(db::Session& db, TaskId id);

// What a task that was completed took.
struct TaskUsage {
    std::string queue;
    Instant created_at;
    Instant finished_at;
    std::int64_t ran_us = 0;  // with its slot; the others are parts of that
    std::int64_t waited_us = 0;
    std::int64_t engine_us = 0;
    std::int64_t exclusive_us = 0;
};
BOOST_DESCRIBE_STRUCT(
    TaskUsage, (), (queue, created_at, finished_at, ran_us, waited_us, engine_us, exclusive_us)
)

// Of the latest `limit` that were inserted, whatever their queue, those that were measured, in the
// order in which they were inserted. Of remote workers it is the time that they had it.
Async<std::vector<TaskUsage>> list_usage(db::Session& db, std::int64_t limit);

}  // namespace zoetrope::queue

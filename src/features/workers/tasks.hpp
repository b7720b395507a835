// What workers ask about tasks. Private to the feature.
#pragma once

#include "features/workers/workers.hpp"
#include "platform/queue/remote.hpp"

namespace zoetrope::workers {

inline db::Pool& db_of(Deps& deps) { return deps.generation.library.db; }
inline Instant now_of(Deps& deps) { return deps.generation.library.clock.now(); }

inline constexpr std::int64_t capacity_max = 1000;  // tasks at a time of one worker
// A line for people, such as a name: printable, at most 100 characters. May be empty.
bool is_label(const std::string& text);

// Errors: invalid naming what is off; limited, when the user has too many workers; conflict, when
// the user has too many models, or one is another user's, or served by a live worker with another
// definition.
Async<Result<Worker>> enrol(Deps& deps, UserId owner, NewWorker given);
// With the silent workers that serve it; the generations that wait for it fail. Errors: not_found;
// conflict while a live worker serves it, or when it is the server's own.
Async<Result<void>> remove_model(Deps& deps, std::string id);
inline constexpr std::size_t output_bytes_max = std::size_t(2) << 30;  // a long video

// Errors of all: not_found when there is no such worker.
Async<Result<Worker>> find(Deps& deps, NodeId id);
// The same when another user registered it.
Async<Result<Worker>> find_own(Deps& deps, UserId owner, NodeId id);
// Where what it makes waits: its region's first.
std::vector<std::string> queues_of(const Worker& worker);
std::vector<Worker> shown(std::vector<queue::RemoteNode> nodes);

// As many as the worker has room for, at most `limit`; after `wait` at the latest. Errors: limited,
// when too many claims of the user wait; unauthenticated, when the caller is locked out meanwhile.
Async<Result<std::vector<Assignment>>> claim(
    Deps& deps,
    const http::Caller& caller,
    NodeId worker,
    std::int64_t limit,
    std::chrono::milliseconds wait
);

struct Standing {
    TaskId task_id;
    std::int64_t attempt = 0;
    double progress = 0;  // 0..1
    std::string stage;
    static constexpr std::string_view schema_name = "TaskStanding";
};
BOOST_DESCRIBE_STRUCT(Standing, (), (task_id, attempt, progress, stage))
// Those of them that the worker is to stop: cancelled, or another's by now. Errors: invalid, for
// more tasks than the worker has room for, or a stage that is no line.
Async<Result<std::vector<TaskId>>> heartbeat(
    Deps& deps, UserId owner, NodeId worker, const std::vector<Standing>& tasks
);

// A task that this worker runs, and what for. Errors: not_found when the worker is another user's;
// conflict when it does not run the task (any more).
struct Held {
    queue::Task task;
    generation::Job job;
};
Async<Result<Held>> find_held(
    Deps& deps, UserId owner, NodeId worker, TaskId task, std::optional<std::int64_t> attempt
);
// Errors: conflict; invalid, naming the part that is off; storage_full.
Async<Result<void>> complete(Deps& deps, const Held& held, http::Upload& upload);
// Errors: conflict.
Async<Result<void>> fail(Deps& deps, const Held& held, const std::string& error, bool retry);

}  // namespace zoetrope::workers

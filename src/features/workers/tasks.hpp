// What workers ask about tasks. Private to the feature.
#pragma once

#include "features/workers/workers.hpp"
#include "platform/queue/remote.hpp"

namespace zoetrope::workers {

inline constexpr std::size_t output_bytes_max = std::size_t(2) << 30;  // a long video

// Errors of all: not_found when there is no such worker.
Async<Result<Worker>> find(Deps& deps, NodeId id);
// Where what it makes waits: its region's first.
std::vector<std::string> queues_of(const Worker& worker);
std::vector<Worker> shown(std::vector<queue::RemoteNode> nodes);

// As many as the worker has room for, at most `limit`; after `wait` at the latest.
Async<Result<std::vector<Assignment>>> claim(
    Deps& deps, NodeId worker, std::int64_t limit, std::chrono::milliseconds wait
);

struct Standing {
    TaskId task_id;
    std::int64_t attempt = 0;
    double progress = 0;  // 0..1
    std::string stage;
    static constexpr std::string_view schema_name = "TaskStanding";
};
BOOST_DESCRIBE_STRUCT(Standing, (), (task_id, attempt, progress, stage))
// Those of them that the worker is to stop: cancelled, or another's by now.
Async<Result<std::vector<TaskId>>> heartbeat(
    Deps& deps, NodeId worker, const std::vector<Standing>& tasks
);

// A task that this worker runs, and what for. Errors: conflict when it does not (any more).
struct Held {
    queue::Task task;
    generation::Job job;
};
Async<Result<Held>> find_held(
    Deps& deps, NodeId worker, TaskId task, std::optional<std::int64_t> attempt
);
// Errors: conflict; invalid, naming the part that is off; storage_full.
Async<Result<void>> complete(Deps& deps, const Held& held, http::Upload& upload);
// Errors: conflict.
Async<Result<void>> fail(Deps& deps, const Held& held, const std::string& error, bool retry);

}  // namespace zoetrope::workers

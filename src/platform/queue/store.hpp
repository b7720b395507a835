// The statements of the queue. Private to the part.
#pragma once

#include <vector>

#include "platform/queue/queue.hpp"

namespace zoetrope::queue {

// Claims up to `limit` ready tasks, oldest first, and counts an attempt on each.
Async<std::vector<Task>> claim_ready(
    db::Session& db, const std::string& queue, Instant now, std::int64_t limit
);
Async<void> put_back_running(db::Session& db, const std::string& queue, Instant now);
Async<void> finish(
    db::Session& db,
    TaskId task,
    TaskState state,
    const std::optional<std::string>& error,
    Instant now
);
Async<void> retry_at(db::Session& db, TaskId task, const std::string& error, Instant run_at);
// Gives an interrupted attempt back uncounted.
Async<void> hand_back(db::Session& db, TaskId task);

}  // namespace zoetrope::queue

// The statements of the queue. Private to the part.
#pragma once

#include <vector>

#include "platform/queue/queue.hpp"

namespace zoetrope::queue {

struct Attempt {
    TaskId task;
    std::int64_t number;
    NodeId node;
};

// Claims up to `limit` ready tasks for a node, oldest first, and counts an attempt on each.
Async<std::vector<Task>> claim_ready(
    db::Session& db, const std::string& queue, Instant now, std::int64_t limit, NodeId node
);
// The fence: these three move a task only while this attempt of this node runs it, and say whether
// they did. A node that was taken for dead finds its tasks gone.
Async<bool> finish(
    db::Session& db,
    const Attempt& attempt,
    TaskState state,
    const std::optional<std::string>& error,
    Instant now
);
Async<bool> retry_at(
    db::Session& db, const Attempt& attempt, const std::string& error, Instant run_at
);
// Gives an interrupted attempt back uncounted.
Async<bool> hand_back(db::Session& db, const Attempt& attempt);

Async<NodeId> add_node(db::Session& db, const std::string& name);
Async<void> beat(db::Session& db, NodeId node);
// Puts back what nodes were running that are not heard of any more: those whose heartbeat is older
// than `patience`, by the database's clock. Returns how many tasks.
Async<std::int64_t> take_over(
    db::Session& db, const std::string& queue, Instant now, std::chrono::microseconds patience
);
// The same of every other node, at once: for a database that only one process can have.
Async<std::int64_t> take_over_all(
    db::Session& db, const std::string& queue, Instant now, NodeId own
);

}  // namespace zoetrope::queue

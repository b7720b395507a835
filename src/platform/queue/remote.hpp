// Workers that are no process of ours: they claim over HTTP. Each is a node like any other, with a
// patience of its own, because it is further away.
#pragma once

#include <vector>

#include "platform/queue/queue.hpp"

namespace zoetrope::queue {

struct RemoteNode {
    NodeId id;
    std::optional<UserId> owner_id;  // nothing: registered before owners were kept
    std::string name;
    json::Raw facts;
    Instant heartbeat_at;
    std::int64_t alive = 0;    // 1: it is heard of
    std::int64_t running = 0;  // tasks
};
BOOST_DESCRIBE_STRUCT(RemoteNode, (), (id, owner_id, name, facts, heartbeat_at, alive, running))

Async<NodeId> add_remote(
    db::Session& db,
    UserId owner,
    const std::string& name,
    const std::vector<std::string>& queues,
    const json::Raw& facts,
    std::chrono::microseconds patience
);
// It was heard of. False when there is none of that id.
Async<bool> beat_remote(db::Session& db, NodeId node);
Async<std::optional<RemoteNode>> find_remote(db::Session& db, NodeId node);
Async<std::vector<RemoteNode>> list_remote(db::Session& db);
// What it runs is available again. In a transaction.
Async<void> remove_remote(db::Session& db, NodeId node);

// The first ones of some queues, the first queue's before the others'.
Async<std::vector<Task>> claim_from(
    db::Session& db,
    const std::vector<std::string>& queues,
    std::int64_t limit,
    NodeId node,
    Instant now
);
// What the node was given before, and does not say that it runs: the answer that gave it was lost.
// Returns how many are available again.
Async<std::int64_t> put_back_unlisted(
    db::Session& db, NodeId node, const std::vector<TaskId>& listed, Instant before
);
// Gives a claim back uncounted.
Async<bool> put_back(db::Session& db, const Task& task);
// One that the node runs.
Async<std::optional<Task>> find_held(db::Session& db, TaskId task, NodeId node);
// Both say whether that attempt still had it. `tries_again` is false when none is left.
Async<bool> end(
    db::Pool& db, const Task& task, TaskState state, std::optional<std::string> error, Instant now
);
Async<bool> tries_again(db::Session& db, const Task& task, const std::string& error, Instant now);

}  // namespace zoetrope::queue

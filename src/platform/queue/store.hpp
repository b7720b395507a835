// The statements of the queue. Private to the part.
#pragma once

#include <vector>

#include "platform/queue/node.hpp"
#include "platform/queue/queue.hpp"

namespace zoetrope::queue {

struct Attempt {
    TaskId task;
    std::int64_t number;
    NodeId node;
};

// A task that is over, as one attempt of a node saw it.
struct Ended {
    TaskId id;
    std::int64_t attempt = 0;
    NodeId node_id;
    TaskState state{};
    std::optional<std::string> error;
    std::optional<std::int64_t> ran_us;  // what it took, where that was measured
    std::optional<std::int64_t> waited_us;
    std::optional<std::int64_t> engine_us;
    std::optional<std::int64_t> exclusive_us;
};
BOOST_DESCRIBE_STRUCT(
    Ended, (), (id, attempt, node_id, state, error, ran_us, waited_us, engine_us, exclusive_us)
)

struct Added {
    TaskId id;
};
BOOST_DESCRIBE_STRUCT(Added, (), (id))

// The order key of a task that is inserted now.
Async<std::int64_t> next_turn(
    db::Session& db, const std::string& queue, std::int64_t priority, const Share& share
);

// Claims up to `limit` available tasks for a node, by priority, then in turn, and counts an attempt
// on each.
Async<std::vector<Task>> claim_available(
    db::Session& db, const std::string& queue, Instant now, std::int64_t limit, NodeId node
);
// The same, but no owner has more than `each_max` running, on all nodes together.
Async<std::vector<Task>> claim_within(
    db::Pool& db,
    const std::string& queue,
    Instant now,
    std::int64_t limit,
    NodeId node,
    std::int64_t each_max
);
// Those of a queue (empty: of all) that the node was given up to `before` and does not hold: the
// answer that gave them was lost. They are available again, and the attempt is not counted. Returns
// how many.
Async<std::int64_t> put_back_lost(
    db::Session& db,
    NodeId node,
    const std::string& queue,
    const std::vector<TaskId>& held,
    Instant before
);
// When the next of those that wait for their time is due.
Async<std::optional<Instant>> next_due(db::Session& db, const std::string& queue);
// Makes up to `limit` of those that are due available. Returns how many.
Async<std::int64_t> promote(
    db::Session& db, const std::string& queue, Instant now, std::int64_t limit
);

// The fence: all of these move a task only while that attempt of that node runs it, and say whether
// they did. A node that was taken for dead finds its tasks gone.

// Moves them to the finished ones, all or nothing; the ids of those that were still theirs.
Async<std::vector<TaskId>> finish_all(db::Pool& db, const std::vector<Ended>& ended, Instant now);
// These two say that an effect did not happen.
Async<bool> retry_at(
    db::Session& db, const Attempt& attempt, const std::string& error, Instant run_at
);
Async<bool> snooze_until(db::Session& db, const Attempt& attempt, Instant run_at);
// Gives an interrupted attempt back uncounted.
Async<bool> hand_back(db::Session& db, const Attempt& attempt);
Async<bool> has_begun_effect(db::Session& db, const Attempt& attempt);

// Of the `limit` tasks of that state that were inserted first, drops those that ended before.
// Returns how many.
Async<std::int64_t> drop_finished(
    db::Session& db, TaskState state, Instant before, std::int64_t limit
);

Async<NodeId> add_node(
    db::Session& db,
    const std::string& name,
    const std::vector<std::string>& queues = {},
    bool listens = false
);
// One that was taken for gone is there again, under its id.
Async<void> add_node_again(
    db::Session& db,
    NodeId node,
    const std::string& name,
    const std::vector<std::string>& queues,
    bool listens
);
// False when its row is gone.
Async<bool> beat(db::Session& db, NodeId node);
// The rows of those that have been silent for longer, and run nothing. Returns how many.
Async<std::int64_t> remove_silent(db::Session& db, std::chrono::microseconds silence);
Async<void> remove_node(db::Session& db, NodeId node);
// Those heard of within `patience`, by id.
Async<std::vector<Peer>> list_alive(db::Session& db, std::chrono::microseconds patience);
// Makes available again what nodes were running that are not heard of any more: those whose
// heartbeat is older than `patience`, by the database's clock. Returns how many tasks.
// `heard_for`: how long anybody could be heard; who may be silent for longer is not dead yet.
Async<std::int64_t> take_over(
    db::Session& db,
    std::chrono::microseconds patience,
    std::chrono::microseconds heard_for = std::chrono::hours(1)
);
// The same of every other node but remote workers, at once: for a database that only one process
// can have.
Async<std::int64_t> take_over_all(db::Session& db, NodeId own);

}  // namespace zoetrope::queue

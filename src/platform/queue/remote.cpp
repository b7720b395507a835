#include "platform/queue/remote.hpp"

#include "platform/base/json/write.hpp"
#include "platform/queue/clock.hpp"
#include "platform/queue/store.hpp"

namespace zoetrope::queue {

namespace {

constexpr std::chrono::seconds backoff_first{1};  // doubles with each attempt
constexpr std::int64_t doublings_max = 6;

struct AddedNode {
    NodeId id;
};
BOOST_DESCRIBE_STRUCT(AddedNode, (), (id))

}  // namespace

#define ADD_REMOTE(clock)                                                         \
    "INSERT INTO nodes (name, queues, facts, patience_us, owner_id, started_at, " \
    "heartbeat_at) VALUES ($1, $2, $3, $4, $5, " clock ", " clock ") RETURNING id"
constexpr db::Sql add_remote_sql{
    "queue.add_remote", ADD_REMOTE(CLOCK_SQLITE), db::Coalesce::singly, ADD_REMOTE(CLOCK_POSTGRES)
};

Async<NodeId> add_remote(
    db::Session& db,
    UserId owner,
    const std::string& name,
    const std::vector<std::string>& queues,
    const json::Raw& facts,
    std::chrono::microseconds patience
) {
    const json::Raw served{json::to_string(queues)};
    const auto added =
        co_await db.one<AddedNode>(add_remote_sql, name, served, facts, patience.count(), owner);
    co_return added->id;
}

#define BEAT_REMOTE(clock) \
    "UPDATE nodes SET heartbeat_at = " clock " WHERE id = $1 AND patience_us IS NOT NULL"
constexpr db::Sql beat_remote_sql{
    "queue.beat_remote",
    BEAT_REMOTE(CLOCK_SQLITE),
    db::Coalesce::singly,
    BEAT_REMOTE(CLOCK_POSTGRES)
};

Async<bool> beat_remote(db::Session& db, NodeId node) {
    co_return co_await db.execute(beat_remote_sql, node) == 1;
}

#define REMOTE(clock)                                                                              \
    "SELECT n.id, n.owner_id, n.name, n.facts, n.heartbeat_at, CASE WHEN n.heartbeat_at >= " clock \
    " - n.patience_us THEN 1 ELSE 0 END AS alive, (SELECT count(*) FROM tasks t WHERE "            \
    "t.node_id = n.id AND t.state = 'running') AS running FROM nodes n WHERE n.patience_us "       \
    "IS NOT NULL"
constexpr db::Sql list_remote_sql{
    "queue.list_remote",
    REMOTE(CLOCK_SQLITE) " ORDER BY n.id",
    db::Coalesce::singly,
    REMOTE(CLOCK_POSTGRES) " ORDER BY n.id"
};
constexpr db::Sql find_remote_sql{
    "queue.find_remote",
    REMOTE(CLOCK_SQLITE) " AND n.id = $1",
    db::Coalesce::singly,
    REMOTE(CLOCK_POSTGRES) " AND n.id = $1"
};

Async<std::vector<RemoteNode>> list_remote(db::Session& db) {
    co_return co_await db.all<RemoteNode>(list_remote_sql);
}

Async<std::optional<RemoteNode>> find_remote(db::Session& db, NodeId node) {
    co_return co_await db.one<RemoteNode>(find_remote_sql, node);
}

Async<std::int64_t> put_back_unlisted(
    db::Session& db, NodeId node, const std::vector<TaskId>& listed, Instant before
) {
    co_return co_await put_back_lost(db, node, "", listed, before);
}

Async<bool> put_back(db::Session& db, const Task& task) {
    co_return co_await hand_back(db, {task.id, task.attempt, task.node_id});
}

constexpr db::Sql put_back_all_sql{
    "queue.put_back_all",
    "UPDATE tasks SET state = 'available', attempt = attempt - 1 WHERE state = 'running' AND "
    "node_id = $1"
};

Async<void> remove_remote(db::Session& db, NodeId node) {
    co_await db.send(put_back_all_sql, node);
    co_await remove_node(db, node);
}

Async<std::vector<Task>> claim_from(
    db::Session& db,
    const std::vector<std::string>& queues,
    std::int64_t limit,
    NodeId node,
    Instant now
) {
    std::vector<Task> all;
    for (const std::string& queue : queues) {
        const std::int64_t left = limit - std::ssize(all);
        if (left <= 0) break;
        const auto due = co_await next_due(db, queue);
        if (due && *due <= now) co_await promote(db, queue, now, left);
        for (Task& each : co_await claim_available(db, queue, now, left, node))
            all.push_back(std::move(each));
    }
    co_return all;
}

constexpr db::Sql find_held_sql{
    "queue.find_held",
    "SELECT id, queue, kind, args, priority, order_key, attempt, attempts_max, crashes, node_id, "
    "effect_at FROM tasks WHERE id = $1 AND node_id = $2 AND state = 'running'"
};

Async<std::optional<Task>> find_held(db::Session& db, TaskId task, NodeId node) {
    co_return co_await db.one<Task>(find_held_sql, task, node);
}

Async<bool> end(
    db::Pool& db, const Task& task, TaskState state, std::optional<std::string> error, Instant now
) {
    const Ended ended{
        .id = task.id,
        .attempt = task.attempt,
        .node_id = task.node_id,
        .state = state,
        .error = std::move(error)
    };
    co_return !(co_await finish_all(db, {ended}, now)).empty();
}

Async<bool> tries_again(db::Session& db, const Task& task, const std::string& error, Instant now) {
    if (task.attempt >= task.attempts_max) co_return false;
    const auto doubled = backoff_first * (1 << std::min(task.failures(), doublings_max));
    co_return co_await retry_at(db, {task.id, task.attempt, task.node_id}, error, now + doubled);
}

}  // namespace zoetrope::queue

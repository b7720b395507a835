#include "platform/queue/store.hpp"

namespace zoetrope::queue {

namespace {

template <class Id>
struct Added {
    Id id;
    BOOST_DESCRIBE_CLASS(Added, (), (id), (), ())
};

}  // namespace

constexpr db::Sql insert_sql{"queue.insert", R"sql(
    INSERT INTO tasks (queue, kind, args, state, attempt, attempts_max, run_at, created_at)
    VALUES ($1, $2, $3, 'available', 0, $4, $5, $5)
    RETURNING id
)sql"};

Async<TaskId> insert(db::Session& db, const NewTask& task, Instant now) {
    const auto row = co_await db.one<Added<TaskId>>(
        insert_sql, task.queue, task.kind, task.args, task.attempts_max, now
    );
    co_return row->id;
}

constexpr db::Sql cancel_waiting_sql{"queue.cancel_waiting", R"sql(
    UPDATE tasks SET state = 'cancelled', finished_at = $2
    WHERE id = $1 AND state IN ('available', 'retryable')
)sql"};

Async<bool> cancel_waiting(db::Session& db, TaskId task, Instant now) {
    co_return co_await db.execute(cancel_waiting_sql, task, now) == 1;
}

#define CLAIM(lock)                                                             \
    "UPDATE tasks SET state = 'running', attempt = attempt + 1, node_id = $4 "  \
    "WHERE id IN (SELECT id FROM tasks WHERE queue = $1 AND run_at <= $2 "      \
    "AND state IN ('available', 'retryable') ORDER BY run_at, id LIMIT $3" lock \
    ") RETURNING id, queue, kind, args, attempt, attempts_max, node_id"

constexpr db::Sql claim_ready_sql{
    "queue.claim_ready", CLAIM(""), db::Coalesce::singly, CLAIM(" FOR UPDATE SKIP LOCKED")
};

Async<std::vector<Task>> claim_ready(
    db::Session& db, const std::string& queue, Instant now, std::int64_t limit, NodeId node
) {
    co_return co_await db.all<Task>(claim_ready_sql, queue, now, limit, node);
}

#define OF_THIS_ATTEMPT " WHERE id = $1 AND attempt = $2 AND node_id = $3 AND state = 'running'"

constexpr db::Sql is_still_ours_sql{
    "queue.is_still_ours",
    "SELECT id FROM tasks" OF_THIS_ATTEMPT,
    db::Coalesce::singly,
    "SELECT id FROM tasks" OF_THIS_ATTEMPT " FOR UPDATE"
};

Async<bool> is_still_ours(db::Session& db, const Task& task) {
    const auto found =
        co_await db.one<Added<TaskId>>(is_still_ours_sql, task.id, task.attempt, task.node_id);
    co_return found.has_value();
}

constexpr db::Sql finish_sql{
    "queue.finish", "UPDATE tasks SET state = $4, error = $5, finished_at = $6" OF_THIS_ATTEMPT
};

Async<bool> finish(
    db::Session& db,
    const Attempt& attempt,
    TaskState state,
    const std::optional<std::string>& error,
    Instant now
) {
    co_return co_await db.execute(
        finish_sql, attempt.task, attempt.number, attempt.node, state, error, now
    ) == 1;
}

constexpr db::Sql retry_at_sql{
    "queue.retry_at",
    "UPDATE tasks SET state = 'retryable', error = $4, run_at = $5" OF_THIS_ATTEMPT
};

Async<bool> retry_at(
    db::Session& db, const Attempt& attempt, const std::string& error, Instant run_at
) {
    co_return co_await db.execute(
        retry_at_sql, attempt.task, attempt.number, attempt.node, error, run_at
    ) == 1;
}

constexpr db::Sql hand_back_sql{
    "queue.hand_back", "UPDATE tasks SET state = 'available', attempt = attempt - 1" OF_THIS_ATTEMPT
};

Async<bool> hand_back(db::Session& db, const Attempt& attempt) {
    co_return co_await db.execute(hand_back_sql, attempt.task, attempt.number, attempt.node) == 1;
}

// The database's clock, in microseconds: the nodes' own may differ.
#define CLOCK_SQLITE "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"
#define CLOCK_POSTGRES "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"

#define ADD_NODE(clock)                                                                \
    "INSERT INTO nodes (name, started_at, heartbeat_at) VALUES ($1, " clock ", " clock \
    ") RETURNING id"
constexpr db::Sql add_node_sql{
    "queue.add_node", ADD_NODE(CLOCK_SQLITE), db::Coalesce::singly, ADD_NODE(CLOCK_POSTGRES)
};

Async<NodeId> add_node(db::Session& db, const std::string& name) {
    co_return (co_await db.one<Added<NodeId>>(add_node_sql, name))->id;
}

#define BEAT(clock) "UPDATE nodes SET heartbeat_at = " clock " WHERE id = $1"
constexpr db::Sql beat_sql{
    "queue.beat", BEAT(CLOCK_SQLITE), db::Coalesce::singly, BEAT(CLOCK_POSTGRES)
};

Async<void> beat(db::Session& db, NodeId node) { co_await db.execute(beat_sql, node); }

#define PUT_BACK(which)                                                                          \
    "UPDATE tasks SET state = 'retryable', run_at = $2, error = 'the process that ran it died' " \
    "WHERE queue = $1 AND state = 'running' AND " which
#define SILENT(clock) \
    PUT_BACK("node_id IN (SELECT id FROM nodes WHERE heartbeat_at < " clock " - $3)")
constexpr db::Sql take_over_sql{
    "queue.take_over", SILENT(CLOCK_SQLITE), db::Coalesce::singly, SILENT(CLOCK_POSTGRES)
};

Async<std::int64_t> take_over(
    db::Session& db, const std::string& queue, Instant now, std::chrono::microseconds patience
) {
    co_return co_await db.execute(take_over_sql, queue, now, patience.count());
}

constexpr db::Sql take_over_all_sql{
    "queue.take_over_all", PUT_BACK("(node_id IS NULL OR node_id <> $3)")
};

Async<std::int64_t> take_over_all(
    db::Session& db, const std::string& queue, Instant now, NodeId own
) {
    co_return co_await db.execute(take_over_all_sql, queue, now, own);
}

}  // namespace zoetrope::queue

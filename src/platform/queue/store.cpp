#include "platform/queue/store.hpp"

namespace zoetrope::queue {

namespace {

struct Inserted {
    TaskId id;
};
BOOST_DESCRIBE_STRUCT(Inserted, (), (id))

}  // namespace

constexpr db::Sql insert_sql{"queue.insert", R"sql(
    INSERT INTO tasks (queue, kind, args, state, attempt, attempts_max, run_at, created_at)
    VALUES ($1, $2, $3, 'available', 0, $4, $5, $5)
    RETURNING id
)sql"};

Async<TaskId> insert(db::Session& db, const NewTask& task, Instant now) {
    const auto row = co_await db.one<Inserted>(
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

constexpr db::Sql claim_ready_sql{"queue.claim_ready", R"sql(
    UPDATE tasks SET state = 'running', attempt = attempt + 1
    WHERE id IN (
        SELECT id FROM tasks
        WHERE queue = $1 AND run_at <= $2 AND state IN ('available', 'retryable')
        ORDER BY run_at, id LIMIT $3
    )
    RETURNING id, queue, kind, args, attempt, attempts_max
)sql"};

Async<std::vector<Task>> claim_ready(
    db::Session& db, const std::string& queue, Instant now, std::int64_t limit
) {
    co_return co_await db.all<Task>(claim_ready_sql, queue, now, limit);
}

constexpr db::Sql put_back_running_sql{"queue.put_back_running", R"sql(
    UPDATE tasks SET state = 'retryable', run_at = $2, error = 'the process that ran it died'
    WHERE queue = $1 AND state = 'running'
)sql"};

Async<void> put_back_running(db::Session& db, const std::string& queue, Instant now) {
    co_await db.execute(put_back_running_sql, queue, now);
}

constexpr db::Sql finish_sql{"queue.finish", R"sql(
    UPDATE tasks SET state = $2, error = $3, finished_at = $4 WHERE id = $1 AND state = 'running'
)sql"};

Async<void> finish(
    db::Session& db,
    TaskId task,
    TaskState state,
    const std::optional<std::string>& error,
    Instant now
) {
    co_await db.execute(finish_sql, task, state, error, now);
}

constexpr db::Sql retry_at_sql{"queue.retry_at", R"sql(
    UPDATE tasks SET state = 'retryable', error = $2, run_at = $3 WHERE id = $1 AND state = 'running'
)sql"};

Async<void> retry_at(db::Session& db, TaskId task, const std::string& error, Instant run_at) {
    co_await db.execute(retry_at_sql, task, error, run_at);
}

constexpr db::Sql hand_back_sql{"queue.hand_back", R"sql(
    UPDATE tasks SET state = 'available', attempt = attempt - 1 WHERE id = $1 AND state = 'running'
)sql"};

Async<void> hand_back(db::Session& db, TaskId task) { co_await db.execute(hand_back_sql, task); }

}  // namespace zoetrope::queue

#include "platform/queue/store.hpp"

#include <algorithm>

#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"

namespace zoetrope::queue {

#define KEPT \
    "id, queue, kind, args, priority, attempt, attempts_max, crashes, created_at, started_at"
#define IS_WAITING "state IN ('scheduled', 'available', 'retryable')"
#define MOVE_WAITING(from)                                                   \
    "INSERT INTO finished_tasks (" KEPT ", state, finished_at) SELECT " KEPT \
    ", 'cancelled', $2 FROM " from

constexpr db::Sql cancel_waiting_sql{
    "queue.cancel_waiting",
    MOVE_WAITING("tasks WHERE id = $1 AND " IS_WAITING),
    db::Coalesce::singly,
    "WITH gone AS (DELETE FROM tasks WHERE id = $1 AND " IS_WAITING
    " RETURNING *) " MOVE_WAITING("gone")
};
constexpr db::Sql remove_waiting_sql{
    "queue.remove_waiting", "DELETE FROM tasks WHERE id = $1 AND " IS_WAITING
};

Async<bool> cancel_waiting(db::Session& db, TaskId task, Instant now) {
    if (co_await db.execute(cancel_waiting_sql, task, now) == 0) co_return false;
    if (db.dialect() == db::Dialect::sqlite) co_await db.execute(remove_waiting_sql, task);
    co_return true;
}

namespace {

struct Due {
    std::optional<Instant> due_at;
};
BOOST_DESCRIBE_STRUCT(Due, (), (due_at))

}  // namespace

#define HAS_ITS_TIME "queue = $1 AND state IN ('scheduled', 'retryable')"

constexpr db::Sql next_due_sql{
    "queue.next_due", "SELECT min(run_at) AS due_at FROM tasks WHERE " HAS_ITS_TIME
};

Async<std::optional<Instant>> next_due(db::Session& db, const std::string& queue) {
    co_return (co_await db.one<Due>(next_due_sql, queue))->due_at;
}

#define FIRST_DUE \
    "SELECT id FROM tasks WHERE " HAS_ITS_TIME " AND run_at <= $2 ORDER BY run_at LIMIT $3"
#define PROMOTE(which) "UPDATE tasks SET state = 'available' WHERE id " which

constexpr db::Sql promote_sql{
    "queue.promote",
    PROMOTE("IN (" FIRST_DUE ")"),
    db::Coalesce::singly,
    PROMOTE("= ANY(ARRAY(" FIRST_DUE " FOR UPDATE SKIP LOCKED))")
};

Async<std::int64_t> promote(
    db::Session& db, const std::string& queue, Instant now, std::int64_t limit
) {
    co_return co_await db.execute(promote_sql, queue, now, limit);
}

const db::Sql disown_sql{
    "queue.disown",
    "UPDATE tasks SET owner_id = NULL WHERE id IN (SELECT id FROM tasks WHERE owner_id = $1 LIMIT "
    "$2)"
};

#define OF_THIS_ATTEMPT " WHERE id = $1 AND attempt = $2 AND node_id = $3 AND state = 'running'"

constexpr db::Sql is_still_ours_sql{
    "queue.is_still_ours",
    "SELECT id FROM tasks" OF_THIS_ATTEMPT,
    db::Coalesce::singly,
    "SELECT id FROM tasks" OF_THIS_ATTEMPT " FOR UPDATE"
};

Async<bool> is_still_ours(db::Session& db, const Task& task) {
    const auto found =
        co_await db.one<Added>(is_still_ours_sql, task.id, task.attempt, task.node_id);
    co_return found.has_value();
}

constexpr db::Sql begin_effect_sql{
    "queue.begin_effect", "UPDATE tasks SET effect_at = $4" OF_THIS_ATTEMPT " AND effect_at IS NULL"
};

Async<bool> begin_effect(db::Session& db, const Task& task, Instant now) {
    co_return co_await db.execute(begin_effect_sql, task.id, task.attempt, task.node_id, now) == 1;
}

constexpr db::Sql has_begun_effect_sql{
    "queue.has_begun_effect", "SELECT id FROM tasks" OF_THIS_ATTEMPT " AND effect_at IS NOT NULL"
};

Async<bool> has_begun_effect(db::Session& db, const Attempt& attempt) {
    const auto found =
        co_await db.one<Added>(has_begun_effect_sql, attempt.task, attempt.number, attempt.node);
    co_return found.has_value();
}

#define MOVE_ENDED(from)                              \
    "INSERT INTO finished_tasks (" KEPT               \
    ", state, error, ran_us, waited_us, engine_us, "  \
    "exclusive_us, finished_at) SELECT " KEPT         \
    ", final_state, final_error, ran_us, waited_us, " \
    "engine_us, exclusive_us, $2 FROM " from " RETURNING id"

constexpr db::Sql move_ended_sql{
    "queue.move_ended",
    MOVE_ENDED("tasks JOIN (SELECT value ->> 'id' AS ended_id, value ->> 'attempt' AS "
               "ended_attempt, value ->> 'node_id' AS ended_node, value ->> 'state' AS "
               "final_state, value ->> 'error' AS final_error, value ->> 'ran_us' AS ran_us, "
               "value ->> 'waited_us' AS waited_us, value ->> 'engine_us' AS engine_us, "
               "value ->> 'exclusive_us' AS exclusive_us FROM json_each($1)) ON id = "
               "ended_id AND attempt = ended_attempt AND node_id = ended_node WHERE state = "
               "'running'"),
    db::Coalesce::singly,
    "WITH ended AS (SELECT id AS ended_id, attempt AS ended_attempt, node_id AS ended_node, state "
    "AS final_state, error AS final_error, ran_us, waited_us, engine_us, exclusive_us FROM "
    "json_to_recordset(CAST($1 AS json)) AS each (id bigint, attempt bigint, node_id bigint, state "
    "text, error text, ran_us bigint, waited_us bigint, engine_us bigint, exclusive_us bigint)), "
    "gone AS (DELETE FROM tasks USING ended WHERE id = ended_id AND attempt = ended_attempt AND "
    "node_id = ended_node AND state = 'running' RETURNING tasks.*, final_state, "
    "final_error, ran_us, waited_us, engine_us, exclusive_us) " MOVE_ENDED("gone")
};
constexpr db::Sql remove_ended_sql{
    "queue.remove_ended", "DELETE FROM tasks WHERE id IN (SELECT value FROM json_each($1))"
};

static std::vector<TaskId> ids_of(const std::vector<Added>& rows) {
    std::vector<TaskId> out;
    out.reserve(rows.size());
    for (const auto& row : rows) out.push_back(row.id);
    return out;
}

Async<std::vector<TaskId>> finish_all(db::Pool& db, const std::vector<Ended>& ended, Instant now) {
    const json::Raw all{json::to_string(ended)};
    if (db.dialect() == db::Dialect::postgres)
        co_return ids_of(co_await db.all<Added>(move_ended_sql, all, now));
    const auto transaction = co_await db.begin();
    auto moved = ids_of(co_await transaction->all<Added>(move_ended_sql, all, now));
    if (!moved.empty())
        co_await transaction->send(remove_ended_sql, json::Raw{json::to_string(moved)});
    co_await transaction->commit();
    co_return moved;
}

constexpr db::Sql retry_at_sql{
    "queue.retry_at",
    "UPDATE tasks SET state = 'retryable', effect_at = NULL, error = $4, run_at = "
    "$5" OF_THIS_ATTEMPT
};

Async<bool> retry_at(
    db::Session& db, const Attempt& attempt, const std::string& error, Instant run_at
) {
    co_return co_await db.execute(
        retry_at_sql, attempt.task, attempt.number, attempt.node, error, run_at
    ) == 1;
}

constexpr db::Sql snooze_until_sql{
    "queue.snooze_until",
    "UPDATE tasks SET state = 'retryable', effect_at = NULL, attempt = attempt - 1, run_at = "
    "$4" OF_THIS_ATTEMPT
};

Async<bool> snooze_until(db::Session& db, const Attempt& attempt, Instant run_at) {
    co_return co_await db.execute(
        snooze_until_sql, attempt.task, attempt.number, attempt.node, run_at
    ) == 1;
}

constexpr db::Sql hand_back_sql{
    "queue.hand_back", "UPDATE tasks SET state = 'available', attempt = attempt - 1" OF_THIS_ATTEMPT
};

Async<bool> hand_back(db::Session& db, const Attempt& attempt) {
    co_return co_await db.execute(hand_back_sql, attempt.task, attempt.number, attempt.node) == 1;
}

constexpr db::Sql drop_finished_sql{
    "queue.drop_finished",
    "DELETE FROM finished_tasks WHERE id IN (SELECT id FROM (SELECT id, finished_at FROM "
    "finished_tasks WHERE state = $1 ORDER BY id LIMIT $3) AS oldest WHERE finished_at < $2)"
};

Async<std::int64_t> drop_finished(
    db::Session& db, TaskState state, Instant before, std::int64_t limit
) {
    co_return co_await db.execute(drop_finished_sql, state, before, limit);
}

}  // namespace zoetrope::queue

#include "platform/queue/store.hpp"

#include <algorithm>

#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"

namespace zoetrope::queue {

namespace {

template <class Id>
struct Added {
    Id id;
    BOOST_DESCRIBE_CLASS(Added, (), (id), (), ())
};

}  // namespace

#define INSERT                                                                                 \
    "INSERT INTO tasks (queue, kind, args, state, attempt, attempts_max, priority, run_at, "   \
    "created_at, unique_key, owner_id, order_key) VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8, " \
    "$9, $10, $11)"

constexpr db::Sql insert_sql{"queue.insert", INSERT " RETURNING id"};
constexpr db::Sql insert_unique_sql{
    "queue.insert_unique",
    INSERT " ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO NOTHING RETURNING id"
};
constexpr db::Sql find_unique_sql{
    "queue.find_unique", "SELECT id FROM tasks WHERE kind = $1 AND unique_key = $2"
};

// `next`: of the first that waits. `begun`: of the latest that runs; what waits may have an older
// one, of an owner at his limit or from an attempt before.
constexpr db::Sql turns_sql{
    "queue.turns",
    "SELECT (SELECT order_key FROM tasks WHERE queue = $1 AND priority = $2 AND state = "
    "'available' "
    "AND owner_id IS NOT NULL ORDER BY order_key LIMIT 1) AS next, (SELECT max(order_key) FROM "
    "tasks "
    "WHERE queue = $1 AND state = 'running') AS begun, (SELECT max(order_key) FROM tasks "
    "WHERE owner_id = $3 AND queue = $1 AND priority = $2) AS own"
};

// An owner's inserts that go on at once would not see each other's turns. On SQLite none do.
constexpr db::Sql one_insert_sql{
    "queue.one_insert",
    "SELECT $1, $2",
    db::Coalesce::singly,
    "SELECT count(*) FROM (SELECT pg_advisory_xact_lock(hashtextextended('zoetrope.turns.' || $1, "
    "CAST($2 AS bigint)))) AS taken"
};

namespace {

struct LastTurns {
    std::optional<std::int64_t> next;
    std::optional<std::int64_t> begun;
    std::optional<std::int64_t> own;
};
BOOST_DESCRIBE_STRUCT(LastTurns, (), (next, begun, own))

constexpr std::int64_t one_turn = 1'000'000;  // divided by the owner's weight

}  // namespace

// A turn behind the owner's own last one, but not before whose turn it is now: nobody catches up on
// turns that he did not want at the time. Those of the house are at 0.
Async<std::int64_t> next_turn(
    db::Session& db, const std::string& queue, std::int64_t priority, const Share& share
) {
    co_await db.send(one_insert_sql, queue, share.owner);
    const auto last = *co_await db.one<LastTurns>(turns_sql, queue, priority, share.owner);
    const std::int64_t head = std::max({last.next.value_or(0), last.begun.value_or(0), one_turn});
    co_return last.own ? std::max(head, *last.own + one_turn / share.weight) : head;
}

static Async<std::optional<Added<TaskId>>> insert_by(
    const db::Sql& sql, db::Session& db, const NewTask& task, Instant now
) {
    const auto state = task.delay.count() > 0 ? TaskState::scheduled : TaskState::available;
    const auto key = task.unique_key.empty() ? std::nullopt : std::optional(task.unique_key);
    const auto owner = task.share ? std::optional(task.share->owner) : std::nullopt;
    const std::int64_t turn =
        task.share ? co_await next_turn(db, task.queue, task.priority, *task.share) : 0;
    co_return co_await db.one<Added<TaskId>>(
        sql,
        task.queue,
        task.kind,
        task.args,
        state,
        task.attempts_max,
        task.priority,
        now + task.delay,
        now,
        key,
        owner,
        turn
    );
}

Async<TaskId> insert(db::Session& db, const NewTask& task, Instant now) {
    if (task.unique_key.empty()) co_return (co_await insert_by(insert_sql, db, task, now))->id;
    while (true) {  // again when the other ended just now
        if (const auto added = co_await insert_by(insert_unique_sql, db, task, now))
            co_return added->id;
        const auto other =
            co_await db.one<Added<TaskId>>(find_unique_sql, task.kind, task.unique_key);
        if (other) co_return other->id;
    }
}

// `$9`: the turn of the first, `$10`: from one to the next. Turns tell whose id is whose.
#define INSERT_EACH(arg, at, of)                                                             \
    "INSERT INTO tasks (queue, kind, args, state, attempt, attempts_max, priority, run_at, " \
    "created_at, owner_id, order_key) SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), " arg       \
    ", CAST($4 AS TEXT), 0, CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT), "    \
    "CAST($11 AS BIGINT), CAST($8 AS BIGINT), $9 + $10 * " at " FROM " of                    \
    " RETURNING id, "                                                                        \
    "order_key"
constexpr db::Sql insert_each_sql{
    "queue.insert_each",
    INSERT_EACH("value", "key", "json_each($3)"),
    db::Coalesce::singly,
    INSERT_EACH(
        "value",
        "(place - 1)",
        "json_array_elements_text(CAST($3 AS json)) WITH ORDINALITY AS each (value, place)"
    )
};

namespace {

struct Turned {
    TaskId id;
    std::int64_t order_key = 0;
};
BOOST_DESCRIBE_STRUCT(Turned, (), (id, order_key))

}  // namespace

Async<std::vector<TaskId>> insert_each(
    db::Session& db, const NewTask& task, const std::vector<json::Raw>& args, Instant now
) {
    const auto state = task.delay.count() > 0 ? TaskState::scheduled : TaskState::available;
    const auto owner = task.share ? std::optional(task.share->owner) : std::nullopt;
    const std::int64_t first =
        task.share ? co_await next_turn(db, task.queue, task.priority, *task.share) : 0;
    std::vector<std::string> texts;
    texts.reserve(args.size());
    for (const json::Raw& each : args) texts.push_back(each.text);
    auto added = co_await db.all<Turned>(
        insert_each_sql,
        task.queue,
        task.kind,
        json::Raw{json::to_string(texts)},
        state,
        task.attempts_max,
        task.priority,
        now + task.delay,
        owner,
        first,
        task.share ? one_turn / task.share->weight : 0,
        now
    );
    std::ranges::sort(added, {}, [](const Turned& each) {
        return std::pair(each.order_key, each.id);
    });
    std::vector<TaskId> ids;
    ids.reserve(added.size());
    for (const Turned& each : added) ids.push_back(each.id);
    co_return ids;
}

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
        co_await db.one<Added<TaskId>>(is_still_ours_sql, task.id, task.attempt, task.node_id);
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
    const auto found = co_await db.one<Added<TaskId>>(
        has_begun_effect_sql, attempt.task, attempt.number, attempt.node
    );
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

static std::vector<TaskId> ids_of(const std::vector<Added<TaskId>>& rows) {
    std::vector<TaskId> out;
    out.reserve(rows.size());
    for (const auto& row : rows) out.push_back(row.id);
    return out;
}

Async<std::vector<TaskId>> finish_all(db::Pool& db, const std::vector<Ended>& ended, Instant now) {
    const json::Raw all{json::to_string(ended)};
    if (db.dialect() == db::Dialect::postgres)
        co_return ids_of(co_await db.all<Added<TaskId>>(move_ended_sql, all, now));
    const auto transaction = co_await db.begin();
    auto moved = ids_of(co_await transaction->all<Added<TaskId>>(move_ended_sql, all, now));
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

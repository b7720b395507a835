#include <algorithm>

#include "platform/base/json/write.hpp"
#include "platform/queue/store.hpp"

namespace zoetrope::queue {

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

static TaskState state_of(const NewTask& task) {
    return task.delay.count() > 0 ? TaskState::scheduled : TaskState::available;
}

static Async<std::optional<Added>> insert_by(
    const db::Sql& sql, db::Session& db, const NewTask& task, Instant now
) {
    const auto key = task.unique_key.empty() ? std::nullopt : std::optional(task.unique_key);
    const auto owner = task.share ? std::optional(task.share->owner) : std::nullopt;
    const std::int64_t turn =
        task.share ? co_await next_turn(db, task.queue, task.priority, *task.share) : 0;
    co_return co_await db.one<Added>(
        sql,
        task.queue,
        task.kind,
        task.args,
        state_of(task),
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
        const auto other = co_await db.one<Added>(find_unique_sql, task.kind, task.unique_key);
        if (other) co_return other->id;
    }
}

constexpr db::Sql insert_alone_sql{
    "queue.insert_alone",
    "INSERT INTO tasks (id, queue, kind, args, state, attempt, attempts_max, priority, run_at, "
    "created_at, order_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    db::Coalesce::together
};

Async<TaskId> insert(db::Pool& db, const NewTask& task, Instant now) {
    if (task.share || !task.unique_key.empty()) {
        const auto transaction = co_await db.begin();
        const TaskId id = co_await insert(static_cast<db::Session&>(*transaction), task, now);
        co_await transaction->commit();
        co_return id;
    }
    // On SQLite whoever draws ids beforehand must be the only one who gives any; it gives this one
    // itself, and its writer commits what comes together in one go anyway.
    const bool on_sqlite = db.dialect() == db::Dialect::sqlite;
    const auto drawn =
        on_sqlite ? std::nullopt : std::optional(TaskId{co_await db.next_id("tasks")});
    const db::Rows added = co_await db.run(
        insert_alone_sql,
        db::Session::params(
            drawn,
            task.queue,
            task.kind,
            task.args,
            state_of(task),
            0,
            task.attempts_max,
            task.priority,
            now + task.delay,
            now,
            0
        )
    );
    co_return drawn.value_or(TaskId{added.last_id});
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
        state_of(task),
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

}  // namespace zoetrope::queue

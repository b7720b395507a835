#include "features/events/store.hpp"

namespace zoetrope::events {

#define APPENDED " RETURNING id, topic, type, subject, data, created_at"
#define THIS_TRANSACTION "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
#define COLUMNS "INSERT INTO events (owner_id, topic, type, subject, data, created_at, xid) "
#define APPEND(xid) COLUMNS "VALUES ($1, $2, $3, $4, $5, $6, " xid ")" APPENDED
constexpr db::Sql append_sql{
    "events.append", APPEND("0"), db::Coalesce::singly, APPEND(THIS_TRANSACTION)
};

Async<Event> append(db::Session& db, NewEvent event, Instant now) {
    auto row = co_await db.one<Event>(
        append_sql, event.owner, event.topic, event.type, event.subject, event.data, now
    );
    co_return std::move(*row);
}

constexpr db::Sql append_all_sql{
    "events.append_all",
    COLUMNS
    "SELECT "
    "value ->> 'owner', value ->> 'topic', value ->> 'type', value ->> 'subject', "
    "value -> 'data', $2, 0 FROM json_each($1)" APPENDED,
    db::Coalesce::singly,
    COLUMNS
    "SELECT owner, "
    "topic, type, subject, data, $2, " THIS_TRANSACTION
    " FROM json_to_recordset(CAST($1 AS json)) AS each (owner bigint, topic text, type text, "
    "subject text, data text)" APPENDED
};

Async<std::vector<Event>> append_all(
    db::Session& db, const std::vector<NewEvent>& events, Instant now
) {
    co_return co_await db.all<Event>(append_all_sql, json::Raw{json::to_string(events)}, now);
}

constexpr db::Sql list_after_sql{"events.list_after", R"sql(
    SELECT id, topic, type, subject, data, created_at FROM events
    WHERE owner_id = $1 AND id > $2 ORDER BY id LIMIT $3
)sql"};

Async<std::vector<Event>> list_after(
    db::Session& db, UserId owner, EventId after, std::int64_t limit
) {
    co_return co_await db.all<Event>(list_after_sql, owner, after, limit);
}

namespace {

struct Extent {
    std::optional<std::int64_t> oldest;
    std::optional<std::int64_t> newest;
};
BOOST_DESCRIBE_STRUCT(Extent, (), (oldest, newest))

}  // namespace

// Each by the end of an index; together they would read all of it.
constexpr db::Sql extent_sql{
    "events.extent",
    "SELECT (SELECT min(id) FROM events) AS oldest, (SELECT max(id) FROM events) AS newest"
};

Async<bool> reaches_back_to(db::Session& db, EventId last_seen) {
    const auto log = co_await db.one<Extent>(extent_sql);
    co_return log->oldest&& last_seen.value >= *log->oldest - 1 && last_seen.value <= *log->newest;
}

namespace {

struct Settled {
    std::int64_t xid = 0;
};
BOOST_DESCRIBE_STRUCT(Settled, (), (xid))

}  // namespace

constexpr db::Sql settled_sql{
    "events.settled",
    "SELECT 0 AS xid",
    db::Coalesce::singly,
    "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS xid"
};

Async<std::int64_t> settled_transaction(db::Session& db) {
    co_return (co_await db.one<Settled>(settled_sql))->xid;
}

constexpr db::Sql list_between_sql{"events.list_between", R"sql(
    SELECT id, owner_id, topic, type, subject, data, created_at FROM events
    WHERE xid >= $1 AND xid < $2 ORDER BY xid, id
)sql"};

Async<std::vector<OwnedEvent>> list_between(db::Session& db, std::int64_t from, std::int64_t to) {
    if (from >= to) co_return std::vector<OwnedEvent>{};
    co_return co_await db.all<OwnedEvent>(list_between_sql, from, to);
}

}  // namespace zoetrope::events

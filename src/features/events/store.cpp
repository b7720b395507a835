#include "features/events/store.hpp"

namespace zoetrope::events {

constexpr db::Sql append_sql{"events.append", R"sql(
    INSERT INTO events (owner_id, topic, type, subject, data, created_at) VALUES ($1, $2, $3, $4, $5, $6)
    RETURNING id, topic, type, subject, data, created_at
)sql"};

Async<Event> append(db::Session& db, NewEvent event, Instant now) {
    auto row = co_await db.one<Event>(
        append_sql, event.owner, event.topic, event.type, event.subject, event.data, now
    );
    co_return std::move(*row);
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

}  // namespace zoetrope::events

#pragma once

#include "features/events/events.hpp"

namespace zoetrope::events {

// Events of `owner` after `after`, oldest first, at most `limit`.
Async<std::vector<Event>> list_after(
    db::Session& db, UserId owner, EventId after, std::int64_t limit
);

// Whether the log still has everything behind that event. Not when its oldest were removed since,
// or when the id is of another log (the database was replaced).
Async<bool> reaches_back_to(db::Session& db, EventId last_seen);

// On PostgreSQL: every transaction before this one has ended.
Async<std::int64_t> settled_transaction(db::Session& db);
struct OwnedEvent : Event {
    UserId owner_id;
};
BOOST_DESCRIBE_STRUCT(OwnedEvent, (Event), (owner_id))
// Everybody's that were written by the transactions from `from` to before `to`.
Async<std::vector<OwnedEvent>> list_between(db::Session& db, std::int64_t from, std::int64_t to);

}  // namespace zoetrope::events

#pragma once

#include "features/events/events.hpp"

namespace zoetrope::events {

// Events of `owner` after `after`, oldest first, at most `limit`.
Async<std::vector<Event>> list_after(
    db::Session& db, UserId owner, EventId after, std::int64_t limit
);

}  // namespace zoetrope::events

#include "platform/queue/clean_up.hpp"
#include "features/events/events.hpp"

namespace zoetrope::events {

namespace {

constexpr std::string_view kind = "events.clean_up";
constexpr std::chrono::hours interval{1};

// Ids follow time, so the oldest are the first: no index on the time is needed.
constexpr db::Sql remove_old_sql{
    "events.remove_old",
    "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT $2) AND created_at < "
    "$1"
};

}  // namespace

queue::Schedule clean_up_schedule() {
    return {std::string(kind), interval, std::string(queue::maintenance)};
}

void add_handlers(Deps& deps, queue::Handlers& handlers) {
    queue::add_clean_up(handlers, std::string(kind), [&deps] {
        return queue::delete_before(deps.db, remove_old_sql, deps.clock.now() - deps.kept);
    });
}

}  // namespace zoetrope::events

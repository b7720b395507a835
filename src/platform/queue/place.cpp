#include "platform/queue/place.hpp"

#include <fmt/format.h>

#include "platform/base/json/write.hpp"
#include "platform/queue/clock.hpp"
#include "platform/queue/node.hpp"

namespace zoetrope::queue {

// Each is a range of an index, read no further than place_max.
#define COUNT(which) \
    "(SELECT count(*) FROM (SELECT 1 FROM tasks o WHERE " which " LIMIT $2) AS counted)"
#define AVAILABLE "o.queue = t.queue AND o.state = 'available' "
#define YOURS "o.owner_id = t.owner_id AND o.queue = t.queue AND o.state = 'available' "
#define HIGHER "AND o.priority > t.priority"
#define EARLIER "AND o.priority = t.priority AND (o.order_key, o.id) < (t.order_key, t.id)"
// By `queue`, or with slots of its own: `queue=4`.
#define SERVED(clock, each, named)                                                   \
    "(SELECT count(*) FROM nodes n WHERE n.heartbeat_at >= " clock                   \
    " - coalesce(n.patience_us, $3) AND EXISTS (SELECT 1 FROM " each " WHERE " named \
    " = t.queue OR substr(" named ", 1, length(t.queue) + 1) = t.queue || '=')) AS served"
#define PLACES(ids, served)                                                                \
    "SELECT id, state, run_at, " COUNT(AVAILABLE HIGHER) " + " COUNT(AVAILABLE EARLIER     \
    ) " AS before, " COUNT(YOURS HIGHER) " + " COUNT(YOURS EARLIER                         \
    ) " AS before_yours, "                                                                 \
      "(SELECT count(*) FROM tasks o WHERE o.queue = t.queue AND o.state = 'running' AND " \
      "o.owner_id = t.owner_id) AS running_yours, "                                        \
      "(SELECT count(*) FROM tasks o WHERE o.queue = t.queue AND o.state = 'running') AS " \
      "running, coalesce((SELECT capacity FROM pools WHERE name = t.queue), 0) AS "        \
      "capacity, "                                                                         \
      "(SELECT count(*) FROM paused_queues WHERE name = t.queue) AS paused, " served       \
      " "                                                                                  \
      "FROM tasks t WHERE id IN (" ids ")"

#define PLACES_OF_BOTH                                                                             \
    PLACES(                                                                                        \
        "SELECT value FROM json_each($1)",                                                         \
        SERVED(CLOCK_SQLITE, "json_each(n.queues) each", "each.value")                             \
    ),                                                                                             \
        db::Coalesce::singly,                                                                      \
        PLACES(                                                                                    \
            "SELECT CAST(json_array_elements_text(CAST($1 AS json)) AS bigint)",                   \
            SERVED(                                                                                \
                CLOCK_POSTGRES, "json_array_elements_text(CAST(n.queues AS json)) AS each", "each" \
            )                                                                                      \
        )

constexpr db::Sql places_sql{"queue.places", PLACES_OF_BOTH};
// Each is up to five thousand steps of indexes, for which nobody else should wait long.
constexpr db::Sql many_places_sql{"queue.many_places", PLACES_OF_BOTH, db::Limit::list};
constexpr std::size_t few_places = 10;

// As long as others count them among the living.
constexpr std::chrono::microseconds silence = NodeConfig{}.silence;

Async<std::vector<Place>> find_places(db::Session& db, const std::vector<TaskId>& tasks) {
    if (tasks.empty()) co_return std::vector<Place>{};
    const json::Raw ids{json::to_string(tasks)};
    if (tasks.size() <= few_places)
        co_return co_await db.all<Place>(places_sql, ids, place_max, silence.count());
    try {
        co_return co_await db.all<Place>(many_places_sql, ids, place_max, silence.count());
    } catch (const db::TimedOut&) {
        co_return std::vector<Place>{};
    }
}

namespace {

std::string ordinal(std::int64_t number) {
    const std::int64_t tens = number % 100 / 10;
    const std::int64_t ones = number % 10;
    const char* ending = "th";
    if (tens != 1 && ones == 1) ending = "st";
    if (tens != 1 && ones == 2) ending = "nd";
    if (tens != 1 && ones == 3) ending = "rd";
    return fmt::format("{}{}", number, ending);
}

}  // namespace

std::string why_it_waits(const Place& place, std::int64_t each_max) {
    if (place.state == TaskState::running) return "next in line";  // a node holds it already
    if (place.paused > 0) return "the queue is paused";
    if (place.served == 0) return "no worker for it is there";
    if (place.state == TaskState::scheduled) return "its time has not come";
    if (place.state == TaskState::retryable) return "it is tried again soon";
    if (each_max > 0 && place.running_yours >= each_max)
        return fmt::format("{} of yours run, which is the limit", place.running_yours);
    if (place.before_yours > 0) return ordinal(place.before_yours + 1) + " of yours";
    if (place.before >= place_max) return fmt::format("over {} others go first", place_max);
    if (place.before > 0) return ordinal(place.before + 1) + " in the queue";
    if (place.capacity > 0 && place.running >= place.capacity)
        return "next in line, the pool is full";
    return "next in line";
}

}  // namespace zoetrope::queue

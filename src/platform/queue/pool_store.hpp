// The rows of the pools. Private to the part.
#pragma once

#include "platform/base/json/traits.hpp"
#include "platform/db/session.hpp"
#include "platform/queue/pool.hpp"

namespace zoetrope::queue {

struct PoolRow {
    std::string name;
    std::int64_t size = 0;
    std::int64_t capacity = 0;  // tasks at a time: size x concurrency
    Instant busy_at;
    Instant decided_at;
    std::string reason;  // of the last decision
    std::int64_t decisions = 0;
    std::optional<std::string>
        settings;  // an operator's, as JSON; nothing: those of the configuration
    std::int64_t running = 0;
    std::int64_t waiting = 0;  // no further counted than asked
};
BOOST_DESCRIBE_STRUCT(
    PoolRow,
    (),
    (name, size, capacity, busy_at, decided_at, reason, decisions, settings, running, waiting)
)

// By name; `counted_max`: how far what waits is counted.
Async<std::vector<PoolRow>> list_pools(db::Session& db, std::int64_t counted_max);
// Unless it is there.
Async<void> add_pool(db::Session& db, const PoolSettings& settings, Instant now);
// Of several nodes that decided the same, one is answered true.
Async<bool> resize_pool(
    db::Session& db,
    const PoolRow& was,
    const PoolDecision& decision,
    std::int64_t capacity,
    Instant now
);
Async<void> set_capacity(db::Session& db, const std::string& name, std::int64_t capacity);
Async<void> mark_busy(db::Session& db, const std::string& name, Instant now);
// An operator's; nothing: as configured.
Async<void> keep_settings(
    db::Session& db, const std::string& name, const std::optional<std::string>& settings
);

}  // namespace zoetrope::queue

#include "platform/queue/pool_store.hpp"

namespace zoetrope::queue {

constexpr db::Sql list_pools_sql{
    "queue.list_pools",
    "SELECT name, size, capacity, busy_at, decided_at, reason, decisions, settings, "
    "(SELECT count(*) FROM tasks WHERE queue = p.name AND state = 'running') AS running, "
    // In the index's order: a plan made for any name would rather walk the table.
    "(SELECT count(*) FROM (SELECT 1 FROM tasks WHERE queue = p.name AND state = 'available' "
    "ORDER BY priority DESC, order_key, id LIMIT $1) AS counted) AS waiting FROM pools p ORDER BY "
    "name"
};

Async<std::vector<PoolRow>> list_pools(db::Session& db, std::int64_t counted_max) {
    co_return co_await db.all<PoolRow>(list_pools_sql, counted_max);
}

constexpr db::Sql add_pool_sql{
    "queue.add_pool",
    "INSERT INTO pools (name, size, capacity, busy_at, decided_at, reason) "
    "VALUES ($1, $2, $3, $4, $4, 'few wait') ON CONFLICT (name) DO NOTHING"
};

Async<void> add_pool(db::Session& db, const PoolSettings& settings, Instant now) {
    const std::int64_t capacity = settings.size_min * settings.concurrency;
    co_await db.execute(add_pool_sql, settings.name, settings.size_min, capacity, now);
}

constexpr db::Sql resize_pool_sql{
    "queue.resize_pool",
    "UPDATE pools SET size = $2, capacity = $3, reason = $4, decided_at = $5, busy_at = $5, "
    "decisions = decisions + 1 WHERE name = $1 AND size = $6"
};

Async<bool> resize_pool(
    db::Session& db,
    const PoolRow& was,
    const PoolDecision& decision,
    std::int64_t capacity,
    Instant now
) {
    co_return 1 ==
        co_await db.execute(
            resize_pool_sql, was.name, decision.size, capacity, decision.reason, now, was.size
        );
}

constexpr db::Sql set_pool_capacity_sql{
    "queue.set_pool_capacity", "UPDATE pools SET capacity = $2 WHERE name = $1"
};

Async<void> set_capacity(db::Session& db, const std::string& name, std::int64_t capacity) {
    co_await db.send(set_pool_capacity_sql, name, capacity);
}

constexpr db::Sql pool_busy_sql{
    "queue.pool_busy", "UPDATE pools SET busy_at = $2 WHERE name = $1 AND busy_at < $2"
};

Async<void> mark_busy(db::Session& db, const std::string& name, Instant now) {
    co_await db.send(pool_busy_sql, name, now);
}

constexpr db::Sql keep_pool_settings_sql{
    "queue.keep_pool_settings", "UPDATE pools SET settings = $2 WHERE name = $1"
};

Async<void> keep_settings(
    db::Session& db, const std::string& name, const std::optional<std::string>& settings
) {
    co_await db.send(keep_pool_settings_sql, name, settings);
}

}  // namespace zoetrope::queue

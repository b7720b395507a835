#include "features/operations/operations.hpp"

#include <thread>

namespace zoetrope::operations {

namespace {

// By what was done lately; more would say the same and take longer to read.
constexpr std::int64_t usage_max = 5000;

// GET /api/v1/admin/capacity -> 200 Capacity
Async<CapacityReport> capacity(Deps& deps, http::Admin) {
    co_return report_capacity(co_await measure(deps));
}

}  // namespace

Async<Measured> measure(Deps& deps) {
    const queue::PoolsConfig& pools = deps.pools.config();
    auto usage = co_await queue::list_usage(deps.db, usage_max);
    const bool cut = std::ssize(usage) == usage_max;
    co_return Measured{
        .pools = co_await deps.pools.list(),
        .usage = std::move(usage),
        .usage_cut = cut,
        .filled = pools.rule.filled,
        .deep = pools.rule.deep,
        .cool_down_s = pools.rule.cool_down.count(),
        .held_max = std::int64_t(pools.held_max),
        .engines = deps.engines,
        .cores = std::max(1U, std::thread::hardware_concurrency()),
        .load = deps.load.report(),
        .database = deps.db.status()
    };
}

void mount_capacity(http::Router& router, Deps& deps) {
    router.get<&capacity>(
        "/api/v1/admin/capacity",
        deps,
        {.summary = "How much fits, what limits it, and what to change next"}
    );
}

}  // namespace zoetrope::operations

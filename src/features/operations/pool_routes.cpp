#include "features/operations/operations.hpp"

namespace zoetrope::operations {

namespace {

using http::Admin;
using http::Path;

// GET /api/v1/admin/pools -> 200 [Pool]
Async<std::vector<queue::PoolReport>> list_pools(Deps& deps, Admin) { return deps.pools.list(); }

// PUT /api/v1/admin/pools [PoolSettings] -> 200 [Pool], all of them; those that are not given stay
// as they are. Within a second each node has its share. 422 naming `[i].field`
Async<Result<std::vector<queue::PoolReport>>> put_pools(
    Deps& deps, Admin, http::Body<std::vector<queue::PoolSettings>> body
) {
    CO_CHECK(co_await deps.pools.change(body.value));
    co_return co_await deps.pools.list();
}

// DELETE /api/v1/admin/pools/{name} -> 200 [Pool]: as the settings say again. 404
Async<Result<std::vector<queue::PoolReport>>> reset_pool(
    Deps& deps, Admin, Path<std::string> name
) {
    CO_CHECK(co_await deps.pools.reset(name.value));
    co_return co_await deps.pools.list();
}

}  // namespace

void mount_pools(http::Router& router, Deps& deps) {
    router.get<&list_pools>(
        "/api/v1/admin/pools", deps, {.summary = "How many workers each queue has, and why"}
    );
    router.put<&put_pools>(
        "/api/v1/admin/pools", deps, {.summary = "Change the sizes of pools, as long as they run"}
    );
    router.del<&reset_pool>(
        "/api/v1/admin/pools/{name}", deps, {.summary = "Size a pool as configured again"}
    );
}

}  // namespace zoetrope::operations

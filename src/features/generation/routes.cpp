#include "features/generation/store.hpp"
#include "platform/http/page.hpp"

namespace zoetrope::generation {

namespace {

using http::Caller;
using http::Path;

// GET /api/v1/models -> 200 [Model]
Async<std::vector<Model>> list_models(Deps& deps, Caller) { return deps.models.list(); }

queue::Share share_of(const Deps& deps, const Caller& caller) {
    return {caller.user, deps.weights.of(caller.role)};
}

// POST /api/v1/generations, optional Idempotency-Key -> 202 Generation with Location. 422 naming
// every input that is off
Async<Result<http::Accepted<Generation>>> post(
    Deps& deps, Caller caller, http::Body<NewGeneration> body, http::IdempotencyKey key
) {
    CO_TRY(
        Generation made,
        co_await create(deps, share_of(deps, caller), std::move(body.value), std::move(key.value))
    );
    std::string location = "/api/v1/generations/" + made.id.str();
    co_return http::Accepted<Generation>{std::move(made), std::move(location)};
}

// GET /api/v1/generations/{id} -> 200 Generation
Async<Result<Generation>> get(Deps& deps, Caller caller, Path<GenerationId> id) {
    co_return co_await find(deps, caller.user, id.value);
}

struct Filter {
    std::optional<State> state;
    Order order = Order::newest;
    std::int64_t limit = 50;
    std::optional<std::string> cursor;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Filter, (), (state, order, limit, cursor))

// GET /api/v1/generations?state=&order=&limit=&cursor= -> 200 [Generation]
Async<Result<http::Page<Generation>>> list_generations(
    Deps& deps, Caller caller, http::Query<Filter> query
) {
    const Filter& filter = query.value;
    CO_TRY(const std::int64_t limit, http::page_limit(filter.limit));
    auto found = co_await list(
        deps.library.db, caller.user, filter.state, filter.cursor, limit + 1, filter.order
    );
    co_await add_progress(deps, found);
    co_return http::page_of(std::move(found), limit, [](const Generation& last) {
        return last.id.str();
    });
}

// POST /api/v1/generations/{id}/cancel -> 200 Generation. 409 when it has finished
Async<Result<Generation>> post_cancel(Deps& deps, Caller caller, Path<GenerationId> id) {
    co_return co_await cancel(deps, caller.user, id.value);
}

// POST /api/v1/generations/{id}/retry -> 200 Generation, queued. 409 unless it failed or was
// cancelled
Async<Result<Generation>> post_retry(Deps& deps, Caller caller, Path<GenerationId> id) {
    co_return co_await retry(deps, share_of(deps, caller), id.value);
}

}  // namespace

void mount(http::Router& router, Deps& deps) {
    router.get<&list_models>(
        "/api/v1/models", deps, {.summary = "What can be invoked, and with which inputs"}
    );
    router.post<&post>("/api/v1/generations", deps, {.summary = "Start a generation"});
    router.get<&list_generations>(
        "/api/v1/generations",
        deps,
        {.summary = "Generations, the newest first unless asked", .is_list = true}
    );
    router.get<&get>(
        "/api/v1/generations/{id}",
        deps,
        {.summary = "One generation, with its progress and outputs"}
    );
    router.post<&post_cancel>(
        "/api/v1/generations/{id}/cancel", deps, {.summary = "Stop a generation", .frees = true}
    );
    router.post<&post_retry>(
        "/api/v1/generations/{id}/retry",
        deps,
        {.summary = "Make one again that failed or was cancelled"}
    );
}

}  // namespace zoetrope::generation

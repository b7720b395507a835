#include "features/operations/operations.hpp"
#include "platform/http/page.hpp"
#include "platform/queue/retry.hpp"

namespace zoetrope::operations {

namespace {

using http::Admin;
using http::Path;

constexpr std::int64_t retried_max = 1000;  // in one request: each is a transaction

Async<Result<queue::QueueState>> find_queue(Deps& deps, const std::string& name) {
    std::string known;
    for (auto& each : co_await queue::list_queues(deps.db, deps.pools.names())) {
        if (each.name == name) co_return std::move(each);
        known += (known.empty() ? "" : ", ") + each.name;
    }
    co_return not_found("There is no such queue; the queues are: " + known + ".");
}

// GET /api/v1/admin/queues -> 200 [Queue]
Async<std::vector<queue::QueueState>> list_queues(Deps& deps, Admin) {
    return queue::list_queues(deps.db, deps.pools.names());
}

// POST /api/v1/admin/queues/{name}/pause -> 200 Queue. 404 naming the queues there are
Async<Result<queue::QueueState>> pause(Deps& deps, Admin, Path<std::string> name) {
    CO_CHECK(co_await find_queue(deps, name.value));
    co_await queue::pause(deps.db, name.value, deps.clock.now());
    co_return co_await find_queue(deps, name.value);
}

// POST /api/v1/admin/queues/{name}/resume -> 200 Queue. 404 naming the queues there are
Async<Result<queue::QueueState>> resume(Deps& deps, Admin, Path<std::string> name) {
    CO_CHECK(co_await find_queue(deps, name.value));
    co_await queue::resume(deps.db, name.value);
    co_return co_await find_queue(deps, name.value);
}

struct Wanted {
    std::optional<queue::TaskState> state;
    std::optional<std::string> queue;
    std::optional<std::string> kind;
    std::int64_t limit = 50;
    std::optional<std::string> cursor;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Wanted, (), (state, queue, kind, limit, cursor))

std::string cursor_of(const queue::TaskReport& last) {
    return http::write_cursor({last.created_at, last.id.value});
}

// GET /api/v1/admin/tasks?state=&queue=&kind=&limit=&cursor= -> 200 [Task], the newest first
Async<Result<http::Page<queue::TaskReport>>> list_tasks(
    Deps& deps, Admin, http::Query<Wanted> query
) {
    const Wanted& wanted = query.value;
    CO_TRY(const std::int64_t limit, http::page_limit(wanted.limit));
    CO_TRY(const auto place, http::read_cursor(wanted.cursor));
    auto found = co_await queue::list_tasks(
        deps.db,
        {.state = wanted.state,
         .queue = wanted.queue,
         .kind = wanted.kind,
         .below = place.id,
         .limit = limit + 1}
    );
    co_return http::page_of(std::move(found), limit, cursor_of);
}

// GET /api/v1/admin/tasks/{id} -> 200 Task
Async<Result<queue::TaskReport>> get_task(Deps& deps, Admin, Path<TaskId> id) {
    auto found = co_await queue::find_task(deps.db, id.value);
    if (!found) co_return not_found("There is no such task, or it is no longer kept.");
    co_return *std::move(found);
}

// POST /api/v1/admin/tasks/{id}/retry -> 200 Task. 404; 409 when it was not given up, or is for
// something gone
Async<Result<queue::TaskReport>> retry_task(Deps& deps, Admin, Path<TaskId> id) {
    CO_TRY(
        queue::TaskReport waiting,
        co_await queue::retry(deps.db, deps.handlers, id.value, deps.clock.now())
    );
    deps.pools.wake_all();
    co_return waiting;
}

struct RetryTasks {
    std::optional<std::string> queue;
    std::optional<std::string> kind;
    std::int64_t limit = 100;
    static constexpr std::string_view schema_name = "RetryTasks";
    static constexpr bool is_request = true;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(RetryTasks, (), (queue, kind, limit))

struct Retried {
    std::int64_t retried = 0;
    static constexpr std::string_view schema_name = "Retried";
};
BOOST_DESCRIBE_STRUCT(Retried, (), (retried))

// POST /api/v1/admin/tasks/retry {queue, kind, limit} -> 200 {retried}: of the latest that were
// discarded
Async<Result<Retried>> retry_tasks(Deps& deps, Admin, http::Body<RetryTasks> body) {
    const RetryTasks& wanted = body.value;
    if (wanted.limit < 1 || wanted.limit > retried_max)
        co_return invalid("limit", "must be 1 to " + std::to_string(retried_max));
    const auto retried = co_await queue::retry_discarded(
        deps.db, deps.handlers, {wanted.queue, wanted.kind, wanted.limit}, deps.clock.now()
    );
    deps.pools.wake_all();
    co_return Retried{retried};
}

}  // namespace

void mount_queues(http::Router& router, Deps& deps) {
    router.get<&list_queues>(
        "/api/v1/admin/queues", deps, {.summary = "What waits and runs in each queue"}
    );
    router.post<&pause>(
        "/api/v1/admin/queues/{name}/pause",
        deps,
        {.summary = "Begin no more tasks of a queue; what runs goes on"}
    );
    router.post<&resume>(
        "/api/v1/admin/queues/{name}/resume", deps, {.summary = "Go on with a paused queue"}
    );
    router.get<&list_tasks>(
        "/api/v1/admin/tasks", deps, {.summary = "Tasks that wait, run or are over, newest first"}
    );
    router.get<&get_task>("/api/v1/admin/tasks/{id}", deps, {.summary = "One task"});
    router.post<&retry_task>(
        "/api/v1/admin/tasks/{id}/retry", deps, {.summary = "Try a task again that was given up"}
    );
    router.post<&retry_tasks>(
        "/api/v1/admin/tasks/retry", deps, {.summary = "Try all again that were discarded"}
    );
}

}  // namespace zoetrope::operations

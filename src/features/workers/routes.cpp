#include "features/workers/tasks.hpp"
#include "platform/base/text.hpp"

namespace zoetrope::workers {

namespace {

using http::Admin;
using http::NoContent;
using http::Path;

constexpr std::int64_t wait_s_max = 20;  // below any proxy's patience
constexpr std::size_t error_max = 1000;  // code points

// POST /api/v1/workers NewWorker -> 201 Worker. 422 naming what is off; 409 for a model of others;
// 429 when there are too many
Async<Result<http::Created<Worker>>> post(Deps& deps, Admin caller, http::Body<NewWorker> body) {
    CO_TRY(Worker worker, co_await enrol(deps, caller.user, std::move(body.value)));
    std::string location = "/api/v1/workers/" + std::to_string(worker.id.value);
    co_return http::Created<Worker>{std::move(worker), std::move(location)};
}

// GET /api/v1/workers -> 200 [Worker]
Async<std::vector<Worker>> list(Deps& deps, Admin) {
    co_return shown(co_await queue::list_remote(deps.generation.library.db));
}

// DELETE /api/v1/workers/{id} -> 204; what it ran goes to others. A worker's key is not for workers
// of other users
Async<Result<NoContent>> del(Deps& deps, Admin caller, Path<NodeId> id) {
    CO_CHECK(co_await (caller.scopes ? find_own(deps, caller.user, id.value) : find(deps, id.value))
    );
    const auto transaction = co_await deps.generation.library.db.begin();
    co_await queue::remove_remote(*transaction, id.value);
    co_await transaction->commit();
    co_return NoContent{};
}

// DELETE /api/v1/models/{id} (`acme%2Fupscale`) -> 204; what waits for it fails. 404, 409 while a
// live worker serves it
Async<Result<NoContent>> del_model(Deps& deps, Admin, Path<std::string> id) {
    CO_CHECK(co_await remove_model(deps, std::move(id.value)));
    co_return NoContent{};
}

struct Claiming {
    std::int64_t limit = 1;
    std::int64_t wait_s = 10;
    static constexpr std::string_view schema_name = "Claiming";
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Claiming, (), (limit, wait_s))

// POST /api/v1/workers/{id}/claim {limit, wait_s} -> 200 [Assignment], perhaps none. 404, 429
Async<Result<std::vector<Assignment>>> post_claim(
    Deps& deps, Admin caller, Path<NodeId> id, http::Body<Claiming> body
) {
    const Claiming& given = body.value;
    if (given.limit < 1 || given.limit > capacity_max)
        co_return invalid("limit", "must be 1 to 1000 tasks");
    if (given.wait_s < 0 || given.wait_s > wait_s_max)
        co_return invalid("wait_s", "must be 0 to 20 seconds");
    const std::chrono::seconds wait(given.wait_s);
    co_return co_await claim(deps, caller, id.value, given.limit, wait);
}

struct Heartbeat {
    std::vector<Standing> tasks;
    static constexpr std::string_view schema_name = "Heartbeat";
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Heartbeat, (), (tasks))

struct Stopped {
    std::vector<TaskId> stop;  // drop these
    static constexpr std::string_view schema_name = "HeartbeatAnswer";
};
BOOST_DESCRIBE_STRUCT(Stopped, (), (stop))

// POST /api/v1/workers/{id}/heartbeat {tasks: [{task_id, attempt, progress, stage}]} -> 200 {stop}
Async<Result<Stopped>> post_heartbeat(
    Deps& deps, Admin caller, Path<NodeId> id, http::Body<Heartbeat> body
) {
    CO_TRY(
        std::vector<TaskId> stop, co_await heartbeat(deps, caller.user, id.value, body.value.tasks)
    );
    co_return Stopped{std::move(stop)};
}

// GET /api/v1/workers/{id}/tasks/{task}/inputs/{input} -> the bytes. 409 when it is another's
Async<Result<http::Response>> get_input(
    Deps& deps,
    Admin caller,
    Path<NodeId> id,
    Path<TaskId> task,
    Path<std::string> input,
    const http::Request& request
) {
    CO_TRY(
        const Held held, co_await find_held(deps, caller.user, id.value, task.value, std::nullopt)
    );
    CO_TRY(const auto files, co_await generation::files_of(deps.generation, held.job));
    for (const auto& file : files) {
        if (file.input == input.value)
            co_return co_await library::serve_content(
                deps.generation.library.blobs, file.asset, false, request
            );
    }
    co_return not_found("It has no such input.");
}

struct Which {
    std::int64_t attempt = 0;
};
BOOST_DESCRIBE_STRUCT(Which, (), (attempt))

// POST /api/v1/workers/{id}/tasks/{task}/complete?attempt= (multipart: a field for each output,
// named by its role) -> 204. 409 when it is cancelled, or another's by now
Async<Result<NoContent>> post_complete(
    Deps& deps,
    Admin caller,
    Path<NodeId> id,
    Path<TaskId> task,
    http::Query<Which> which,
    http::Upload upload
) {
    CO_TRY(
        const Held held,
        co_await find_held(deps, caller.user, id.value, task.value, which.value.attempt)
    );
    CO_CHECK(co_await complete(deps, held, upload));
    co_return NoContent{};
}

struct Failure {
    std::int64_t attempt = 0;
    std::string error;   // in plain words, for the person who waits
    bool retry = false;  // another try may go better
    static constexpr std::string_view schema_name = "WorkerFailure";
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Failure, (), (attempt, error, retry))

// POST /api/v1/workers/{id}/tasks/{task}/fail {attempt, error, retry} -> 204. 409
Async<Result<NoContent>> post_fail(
    Deps& deps, Admin caller, Path<NodeId> id, Path<TaskId> task, http::Body<Failure> body
) {
    const Failure& given = body.value;
    const std::string error = one_line(given.error);
    if (error.empty() || code_points(given.error) > error_max)
        co_return invalid("error", "must say what went wrong, in 1 to 1000 characters");
    CO_TRY(
        const Held held, co_await find_held(deps, caller.user, id.value, task.value, given.attempt)
    );
    CO_CHECK(co_await fail(deps, held, error, given.retry));
    co_return NoContent{};
}

}  // namespace

void mount(http::Router& router, Deps& deps) {
    router.post<&post>("/api/v1/workers", deps, {.summary = "Register a remote worker"});
    router.get<&list>("/api/v1/workers", deps, {.summary = "Remote workers, and what they do"});
    router.del<&del>("/api/v1/workers/{id}", deps, {.summary = "Take a remote worker away"});
    router.del<&del_model>(
        "/api/v1/models/{id}", deps, {.summary = "Remove a model that remote workers declared"}
    );
    router.post<&post_claim>(
        "/api/v1/workers/{id}/claim", deps, {.summary = "Claim what waits for this worker's models"}
    );
    router.post<&post_heartbeat>(
        "/api/v1/workers/{id}/heartbeat", deps, {.summary = "Say how far it is; hear what to stop"}
    );
    router.get<&get_input>(
        "/api/v1/workers/{id}/tasks/{task}/inputs/{input}",
        deps,
        {.summary = "The bytes of an input of a claimed task"}
    );
    router.post<&post_complete>(
        "/api/v1/workers/{id}/tasks/{task}/complete",
        deps,
        {.summary = "Hand in what was made", .body_bytes_max = output_bytes_max}
    );
    router.post<&post_fail>(
        "/api/v1/workers/{id}/tasks/{task}/fail", deps, {.summary = "Say that it cannot be made"}
    );
}

}  // namespace zoetrope::workers

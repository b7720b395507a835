#include "features/operations/metrics.hpp"
#include "platform/http/gzip.hpp"

namespace zoetrope::operations {

namespace {

using http::Admin;
using http::Path;

// GET /health -> 200 while the process lives; asks nothing of anybody
http::Response health(Deps&) {
    return {.content_type = http::json_type, .static_body = R"({"status":"ok"})"};
}

struct One {
    std::int64_t one = 0;
};
BOOST_DESCRIBE_STRUCT(One, (), (one))

constexpr db::Sql ready_sql{"operations.ready", "SELECT 1 AS one"};
// The smallest commit. A row that stayed as it is would not be written (SQLite sees that).
constexpr db::Sql try_write_sql{
    "operations.try_write",
    "INSERT INTO settings (name, value, changed_at) VALUES ('operations.try_write', '', $1) "
    "ON CONFLICT (name) DO UPDATE SET changed_at = excluded.changed_at"
};

Async<bool> can_commit(Deps& deps) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const std::int64_t now_s = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    LastCommit& last = deps.last_commit;
    if (last.tried_s.exchange(now_s) == now_s) co_return last.worked;
    bool worked = true;
    try {
        co_await deps.db.execute(try_write_sql, deps.clock.now());
    } catch (const std::exception&) {
        worked = false;
    }
    last.worked = worked;
    co_return worked;
}

// What is wrong with the database; nothing when it can be read and written.
Async<std::optional<FieldError>> find_fault(Deps& deps) {
    try {
        co_await deps.db.one<One>(ready_sql);
    } catch (const std::exception&) {
        co_return FieldError{"database", "does not answer"};
    }
    if (deps.disk.is_short() && !co_await can_commit(deps))
        co_return FieldError{"database", "cannot be written; the disk is full"};
    co_return std::nullopt;
}

constexpr std::int64_t picture_bytes = 1 << 20;  // a small upload

// GET /health/ready -> 200 {"status":"ready"}, or {"status":"degraded","detail":...} while the disk
// refuses new data but reading, signing in and deleting go on: to take them away, too, would help
// nobody. 503 naming what is away
Async<Result<http::Response>> ready(Deps& deps) {
    if (auto fault = co_await find_fault(deps)) {
        Error error{
            .code = Code::unavailable,
            .message = "The " + fault->field + " " + fault->message + ".",
            .retry_after_s = 1
        };
        error.fields.push_back(*std::move(fault));
        co_return std::unexpected(std::move(error));
    }
    http::Response response{
        .content_type = http::json_type, .static_body = R"({"status":"ready"})"
    };
    if (deps.disk.is_short()) {
        response.static_body =
            R"({"status":"degraded","detail":"The disk is full: nothing new is stored."})";
    } else if (deps.disk.seen_free_bytes() - deps.disk.reserve_bytes() < picture_bytes) {
        response.static_body =
            R"({"status":"degraded","detail":"The disk is nearly full: uploads are refused."})";
    }
    co_return response;
}

// GET /metrics -> 200, Prometheus' text format
http::Response metrics(Deps& deps, Admin) {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text(deps)};
}

// GET /openapi.json -> 200. Made and compressed once: anybody may ask for it.
http::Response openapi(Deps& deps, const http::Request& request) {
    std::call_once(deps.description.made, [&deps] {
        deps.description.plain = deps.router.openapi(ZOETROPE_VERSION);
        deps.description.zipped = http::gzip(deps.description.plain);
    });
    http::Response response{.content_type = http::json_type};
    response.set("Vary", "Accept-Encoding");
    if (http::accepts_gzip(request.header(http::Field::accept_encoding))) {
        response.static_body = deps.description.zipped;
        response.set("Content-Encoding", "gzip");
    } else {
        response.static_body = deps.description.plain;
    }
    return response;
}

// GET /api/v1/admin/db-pool -> 200 PoolStatus
db::PoolStatus db_pool(Deps& deps, Admin) { return deps.db.status(); }

// GET /api/v1/admin/flags -> 200 [FeatureFlag]
std::vector<flags::FlagState> list_flags(Deps& deps, Admin) { return deps.flags.all(); }

// GET /api/v1/admin/schedules -> 200 [Schedule], with the next time of each
Async<std::vector<queue::ScheduleState>> list_schedules(Deps& deps, Admin) {
    return queue::list_schedules(deps.db);
}

struct ScheduleChange {
    std::optional<std::string> cron;  // null: by its interval
    static constexpr std::string_view schema_name = "ScheduleChange";
};
BOOST_DESCRIBE_STRUCT(ScheduleChange, (), (cron))

// PUT /api/v1/admin/schedules/{name} {cron} -> 200 Schedule. 404, 422 saying what cannot be read
Async<Result<queue::ScheduleState>> put_schedule(
    Deps& deps, Admin, Path<std::string> name, http::Body<ScheduleChange> body
) {
    co_return co_await queue::choose_cron(
        deps.db, std::move(name.value), std::move(body.value.cron), deps.clock.now()
    );
}

struct FlagChange {
    bool enabled = false;
    static constexpr std::string_view schema_name = "FeatureFlagChange";
};
BOOST_DESCRIBE_STRUCT(FlagChange, (), (enabled))

// PUT /api/v1/admin/flags/{name} {enabled} -> 200 FeatureFlag
Async<Result<flags::FlagState>> put_flag(
    Deps& deps, Admin, Path<std::string> name, http::Body<FlagChange> body
) {
    co_return co_await deps.flags.set(
        deps.db, std::move(name.value), body.value.enabled, deps.clock.now()
    );
}

}  // namespace

void mount(http::Router& router, Deps& deps) {
    router.get<&health>(
        "/api/v1/health", deps, {.summary = "Whether the server lives", .is_probe = true}
    );
    router.get<&health>(
        "/health", deps, {.summary = "The same, where load balancers look", .is_probe = true}
    );
    for (const char* address : {"/api/v1/health/ready", "/health/ready", "/readiness"})
        router.get<&ready>(
            address,
            deps,
            {.summary = "Whether it can serve: its database answers and can be written",
             .is_probe = true}
        );
    router.get<&metrics>(
        "/metrics",
        deps,
        {.summary =
             "Counters and times, for Prometheus on this machine or with an administrator's key",
         .family = "admin",
         .open_to_this_machine = true}
    );
    router.get<&openapi>("/openapi.json", deps, {.summary = "This page"});
    router.get<&db_pool>("/api/v1/admin/db-pool", deps, {.summary = "What the database pool does"});
    router.get<&list_schedules>(
        "/api/v1/admin/schedules", deps, {.summary = "What runs again and again, and when next"}
    );
    router.put<&put_schedule>(
        "/api/v1/admin/schedules/{name}", deps, {.summary = "Say when that is, as cron does (UTC)"}
    );
    mount_queues(router, deps);
    mount_pools(router, deps);
    mount_capacity(router, deps);
    router.get<&list_flags>("/api/v1/admin/flags", deps, {.summary = "Feature flags"});
    router.put<&put_flag>(
        "/api/v1/admin/flags/{name}", deps, {.summary = "Switch a feature on or off"}
    );
}

}  // namespace zoetrope::operations

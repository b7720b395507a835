#include "features/pipelines/batches.hpp"
#include "platform/http/page.hpp"

namespace zoetrope::pipelines {

namespace {

using http::Caller;
using http::Path;

constexpr std::size_t ids_max = 100;  // in one question

queue::Share share_of(const Deps& deps, const Caller& caller) {
    return {caller.user, deps.generation.weights.of(caller.role)};
}

// POST /api/v1/upload/batch (multipart: model, inputs, queue, then `files`, repeated), optional
// Idempotency-Key -> 202 StartedBatch with Location. 413 too large, 422 naming what is off
Async<Result<http::Accepted<Started>>> upload(
    Deps& deps, Caller caller, http::Upload body, http::IdempotencyKey key
) {
    CO_TRY(
        Started started, co_await receive(deps, share_of(deps, caller), body, std::move(key.value))
    );
    std::string location = started.status_url;
    co_return http::Accepted<Started>{std::move(started), std::move(location)};
}

// GET /api/v1/status/{job_id} -> 200 Batch
Async<Result<Batch>> get(Deps& deps, Caller caller, Path<PipelineId> id) {
    co_return co_await find(deps, caller.user, id.value);
}

struct Asked {
    std::string ids;  // comma-separated
};
BOOST_DESCRIBE_STRUCT(Asked, (), (ids))

Result<std::vector<PipelineId>> read_ids(std::string_view list) {
    std::vector<PipelineId> ids;
    while (!list.empty()) {
        const std::string_view item = list.substr(0, list.find(','));
        list.remove_prefix(std::min(list.size(), item.size() + 1));
        PipelineId id;
        const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), id.value);
        if (error != std::errc{} || end != item.data() + item.size())
            return invalid("ids", "must be job ids, separated by commas");
        ids.push_back(id);
    }
    if (ids.empty() || ids.size() > ids_max)
        return invalid("ids", "must be 1 to " + std::to_string(ids_max) + " job ids");
    return ids;
}

// GET /api/v1/status?ids=7,8 -> 200 [Batch or null], in the order of the ids
Async<Result<std::vector<std::optional<Batch>>>> get_many(
    Deps& deps, Caller caller, http::Query<Asked> query
) {
    CO_TRY(const std::vector<PipelineId> ids, read_ids(query.value.ids));
    co_return co_await find_all(deps, caller.user, ids);
}

// GET /api/v1/status/{job_id}/events -> text/event-stream of Batch, until it is over. 429
Async<Result<http::Response>> stream(Deps& deps, Caller caller, Path<PipelineId> id) {
    CO_CHECK(co_await find(deps, caller.user, id.value));
    CO_TRY(auto permit, deps.generation.library.events.open_stream(caller.user, deps.heartbeat));
    http::Response response{.content_type = "text/event-stream"};
    response.set("Cache-Control", "no-store").set("X-Accel-Buffering", "no");
    response.stream = [&deps, caller, id = id.value, permit = std::move(permit)](
                          http::BodyWriter& out
                      ) { return feed(deps, caller, id, out); };
    co_return response;
}

// GET /api/v1/status/{job_id}/download -> a zip of what was made. 409 when there is nothing yet
Async<Result<http::Response>> download(Deps& deps, Caller caller, Path<PipelineId> id) {
    CO_TRY(Batch batch, co_await find(deps, caller.user, id.value));
    const bool any = std::ranges::any_of(batch.files, [](const BatchFile& file) {
        return !file.outputs.empty();
    });
    if (!any) co_return conflict("Nothing of it has been made yet.");
    http::Response response{.content_type = "application/zip"};
    response.set("Content-Disposition", "attachment; filename=\"batch-" + batch.job_id + ".zip\"")
        .set("Cache-Control", "no-store");
    response.stream = [&deps, batch = std::move(batch)](http::BodyWriter& out) mutable {
        return pack(deps, std::move(batch), out);
    };
    co_return response;
}

// POST /api/v1/status/{job_id}/cancel -> 200 Batch. 409 when it is over
Async<Result<Batch>> post_cancel(Deps& deps, Caller caller, Path<PipelineId> id) {
    co_return co_await cancel(deps, caller.user, id.value);
}

// POST /api/v1/status/{job_id}/retry -> 200 Batch, with its failed and cancelled files queued
// again. 409 when there are none
Async<Result<Batch>> post_retry(Deps& deps, Caller caller, Path<PipelineId> id) {
    co_return co_await retry(deps, share_of(deps, caller), id.value);
}

struct Filter {
    std::optional<Status> status;
    std::int64_t limit = 50;
    std::optional<PipelineId> cursor;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Filter, (), (status, limit, cursor))

// GET /api/v1/pipelines?status=&limit=&cursor= -> 200 [Pipeline], newest first
Async<Result<http::Page<Pipeline>>> list_pipelines(
    Deps& deps, Caller caller, http::Query<Filter> query
) {
    const Filter& filter = query.value;
    CO_TRY(const std::int64_t limit, http::page_limit(filter.limit));
    auto found = co_await list(
        deps.generation.library.db, caller.user, filter.status, filter.cursor, limit + 1
    );
    co_return http::page_of(std::move(found), limit, [](const Pipeline& last) {
        return std::to_string(last.id.value);
    });
}

}  // namespace

// Of API keys: one scope for all that pipelines do.
static constexpr std::string_view family = "pipelines";

void mount(http::Router& router, Deps& deps) {
    router.post<&upload>(
        "/api/v1/upload/batch",
        deps,
        {.summary = "Make something of each of many pictures",
         .body_bytes_max = deps.limits.bytes_max,
         .family = family}
    );
    router.get<&list_pipelines>(
        "/api/v1/pipelines",
        deps,
        {.summary = "Pipelines, the newest first", .family = family, .is_list = true}
    );
    router.get<&get_many>(
        "/api/v1/status",
        deps,
        {.summary = "Many batches at once", .family = family, .is_list = true}
    );
    router.get<&get>(
        "/api/v1/status/{job_id}",
        deps,
        {.summary = "How far a batch and each of its files are", .family = family}
    );
    router.get<&stream>(
        "/api/v1/status/{job_id}/events",
        deps,
        {.summary = "The same, as it changes (server-sent events)", .family = family}
    );
    router.get<&download>(
        "/api/v1/status/{job_id}/download",
        deps,
        {.summary = "All that a batch made, as a zip", .family = family}
    );
    router.post<&post_cancel>(
        "/api/v1/status/{job_id}/cancel",
        deps,
        {.summary = "Stop a batch", .family = family, .frees = true}
    );
    router.post<&post_retry>(
        "/api/v1/status/{job_id}/retry",
        deps,
        {.summary = "Make the files of a batch again that failed or were cancelled",
         .family = family}
    );
}

}  // namespace zoetrope::pipelines

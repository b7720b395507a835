#include "features/library/content.hpp"
#include "features/library/store.hpp"
#include "platform/http/multipart.hpp"
#include "platform/http/page.hpp"

namespace zoetrope::library {

namespace {

using http::Caller;
using http::Path;

// POST /api/v1/assets (multipart field `file`) -> 201 Asset. 409 over the quota, 413 too large, 415
// not a usable picture, 422 no file, 503 too busy to look at it, 507 no room on the disk
Async<Result<http::Created<Asset>>> upload(Deps& deps, Caller caller, http::Upload upload) {
    CO_CHECK(co_await check_length(deps, caller.user, upload.bytes));
    CO_TRY(http::Multipart form, http::Multipart::open(*upload.source, upload.content_type));
    while (true) {
        CO_TRY(const std::optional<http::Part> part, co_await form.next());
        if (!part)
            co_return invalid(
                "file", "is required: send the picture as the multipart field `file`"
            );
        if (part->name != "file") continue;
        CO_TRY(Arrival arrival, co_await begin(deps, caller.user));
        while (true) {
            CO_TRY(const std::string_view piece, co_await form.read_some());
            if (piece.empty()) break;
            CO_CHECK(co_await append(deps, arrival, piece));
        }
        CO_TRY(
            Asset asset, co_await take_in(deps, caller.user, part->file_name, std::move(arrival))
        );
        std::string location = "/api/v1/assets/" + asset.id.str();
        co_return http::Created<Asset>{std::move(asset), std::move(location)};
    }
}

// GET /api/v1/assets/{id} -> 200 Asset
Async<Result<Asset>> get(Deps& deps, Caller caller, Path<AssetId> id) {
    co_return co_await find(deps.db, caller.user, id.value);
}

// GET /api/v1/assets/usage -> 200 StorageUsage
Async<Usage> get_usage(Deps& deps, Caller caller) {
    return usage(deps.db, deps.quota, caller.user);
}

// DELETE /api/v1/assets/{id} -> 204. What is still to be made of it fails
Async<Result<http::NoContent>> del(Deps& deps, Caller caller, Path<AssetId> id) {
    CO_CHECK(co_await remove(deps, caller.user, id.value));
    co_return http::NoContent{};
}

struct Filter {
    std::optional<Kind> kind;
    std::int64_t limit = 50;
    std::optional<std::string> cursor;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Filter, (), (kind, limit, cursor))

// GET /api/v1/assets?kind=&limit=&cursor= -> 200 [Asset], newest first
Async<Result<http::Page<Asset>>> list_assets(Deps& deps, Caller caller, http::Query<Filter> query) {
    const Filter& filter = query.value;
    CO_TRY(const std::int64_t limit, http::page_limit(filter.limit));
    auto assets = co_await list(deps.db, caller.user, filter.kind, filter.cursor, limit + 1);
    co_return http::page_of(std::move(assets), limit, [](const Asset& last) {
        return last.id.str();
    });
}

// GET /api/v1/assets/{id}/content -> the bytes; ranges, ETag; ?download=true names a file to save
Async<Result<http::Response>> content(
    Deps& deps,
    Caller caller,
    Path<AssetId> id,
    http::Query<ContentOptions> query,
    const http::Request& request
) {
    CO_TRY(Asset asset, co_await find(deps.db, caller.user, id.value));
    co_return co_await serve_content(deps.blobs, asset, query.value.download, request);
}

}  // namespace

void mount(http::Router& router, Deps& deps) {
    router.post<&upload>(
        "/api/v1/assets",
        deps,
        {.summary = "Add a picture to the library", .body_bytes_max = upload_bytes_max}
    );
    router.get<&list_assets>(
        "/api/v1/assets", deps, {.summary = "The library, newest first", .is_list = true}
    );
    router.get<&get_usage>(
        "/api/v1/assets/usage", deps, {.summary = "How much of the storage you use, and may use"}
    );
    router.del<&del>("/api/v1/assets/{id}", deps, {.summary = "Delete an asset"});
    router.get<&get>("/api/v1/assets/{id}", deps, {.summary = "One asset's facts"});
    router.get<&content>("/api/v1/assets/{id}/content", deps, {.summary = "One asset's bytes"});
}

}  // namespace zoetrope::library

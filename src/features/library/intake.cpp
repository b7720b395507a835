#include <algorithm>

#include "features/library/store.hpp"
#include "platform/base/text.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::library {

namespace {

bool is_believable(const engine_protocol::Probed& probed) {
    static constexpr std::string_view types[] = {
        "image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff"
    };
    const auto possible = [](int side) { return side >= 1 && side <= 30'000; };
    return std::ranges::find(types, probed.media_type) != std::end(types) &&
           possible(probed.width) && possible(probed.height);
}

// Without what would make a name look like another's, or break a line.
std::string without_controls(std::string_view utf8) {
    std::string out;
    std::string point;
    while (!utf8.empty()) {
        const auto begins = [](char c) { return (c & 0xc0) != 0x80; };
        const auto end = std::ranges::find_if(utf8.substr(1), begins);
        const std::size_t bytes = 1 + std::size_t(end - utf8.substr(1).begin());
        point.assign("x").append(utf8.substr(0, bytes));
        if (is_printable(point)) out.append(utf8.substr(0, bytes));
        utf8.remove_prefix(bytes);
    }
    return out;
}

}  // namespace

std::string clean_name(std::string_view name) {
    name.remove_prefix(name.find_last_of("/\\") == name.npos ? 0 : name.find_last_of("/\\") + 1);
    const std::string out = cut_file_name(
        trim_text(without_controls(valid_utf8(name))), {.code_points = name_points_max}
    );
    return out.empty() || !is_printable(out) ? "untitled" : out;
}

Async<Result<engine_protocol::Probed>> look_at(Deps& deps, const blobs::Staged& staged) {
    CO_TRY(const blobs::Descriptor file, co_await deps.blobs.reopen_to_read(staged));
    auto probed = co_await deps.engine.run_as<engine_protocol::Probed>(
        {.operation = engine_protocol::Operation::probe,
         .inputs = {file.get()},
         .cpu_s_max = 2,
         .wall_max = deps.probe_timeout}
    );
    if (!probed) {
        Error error = std::move(probed).error();
        if (error.code == Code::invalid) {
            error.code = Code::unsupported;
        } else {
            telemetry::warn("a picture could not be probed: {}", error.message);
            error = {
                .code = Code::unavailable,
                .message = "The file could not be looked at just now; nothing was kept. Try again.",
                .retry_after_s = 2
            };
        }
        co_return std::unexpected(std::move(error));
    }
    // The child that looked may have been taken over by what it looked at.
    if (!is_believable(*probed)) {
        telemetry::warn("a probe answered what it cannot have seen");
        co_return failure(Code::unsupported, "The file is not a picture that can be used.");
    }
    co_return *std::move(probed);
}

Async<Result<Asset>> keep(
    Deps& deps, std::string name, blobs::Staged staged, const engine_protocol::Probed& probed
) {
    CO_TRY(const blobs::Kept kept, co_await deps.blobs.keep(std::move(staged)));
    Asset asset{
        .id = AssetId::make(),
        .kind = Kind::image,
        .media_type = probed.media_type,
        .name = clean_name(name),
        .width = probed.width,
        .height = probed.height,
        .bytes = kept.bytes,
        .digest = kept.digest,
        .created_at = deps.clock.now()
    };
    asset.url = content_url(asset.id);
    co_return asset;
}

Async<Result<std::vector<events::Event>>> add(
    db::Session& db, const Quota& quota, UserId owner, const std::vector<Asset>& assets, Instant now
) {
    if (assets.empty()) co_return std::vector<events::Event>{};
    std::int64_t bytes = 0;
    for (const Asset& each : assets) bytes += each.bytes;
    CO_CHECK(co_await count_within(db, quota, owner, bytes));
    co_await insert_all(db, owner, assets);
    std::vector<events::NewEvent> news;
    news.reserve(assets.size());
    for (const Asset& each : assets) {
        news.push_back(
            {.owner = owner, .topic = "assets", .type = "asset.created", .subject = each.id.str()}
        );
    }
    co_return co_await events::append_all(db, news, now);
}

Async<Result<void>> check_length(
    Deps& deps, UserId owner, const std::optional<std::uint64_t>& length
) {
    // Boundaries, names and options: what a form has beside its files.
    constexpr std::uint64_t form_bytes_max = 1 << 20;
    constexpr std::uint64_t bytes_max = std::uint64_t(1) << 60;  // longer ones are refused as such
    const std::uint64_t whole = std::clamp(length.value_or(0), form_bytes_max, bytes_max);
    const auto bytes = std::int64_t(whole - form_bytes_max);
    CO_CHECK(co_await check_quota(deps.db, deps.quota, owner, std::max<std::int64_t>(bytes, 1)));
    co_return co_await deps.blobs.check_room(bytes);
}

Async<Result<Arrival>> begin(Deps& deps, UserId owner) {
    const Usage before = co_await usage(deps.db, deps.quota, owner);
    CO_TRY(blobs::Staged staged, co_await deps.blobs.stage());
    co_return Arrival{std::move(staged), deps.quota.claim(owner), before.bytes_used};
}

Async<Result<void>> append(Deps& deps, Arrival& to, std::string_view bytes) {
    const std::int64_t arriving = to.claim.add(std::ssize(bytes));
    if (const auto fits = deps.quota.check(to.bytes_used, arriving); !fits)
        co_return std::unexpected(fits.error());
    co_return co_await deps.blobs.append(to.file, bytes);
}

namespace {

// Adds one asset; its bytes go again when that does not succeed.
Async<Result<std::vector<events::Event>>> add_kept(
    Deps& deps, UserId owner, const std::vector<Asset>& kept
) {
    const Instant now = kept.front().created_at;
    std::exception_ptr broken;
    Result<std::vector<events::Event>> news = failure(Code::unavailable, "It could not be added.");
    try {
        news = co_await db::transact(deps.db, [&](db::Transaction& transaction) {
            return add(transaction, deps.quota, owner, kept, now);
        });
    } catch (const std::exception&) {
        broken = std::current_exception();
    }
    if (!news) co_await release(deps.db, {kept.front().digest}, now);
    if (broken) std::rethrow_exception(broken);
    co_return news;
}

}  // namespace

Async<Result<Asset>> take_in(Deps& deps, UserId owner, std::string name, Arrival arrival) {
    CO_TRY(const auto probed, co_await look_at(deps, arrival.file));
    CO_CHECK(co_await check_quota(deps.db, deps.quota, owner, 0));  // others were added
    CO_TRY(Asset asset, co_await keep(deps, std::move(name), std::move(arrival.file), probed));
    CO_TRY(const auto news, co_await add_kept(deps, owner, {asset}));
    for (const events::Event& each : news) deps.events.publish(owner, each);
    co_return asset;
}

namespace {

Async<Result<events::Event>> remove_in(
    db::Transaction& db, Deps& deps, UserId owner, AssetId id, Instant now
) {
    CO_TRY(const Asset asset, co_await find(db, owner, id));
    for (const OnRemoval& let_go : deps.asset_users) co_await let_go(db, asset, now);
    const auto gone = co_await erase(db, owner, id);
    if (!gone) co_return not_found("There is no such asset.");
    co_await release_counted(db, owner, *gone, now);
    co_return co_await events::append(
        db, {.owner = owner, .topic = "assets", .type = "asset.deleted", .subject = id.str()}, now
    );
}

}  // namespace

Async<Result<void>> remove(Deps& deps, UserId owner, AssetId id) {
    const Instant now = deps.clock.now();
    CO_TRY(
        const events::Event news,
        co_await db::transact(
            deps.db,
            [&](db::Transaction& transaction) {
                return remove_in(transaction, deps, owner, id, now);
            }
        )
    );
    deps.events.publish(owner, news);
    co_return Result<void>{};
}

}  // namespace zoetrope::library

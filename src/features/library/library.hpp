// The asset library: images, videos and 3D models. Facts are a row, bytes are a blob; an asset
// never changes. Only pictures come in from outside; the engine looks at them before anything is
// kept.
#pragma once

#include <boost/describe/enum.hpp>
#include <string>
#include <vector>

#include "features/events/events.hpp"
#include "platform/base/ids.hpp"
#include "platform/base/time.hpp"
#include "platform/blobs/blobs.hpp"
#include "platform/db/session.hpp"
#include "platform/engine_host/engine_host.hpp"
#include "platform/http/router.hpp"

namespace zoetrope::library {

BOOST_DEFINE_ENUM_CLASS(Kind, image, video, mesh)

struct Asset {
    AssetId id;
    Kind kind{};
    std::string media_type;
    std::string name;                   // as the person called it, without folders
    std::optional<std::int64_t> width;  // pixels, as shown; absent for meshes
    std::optional<std::int64_t> height;
    std::optional<std::int64_t> duration_ms;  // of videos
    std::int64_t bytes = 0;
    std::string digest;  // BLAKE2b-256, hex
    std::string url;     // where the bytes are
    Instant created_at;
    static constexpr std::string_view schema_name = "Asset";
};
BOOST_DESCRIBE_STRUCT(
    Asset,
    (),
    (id, kind, media_type, name, width, height, duration_ms, bytes, digest, url, created_at)
)

inline constexpr std::size_t name_points_max = 200;  // a file name; longer ones are cut
inline constexpr std::size_t upload_bytes_max = std::size_t(200) << 20;  // a 50-megapixel TIFF fits
inline constexpr std::chrono::milliseconds probe_wall_max{2000};  // somebody waits for the answer

std::string content_url(const AssetId& asset);

// Errors: not_found (absent, or another owner's).
Async<Result<Asset>> find(db::Session& db, UserId owner, AssetId id);
Async<void> insert(db::Session& db, UserId owner, const Asset& asset);

struct Deps {
    db::Pool& db;
    blobs::Blobs& blobs;
    engine_host::EngineHost& engine;
    events::Hub& events;
    const Clock& clock;
};

// Looks at a staged file, keeps it and adds it to the library. Errors: unsupported (not a picture
// that can be used, with the reason), unavailable (the engine was too busy to look at it; nothing
// is kept), storage_full.
Async<Result<Asset>> take_in(Deps& deps, UserId owner, std::string name, blobs::Staged staged);

void mount(http::Router& router, Deps& deps);

}  // namespace zoetrope::library

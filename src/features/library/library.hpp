// The asset library: images, videos and 3D models. Facts are a row, bytes are a blob; an asset
// never changes. Only pictures come in from outside; the engine looks at them before anything is
// kept.
#pragma once

#include <boost/describe/enum.hpp>
#include <functional>
#include <string>
#include <vector>

#include "features/events/events.hpp"
#include "features/library/quota.hpp"
#include "platform/archive/zip.hpp"
#include "platform/base/ids.hpp"
#include "platform/base/time.hpp"
#include "platform/blobs/blobs.hpp"
#include "platform/db/session.hpp"
#include "platform/engine_host/engine_host.hpp"
#include "platform/http/router.hpp"
#include "platform/queue/handlers.hpp"
#include "platform/queue/schedules.hpp"

namespace zoetrope::accounts {
struct OwnedData;
}

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

std::string content_url(const AssetId& asset);

// Errors: not_found (absent, or another owner's).
Async<Result<Asset>> find(db::Session& db, UserId owner, AssetId id);
// Counts it, whatever the quota says: what was made is never thrown away for want of a few bytes.
Async<void> insert(db::Session& db, UserId owner, const Asset& asset);

// Of a feature above: lets go of an asset before its row goes, in the same transaction.
using OnRemoval = std::function<Async<void>(db::Session&, const Asset&, Instant)>;

struct Deps {
    db::Pool& db;
    blobs::Blobs& blobs;
    engine_host::EngineHost& engine;
    events::Hub& events;
    const Clock& clock;
    std::chrono::milliseconds probe_timeout;  // for a look at an upload, with all the waiting in it
    // Of features above that keep blobs: each answers a row when $1 is the digest of one.
    std::vector<const db::Sql*> blob_holders;
    // Of features above that refer to assets.
    std::vector<OnRemoval> asset_users;
    Quota& quota;
};

struct Usage {
    std::int64_t bytes_used = 0;            // of all assets, and of deleted ones still on the disk
    std::optional<std::int64_t> bytes_max;  // absent: any number
    static constexpr std::string_view schema_name = "StorageUsage";
};
BOOST_DESCRIBE_STRUCT(Usage, (), (bytes_used, bytes_max))
Async<Usage> usage(db::Session& db, const Quota& quota, UserId owner);
// Whether `bytes` more fit beside what the owner has and what is on its way in; without a number,
// whether anything does. Errors: over_quota.
Async<Result<void>> check_quota(
    db::Session& db, const Quota& quota, UserId owner, std::int64_t bytes = 1
);

// A file on its way into a user's library: it counts for the user as it arrives.
struct Arrival {
    blobs::Staged file;
    Quota::Claim claim;
    std::int64_t bytes_used = 0;  // of the library, when it began
};
// Whether an upload of such a length can fit at all. Errors: over_quota, storage_full.
Async<Result<void>> check_length(
    Deps& deps, UserId owner, const std::optional<std::uint64_t>& length
);
// Errors of both: as check_length.
Async<Result<Arrival>> begin(Deps& deps, UserId owner);
Async<Result<void>> append(Deps& deps, Arrival& to, std::string_view bytes);  // see Blobs::append

// Looks at a file that has arrived, keeps it and adds it to the library. Errors: unsupported (not a
// picture that can be used, with the reason), unavailable (the engine was too busy to look at it;
// nothing is kept), storage_full, over_quota.
Async<Result<Asset>> take_in(Deps& deps, UserId owner, std::string name, Arrival arrival);
// The looking alone. Errors: as take_in.
Async<Result<engine_protocol::Probed>> look_at(Deps& deps, const blobs::Staged& staged);
// The same in parts, for many that are added together: look_at() each, keep() them, add() them in
// a transaction and publish its events after the commit, or release() what was kept.
Async<Result<Asset>> keep(
    Deps& deps, std::string name, blobs::Staged staged, const engine_protocol::Probed& probed
);
// Errors of add: over_quota.
Async<Result<std::vector<events::Event>>> add(
    db::Session& db, const Quota& quota, UserId owner, const std::vector<Asset>& assets, Instant now
);
// What a person reads, never a path: the last component, without control characters, cut to a
// length.
std::string clean_name(std::string_view name);

// Its bytes as a file of a zip. Left out, with a word in the log, when they are missing.
Async<void> write_bytes(Deps& deps, const Asset& asset, std::string name, archive::Zip& zip);

// The bytes of an asset as a response: 200, 206 for one range (RFC 9110 section 14), 304, 416.
Async<Result<http::Response>> serve_content(
    blobs::Blobs& blobs, const Asset& asset, bool download, const http::Request& request
);

// How long bytes stay after the last row let go of them: who keeps the same bytes meanwhile has its
// row by then.
inline constexpr std::chrono::minutes release_grace{10};
// In the transaction that takes the rows away.
Async<void> release(db::Session& db, std::vector<std::string> digests, Instant now);
// Takes an asset out of the library, and out of what was made with it or of it. Its bytes count for
// the owner until they are gone from the disk. Errors: not_found.
Async<Result<void>> remove(Deps& deps, UserId owner, AssetId id);
// Removes the bytes that were released and that no row has. How many files.
Async<std::int64_t> remove_released(Deps& deps);
queue::Schedule release_schedule();
void add_handlers(Deps& deps, queue::Handlers& handlers);

void mount(http::Router& router, Deps& deps);
accounts::OwnedData owned_data(Deps& deps);

}  // namespace zoetrope::library

#include "features/library/store.hpp"

namespace zoetrope::library {

std::string content_url(const AssetId& asset) {
    return "/api/v1/assets/" + asset.str() + "/content";
}

constexpr db::Sql find_sql{"library.find", R"sql(
    SELECT id, kind, media_type, name, width, height, duration_ms, bytes, digest, created_at
    FROM assets WHERE id = $1 AND owner_id = $2
)sql"};

Async<Result<Asset>> find(db::Session& db, UserId owner, AssetId id) {
    auto asset = co_await db.one<Asset>(find_sql, id, owner);
    if (!asset) co_return not_found("There is no such asset.");
    asset->url = content_url(asset->id);
    co_return *std::move(asset);
}

constexpr db::Sql insert_sql{"library.insert", R"sql(
    INSERT INTO assets (id, owner_id, kind, media_type, name, width, height, duration_ms, bytes, digest, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
)sql"};

Async<void> insert_all(db::Session& db, UserId owner, const std::vector<Asset>& assets) {
    std::vector<std::vector<db::Value>> rows;
    rows.reserve(assets.size());
    for (const Asset& asset : assets) {
        rows.push_back(db::Session::params(
            asset.id,
            owner,
            asset.kind,
            asset.media_type,
            asset.name,
            asset.width,
            asset.height,
            asset.duration_ms,
            asset.bytes,
            asset.digest,
            asset.created_at
        ));
    }
    co_await db.run_many(insert_sql, std::move(rows));
}

Async<void> insert(db::Session& db, UserId owner, const Asset& asset) {
    co_await count(db, owner, asset.bytes);
    co_await insert_all(db, owner, {asset});
}

constexpr db::Sql remove_sql{
    "library.remove", "DELETE FROM assets WHERE id = $1 AND owner_id = $2 RETURNING digest, bytes"
};

Async<std::optional<Gone>> erase(db::Session& db, UserId owner, AssetId id) {
    co_return co_await db.one<Gone>(remove_sql, id, owner);
}

// UUIDs are hexadecimal, so 'g' stands behind them all.
#define LIST(where)                                                                             \
    "SELECT id, kind, media_type, name, width, height, duration_ms, bytes, digest, created_at " \
    "FROM assets WHERE owner_id = $1 AND id < coalesce($2, 'g') " where                         \
    "ORDER BY id DESC LIMIT $3"
constexpr db::Sql list_sql{"library.list", LIST("")};
constexpr db::Sql list_of_kind_sql{"library.list_of_kind", LIST("AND kind = $4 ")};

const db::Sql& list_statement(bool of_kind) { return of_kind ? list_of_kind_sql : list_sql; }

Async<std::vector<Asset>> list(
    db::Session& db,
    UserId owner,
    std::optional<Kind> kind,
    const std::optional<std::string>& before,
    std::int64_t limit
) {
    auto params = db::Session::params(owner, before, limit);
    if (kind) params.push_back(db::to_value(*kind));
    auto assets =
        db::read_rows<Asset>(co_await db.run(list_statement(kind.has_value()), std::move(params)));
    for (Asset& asset : assets) asset.url = content_url(asset.id);
    co_return assets;
}

}  // namespace zoetrope::library

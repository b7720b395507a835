#include <algorithm>

#include "features/accounts/accounts.hpp"
#include "features/generation/store.hpp"

namespace zoetrope::generation {

namespace {

Async<std::vector<Generation>> page_behind(Deps& deps, UserId owner, const Generation* last) {
    const auto before = last ? std::optional(last->id.str()) : std::nullopt;
    co_return co_await list(
        deps.library.db, owner, std::nullopt, before, accounts::exported_at_once
    );
}

Async<void> write_all(Deps& deps, UserId owner, accounts::Export& to) {
    co_await to.list("generations.json", [&](const Generation* last) {
        return page_behind(deps, owner, last);
    });
}

struct Found {
    GenerationId id;
};
BOOST_DESCRIBE_STRUCT(Found, (), (id))
struct Mask {
    std::string mask_digest;
};
BOOST_DESCRIBE_STRUCT(Mask, (), (mask_digest))

constexpr db::Sql unfinished_sql{
    "generation.unfinished",
    "SELECT id FROM generations WHERE owner_id = $1 AND state IN ('queued', 'running') LIMIT $2"
};

// What runs is told to stop; what it still makes finds its generation gone and is dropped.
Async<void> cancel_all(Deps& deps, UserId owner) {
    while (true) {
        const auto found =
            co_await deps.library.db.all<Found>(unfinished_sql, owner, accounts::erased_at_once);
        for (const Found& each : found)
            (void)co_await cancel(deps, owner, each.id);  // or it ended meanwhile
        if (std::ssize(found) < accounts::erased_at_once) co_return;
    }
}

constexpr db::Sql erase_outputs_sql{
    "generation.erase_outputs",
    "DELETE FROM generation_outputs WHERE generation_id IN (SELECT g.id FROM generations g "
    "JOIN generation_outputs o ON o.generation_id = g.id WHERE g.owner_id = $1 LIMIT $2)"
};
constexpr db::Sql erase_sql{
    "generation.erase",
    "DELETE FROM generations WHERE id IN (SELECT id FROM generations WHERE owner_id = $1 LIMIT $2)"
};

// Cut-outs of pictures that nobody else has.
constexpr db::Sql erase_mattes_sql{
    "generation.erase_mattes",
    "DELETE FROM mattes WHERE image_digest IN (SELECT m.image_digest FROM assets a "
    "JOIN mattes m ON m.image_digest = a.digest WHERE a.owner_id = $1 AND NOT EXISTS "
    "(SELECT 1 FROM assets o WHERE o.digest = a.digest AND o.owner_id <> $1) LIMIT $2) "
    "RETURNING mask_digest"
};

Async<std::int64_t> erase_some_mattes(db::Session& db, UserId owner, Instant now) {
    auto masks = co_await db.all<Mask>(erase_mattes_sql, owner, accounts::erased_at_once);
    std::vector<std::string> digests;
    digests.reserve(masks.size());
    for (Mask& each : masks) digests.push_back(std::move(each.mask_digest));
    const auto count = std::ssize(digests);
    co_await library::release(db, std::move(digests), now);
    co_return count;
}

Async<void> erase_all(Deps& deps, UserId owner) {
    co_await cancel_all(deps, owner);
    db::Pool& db = deps.library.db;
    co_await accounts::erase_rows(db, erase_outputs_sql, owner);
    co_await accounts::erase_rows(db, erase_sql, owner);
    const Instant now = deps.library.clock.now();
    co_await accounts::erase_in_turns(db, [&](db::Transaction& transaction) {
        return erase_some_mattes(transaction, owner, now);
    });
}

constexpr db::Sql remove_output_sql{
    "generation.remove_output", "DELETE FROM generation_outputs WHERE asset_id = $1"
};
constexpr db::Sql remove_matte_sql{
    "generation.remove_matte",
    "DELETE FROM mattes WHERE image_digest = $1 AND NOT EXISTS "
    "(SELECT 1 FROM assets WHERE digest = $1 AND id <> $2) RETURNING mask_digest"
};

constexpr db::Sql holds_blob_sql{
    "generation.holds_blob", "SELECT mask_digest FROM mattes WHERE mask_digest = $1 LIMIT 1"
};

}  // namespace

Async<void> let_go(db::Session& db, const library::Asset& asset, Instant now) {
    co_await db.execute(remove_output_sql, asset.id);
    if (auto matte = co_await db.one<Mask>(remove_matte_sql, asset.digest, asset.id))
        co_await library::release(db, {std::move(matte->mask_digest)}, now);
}

const db::Sql& holds_blob_statement() { return holds_blob_sql; }

accounts::OwnedData owned_data(Deps& deps) {
    return {
        .tables = {"generations"},
        .write = [&deps](UserId owner, accounts::Export& to) { return write_all(deps, owner, to); },
        .erase = [&deps](UserId owner) { return erase_all(deps, owner); }
    };
}

}  // namespace zoetrope::generation

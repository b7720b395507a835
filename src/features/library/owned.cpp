#include "features/accounts/accounts.hpp"
#include "features/library/store.hpp"

namespace zoetrope::library {

namespace {

Async<std::vector<Asset>> page_behind(Deps& deps, UserId owner, const Asset* last) {
    const auto before = last ? std::optional(last->id.str()) : std::nullopt;
    co_return co_await list(deps.db, owner, std::nullopt, before, accounts::exported_at_once);
}

Async<void> write_all(Deps& deps, UserId owner, accounts::Export& to) {
    co_await to.list("assets.json", [&](const Asset* last) {
        return page_behind(deps, owner, last);
    });
    auto page = co_await page_behind(deps, owner, nullptr);
    while (!page.empty()) {
        for (const Asset& asset : page)
            co_await write_bytes(
                deps, asset, "assets/" + asset.id.str() + "-" + asset.name, to.zip()
            );
        page = co_await page_behind(deps, owner, &page.back());
    }
}

struct Digest {
    std::string digest;
};
BOOST_DESCRIBE_STRUCT(Digest, (), (digest))

constexpr db::Sql erase_sql{
    "library.erase",
    "DELETE FROM assets WHERE id IN (SELECT id FROM assets WHERE owner_id = $1 LIMIT $2) "
    "RETURNING digest"
};

Async<std::int64_t> erase_some(db::Session& db, UserId owner, Instant now) {
    auto gone = co_await db.all<Digest>(erase_sql, owner, accounts::erased_at_once);
    std::vector<std::string> digests;
    digests.reserve(gone.size());
    for (Digest& each : gone) digests.push_back(std::move(each.digest));
    const auto count = std::ssize(digests);
    co_await release(db, std::move(digests), now);
    co_return count;
}

// What is left to remove counts for nobody then.
constexpr db::Sql forget_used_sql{
    "library.forget_used", "DELETE FROM storage_used WHERE owner_id = $1"
};

Async<void> erase_all(Deps& deps, UserId owner) {
    const Instant now = deps.clock.now();
    co_await accounts::erase_in_turns(deps.db, [&](db::Transaction& transaction) {
        return erase_some(transaction, owner, now);
    });
    co_await deps.db.execute(forget_used_sql, owner);
}

}  // namespace

accounts::OwnedData owned_data(Deps& deps) {
    return {
        .tables = {"assets", "storage_used"},
        .write = [&deps](UserId owner, accounts::Export& to) { return write_all(deps, owner, to); },
        .erase = [&deps](UserId owner) { return erase_all(deps, owner); }
    };
}

}  // namespace zoetrope::library

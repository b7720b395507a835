#pragma once

#include "features/library/library.hpp"

namespace zoetrope::library {

// Newest first. `kind` nullopt: all; `before`: the last id of the page above.
Async<std::vector<Asset>> list(
    db::Session& db,
    UserId owner,
    std::optional<Kind> kind,
    const std::optional<std::string>& before,
    std::int64_t limit
);
const db::Sql& list_statement(bool of_kind);  // for the tests that look at its plan

// The rows alone; who adds them counts them.
Async<void> insert_all(db::Session& db, UserId owner, const std::vector<Asset>& assets);
// Nothing when there is none.
struct Gone {
    std::string digest;
    std::int64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(Gone, (), (digest, bytes))
Async<std::optional<Gone>> erase(db::Session& db, UserId owner, AssetId id);

// In the transaction that inserts the assets. Errors: over_quota; nothing is counted then.
Async<Result<void>> count_within(
    db::Session& db, const Quota& quota, UserId owner, std::int64_t bytes
);
Async<void> count(db::Session& db, UserId owner, std::int64_t bytes);
// In the transaction that takes the asset away: as release(), with its bytes counted until they are
// removed.
Async<void> release_counted(db::Session& db, UserId owner, const Gone& asset, Instant now);
Async<void> give_back(db::Session& db, UserId owner, std::int64_t bytes);

}  // namespace zoetrope::library

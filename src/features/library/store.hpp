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

Async<void> insert_all(db::Session& db, UserId owner, const std::vector<Asset>& assets);

}  // namespace zoetrope::library

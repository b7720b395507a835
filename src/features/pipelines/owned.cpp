#include "features/accounts/accounts.hpp"
#include "features/pipelines/store.hpp"

namespace zoetrope::pipelines {

namespace {

Async<std::vector<Pipeline>> page_behind(Deps& deps, UserId owner, const Pipeline* last) {
    const auto before = last ? std::optional(last->id) : std::nullopt;
    co_return co_await list(
        deps.generation.library.db, owner, std::nullopt, before, accounts::exported_at_once
    );
}

Async<void> write_all(Deps& deps, UserId owner, accounts::Export& to) {
    co_await to.list("pipelines.json", [&](const Pipeline* last) {
        return page_behind(deps, owner, last);
    });
}

constexpr db::Sql erase_runs_sql{
    "pipelines.erase_runs",
    "DELETE FROM step_runs WHERE generation_id IN (SELECT r.generation_id FROM pipelines p "
    "JOIN steps s ON s.pipeline_id = p.id JOIN step_runs r ON r.step_id = s.id "
    "WHERE p.owner_id = $1 LIMIT $2)"
};
constexpr db::Sql erase_files_sql{
    "pipelines.erase_files",
    "DELETE FROM pipeline_files WHERE id IN (SELECT f.id FROM pipelines p "
    "JOIN pipeline_files f ON f.pipeline_id = p.id WHERE p.owner_id = $1 LIMIT $2)"
};
constexpr db::Sql erase_steps_sql{
    "pipelines.erase_steps",
    "DELETE FROM steps WHERE id IN (SELECT s.id FROM pipelines p "
    "JOIN steps s ON s.pipeline_id = p.id WHERE p.owner_id = $1 LIMIT $2)"
};
constexpr db::Sql erase_sql{
    "pipelines.erase",
    "DELETE FROM pipelines WHERE id IN (SELECT id FROM pipelines WHERE owner_id = $1 LIMIT $2)"
};

Async<void> erase_all(Deps& deps, UserId owner) {
    for (const db::Sql* sql : {&erase_runs_sql, &erase_files_sql, &erase_steps_sql, &erase_sql})
        co_await accounts::erase_rows(deps.generation.library.db, *sql, owner);
}

constexpr db::Sql forget_asset_sql{
    "pipelines.forget_asset", "UPDATE pipeline_files SET asset_id = NULL WHERE asset_id = $1"
};

}  // namespace

Async<void> let_go(db::Session& db, const library::Asset& asset, Instant) {
    co_await db.execute(forget_asset_sql, asset.id);
}

accounts::OwnedData owned_data(Deps& deps) {
    return {
        .tables = {"pipelines"},
        .write = [&deps](UserId owner, accounts::Export& to) { return write_all(deps, owner, to); },
        .erase = [&deps](UserId owner) { return erase_all(deps, owner); }
    };
}

}  // namespace zoetrope::pipelines

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

// What an export says of a step, and of a file.
struct OwnedStep {
    PipelineId pipeline_id;
    std::int64_t position = 0;
    std::string model;
    json::Raw inputs;
    std::string queue;
};
BOOST_DESCRIBE_STRUCT(OwnedStep, (), (pipeline_id, position, model, inputs, queue))
struct OwnedFile {
    PipelineId pipeline_id;
    std::int64_t position = 0;
    FileId id;
    std::string name;
    std::optional<AssetId> asset_id;
    std::optional<GenerationId> generation_id;
    std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(
    OwnedFile, (), (pipeline_id, position, id, name, asset_id, generation_id, error)
)

// The rows of the owner $1 that come after the pipeline $2 and the position $3.
#define OF_OWNER(columns, each)                                                               \
    "SELECT " each ".pipeline_id, " each ".position, " columns " FROM pipelines p JOIN " each \
    " ON " each ".pipeline_id = p.id WHERE p.owner_id = $1 AND p.id >= $2 AND " each          \
    ".pipeline_id >= $2 AND (p.id > $2 OR " each ".position > $3) ORDER BY p.id, " each       \
    ".position LIMIT $4"
constexpr db::Sql list_owned_steps_sql{
    "pipelines.list_owned_steps", OF_OWNER("model, inputs, queue", "steps")
};
constexpr db::Sql list_owned_files_sql{
    "pipelines.list_owned_files",
    OF_OWNER(
        "pipeline_files.id AS id, pipeline_files.name AS name, asset_id, (SELECT "
        "max(r.generation_id) FROM step_runs r WHERE r.file_id = pipeline_files.id) AS "
        "generation_id, error",
        "pipeline_files"
    )
};

template <class Row>
Async<std::vector<Row>> rows_behind(Deps& deps, const db::Sql& sql, UserId owner, const Row* last) {
    const PipelineId pipeline = last ? last->pipeline_id : PipelineId{};
    const std::int64_t position = last ? last->position : -1;
    co_return co_await deps.generation.library.db.all<Row>(
        sql, owner, pipeline, position, accounts::exported_at_once
    );
}

Async<void> write_all(Deps& deps, UserId owner, accounts::Export& to) {
    co_await to.list("pipelines.json", [&](const Pipeline* last) {
        return page_behind(deps, owner, last);
    });
    co_await to.list("pipeline_steps.json", [&](const OwnedStep* last) {
        return rows_behind(deps, list_owned_steps_sql, owner, last);
    });
    co_await to.list("pipeline_files.json", [&](const OwnedFile* last) {
        return rows_behind(deps, list_owned_files_sql, owner, last);
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

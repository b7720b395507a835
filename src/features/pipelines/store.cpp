#include "features/pipelines/store.hpp"

#include <map>

namespace zoetrope::pipelines {

namespace {

template <class Id>
struct Added {
    Id id;
    BOOST_DESCRIBE_CLASS(Added, (), (id), (), ())
};

}  // namespace

constexpr db::Sql insert_sql{"pipelines.insert", R"sql(
    INSERT INTO pipelines (owner_id, name, status, files, refused, failed, created_at, finished_at)
    VALUES ($1, $2, $3, $4, $5, $5, $6, $7) RETURNING id
)sql"};

Async<PipelineId> insert(
    db::Session& db, UserId owner, const std::string& name, const Counts& counts, Instant now
) {
    const Status status = status_of(counts);
    const auto added = co_await db.one<Added<PipelineId>>(
        insert_sql,
        owner,
        name,
        status,
        counts.files,
        counts.refused,
        now,
        is_over(status) ? std::optional(now) : std::nullopt
    );
    co_return added->id;
}

constexpr db::Sql insert_step_sql{"pipelines.insert_step", R"sql(
    INSERT INTO steps (pipeline_id, position, model, inputs, queue) VALUES ($1, 0, $2, $3, $4)
    RETURNING id
)sql"};

Async<StepId> insert_step(db::Session& db, PipelineId id, const generation::Recipe& recipe) {
    const auto added = co_await db.one<Added<StepId>>(
        insert_step_sql, id, recipe.model->id, recipe.inputs, recipe.queue
    );
    co_return added->id;
}

constexpr db::Sql insert_file_sql{"pipelines.insert_file", R"sql(
    INSERT INTO pipeline_files (id, pipeline_id, position, name, asset_id, error)
    VALUES ($1, $2, $3, $4, $5, $6)
)sql"};

Async<void> insert_files(db::Session& db, PipelineId id, const std::vector<Received>& files) {
    std::vector<std::vector<db::Value>> rows;
    rows.reserve(files.size());
    for (const Received& each : files) {
        const auto asset = each.asset ? std::optional(each.asset->id) : std::nullopt;
        rows.push_back(db::Session::params(
            each.id, id, std::int64_t(rows.size()), each.name, asset, each.error
        ));
    }
    co_await db.run_many(insert_file_sql, std::move(rows));
}

constexpr db::Sql insert_run_sql{"pipelines.insert_run", R"sql(
    INSERT INTO step_runs (generation_id, step_id, file_id) VALUES ($1, $2, $3)
)sql"};

Async<void> insert_runs(db::Session& db, StepId step, const std::vector<StepRun>& runs) {
    if (runs.empty()) co_return;
    std::vector<std::vector<db::Value>> rows;
    rows.reserve(runs.size());
    for (const StepRun& each : runs)
        rows.push_back(db::Session::params(each.generation, step, each.file));
    co_await db.run_many(insert_run_sql, std::move(rows));
}

namespace {

struct FactRow {
    PipelineId id;
    std::string model;
    std::string queue;
    Instant created_at;
    FileId file_id;
    std::string name;
    std::optional<AssetId> asset_id;
    std::optional<GenerationId> generation_id;
    std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(
    FactRow, (), (id, model, queue, created_at, file_id, name, asset_id, generation_id, error)
)

}  // namespace

#define IDS_SQLITE(n) "SELECT value FROM json_each($" #n ")"
#define NUMBERS_POSTGRES(n) "SELECT CAST(json_array_elements_text(CAST($" #n " AS json)) AS bigint)"
#define TEXTS_POSTGRES(n) "SELECT json_array_elements_text(CAST($" #n " AS json))"

#define FACTS(ids)                                                                       \
    "SELECT p.id, s.model, s.queue, p.created_at, f.id AS file_id, f.name, f.asset_id, " \
    "r.generation_id, "                                                                  \
    "f.error FROM pipelines p JOIN steps s ON s.pipeline_id = p.id "                     \
    "JOIN pipeline_files f ON f.pipeline_id = p.id "                                     \
    "LEFT JOIN step_runs r ON r.step_id = s.id AND r.file_id = f.id "                    \
    "WHERE p.owner_id = $1 AND p.id IN (" ids ") ORDER BY p.id, f.position"
constexpr db::Sql facts_sql{
    "pipelines.facts", FACTS(IDS_SQLITE(2)), db::Coalesce::singly, FACTS(NUMBERS_POSTGRES(2))
};

Async<std::vector<Facts>> find_facts(
    db::Session& db, UserId owner, const std::vector<PipelineId>& ids
) {
    std::vector<Facts> out;
    auto rows = co_await db.all<FactRow>(facts_sql, owner, json::Raw{json::to_string(ids)});
    for (FactRow& row : rows) {
        if (out.empty() || out.back().id != row.id)
            out.push_back({row.id, owner, row.model, row.queue, row.created_at, {}});
        out.back().files.push_back(
            {row.file_id, std::move(row.name), row.asset_id, row.generation_id, std::move(row.error)
            }
        );
    }
    co_return out;
}

#define LIST(where)                                                                          \
    "SELECT p.id, p.name, p.status, s.model, p.files, p.succeeded, p.failed, p.cancelled, "  \
    "p.created_at, p.finished_at FROM pipelines p JOIN steps s ON s.pipeline_id = p.id AND " \
    "s.position = 0 WHERE p.owner_id = $1 AND p.id < coalesce($2, 9007199254740992) " where  \
    "ORDER BY p.id DESC LIMIT $3"
constexpr db::Sql list_sql{"pipelines.list", LIST("")};
constexpr db::Sql list_of_status_sql{"pipelines.list_of_status", LIST("AND p.status = $4 ")};

const db::Sql& list_statement(bool of_status) { return of_status ? list_of_status_sql : list_sql; }

Async<std::vector<Pipeline>> list(
    db::Session& db,
    UserId owner,
    std::optional<Status> status,
    std::optional<PipelineId> before,
    std::int64_t limit
) {
    auto params = db::Session::params(owner, before, limit);
    if (status) params.push_back(db::to_value(*status));
    co_return db::read_rows<Pipeline>(
        co_await db.run(list_statement(status.has_value()), std::move(params))
    );
}

// The lock comes before the count, so that of two that change at once the second counts both.
#define LOCK(ids)                                                                      \
    "UPDATE pipelines SET version = version + 1 WHERE id IN (SELECT s.pipeline_id "    \
    "FROM step_runs r JOIN steps s ON s.id = r.step_id WHERE r.generation_id IN (" ids \
    ")) RETURNING id"
constexpr db::Sql lock_sql{
    "pipelines.lock", LOCK(IDS_SQLITE(1)), db::Coalesce::singly, LOCK(TEXTS_POSTGRES(1))
};

Async<std::vector<PipelineId>> lock_of(
    db::Session& db, const std::vector<GenerationId>& generations
) {
    const auto rows =
        co_await db.all<Added<PipelineId>>(lock_sql, json::Raw{json::to_string(generations)});
    std::vector<PipelineId> ids;
    ids.reserve(rows.size());
    for (const auto& row : rows) ids.push_back(row.id);
    co_return ids;
}

namespace {

struct StandingRow {
    Status status{};
    std::int64_t files = 0;
    std::int64_t refused = 0;
};
BOOST_DESCRIBE_STRUCT(StandingRow, (), (status, files, refused))

struct StateCount {
    generation::State state{};
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(StateCount, (), (state, count))

}  // namespace

constexpr db::Sql standing_sql{
    "pipelines.standing", "SELECT status, files, refused FROM pipelines WHERE id = $1"
};
constexpr db::Sql count_sql{"pipelines.count", R"sql(
    SELECT g.state, count(*) AS count FROM steps s JOIN step_runs r ON r.step_id = s.id
    JOIN generations g ON g.id = r.generation_id WHERE s.pipeline_id = $1 GROUP BY g.state
)sql"};

Async<Standing> count(db::Session& db, PipelineId id) {
    const auto row = *co_await db.one<StandingRow>(standing_sql, id);
    Standing out{row.status, {.files = row.files, .failed = row.refused, .refused = row.refused}};
    for (const StateCount& each : co_await db.all<StateCount>(count_sql, id)) {
        using generation::State;
        if (each.state == State::running) out.counts.running += each.count;
        if (each.state == State::succeeded) out.counts.succeeded += each.count;
        if (each.state == State::failed) out.counts.failed += each.count;
        if (each.state == State::cancelled) out.counts.cancelled += each.count;
    }
    co_return out;
}

constexpr db::Sql set_standing_sql{"pipelines.set_standing", R"sql(
    UPDATE pipelines SET status = $2, succeeded = $3, failed = $4, cancelled = $5, finished_at = $6
    WHERE id = $1
)sql"};

Async<void> set_standing(db::Session& db, PipelineId id, const Standing& standing, Instant now) {
    co_await db.send(
        set_standing_sql,
        id,
        standing.status,
        standing.counts.succeeded,
        standing.counts.failed,
        standing.counts.cancelled,
        is_over(standing.status) ? std::optional(now) : std::nullopt
    );
}

}  // namespace zoetrope::pipelines

#include "features/generation/store.hpp"

#include <unordered_map>

namespace zoetrope::generation {

namespace {

struct OutputRow : Output {
    GenerationId generation_id;
};
BOOST_DESCRIBE_STRUCT(OutputRow, (Output), (generation_id))

struct Moved {
    TaskId task_id;
};
BOOST_DESCRIBE_STRUCT(Moved, (), (task_id))

}  // namespace

constexpr db::Sql insert_sql{"generation.insert", R"sql(
    INSERT INTO generations (id, owner_id, model, state, inputs, task_id, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
)sql"};

Async<void> insert(db::Session& db, UserId owner, const Generation& made, TaskId task) {
    co_await db.send(
        insert_sql, made.id, owner, made.model, made.state, made.inputs, task, made.created_at
    );
}

// One statement for the outputs of a whole page: a list never asks once per row.
#define OUTPUTS(ids)                                                                              \
    "SELECT o.generation_id, o.role, a.id, a.kind, a.media_type, a.name, a.width, a.height, "     \
    "a.duration_ms, a.bytes, a.digest, a.created_at "                                             \
    "FROM generation_outputs o JOIN assets a ON a.id = o.asset_id WHERE o.generation_id IN (" ids \
    ") "                                                                                          \
    "ORDER BY o.generation_id, o.position"

constexpr db::Sql outputs_sql{
    "generation.outputs",
    OUTPUTS("SELECT value FROM json_each($1)"),
    db::Coalesce::singly,
    OUTPUTS("SELECT json_array_elements_text(CAST($1 AS json))")
};

static Async<void> load_outputs(db::Session& db, std::vector<Generation>& generations) {
    if (generations.empty()) co_return;
    std::vector<GenerationId> ids;
    std::unordered_map<std::string_view, Generation*> by_id;
    for (Generation& each : generations) {
        ids.push_back(each.id);
        by_id[each.id.view()] = &each;
    }
    auto rows = co_await db.all<OutputRow>(outputs_sql, json::Raw{json::to_string(ids)});
    for (OutputRow& row : rows) {
        row.url = library::content_url(row.id);
        by_id.at(row.generation_id.view())->outputs.push_back(std::move(row));
    }
}

#define SHOWN                                                                             \
    "SELECT id, model, state, inputs, error, note, created_at, started_at, finished_at, " \
    "CASE WHEN state = 'running' THEN progress ELSE 0 END AS progress, "                  \
    "CASE WHEN state = 'running' THEN stage ELSE '' END AS stage FROM generations "

constexpr db::Sql find_sql{"generation.find", SHOWN "WHERE id = $1 AND owner_id = $2"};

Async<Result<Generation>> find_row(db::Session& db, UserId owner, GenerationId id) {
    auto found = co_await db.all<Generation>(find_sql, id, owner);
    if (found.empty()) co_return not_found("There is no such generation.");
    co_await load_outputs(db, found);
    co_return std::move(found.front());
}

#define LIST SHOWN "WHERE owner_id = $1 AND state = coalesce($3, state) AND id "

constexpr db::Sql list_sql{"generation.list", LIST "< coalesce($2, 'g') ORDER BY id DESC LIMIT $4"};
constexpr db::Sql list_oldest_sql{
    "generation.list_oldest", LIST "> coalesce($2, '') ORDER BY id LIMIT $4"
};

Async<std::vector<Generation>> list(
    db::Session& db,
    UserId owner,
    std::optional<State> state,
    const std::optional<std::string>& behind,
    std::int64_t limit,
    Order order
) {
    auto found = co_await db.all<Generation>(
        order == Order::newest ? list_sql : list_oldest_sql, owner, behind, state, limit
    );
    co_await load_outputs(db, found);
    co_return found;
}

constexpr db::Sql find_job_sql{"generation.find_job", R"sql(
    SELECT id, owner_id, model, state, inputs FROM generations WHERE id = $1
)sql"};

Async<std::optional<Job>> find_job(db::Session& db, GenerationId id) {
    co_return co_await db.one<Job>(find_job_sql, id);
}

constexpr db::Sql mark_running_sql{"generation.mark_running", R"sql(
    UPDATE generations SET state = 'running', started_at = coalesce(started_at, $3), progress = 0, stage = ''
    WHERE id = $1 AND task_id = $2 AND state IN ('queued', 'running')
)sql"};

Async<bool> mark_running(db::Session& db, GenerationId id, TaskId task, Instant now) {
    co_return co_await db.execute(mark_running_sql, id, task, now) == 1;
}

constexpr db::Sql mark_succeeded_sql{"generation.mark_succeeded", R"sql(
    UPDATE generations SET state = 'succeeded', note = $3, finished_at = $4
    WHERE id = $1 AND task_id = $2 AND state = 'running'
)sql"};

Async<bool> mark_succeeded(
    db::Session& db,
    GenerationId id,
    TaskId task,
    const std::optional<std::string>& note,
    Instant now
) {
    co_return co_await db.execute(mark_succeeded_sql, id, task, note, now) == 1;
}

constexpr db::Sql mark_failed_sql{"generation.mark_failed", R"sql(
    UPDATE generations SET state = 'failed', error = $3, finished_at = $4
    WHERE id = $1 AND task_id = $2 AND state IN ('queued', 'running')
)sql"};

Async<bool> mark_failed(
    db::Session& db, GenerationId id, TaskId task, const std::string& error, Instant now
) {
    co_return co_await db.execute(mark_failed_sql, id, task, error, now) == 1;
}

constexpr db::Sql mark_cancelled_sql{"generation.mark_cancelled", R"sql(
    UPDATE generations SET state = 'cancelled', finished_at = $3
    WHERE id = $1 AND owner_id = $2 AND state IN ('queued', 'running')
    RETURNING task_id
)sql"};

Async<std::optional<TaskId>> mark_cancelled(
    db::Session& db, UserId owner, GenerationId id, Instant now
) {
    const auto moved = co_await db.one<Moved>(mark_cancelled_sql, id, owner, now);
    if (!moved) co_return std::nullopt;
    co_return moved->task_id;
}

#define BACK \
    "UPDATE generations SET state = 'queued', error = NULL, started_at = NULL, finished_at = NULL"

constexpr db::Sql mark_revived_sql{
    "generation.mark_revived", BACK " WHERE id = $1 AND task_id = $2 AND state = 'failed'"
};

Async<bool> mark_revived(db::Session& db, GenerationId id, TaskId task) {
    co_return co_await db.execute(mark_revived_sql, id, task) == 1;
}

constexpr db::Sql mark_retried_sql{
    "generation.mark_retried",
    BACK ", task_id = $3 WHERE id = $1 AND owner_id = $2 AND state IN ('failed', 'cancelled')"
};

Async<bool> mark_retried(db::Session& db, UserId owner, GenerationId id, TaskId task) {
    co_return co_await db.execute(mark_retried_sql, id, owner, task) == 1;
}

Async<events::Event> append_event(
    db::Session& db, UserId owner, GenerationId id, const char* type, Instant now
) {
    return events::append(
        db, {.owner = owner, .topic = "generations", .type = type, .subject = id.str()}, now
    );
}

constexpr db::Sql queued_sql{
    "generation.list_queued",
    "SELECT id, task_id FROM generations WHERE state = 'queued' AND id IN (SELECT value FROM "
    "json_each($1))",
    db::Coalesce::singly,
    "SELECT id, task_id FROM generations WHERE state = 'queued' AND id IN (SELECT "
    "json_array_elements_text(CAST($1 AS json)))"
};

Async<std::vector<Queued>> list_queued(db::Session& db, const std::vector<GenerationId>& ids) {
    co_return co_await db.all<Queued>(queued_sql, json::Raw{json::to_string(ids)});
}

constexpr db::Sql add_output_sql{"generation.add_output", R"sql(
    INSERT INTO generation_outputs (generation_id, position, role, asset_id) VALUES ($1, $2, $3, $4)
)sql"};

Async<void> add_output(
    db::Session& db, GenerationId id, std::int64_t position, Role role, AssetId asset
) {
    co_await db.send(add_output_sql, id, position, role, asset);
}

constexpr db::Sql find_matte_sql{"generation.find_matte", R"sql(
    SELECT accepted, mask_digest FROM mattes WHERE image_digest = $1
)sql"};

Async<std::optional<Matte>> find_matte(db::Session& db, const std::string& image_digest) {
    co_return co_await db.one<Matte>(find_matte_sql, image_digest);
}

constexpr db::Sql remember_matte_sql{"generation.remember_matte", R"sql(
    INSERT INTO mattes (image_digest, accepted, mask_digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
)sql"};

Async<void> remember_matte(db::Session& db, const std::string& image_digest, const Matte& matte) {
    co_await db.send(remember_matte_sql, image_digest, matte.accepted, matte.mask_digest);
}

}  // namespace zoetrope::generation

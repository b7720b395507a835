#include "features/generation/store.hpp"

#include <unordered_map>

namespace zoetrope::generation {

namespace {

struct OutputRow : Output {
    GenerationId generation_id;
};
BOOST_DESCRIBE_STRUCT(OutputRow, (Output), (generation_id))

}  // namespace

constexpr db::Sql insert_sql{"generation.insert", R"sql(
    INSERT INTO generations (id, owner_id, model, queue, state, inputs, task_id, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
)sql"};

Async<void> insert_all(
    db::Session& db,
    UserId owner,
    const std::vector<Generation>& generations,
    const std::vector<TaskId>& tasks
) {
    std::vector<std::vector<db::Value>> rows;
    rows.reserve(generations.size());
    for (std::size_t i = 0; i < generations.size(); ++i) {
        const Generation& each = generations[i];
        rows.push_back(db::Session::params(
            each.id,
            owner,
            each.model,
            each.queue,
            each.state,
            each.inputs,
            tasks[i],
            each.created_at
        ));
    }
    co_await db.run_many(insert_sql, std::move(rows));
}

Async<void> insert(db::Session& db, UserId owner, const Generation& made, TaskId task) {
    co_await insert_all(db, owner, {made}, {task});
}

#define IDS_SQLITE(n) "SELECT value FROM json_each($" #n ")"
#define IDS_POSTGRES(n) "SELECT json_array_elements_text(CAST($" #n " AS json))"

// One statement for the outputs of a whole page: a list never asks once per row.
#define OUTPUTS(ids)                                                                              \
    "SELECT o.generation_id, o.role, a.id, a.kind, a.media_type, a.name, a.width, a.height, "     \
    "a.duration_ms, a.bytes, a.digest, a.created_at "                                             \
    "FROM generation_outputs o JOIN assets a ON a.id = o.asset_id WHERE o.generation_id IN (" ids \
    ") "                                                                                          \
    "ORDER BY o.generation_id, o.position"

constexpr db::Sql outputs_sql{
    "generation.outputs", OUTPUTS(IDS_SQLITE(1)), db::Coalesce::singly, OUTPUTS(IDS_POSTGRES(1))
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

#define SHOWN                                                                                    \
    "SELECT id, model, queue, state, inputs, error, note, created_at, started_at, finished_at, " \
    "CASE WHEN state = 'running' THEN progress ELSE 0 END AS progress, "                         \
    "CASE WHEN state = 'running' THEN stage ELSE '' END AS stage FROM generations "

#define FIND(ids) SHOWN "WHERE owner_id = $1 AND id IN (" ids ")"
constexpr db::Sql find_sql{
    "generation.find", FIND(IDS_SQLITE(2)), db::Coalesce::singly, FIND(IDS_POSTGRES(2))
};

Async<std::vector<Generation>> find_rows(
    db::Session& db, UserId owner, const std::vector<GenerationId>& ids
) {
    auto found = co_await db.all<Generation>(find_sql, owner, json::Raw{json::to_string(ids)});
    co_await load_outputs(db, found);
    co_return found;
}

// A statement for each, so that an index leads it and no rows but the page's are read.
#define NEWEST "AND id < coalesce($2, 'g') ORDER BY id DESC LIMIT $3"
#define OLDEST "AND id > coalesce($2, '') ORDER BY id LIMIT $3"
#define LIST SHOWN "WHERE owner_id = $1 "
#define LIST_OF_STATE LIST "AND state = $4 "

constexpr db::Sql list_sql{"generation.list", LIST NEWEST};
constexpr db::Sql list_oldest_sql{"generation.list_oldest", LIST OLDEST};
constexpr db::Sql list_of_state_sql{"generation.list_of_state", LIST_OF_STATE NEWEST};
constexpr db::Sql list_oldest_of_state_sql{"generation.list_oldest_of_state", LIST_OF_STATE OLDEST};

const db::Sql& list_statement(bool of_state, Order order) {
    if (of_state) return order == Order::newest ? list_of_state_sql : list_oldest_of_state_sql;
    return order == Order::newest ? list_sql : list_oldest_sql;
}

Async<std::vector<Generation>> list(
    db::Session& db,
    UserId owner,
    std::optional<State> state,
    const std::optional<std::string>& behind,
    std::int64_t limit,
    Order order
) {
    auto params = db::Session::params(owner, behind, limit);
    if (state) params.push_back(db::to_value(*state));
    auto found = db::read_rows<Generation>(
        co_await db.run(list_statement(bool(state), order), std::move(params))
    );
    co_await load_outputs(db, found);
    co_return found;
}

constexpr db::Sql find_job_sql{"generation.find_job", R"sql(
    SELECT id, owner_id, model, state, task_id, inputs FROM generations WHERE id = $1
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

#define CANCEL(ids)                                                                     \
    "UPDATE generations SET state = 'cancelled', finished_at = $3 WHERE owner_id = $1 " \
    "AND id IN (" ids ") AND state IN ('queued', 'running') RETURNING id, task_id, queue"
constexpr db::Sql mark_cancelled_sql{
    "generation.mark_cancelled",
    CANCEL(IDS_SQLITE(2)),
    db::Coalesce::singly,
    CANCEL(IDS_POSTGRES(2))
};

Async<std::vector<Moved>> mark_cancelled(
    db::Session& db, UserId owner, const std::vector<GenerationId>& ids, Instant now
) {
    co_return co_await db.all<Moved>(
        mark_cancelled_sql, owner, json::Raw{json::to_string(ids)}, now
    );
}

#define BACK \
    "UPDATE generations SET state = 'queued', error = NULL, started_at = NULL, finished_at = NULL"

constexpr db::Sql mark_revived_sql{
    "generation.mark_revived", BACK " WHERE id = $1 AND task_id = $2 AND state = 'failed'"
};

Async<bool> mark_revived(db::Session& db, GenerationId id, TaskId task) {
    co_return co_await db.execute(mark_revived_sql, id, task) == 1;
}

#define RETRY(ids)                                                                                 \
    BACK " WHERE owner_id = $1 AND id IN (" ids                                                    \
         ") AND state IN ('failed', 'cancelled') AND (queue NOT LIKE 'remote:%' OR EXISTS "        \
         "(SELECT 1 FROM remote_models m WHERE m.id = generations.model)) RETURNING id, task_id, " \
         "queue"
constexpr db::Sql mark_retried_sql{
    "generation.mark_retried", RETRY(IDS_SQLITE(2)), db::Coalesce::singly, RETRY(IDS_POSTGRES(2))
};

Async<std::vector<Moved>> mark_retried(
    db::Session& db, UserId owner, const std::vector<GenerationId>& ids
) {
    co_return co_await db.all<Moved>(mark_retried_sql, owner, json::Raw{json::to_string(ids)});
}

constexpr db::Sql set_task_sql{
    "generation.set_task", "UPDATE generations SET task_id = $2 WHERE id = $1"
};

Async<void> set_task(db::Session& db, GenerationId id, TaskId task) {
    co_await db.send(set_task_sql, id, task);
}

#define QUEUED(ids) "SELECT id, task_id FROM generations WHERE state = 'queued' AND id IN (" ids ")"
constexpr db::Sql list_queued_sql{
    "generation.list_queued", QUEUED(IDS_SQLITE(1)), db::Coalesce::singly, QUEUED(IDS_POSTGRES(1))
};

Async<std::vector<Queued>> list_queued(db::Session& db, const std::vector<GenerationId>& ids) {
    co_return co_await db.all<Queued>(list_queued_sql, json::Raw{json::to_string(ids)});
}

namespace {

struct Usual {
    std::optional<double> seconds;
};
BOOST_DESCRIBE_STRUCT(Usual, (), (seconds))

}  // namespace

constexpr db::Sql usual_duration_sql{
    "generation.usual_duration",
    "SELECT CAST(avg(finished_at - started_at) AS double precision) / 1000000 AS seconds FROM "
    "(SELECT finished_at, started_at FROM generations WHERE model = $1 AND state = 'succeeded' "
    "ORDER BY id DESC LIMIT 20) AS latest"
};

Async<std::optional<double>> usual_duration(db::Session& db, const std::string& model) {
    co_return (co_await db.one<Usual>(usual_duration_sql, model))->seconds;
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
    SELECT accepted, mask_digest, reason FROM mattes WHERE image_digest = $1
)sql"};

Async<std::optional<Matte>> find_matte(db::Session& db, const std::string& image_digest) {
    co_return co_await db.one<Matte>(find_matte_sql, image_digest);
}

constexpr db::Sql remember_matte_sql{"generation.remember_matte", R"sql(
    INSERT INTO mattes (image_digest, accepted, mask_digest, reason) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING
)sql"};

Async<void> remember_matte(db::Session& db, const std::string& image_digest, const Matte& matte) {
    co_await db.send(
        remember_matte_sql, image_digest, matte.accepted, matte.mask_digest, matte.reason
    );
}

}  // namespace zoetrope::generation

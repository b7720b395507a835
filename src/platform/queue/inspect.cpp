#include "platform/queue/inspect.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>

namespace zoetrope::queue {

namespace {

struct Paused {
    std::string name;
    Instant paused_at;
};
BOOST_DESCRIBE_STRUCT(Paused, (), (name, paused_at))

}  // namespace

constexpr db::Sql count_sql{
    "queue.count",
    "SELECT queue AS name, count(CASE WHEN state = 'scheduled' THEN 1 END) AS scheduled, "
    "count(CASE WHEN state = 'available' THEN 1 END) AS available, "
    "count(CASE WHEN state = 'running' THEN 1 END) AS running, "
    "count(CASE WHEN state = 'retryable' THEN 1 END) AS retryable, "
    "min(CASE WHEN state = 'available' THEN created_at END) AS oldest_available_at "
    "FROM tasks GROUP BY queue"
};
constexpr db::Sql paused_sql{"queue.paused", "SELECT name, paused_at FROM paused_queues"};

Async<std::vector<QueueState>> list_queues(db::Session& db, std::vector<std::string> known) {
    std::map<std::string, QueueState> by_name;
    for (const std::string& name : known) by_name[name].name = name;
    for (QueueState& counted : co_await db.all<QueueState>(count_sql)) {
        const std::string name = counted.name;
        by_name[name] = std::move(counted);
    }
    for (const Paused& paused : co_await db.all<Paused>(paused_sql)) {
        by_name[paused.name].name = paused.name;
        by_name[paused.name].paused_at = paused.paused_at;
    }
    std::vector<QueueState> out;
    out.reserve(by_name.size());
    for (auto& [name, state] : by_name) out.push_back(std::move(state));
    co_return out;
}

constexpr db::Sql pause_sql{
    "queue.pause",
    "INSERT INTO paused_queues (name, paused_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"
};
constexpr db::Sql resume_sql{"queue.resume", "DELETE FROM paused_queues WHERE name = $1"};

Async<void> pause(db::Session& db, const std::string& queue, Instant now) {
    co_await db.send(pause_sql, queue, now);
}

Async<void> resume(db::Session& db, const std::string& queue) {
    co_await db.send(resume_sql, queue);
}

#define SHOWN \
    "id, queue, kind, state, priority, attempt, attempts_max, crashes, error, created_at, "
#define OPEN SHOWN "run_at, started_at, CAST(NULL AS BIGINT) AS finished_at FROM tasks "
#define OVER SHOWN "CAST(NULL AS BIGINT) AS run_at, started_at, finished_at FROM finished_tasks "
#define FILTER                                                                                \
    "id < $1 AND queue = coalesce($2, queue) AND kind = coalesce($3, kind) ORDER BY id DESC " \
    "LIMIT $4"

constexpr db::Sql list_open_sql{"queue.list_open", "SELECT " OPEN "WHERE " FILTER};
constexpr db::Sql list_finished_sql{"queue.list_finished", "SELECT " OVER "WHERE " FILTER};
// The finished ones have an index that starts with the state.
constexpr db::Sql list_open_of_state_sql{
    "queue.list_open_of_state", "SELECT " OPEN "WHERE state = $5 AND " FILTER
};
constexpr db::Sql list_finished_of_state_sql{
    "queue.list_finished_of_state", "SELECT " OVER "WHERE state = $5 AND " FILTER
};

static Async<std::vector<TaskReport>> list_by(
    db::Session& db, const db::Sql& sql, const TaskFilter& filter
) {
    const std::int64_t below =
        filter.below > 0 ? filter.below : std::numeric_limits<std::int64_t>::max();
    if (filter.state)
        co_return co_await db.all<TaskReport>(
            sql, below, filter.queue, filter.kind, filter.limit, *filter.state
        );
    co_return co_await db.all<TaskReport>(sql, below, filter.queue, filter.kind, filter.limit);
}

Async<std::vector<TaskReport>> list_tasks(db::Session& db, const TaskFilter& filter) {
    if (filter.state)
        co_return co_await list_by(
            db,
            *filter.state <= TaskState::retryable ? list_open_of_state_sql
                                                  : list_finished_of_state_sql,
            filter
        );
    auto open = co_await list_by(db, list_open_sql, filter);
    auto all = co_await list_by(db, list_finished_sql, filter);
    std::ranges::move(open, std::back_inserter(all));
    // One that ended between the two is shown as it is now.
    std::ranges::sort(all, {}, [](const TaskReport& task) {
        return std::pair(-task.id.value, !task.finished_at);
    });
    const auto twice = std::ranges::unique(all, {}, &TaskReport::id);
    all.erase(twice.begin(), twice.end());
    if (std::ssize(all) > filter.limit) all.resize(std::size_t(filter.limit));
    co_return all;
}

constexpr db::Sql find_open_sql{"queue.find_open", "SELECT " OPEN "WHERE id = $1"};
constexpr db::Sql find_finished_sql{"queue.find_finished", "SELECT " OVER "WHERE id = $1"};

Async<std::optional<TaskReport>> find_task(db::Session& db, TaskId id) {
    if (auto found = co_await db.one<TaskReport>(find_open_sql, id)) co_return found;
    co_return co_await db.one<TaskReport>(find_finished_sql, id);
}

constexpr db::Sql list_usage_sql{
    "queue.list_usage",
    "SELECT queue, created_at, finished_at, coalesce(ran_us, finished_at - started_at) AS ran_us, "
    "coalesce(waited_us, 0) AS waited_us, coalesce(engine_us, 0) AS engine_us, "
    "coalesce(exclusive_us, 0) AS exclusive_us FROM (SELECT * FROM finished_tasks WHERE state = "
    "'completed' ORDER BY id DESC LIMIT $1) AS latest WHERE ran_us IS NOT NULL OR (queue LIKE "
    "'remote:%' AND started_at IS NOT NULL) ORDER BY id"
};

Async<std::vector<TaskUsage>> list_usage(db::Session& db, std::int64_t limit) {
    co_return co_await db.all<TaskUsage>(list_usage_sql, limit);
}

}  // namespace zoetrope::queue

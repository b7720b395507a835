// Generations that wait for a remote model which is gone: nobody would ever claim them.
#include <algorithm>

#include "features/generation/tasks.hpp"
#include "platform/queue/clean_up.hpp"

namespace zoetrope::generation {

namespace {

constexpr std::string_view kind = "generation.clean_up";
constexpr std::chrono::hours interval{1};
constexpr std::int64_t ended_at_once = 200;  // in one transaction: it holds no one up for long

struct Orphan {
    GenerationId id;
    UserId owner_id;
    std::string model;
    TaskId task_id;
};
BOOST_DESCRIBE_STRUCT(Orphan, (), (id, owner_id, model, task_id))

// Also those that are over, whose tasks wait all the same: the worker that ran them fell silent.
constexpr db::Sql orphans_sql{
    "generation.orphans",
    "SELECT g.id, g.owner_id, g.model, t.id AS task_id FROM tasks t JOIN generations g "
    "ON g.id = replace(t.args, '\"', '') WHERE t.kind = $1 AND t.queue LIKE 'remote:%' "
    "AND t.state IN ('available', 'scheduled', 'retryable') AND NOT EXISTS "
    "(SELECT 1 FROM remote_models m WHERE m.id = g.model) ORDER BY g.owner_id, g.id LIMIT $2"
};

Async<News> end_all(
    db::Transaction& db, Deps& deps, const std::vector<Orphan>& orphans, Instant now
) {
    std::vector<GenerationId> failed;
    for (const Orphan& each : orphans) {
        const std::string error = "The model " + each.model + " was removed from this server.";
        if (co_await mark_failed(db, each.id, each.task_id, error, now)) failed.push_back(each.id);
        co_await queue::cancel_waiting(db, each.task_id, now);
    }
    if (failed.empty()) co_return News{orphans.front().owner_id, {}};
    co_return co_await write_news(
        deps, db, orphans.front().owner_id, failed, "generation.failed", now
    );
}

}  // namespace

Async<std::int64_t> end_orphans(Deps& deps) {
    std::int64_t ended = 0;
    while (true) {
        auto orphans = co_await deps.library.db.all<Orphan>(orphans_sql, task_kind, ended_at_once);
        if (orphans.empty()) co_return ended;
        // One user's at a time: theirs are told together.
        const UserId owner = orphans.front().owner_id;
        std::erase_if(orphans, [&](const Orphan& each) { return each.owner_id != owner; });
        const Instant now = deps.library.clock.now();
        const News news = co_await db::transact(deps.library.db, [&](db::Transaction& transaction) {
            return end_all(transaction, deps, orphans, now);
        });
        publish(deps, news);
        ended += std::ssize(orphans);
    }
}

queue::Schedule clean_up_schedule() {
    return {std::string(kind), interval, std::string(queue::maintenance)};
}

void add_orphans_handler(Deps& deps, queue::Handlers& handlers) {
    queue::add_clean_up(handlers, std::string(kind), [&deps] { return end_orphans(deps); });
}

}  // namespace zoetrope::generation

#include "platform/queue/retry.hpp"

#include "platform/queue/store.hpp"

namespace zoetrope::queue {

namespace {

struct GivenUp {
    TaskId id;
    std::string queue;
    std::string kind;
    json::Raw args;
    std::int64_t priority = 0;
};
BOOST_DESCRIBE_STRUCT(GivenUp, (), (id, queue, kind, args, priority))

}  // namespace

#define IS_GIVEN_UP "state IN ('discarded', 'unknown')"

constexpr db::Sql find_given_up_sql{
    "queue.find_given_up",
    "SELECT id, queue, kind, args, priority FROM finished_tasks WHERE id = $1 AND " IS_GIVEN_UP
};
// The attempts go on counting: what an old one still wants to write must not fit a new one.
constexpr db::Sql bring_back_sql{
    "queue.bring_back",
    "INSERT INTO tasks (id, queue, kind, args, state, attempt, attempts_max, priority, run_at, "
    "created_at, owner_id, order_key) SELECT id, queue, kind, args, 'available', attempt, attempt "
    "+ "
    "attempts_max, priority, $2, created_at, $3, $4 FROM finished_tasks WHERE id = $1"
};
// First, so that of two that try it at once the second finds nothing.
constexpr db::Sql touch_given_up_sql{
    "queue.touch_given_up",
    "UPDATE finished_tasks SET finished_at = finished_at WHERE id = $1 AND " IS_GIVEN_UP
};
constexpr db::Sql remove_given_up_sql{
    "queue.remove_given_up", "DELETE FROM finished_tasks WHERE id = $1"
};

// Nothing: what it was for does not want it.
static Async<std::optional<Revived>> revive(
    db::Transaction& db, const Handlers& handlers, const GivenUp& task, Instant now
) {
    const Handler* handler = handlers.find(task.kind);
    if (!handler) co_return std::nullopt;
    if (!handler->revive) co_return Revived{};
    co_return co_await handler->revive(db, task.id, task.args, now);
}

static Async<Result<Revived>> bring_back(
    db::Transaction& db, const Handlers& handlers, TaskId id, Instant now
) {
    co_await db.send(touch_given_up_sql, id);
    const auto found = co_await db.one<GivenUp>(find_given_up_sql, id);
    if (!found) co_return conflict("Only a task that was given up can be tried again.");
    auto revived = co_await revive(db, handlers, *found, now);
    if (!revived) co_return conflict("What this task was for is gone, or went on without it.");
    const auto owner = revived->share ? std::optional(revived->share->owner) : std::nullopt;
    const std::int64_t turn =
        revived->share ? co_await next_turn(db, found->queue, found->priority, *revived->share) : 0;
    co_await db.send(bring_back_sql, id, now, owner, turn);
    co_await db.send(remove_given_up_sql, id);
    co_return *std::move(revived);
}

static Async<Result<void>> try_again(
    db::Pool& db, const Handlers& handlers, TaskId id, Instant now
) {
    CO_TRY(const Revived revived, co_await db::transact(db, [&](db::Transaction& transaction) {
               return bring_back(transaction, handlers, id, now);
           }));
    if (revived.committed) revived.committed();
    co_return Result<void>{};
}

Async<Result<TaskReport>> retry(db::Pool& db, const Handlers& handlers, TaskId id, Instant now) {
    if (!co_await find_task(db, id))
        co_return not_found("There is no such task, or it is no longer kept.");
    CO_CHECK(co_await try_again(db, handlers, id, now));
    auto waiting = co_await find_task(db, id);
    if (!waiting) co_return not_found("It was tried again, and is no longer kept.");
    co_return *std::move(waiting);
}

namespace {

struct Discarded {
    TaskId id;
};
BOOST_DESCRIBE_STRUCT(Discarded, (), (id))

}  // namespace

constexpr db::Sql list_discarded_sql{
    "queue.list_discarded",
    "SELECT id FROM finished_tasks WHERE state = 'discarded' AND queue = coalesce($1, queue) AND "
    "kind = coalesce($2, kind) ORDER BY id DESC LIMIT $3"
};

Async<std::int64_t> retry_discarded(
    db::Pool& db, const Handlers& handlers, const RetryWanted& wanted, Instant now
) {
    std::int64_t done = 0;
    for (const Discarded& each :
         co_await db.all<Discarded>(list_discarded_sql, wanted.queue, wanted.kind, wanted.limit)) {
        if (co_await try_again(db, handlers, each.id, now)) ++done;
    }
    co_return done;
}

}  // namespace zoetrope::queue

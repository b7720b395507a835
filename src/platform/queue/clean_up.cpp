#include "platform/queue/clean_up.hpp"

#include "platform/queue/store.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::queue {

namespace {

constexpr std::chrono::hours interval{1};
constexpr std::int64_t dropped_max = 1000;  // rows in one statement: others write between two

Async<std::int64_t> drop_all(db::Session& db, TaskState state, Instant before) {
    std::int64_t all = 0;
    // Until none is: some among the oldest may have been tried again, and ended lately.
    while (const std::int64_t dropped = co_await drop_finished(db, state, before, dropped_max))
        all += dropped;
    co_return all;
}

Async<Outcome> run(db::Session& db, const Clock& clock, Retention retention) {
    const std::int64_t dropped = co_await clean_up(db, retention, clock.now());
    co_await remove_silent(db, retention.nodes);
    if (dropped > 0) telemetry::info("queue: {} finished tasks were dropped", dropped);
    co_return Done{};
}

Async<void> gave_up(std::string kind, std::string error) {
    telemetry::warn("{} was given up until its next turn: {}", kind, error);
    co_return;
}

Async<Outcome> remove_and_say(std::string kind, Async<std::int64_t> removing) {
    const std::int64_t removed = co_await std::move(removing);
    if (removed > 0) telemetry::info("{}: {} rows that had ended were removed", kind, removed);
    co_return Done{};
}

}  // namespace

void add_clean_up(
    Handlers& handlers, std::string kind, std::function<Async<std::int64_t>()> remove
) {
    handlers.add(
        kind,
        {.run = [kind, remove = std::move(remove)](
                    Task, std::stop_token
                ) { return remove_and_say(kind, remove()); },
         .gave_up = [](Task task, std::string error
                    ) { return gave_up(std::move(task.kind), std::move(error)); }}
    );
}

Async<std::int64_t> delete_before(db::Session& db, const db::Sql& sql, Instant before) {
    std::int64_t all = 0;
    while (const std::int64_t deleted = co_await db.execute(sql, before, dropped_max))
        all += deleted;
    co_return all;
}

// Of tasks that wait for another attempt: by a clock that was wrong, or because somebody asked for
// it, one may have been told to wait for longer than anything is worth.
constexpr std::chrono::hours retry_wait_max{24};
#define BRING_FORWARD(by)                                                               \
    "UPDATE tasks SET run_at = $1 WHERE state = 'retryable' AND id IN (SELECT id FROM " \
    "tasks " by " WHERE state IN ('scheduled', 'retryable') AND run_at > $2)"
constexpr db::Sql bring_forward_sql{
    "queue.bring_forward",
    BRING_FORWARD("INDEXED BY idx_tasks_due"),
    db::Coalesce::singly,
    BRING_FORWARD("")
};

Schedule clean_up_schedule() { return {"queue.clean_up", interval, std::string(maintenance)}; }

Async<std::int64_t> clean_up(db::Session& db, const Retention& retention, Instant now) {
    co_await db.execute(bring_forward_sql, now, now + retry_wait_max);
    std::int64_t dropped = 0;
    for (const auto state : {TaskState::completed, TaskState::cancelled})
        dropped += co_await drop_all(db, state, now - retention.done);
    for (const auto state : {TaskState::discarded, TaskState::unknown})
        dropped += co_await drop_all(db, state, now - retention.failed);
    co_return dropped;
}

void add_clean_up_handler(
    Handlers& handlers, db::Pool& db, const Clock& clock, const Retention& retention
) {
    handlers.add(
        "queue.clean_up",
        {.run =
             [&db, &clock, retention](Task, std::stop_token) { return run(db, clock, retention); },
         .gave_up = [](Task task, std::string error
                    ) { return gave_up(std::move(task.kind), std::move(error)); }}
    );
}

}  // namespace zoetrope::queue

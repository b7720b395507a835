#include "platform/queue/clean_up.hpp"

#include "platform/queue/store.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::queue {

namespace {

constexpr std::chrono::hours interval{1};
constexpr std::int64_t dropped_max = 1000;  // in one statement: others write between two

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

Async<void> gave_up(std::string error) {
    telemetry::warn("the clean-up of tasks was given up until its next turn: {}", error);
    co_return;
}

}  // namespace

Schedule clean_up_schedule() { return {"queue.clean_up", interval, std::string(maintenance)}; }

Async<std::int64_t> clean_up(db::Session& db, const Retention& retention, Instant now) {
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
         .gave_up = [](Task, std::string error) { return gave_up(std::move(error)); }}
    );
}

}  // namespace zoetrope::queue

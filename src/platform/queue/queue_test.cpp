#include <gmock/gmock.h>

#include <future>

#include "platform/db/migrate.hpp"
#include "platform/db/sqlite.hpp"
#include "platform/queue/queue.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::queue {
namespace {

struct StateRow {
    TaskState state{};
    std::int64_t attempt = 0;
};
BOOST_DESCRIBE_STRUCT(StateRow, (), (state, attempt))
constexpr db::Sql state_sql{"test.state", "SELECT state, attempt FROM tasks WHERE id = $1"};
constexpr db::Sql abandon_sql{
    "test.abandon", "UPDATE tasks SET state = 'running', attempt = 1 WHERE id = $1"
};

class QueueTest : public testing::Test {
  protected:
    QueueTest() {
        EXPECT_TRUE(db::migrate_sqlite(folder_ / "q.sqlite"));
        db_ = db::open_sqlite({.file = folder_ / "q.sqlite"});
        workers_ = std::make_unique<Workers>(
            WorkersConfig{
                .queue = "test",
                .slots = 2,
                .poll = std::chrono::milliseconds(20),
                .backoff_first = std::chrono::milliseconds(1),
                .backoff_max = std::chrono::milliseconds(2)
            },
            *db_,
            clock_,
            io_.context()
        );
    }
    TaskId add(int attempts_max = 3) {
        return io_.wait(insert(
            *db_, {.queue = "test", .kind = "test.run", .attempts_max = attempts_max}, clock_.now()
        ));
    }
    StateRow look(TaskId task) { return *io_.wait(db_->one<StateRow>(state_sql, task)); }
    // Looks until the task is over; the runner's time limit ends what never comes.
    StateRow await_end(TaskId task) {
        while (true) {
            const StateRow row = look(task);
            if (row.state != TaskState::available && row.state != TaskState::running &&
                row.state != TaskState::retryable)
                return row;
        }
    }

    test::Folder folder_;
    test::Io io_;
    SystemClock clock_;
    std::unique_ptr<db::Pool> db_;
    std::unique_ptr<Workers> workers_;
    std::atomic<int> runs_ = 0;
    std::atomic<int> given_up_ = 0;
};

Async<Outcome> end_with(std::atomic<int>& runs, Outcome outcome) {
    ++runs;
    co_return outcome;
}
Async<Outcome> throw_at_first(std::atomic<int>& runs) {
    if (++runs == 1) throw std::runtime_error("boom");
    co_return Done{};
}
Async<void> count_up(std::atomic<int>& given_up) {
    ++given_up;
    co_return;
}

TEST_F(QueueTest, runs_a_task_once) {
    workers_->handle(
        "test.run",
        {.run = [this](Task, std::stop_token) { return end_with(runs_, Done{}); }, .gave_up = {}}
    );
    const TaskId task = add();
    workers_->start();
    EXPECT_EQ(await_end(task).state, TaskState::completed);
    workers_->stop();
    EXPECT_EQ(runs_, 1);
}

TEST_F(QueueTest, tries_again_after_a_throw) {
    workers_->handle(
        "test.run",
        {.run = [this](Task, std::stop_token) { return throw_at_first(runs_); }, .gave_up = {}}
    );
    const TaskId task = add();
    workers_->start();
    const StateRow row = await_end(task);
    workers_->stop();
    EXPECT_EQ(row.state, TaskState::completed);
    EXPECT_EQ(row.attempt, 2);
}

TEST_F(QueueTest, gives_up_after_the_last_attempt_and_says_so) {
    workers_->handle(
        "test.run",
        {.run = [this](Task, std::stop_token) { return end_with(runs_, Retry{"no"}); },
         .gave_up = [this](Task, std::string) { return count_up(given_up_); }}
    );
    const TaskId task = add(3);
    workers_->start();
    EXPECT_EQ(await_end(task).state, TaskState::discarded);
    workers_->stop();
    EXPECT_EQ(runs_, 3);
    EXPECT_EQ(given_up_, 1);
}

TEST_F(QueueTest, takes_up_what_a_dead_process_was_running) {
    workers_->handle(
        "test.run",
        {.run = [this](Task, std::stop_token) { return end_with(runs_, Done{}); }, .gave_up = {}}
    );
    const TaskId task = add();
    io_.wait(db_->execute(abandon_sql, task));
    workers_->start();
    const StateRow row = await_end(task);
    workers_->stop();
    EXPECT_EQ(row.state, TaskState::completed);
    EXPECT_EQ(row.attempt, 2);
}

TEST_F(QueueTest, quarantines_a_task_that_kills_its_process) {
    workers_->handle(
        "test.run",
        {.run = [this](Task, std::stop_token) { return end_with(runs_, Done{}); },
         .gave_up = [this](Task, std::string) { return count_up(given_up_); }}
    );
    const TaskId task = add(1);
    io_.wait(db_->execute(abandon_sql, task));  // its only attempt ended with the process
    workers_->start();
    EXPECT_EQ(await_end(task).state, TaskState::discarded);
    workers_->stop();
    EXPECT_EQ(runs_, 0);
    EXPECT_EQ(given_up_, 1);
}

TEST_F(QueueTest, cancels_what_waits) {
    const TaskId task = add();
    EXPECT_TRUE(io_.wait(cancel_waiting(*db_, task, clock_.now())));
    EXPECT_FALSE(io_.wait(cancel_waiting(*db_, task, clock_.now())));
    EXPECT_EQ(look(task).state, TaskState::cancelled);
}

// Waits on a timer that its stop token cancels.
Async<Outcome> until_stopped(std::promise<void>& started, std::stop_token stop) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer never(executor, std::chrono::steady_clock::time_point::max());
    const std::stop_callback wake(stop, [&] { never.cancel(); });
    started.set_value();
    if (!stop.stop_requested()) co_await never.async_wait(asio::as_tuple(asio::deferred));
    co_return Cancelled{};
}

TEST_F(QueueTest, interrupts_what_runs) {
    std::promise<void> started;
    workers_->handle(
        "test.run",
        {.run = [&](Task, std::stop_token stop) { return until_stopped(started, stop); },
         .gave_up = {}}
    );
    const TaskId task = add();
    workers_->start();
    started.get_future().wait();
    workers_->interrupt(task);
    EXPECT_EQ(await_end(task).state, TaskState::cancelled);
    workers_->stop();
}

TEST_F(QueueTest, hands_back_what_runs_when_it_stops) {
    std::promise<void> started;
    workers_->handle(
        "test.run",
        {.run = [&](Task, std::stop_token stop) { return until_stopped(started, stop); },
         .gave_up = {}}
    );
    const TaskId task = add();
    workers_->start();
    started.get_future().wait();
    workers_->stop();
    const StateRow row = look(task);
    EXPECT_EQ(row.state, TaskState::available);
    EXPECT_EQ(row.attempt, 0);
}

}  // namespace
}  // namespace zoetrope::queue

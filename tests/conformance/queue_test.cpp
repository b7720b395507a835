// Durable tasks, on either database.
#include <future>

#include "platform/queue/store.hpp"
#include "tests/conformance/databases.hpp"

namespace zoetrope::queue {
namespace {

struct StateRow {
    TaskState state{};
    std::int64_t attempt = 0;
};
BOOST_DESCRIBE_STRUCT(StateRow, (), (state, attempt))
constexpr db::Sql state_sql{"test.state", "SELECT state, attempt FROM tasks WHERE id = $1"};
constexpr db::Sql abandon_sql{
    "test.abandon", "UPDATE tasks SET state = 'running', attempt = 1, node_id = $2 WHERE id = $1"
};
constexpr db::Sql silence_sql{
    "test.silence", "UPDATE nodes SET heartbeat_at = heartbeat_at - 60000000 WHERE id = $1"
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

class Queue : public test::OnBoth {
  protected:
    Queue() { workers_ = make_workers(*db_); }
    std::unique_ptr<Workers> make_workers(db::Pool& db) {
        using std::chrono::milliseconds;
        return std::make_unique<Workers>(
            WorkersConfig{
                .queue = "test",
                .slots = 2,
                .poll = milliseconds(20),
                .backoff_first = milliseconds(1),
                .backoff_max = milliseconds(2),
                .heartbeat = milliseconds(20),
                .silence = milliseconds(2000),
                .alone = !on_postgres()
            },
            db,
            clock_,
            io_.context()
        );
    }
    TaskId add(int attempts_max = 3) {
        return wait(insert(
            *db_, {.queue = "test", .kind = "test.run", .attempts_max = attempts_max}, clock_.now()
        ));
    }
    // Each attempt ends so; attempts and tasks given up are counted.
    void end_each_with(Workers& workers, const Outcome& outcome) {
        workers.handle(
            "test.run",
            {.run = [this, outcome](Task, std::stop_token) { return end_with(runs_, outcome); },
             .gave_up = [this](Task, std::string) { return count_up(given_up_); }}
        );
    }
    // As a process leaves it that was killed: running, and its node has been silent for a minute.
    void abandon(TaskId task) {
        const NodeId dead = wait(add_node(*db_, "dead"));
        wait(db_->execute(silence_sql, dead));
        wait(db_->execute(abandon_sql, task, dead));
    }
    StateRow look(TaskId task) { return *wait(db_->one<StateRow>(state_sql, task)); }
    // Looks until the task is over; the runner's time limit ends what never comes.
    StateRow await_end(TaskId task) {
        while (true) {
            const StateRow row = look(task);
            if (row.state != TaskState::available && row.state != TaskState::running &&
                row.state != TaskState::retryable)
                return row;
        }
    }

    SystemClock clock_;
    std::unique_ptr<Workers> workers_;
    std::atomic<int> runs_ = 0;
    std::atomic<int> given_up_ = 0;
};

TEST_P(Queue, runs_a_task_once) {
    end_each_with(*workers_, Done{});
    const TaskId task = add();
    workers_->start();
    EXPECT_EQ(await_end(task).state, TaskState::completed);
    workers_->stop();
    EXPECT_EQ(runs_, 1);
}

TEST_P(Queue, tries_again_after_a_throw) {
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

TEST_P(Queue, gives_up_after_the_last_attempt_and_says_so) {
    end_each_with(*workers_, Retry{"no"});
    const TaskId task = add(3);
    workers_->start();
    EXPECT_EQ(await_end(task).state, TaskState::discarded);
    workers_->stop();
    EXPECT_EQ(runs_, 3);
    EXPECT_EQ(given_up_, 1);
}

TEST_P(Queue, takes_up_what_a_dead_process_was_running) {
    end_each_with(*workers_, Done{});
    const TaskId task = add();
    abandon(task);
    workers_->start();
    const StateRow row = await_end(task);
    workers_->stop();
    EXPECT_EQ(row.state, TaskState::completed);
    EXPECT_EQ(row.attempt, 2);
}

TEST_P(Queue, quarantines_a_task_that_kills_its_process) {
    end_each_with(*workers_, Done{});
    const TaskId task = add(1);
    abandon(task);  // its only attempt ended with the process
    workers_->start();
    EXPECT_EQ(await_end(task).state, TaskState::discarded);
    workers_->stop();
    EXPECT_EQ(runs_, 0);
    EXPECT_EQ(given_up_, 1);
}

TEST_P(Queue, cancels_what_waits) {
    const TaskId task = add();
    EXPECT_TRUE(wait(cancel_waiting(*db_, task, clock_.now())));
    EXPECT_FALSE(wait(cancel_waiting(*db_, task, clock_.now())));
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

TEST_P(Queue, interrupts_what_runs) {
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

TEST_P(Queue, hands_back_what_runs_when_it_stops) {
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

TEST_P(Queue, runs_each_task_once_however_many_claim) {
    const auto other_db = open();
    const auto other = make_workers(*other_db);
    for (Workers* each : {workers_.get(), other.get()}) end_each_with(*each, Done{});
    std::vector<TaskId> tasks;
    for (int i = 0; i < 200; ++i) tasks.push_back(add());
    workers_->start();
    if (on_postgres()) other->start();  // SQLite is for one process
    for (const TaskId task : tasks) EXPECT_EQ(await_end(task).attempt, 1);
    workers_->stop();
    if (on_postgres()) other->stop();
    EXPECT_EQ(runs_, 200);
}

TEST_P(Queue, waits_until_a_task_is_due) {
    const Instant now = clock_.now();
    const Instant later = now + std::chrono::seconds(10);
    const TaskId task = wait(insert(*db_, {.queue = "test", .kind = "test.run"}, later));
    const NodeId node = wait(add_node(*db_, "one"));
    EXPECT_TRUE(wait(claim_ready(*db_, "test", now, 10, node)).empty());
    const auto claimed = wait(claim_ready(*db_, "test", later, 10, node));
    ASSERT_EQ(claimed.size(), 1);
    EXPECT_EQ(claimed[0].id, task);
}

// A node is only thought dead: it was slow, and comes back to settle.
TEST_P(Queue, keeps_a_late_node_from_settling_what_another_runs) {
    const TaskId task = add();
    const Instant now = clock_.now();
    const NodeId late = wait(add_node(*db_, "late"));
    const NodeId next = wait(add_node(*db_, "next"));
    const Task first = wait(claim_ready(*db_, "test", now, 1, late)).at(0);
    EXPECT_TRUE(wait(is_still_ours(*db_, first)));
    wait(db_->execute(silence_sql, late));
    EXPECT_EQ(wait(take_over(*db_, "test", now, std::chrono::seconds(30))), 1);
    EXPECT_FALSE(wait(is_still_ours(*db_, first)));
    const Task second = wait(claim_ready(*db_, "test", now, 1, next)).at(0);
    EXPECT_EQ(second.attempt, 2);
    EXPECT_TRUE(wait(is_still_ours(*db_, second)));
    EXPECT_FALSE(wait(is_still_ours(*db_, first)));
    const auto settle = [&](const Task& which, NodeId node) {
        return wait(finish(
            *db_, {task, which.attempt, node}, TaskState::completed, std::nullopt, clock_.now()
        ));
    };
    EXPECT_FALSE(settle(first, late));
    EXPECT_EQ(look(task).state, TaskState::running);
    EXPECT_TRUE(settle(second, next));
    EXPECT_FALSE(wait(is_still_ours(*db_, second)));
}

TEST_P(Queue, leaves_nodes_that_are_heard_of_alone) {
    add();
    const NodeId node = wait(add_node(*db_, "alive"));
    ASSERT_EQ(wait(claim_ready(*db_, "test", clock_.now(), 1, node)).size(), 1);
    EXPECT_EQ(wait(take_over(*db_, "test", clock_.now(), std::chrono::seconds(4))), 0);
}

INSTANTIATE_TEST_SUITE_P(On, Queue, test::both_databases(), test::database_name);

}  // namespace
}  // namespace zoetrope::queue

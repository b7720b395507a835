// Durable tasks, on either database.
#include <future>
#include <set>
#include <string>

#include "platform/queue/clean_up.hpp"
#include "platform/queue/inspect.hpp"
#include "platform/queue/store.hpp"
#include "platform/queue/workers.hpp"
#include "tests/conformance/databases.hpp"

namespace zoetrope::queue {
namespace {

struct StateRow {
    TaskState state{};
    std::int64_t attempt = 0;
    std::int64_t crashes = 0;
    std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(StateRow, (), (state, attempt, crashes, error))
constexpr db::Sql state_sql{
    "test.state",
    "SELECT state, attempt, crashes, error FROM tasks WHERE id = $1 UNION ALL "
    "SELECT state, attempt, crashes, error FROM finished_tasks WHERE id = $1"
};
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
    // A process that works on the queue.
    struct Process {
        Process(
            const NodeConfig& config,
            const WorkersConfig& workers_config,
            db::Pool& db,
            const Clock& clock,
            asio::io_context& io
        )
            : node(config, db, io),
              workers(workers_config, handlers, node, db, clock, io) {}
        void handle(std::string kind, Handler handler) {
            handlers.add(std::move(kind), std::move(handler));
        }
        void start() {
            node.start();
            workers.start();
        }
        void stop() {
            workers.stop();
            node.stop();
        }
        Node node;
        Handlers handlers;
        Workers workers;
    };
    Queue() { workers_ = make_workers(*db_); }
    std::unique_ptr<Process> make_workers(db::Pool& db) {
        using std::chrono::milliseconds;
        const NodeConfig node{
            .heartbeat = milliseconds(20), .silence = milliseconds(2000), .alone = !on_postgres()
        };
        const WorkersConfig workers{
            .queue = "test",
            .slots = 2,
            .poll = milliseconds(20),
            .backoff_first = milliseconds(1),
            .backoff_max = milliseconds(2)
        };
        return std::make_unique<Process>(node, workers, db, clock_, io_.context());
    }
    TaskId add(int attempts_max = 3) { return add_as({.attempts_max = attempts_max}); }
    TaskId add_as(NewTask task) {
        task.queue = "test";
        task.kind = "test.run";
        if (task.args.text.empty()) task.args = {"{}"};
        return wait(insert(*db_, task, clock_.now()));
    }
    std::vector<TaskId> claim(std::int64_t limit = 10) {
        std::vector<TaskId> out;
        const NodeId node = wait(add_node(*db_, "claims"));
        for (const Task& each : wait(claim_available(*db_, "test", clock_.now(), limit, node)))
            out.push_back(each.id);
        return out;
    }
    // Each attempt ends so; attempts and tasks given up are counted.
    void end_each_with(Process& workers, const Outcome& outcome) {
        workers.handle(
            "test.run",
            {.run = [this, outcome](Task, std::stop_token) { return end_with(runs_, outcome); },
             .gave_up = [this](Task, std::string error) { return note(std::move(error)); }}
        );
    }
    Async<void> note(std::string error) {
        ++given_up_;
        why_ = std::move(error);
        co_return;
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
            if (row.state > TaskState::retryable) return row;
        }
    }

    SystemClock clock_;
    std::unique_ptr<Process> workers_;
    std::atomic<int> runs_ = 0;
    std::atomic<int> given_up_ = 0;
    std::string why_;  // of the last that was given up
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

TEST_P(Queue, puts_aside_what_kills_one_process_after_another) {
    end_each_with(*workers_, Done{});
    const TaskId task = add(100);
    for (int i = 0; i < 3; ++i) {
        abandon(task);
        wait(take_over(*db_, std::chrono::seconds(30)));
    }
    workers_->start();
    const StateRow row = await_end(task);
    workers_->stop();
    EXPECT_EQ(row.state, TaskState::discarded);
    EXPECT_EQ(row.crashes, 3);
    EXPECT_EQ(row.error, "its process died 3 times");
    EXPECT_EQ(runs_, 0);
    EXPECT_EQ(given_up_, 1);
}

TEST_P(Queue, keeps_an_error_that_is_no_text) {
    end_each_with(*workers_, Discard{std::string("cut \xff off\0 here", 15)});
    const TaskId task = add();
    workers_->start();
    const StateRow row = await_end(task);
    workers_->stop();
    EXPECT_EQ(row.error, "cut \xef\xbf\xbd off here");
    EXPECT_EQ(why_, row.error);
}

Async<Outcome> snooze_at_first(std::atomic<int>& runs) {
    if (++runs == 1) co_return Snooze{std::chrono::milliseconds(1)};
    co_return Done{};
}

TEST_P(Queue, does_not_count_an_attempt_that_only_waits) {
    workers_->handle(
        "test.run",
        {.run = [this](Task, std::stop_token) { return snooze_at_first(runs_); }, .gave_up = {}}
    );
    const TaskId task = add(1);
    workers_->start();
    const StateRow row = await_end(task);
    workers_->stop();
    EXPECT_EQ(row.state, TaskState::completed);
    EXPECT_EQ(row.attempt, 1);
    EXPECT_EQ(runs_, 2);
}

TEST_P(Queue, cancels_what_waits) {
    for (const TaskId task : {add(), add_as({.delay = std::chrono::hours(1)})}) {
        const auto cancel = [&] {
            return wait(db::transact(*db_, [&](db::Transaction& transaction) -> Async<bool> {
                co_return co_await cancel_waiting(transaction, task, clock_.now());
            }));
        };
        EXPECT_TRUE(cancel());
        EXPECT_FALSE(cancel());
        EXPECT_EQ(look(task).state, TaskState::cancelled);
    }
    EXPECT_TRUE(claim().empty());
}

TEST_P(Queue, takes_the_more_urgent_first_and_then_the_older) {
    const TaskId first = add();
    const TaskId second = add();
    const TaskId urgent = add_as({.priority = 5});
    EXPECT_EQ(claim(1), std::vector{urgent});
    EXPECT_EQ(claim(1), std::vector{first});
    EXPECT_EQ(claim(1), std::vector{second});
}

TEST_P(Queue, begins_nothing_of_a_paused_queue) {
    const TaskId task = add();
    add_as({.delay = std::chrono::hours(1)});
    const Instant now = clock_.now();
    wait(pause(*db_, "test", now));
    EXPECT_TRUE(claim().empty());
    const auto queues = wait(list_queues(*db_, {"test", "other"}));
    ASSERT_EQ(queues.size(), 2U);
    EXPECT_EQ(queues[0].name, "other");
    EXPECT_EQ(queues[0].available, 0);
    EXPECT_EQ(queues[1].available, 1);
    EXPECT_EQ(queues[1].scheduled, 1);
    EXPECT_EQ(queues[1].paused_at, now);
    wait(resume(*db_, "test"));
    EXPECT_EQ(claim(), std::vector{task});
}

TEST_P(Queue, has_one_task_of_a_key_until_it_is_over) {
    end_each_with(*workers_, Done{});
    const NewTask only{.unique_key = "photo 7"};
    const TaskId task = add_as(only);
    EXPECT_EQ(add_as(only), task);
    EXPECT_NE(add_as({.unique_key = "photo 8"}), task);
    workers_->start();
    await_end(task);
    workers_->stop();
    EXPECT_NE(add_as(only), task);
}

// Before its effect, or after it with an answer, a task may be tried again; in between not.
Async<Outcome> throw_in_mid_effect(db::Pool& db, const Clock& clock, Task task, int& effects) {
    if (!co_await begin_effect(db, task, clock.now())) co_return Discard{"begun twice"};
    ++effects;
    throw std::runtime_error("cut off");
}
Async<Outcome> refused_at_first(db::Pool& db, const Clock& clock, Task task, int& effects) {
    if (!co_await begin_effect(db, task, clock.now())) co_return Discard{"begun twice"};
    if (++effects == 1) co_return Retry{"the other side is busy"};
    co_return Done{};
}

TEST_P(Queue, does_not_repeat_an_effect_of_which_nobody_can_tell) {
    int effects = 0;
    workers_->handle(
        "test.run",
        {.run = [&](Task task, std::stop_token
                ) { return throw_in_mid_effect(*db_, clock_, std::move(task), effects); },
         .gave_up = [this](Task, std::string) { return count_up(given_up_); }}
    );
    const TaskId task = add(5);
    workers_->start();
    EXPECT_EQ(await_end(task).state, TaskState::unknown);
    workers_->stop();
    EXPECT_EQ(effects, 1);
    EXPECT_EQ(given_up_, 1);
}

TEST_P(Queue, repeats_an_effect_that_was_refused) {
    int effects = 0;
    workers_->handle(
        "test.run",
        {.run = [&](Task task, std::stop_token
                ) { return refused_at_first(*db_, clock_, std::move(task), effects); },
         .gave_up = {}}
    );
    const TaskId task = add(5);
    workers_->start();
    EXPECT_EQ(await_end(task).state, TaskState::completed);
    workers_->stop();
    EXPECT_EQ(effects, 2);
}

TEST_P(Queue, ends_as_unknown_what_died_in_mid_effect) {
    end_each_with(*workers_, Done{});
    const TaskId task = add();
    const NodeId dead = wait(add_node(*db_, "dead"));
    const Task claimed = wait(claim_available(*db_, "test", clock_.now(), 1, dead)).at(0);
    EXPECT_TRUE(wait(begin_effect(*db_, claimed, clock_.now())));
    EXPECT_FALSE(wait(begin_effect(*db_, claimed, clock_.now())));
    wait(db_->execute(silence_sql, dead));
    workers_->start();
    EXPECT_EQ(await_end(task).state, TaskState::unknown);
    workers_->stop();
    EXPECT_EQ(runs_, 0);
    EXPECT_EQ(given_up_, 1);
}

TEST_P(Queue, keeps_the_finished_for_a_while_by_how_they_ended) {
    const NodeId node = wait(add_node(*db_, "one"));
    std::vector<Ended> ended;
    for (const auto state : {TaskState::completed, TaskState::discarded}) {
        add();
        const Task task = wait(claim_available(*db_, "test", clock_.now(), 1, node)).at(0);
        ended.push_back({task.id, task.attempt, node, state, std::nullopt});
    }
    const Instant now = clock_.now();
    EXPECT_EQ(wait(finish_all(*db_, ended, now)).size(), 2U);
    const Retention retention{.done = std::chrono::hours(1), .failed = std::chrono::hours(3)};
    EXPECT_EQ(wait(clean_up(*db_, retention, now)), 0);
    EXPECT_EQ(wait(clean_up(*db_, retention, now + std::chrono::hours(2))), 1);
    EXPECT_EQ(look(ended[1].id).state, TaskState::discarded);
    EXPECT_EQ(wait(clean_up(*db_, retention, now + std::chrono::hours(4))), 1);
}

// Waits on a timer that its stop token cancels.
Async<Outcome> until_stopped(std::promise<void>& started, std::stop_token stop) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer never(executor, std::chrono::steady_clock::time_point::max());
    const std::stop_callback wake(stop, [&] { never.cancel(); });
    started.set_value();
    if (!stop.stop_requested()) co_await never.async_wait(with_error);
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
    workers_->workers.interrupt(task);
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

TEST_P(Queue, tasks_that_are_inserted_together_are_each_there) {
    std::vector<NewTask> tasks;
    for (int i = 0; i < 100; ++i) {
        tasks.push_back(
            {.queue = "test",
             .kind = "test.run",
             .args = {std::to_string(i)},
             .priority = i % 3,
             .delay = std::chrono::hours(i % 2)}
        );
    }
    std::vector<std::future<TaskId>> asked;
    for (const NewTask& task : tasks)
        asked.push_back(
            asio::co_spawn(io_.context(), insert(*db_, task, clock_.now()), asio::use_future)
        );
    std::set<TaskId> ids;
    for (auto& each : asked) ids.insert(each.get());
    EXPECT_EQ(ids.size(), 100U);
    for (int i = 0; i < 10; ++i) {  // beside those that come true with something else
        const auto transaction = wait(db_->begin());
        ids.insert(wait(insert(*transaction, {.queue = "other"}, clock_.now())));
        wait(transaction->commit());
        ids.insert(wait(insert(*db_, {.queue = "other"}, clock_.now())));
    }
    EXPECT_EQ(ids.size(), 120U);
    const NodeId node = wait(add_node(*db_, "one"));
    const auto due = wait(claim_available(*db_, "test", clock_.now(), 100, node));
    EXPECT_EQ(due.size(), 50U);
    for (const Task& each : due) EXPECT_EQ(each.priority, std::stoi(each.args.text) % 3);
    for (const TaskId id : ids) EXPECT_EQ(look(id).error, std::nullopt);
}

TEST_P(Queue, runs_each_task_once_however_many_claim) {
    const auto other_db = open();
    const auto other = make_workers(*other_db);
    for (Process* each : {workers_.get(), other.get()}) end_each_with(*each, Done{});
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
    EXPECT_FALSE(wait(next_due(*db_, "test")));
    const TaskId task = add_as({.delay = std::chrono::seconds(10)});
    EXPECT_EQ(look(task).state, TaskState::scheduled);
    EXPECT_TRUE(claim().empty());
    EXPECT_EQ(wait(promote(*db_, "test", now, 10)), 0);
    const Instant due = *wait(next_due(*db_, "test"));
    EXPECT_GE(due, now + std::chrono::seconds(10));
    EXPECT_EQ(wait(promote(*db_, "test", due, 10)), 1);
    EXPECT_EQ(claim(), std::vector{task});
}

TEST_P(Queue, runs_a_delayed_task_in_its_time) {
    end_each_with(*workers_, Done{});
    workers_->start();
    const TaskId task = add_as({.delay = std::chrono::milliseconds(30)});
    EXPECT_EQ(await_end(task).state, TaskState::completed);
    workers_->stop();
}

// A node is only thought dead: it was slow, and comes back to settle.
TEST_P(Queue, keeps_a_late_node_from_settling_what_another_runs) {
    const TaskId task = add();
    const Instant now = clock_.now();
    const NodeId late = wait(add_node(*db_, "late"));
    const NodeId next = wait(add_node(*db_, "next"));
    const Task first = wait(claim_available(*db_, "test", now, 1, late)).at(0);
    EXPECT_TRUE(wait(is_still_ours(*db_, first)));
    wait(db_->execute(silence_sql, late));
    EXPECT_EQ(wait(take_over(*db_, std::chrono::seconds(30))), 1);
    EXPECT_FALSE(wait(is_still_ours(*db_, first)));
    const Task second = wait(claim_available(*db_, "test", now, 1, next)).at(0);
    EXPECT_EQ(second.attempt, 2);
    EXPECT_TRUE(wait(is_still_ours(*db_, second)));
    EXPECT_FALSE(wait(is_still_ours(*db_, first)));
    const auto settle = [&](const Task& which, NodeId node) {
        const Ended ended{task, which.attempt, node, TaskState::completed, std::nullopt};
        return !wait(finish_all(*db_, {ended}, clock_.now())).empty();
    };
    EXPECT_FALSE(settle(first, late));
    EXPECT_EQ(look(task).state, TaskState::running);
    EXPECT_TRUE(settle(second, next));
    EXPECT_FALSE(wait(is_still_ours(*db_, second)));
}

TEST_P(Queue, leaves_nodes_that_are_heard_of_alone) {
    add();
    const NodeId node = wait(add_node(*db_, "alive"));
    ASSERT_EQ(wait(claim_available(*db_, "test", clock_.now(), 1, node)).size(), 1);
    EXPECT_EQ(wait(take_over(*db_, std::chrono::seconds(4))), 0);
}

INSTANTIATE_TEST_SUITE_P(On, Queue, test::both_databases(), test::database_name);

}  // namespace
}  // namespace zoetrope::queue

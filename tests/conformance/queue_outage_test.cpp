// What the queue owes to tasks when the database or a process goes away in the middle, on either
// database.
#include "platform/queue/store.hpp"
#include "platform/queue/workers.hpp"
#include "tests/conformance/databases.hpp"

namespace zoetrope::queue {
namespace {

// The first claim comes true, and its answer does not arrive: as when the connection dies.
class LosesAnswer final : public db::Pool {
  public:
    explicit LosesAnswer(db::Pool& inner) : inner_(inner) {}

    db::Dialect dialect() const override { return inner_.dialect(); }
    Async<std::unique_ptr<db::Transaction>> begin() override { return inner_.begin(); }
    Async<std::int64_t> next_id(std::string_view table) override { return inner_.next_id(table); }
    Async<std::vector<std::int64_t>> next_ids(std::string_view table, std::size_t count) override {
        return inner_.next_ids(table, count);
    }
    db::PoolStatus status() const override { return inner_.status(); }

    std::size_t lost = 0;  // tasks

  private:
    Async<db::Rows> perform(const db::Sql& sql, std::vector<db::Value> params, db::Timed) override {
        db::Rows rows = co_await inner_.run(sql, std::move(params));
        if (lost > 0 || sql.name != "queue.claim_available" || rows.empty()) co_return rows;
        lost = rows.size();
        throw std::runtime_error("the connection was lost");
    }
    Async<db::Rows> perform_many(
        const db::Sql& sql, std::vector<std::vector<db::Value>> rows, db::Timed
    ) override {
        return inner_.run_many(sql, std::move(rows));
    }

    db::Pool& inner_;
};

struct OutageRow {
    TaskState state{};
    std::int64_t attempt = 0;
    Instant run_at;
};
BOOST_DESCRIBE_STRUCT(OutageRow, (), (state, attempt, run_at))
constexpr db::Sql open_state_sql{
    "test.open_state", "SELECT state, attempt, run_at FROM tasks WHERE id = $1"
};
constexpr db::Sql finished_sql{
    "test.finished",
    "SELECT state, attempt, finished_at AS run_at FROM finished_tasks WHERE id = $1"
};
constexpr db::Sql crashed_sql{
    "test.crashed", "UPDATE tasks SET attempt = 2, crashes = 2 WHERE id = $1"
};

class Outage : public test::OnBoth {
  protected:
    // A process that works off one task, each attempt of which ends so.
    void work(db::Pool& db, TaskId task, const Outcome& outcome, const db::Sql& until) {
        Handlers handlers;
        handlers.add(
            "test.run",
            {.run = [&](Task, std::stop_token) -> Async<Outcome> { return run(outcome); },
             .gave_up = {}}
        );
        Node node({.alone = !on_postgres()}, *db_, io_.context());
        Workers workers(
            {.queue = "test", .poll = std::chrono::milliseconds(20), .backoff_first = first},
            handlers,
            node,
            db,
            clock_,
            io_.context()
        );
        node.start();
        workers.start();
        // The runner's time limit ends what never comes.
        do seen_ = wait(db_->one<OutageRow>(until, task));
        while (!seen_ || seen_->state == TaskState::available || seen_->state == TaskState::running
        );
        workers.stop();
        node.stop();
    }
    Async<Outcome> run(const Outcome& outcome) {
        ++runs_;
        co_return outcome;
    }
    TaskId add() {
        const NewTask task{.queue = "test", .kind = "test.run", .args = {"{}"}, .attempts_max = 9};
        return wait(insert(*db_, task, clock_.now()));
    }

    static constexpr std::chrono::hours first{1};  // the backoff after one failure
    SystemClock clock_;
    std::optional<OutageRow> seen_;
    std::atomic<int> runs_ = 0;
};

TEST_P(Outage, a_claim_whose_answer_was_lost_is_found_again_by_the_node_that_made_it) {
    LosesAnswer forgetful(*db_);
    work(forgetful, add(), Done{}, finished_sql);
    EXPECT_EQ(forgetful.lost, 1U);
    EXPECT_EQ(seen_->state, TaskState::completed);
    EXPECT_EQ(seen_->attempt, 1);  // nothing ran at the one that was lost
    EXPECT_EQ(runs_, 1);
}

TEST_P(Outage, a_task_does_not_wait_longer_because_processes_died) {
    const TaskId task = add();
    wait(db_->execute(crashed_sql, task));
    work(*db_, task, Retry{"not now"}, open_state_sql);
    EXPECT_EQ(seen_->state, TaskState::retryable);
    EXPECT_LT(seen_->run_at.us, (clock_.now() + 2 * first).us);
}

INSTANTIATE_TEST_SUITE_P(On, Outage, test::both_databases(), test::database_name);

}  // namespace
}  // namespace zoetrope::queue

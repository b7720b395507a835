// How processes share the workers of a queue, and that one of them decides how many there are.
#include "platform/queue/pools.hpp"

#include "platform/queue/inspect.hpp"
#include "platform/queue/store.hpp"
#include "tests/conformance/databases.hpp"

namespace zoetrope::queue {
namespace {

using std::chrono::milliseconds;

class SharedPools : public test::OnBoth {
  protected:
    struct Process {
        Process(bool alone, db::Pool& db, const Clock& clock, asio::io_context& io)
            : node({milliseconds(20), milliseconds(2000), alone}, db, io),
              pools(
                  {.pools = {{"test", 3, 5, 9, 2, 1, 100}},
                   .rule = {.deep = 4, .filled = 2, .cool_down = std::chrono::seconds(0)},
                   .look = milliseconds(20)},
                  handlers,
                  node,
                  db,
                  clock,
                  io
              ) {
            pools.start();
            node.start();
        }
        ~Process() {
            pools.stop();
            node.stop();
        }
        std::int64_t workers() const { return pools.totals().at(0).workers; }

        Node node;
        Handlers handlers;
        Pools pools;
    };
    std::unique_ptr<Process> process() {
        return std::make_unique<Process>(!on_postgres(), *db_, clock_, io_.context());
    }
    void insert_some(int count) {
        const NewTask task{.queue = "test", .kind = "test.run", .args = {"{}"}};
        const auto transaction = wait(db_->begin());  // so that they are seen at once
        for (int i = 0; i < count; ++i) wait(insert(*transaction, task, clock_.now()));
        wait(transaction->commit());
    }
    template <class Ready>
    void await(Ready ready) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!ready() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
        ASSERT_TRUE(ready());
    }

    SystemClock clock_;
};

TEST_P(SharedPools, are_of_all_processes_together) {
    auto one = process();
    await([&] { return one->workers() == 3; });
    if (!on_postgres()) return;  // which one process has for itself
    auto two = process();
    await([&] { return one->workers() == 2 && two->workers() == 1; });
    EXPECT_EQ(wait(one->pools.list()).at(0).nodes, 2);
    one.reset();
    await([&] { return two->workers() == 3; });
}

TEST_P(SharedPools, lose_the_rows_of_the_silent_unless_they_run_something) {
    constexpr db::Sql silence{
        "test.silence", "UPDATE nodes SET heartbeat_at = heartbeat_at - 60000000 WHERE id = $1"
    };
    constexpr std::chrono::seconds patience(30);
    const NodeId idle = wait(add_node(*db_, "idle", {}));
    const NodeId running = wait(add_node(*db_, "running", {"test"}));
    insert_some(1);
    ASSERT_EQ(wait(claim_available(*db_, "test", clock_.now(), 1, running)).size(), 1U);
    EXPECT_EQ(wait(remove_silent(*db_, patience)), 0);
    for (const NodeId node : {idle, running}) wait(db_->execute(silence, node));
    EXPECT_EQ(wait(remove_silent(*db_, patience)), 1);
    EXPECT_FALSE(wait(beat(*db_, idle)));
    EXPECT_TRUE(wait(beat(*db_, running)));
}

TEST_P(SharedPools, come_back_when_their_node_was_taken_for_gone) {
    const auto one = process();
    await([&] { return one->workers() == 3; });
    wait(remove_node(*db_, one->node.id()));
    await([&] { return wait(beat(*db_, one->node.id())); });
    await([&] { return wait(one->pools.list()).at(0).nodes == 1; });
}

TEST_P(SharedPools, are_sized_once_for_each_change_of_what_waits) {
    std::vector<std::unique_ptr<Process>> all;
    for (int i = 0; i < (on_postgres() ? 3 : 1); ++i) all.push_back(process());
    const auto have = [&](std::int64_t workers) {
        std::int64_t sum = 0;
        for (const auto& each : all) sum += each->workers();
        return sum == workers;
    };
    await([&] { return have(3); });
    wait(pause(*db_, "test", clock_.now()));
    insert_some(6);
    await([&] { return have(9); });
    const PoolReport report = wait(all[0]->pools.list()).at(0);
    EXPECT_EQ(report.decisions, 1);
    EXPECT_EQ(report.capacity, 18);
    EXPECT_EQ(report.waiting, 6);
    wait(resume(*db_, "test"));  // nothing handles them, which ends them
    for (const auto& each : all) each->pools.wake_all();
    await([&] { return have(3); });
    std::int64_t grown = 0;
    std::int64_t shrunk = 0;
    for (const auto& each : all) {
        grown += each->pools.totals().at(0).grown;
        shrunk += each->pools.totals().at(0).shrunk;
    }
    EXPECT_EQ(grown, 1);
    EXPECT_GE(shrunk, 1);  // by way of the desired size, when it was seen between
    EXPECT_EQ(wait(all[0]->pools.list()).at(0).decisions, grown + shrunk);
}

TEST_P(SharedPools, are_as_an_operator_says_until_that_is_taken_back) {
    const auto one = process();
    await([&] { return one->workers() == 3; });
    ASSERT_TRUE(wait(one->pools.change({{"test", 4, 5, 6, 7, 1, 10}})));
    await([&] { return one->workers() == 4; });
    EXPECT_EQ(wait(one->pools.list()).at(0).capacity, 28);
    ASSERT_TRUE(wait(one->pools.reset("test")));
    await([&] { return wait(one->pools.list()).at(0).capacity == 6; });
    EXPECT_TRUE(wait(one->pools.list()).at(0).configured);
}

INSTANTIATE_TEST_SUITE_P(On, SharedPools, test::both_databases(), test::database_name);

}  // namespace
}  // namespace zoetrope::queue

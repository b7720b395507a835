// Whose task goes first, how many of one user run, what is said of those that wait, and how one
// that was given up is tried again.
#include "platform/queue/place.hpp"
#include "platform/queue/retry.hpp"
#include "platform/queue/store.hpp"
#include "tests/conformance/databases.hpp"

namespace zoetrope::queue {
namespace {

constexpr UserId ada{101};
constexpr UserId bob{102};

// For longer than any test takes.
constexpr db::Sql heard_of_sql{
    "test.heard_of", "UPDATE nodes SET heartbeat_at = heartbeat_at + 3600000000"
};

class SharedQueue : public test::OnBoth {
  protected:
    SharedQueue() {
        node_ = wait(add_node(*db_, "one", {"test"}));
        wait(db_->execute(heard_of_sql));
    }

    TaskId add(UserId owner, int weight = 1, int priority = 0) {
        const NewTask task{
            .queue = "test",
            .kind = "test.run",
            .args = {"{}"},
            .attempts_max = 1,
            .priority = priority,
            .share = Share{owner, weight}
        };
        return wait(insert(*db_, task, clock_.now()));
    }
    std::vector<TaskId> add_some(UserId owner, int count, int weight = 1) {
        std::vector<TaskId> out;
        for (int i = 0; i < count; ++i) out.push_back(add(owner, weight));
        return out;
    }
    std::vector<TaskId> claim(std::int64_t limit) {
        return ids(wait(claim_available(*db_, "test", clock_.now(), limit, node_)));
    }
    std::vector<TaskId> claim_each(std::int64_t each_max, std::int64_t limit) {
        return ids(wait(claim_within(*db_, "test", clock_.now(), limit, node_, each_max)));
    }
    static std::vector<TaskId> ids(const std::vector<Task>& tasks) {
        std::vector<TaskId> out;
        for (const Task& each : tasks) out.push_back(each.id);
        return out;
    }
    void end(TaskId task, TaskState state = TaskState::completed) {
        const Ended ended{task, 1, node_, state, "so"};
        ASSERT_EQ(wait(finish_all(*db_, {ended}, clock_.now())).size(), 1U);
    }
    std::string why(TaskId task, std::int64_t each_max = 0) {
        return why_it_waits(wait(find_places(*db_, {task})).at(0), each_max);
    }

    SystemClock clock_;
    NodeId node_;
};

TEST_P(SharedQueue, says_that_nobody_is_there_who_serves_it) {
    constexpr db::Sql other_queues{"test.other_queues", "UPDATE nodes SET queues = $1"};
    const TaskId task = add(ada);
    EXPECT_EQ(why(task), "next in line");
    wait(db_->execute(other_queues, std::string(R"(["tests","test_2=4"])")));
    EXPECT_EQ(why(task), "no worker for it is there");
    wait(db_->execute(other_queues, std::string(R"(["tests","test=4"])")));
    EXPECT_EQ(why(task), "next in line");
    wait(db_->execute(
        db::Sql{"test.fall_silent", "UPDATE nodes SET heartbeat_at = heartbeat_at - 7200000000"}
    ));
    EXPECT_EQ(why(task), "no worker for it is there");
}

TEST_P(SharedQueue, lets_many_that_are_inserted_at_once_take_turns_as_single_ones_do) {
    const auto first = add_some(ada, 1);
    const NewTask task{
        .queue = "test", .kind = "test.run", .args = {}, .attempts_max = 1, .share = Share{ada, 1}
    };
    const auto many =
        wait(insert_each(*db_, task, {{R"("x")"}, {R"("y \" {}")"}, {"3"}}, clock_.now()));
    ASSERT_EQ(many.size(), 3U);
    const auto b = add_some(bob, 2);
    const auto claimed = wait(claim_available(*db_, "test", clock_.now(), 9, node_));
    EXPECT_EQ(ids(claimed), (std::vector{first[0], b[0], many[0], b[1], many[1], many[2]}));
    EXPECT_EQ(claimed[2].args.text, R"("x")");
    EXPECT_EQ(claimed[4].args.text, R"("y \" {}")");
    EXPECT_EQ(claimed[5].args.text, "3");
    EXPECT_EQ(claimed[5].attempts_max, 1);
    EXPECT_TRUE(wait(insert_each(*db_, task, {}, clock_.now())).empty());
}

TEST_P(SharedQueue, lets_users_take_turns) {
    const auto a = add_some(ada, 4);
    const auto b = add_some(bob, 2);
    EXPECT_EQ(claim(9), (std::vector{a[0], b[0], a[1], b[1], a[2], a[3]}));
}

TEST_P(SharedQueue, gives_more_turns_to_who_weighs_more) {
    const auto a = add_some(ada, 5, 2);
    const auto b = add_some(bob, 2);
    EXPECT_EQ(claim(9), (std::vector{a[0], b[0], a[1], a[2], b[1], a[3], a[4]}));
}

TEST_P(SharedQueue, lets_who_comes_late_neither_wait_for_a_crowd_nor_catch_up) {
    const auto a = add_some(ada, 20);
    EXPECT_EQ(claim(10).size(), 10U);
    const auto b = add_some(bob, 3);
    EXPECT_EQ(claim(5), (std::vector{a[10], b[0], a[11], b[1], a[12]}));
}

TEST_P(SharedQueue, goes_on_in_turn_when_nothing_waited) {
    add_some(ada, 3);
    EXPECT_EQ(claim(3).size(), 3U);  // and run
    const auto b = add_some(bob, 3);
    const TaskId a = add(ada);
    EXPECT_EQ(claim(4), (std::vector{b[0], b[1], a, b[2]}));
}

TEST_P(SharedQueue, gives_nobody_an_old_turn_with_which_another_waits) {
    const TaskId back = add(ada);
    ASSERT_EQ(claim(1).size(), 1U);
    add_some(bob, 5);
    ASSERT_EQ(claim(5).size(), 5U);
    ASSERT_TRUE(wait(hand_back(*db_, {back, 1, node_})));
    const auto late = add_some(UserId{103}, 3);
    const TaskId b = add(bob);
    EXPECT_EQ(claim(9), (std::vector{back, late[0], late[1], b, late[2]}));
}

TEST_P(SharedQueue, takes_the_house_s_own_before_users) {
    const TaskId a = add(ada);
    const NewTask own{.queue = "test", .kind = "test.run", .args = {"{}"}};
    const TaskId of_the_house = wait(insert(*db_, own, clock_.now()));
    EXPECT_EQ(claim(2), (std::vector{of_the_house, a}));
}

TEST_P(SharedQueue, has_no_more_of_one_user_running_than_it_may) {
    const auto a = add_some(ada, 5);
    const auto b = add_some(bob, 1);
    EXPECT_EQ(claim_each(2, 9), (std::vector{a[0], b[0], a[1]}));
    EXPECT_TRUE(claim_each(2, 9).empty());
    EXPECT_EQ(why(a[2], 2), "2 of yours run, which is the limit");
    end(a[0]);
    EXPECT_EQ(claim_each(2, 9), std::vector{a[2]});
}

TEST_P(SharedQueue, finds_others_behind_many_of_one_who_is_at_the_limit) {
    const auto a = add_some(ada, 30);
    const TaskId b = add(bob, 1, -1);
    EXPECT_EQ(claim_each(1, 2), (std::vector{a[0], b}));
}

TEST_P(SharedQueue, says_why_a_task_waits) {
    const auto a = add_some(ada, 3);
    const TaskId b = add(bob);
    const auto place = wait(find_places(*db_, {a[2]})).at(0);
    EXPECT_EQ(place.before, 3);
    EXPECT_EQ(place.before_yours, 2);
    EXPECT_EQ(why(a[1]), "2nd of yours");
    EXPECT_EQ(why(a[2]), "3rd of yours");
    EXPECT_EQ(why(b), "2nd in the queue");
    EXPECT_EQ(why(a[0]), "next in line");
    const TaskId urgent = add(ada, 1, 9);
    EXPECT_EQ(why(urgent), "next in line");
    EXPECT_EQ(why(a[2]), "4th of yours");
    wait(pause(*db_, "test", clock_.now()));
    EXPECT_EQ(why(a[2]), "the queue is paused");
}

TEST_P(SharedQueue, tries_again_what_was_given_up) {
    Handlers handlers;
    handlers.add("test.run", {});
    const auto given_up = add_some(ada, 2);
    claim(2);
    const auto again = [&](TaskId task) { return wait(retry(*db_, handlers, task, clock_.now())); };
    EXPECT_EQ(again(given_up[0]).error().code, Code::conflict) << "it runs";
    end(given_up[0], TaskState::discarded);
    end(given_up[1], TaskState::unknown);
    for (const TaskId task : given_up) {
        const auto waiting = again(task);
        ASSERT_TRUE(waiting) << waiting.error().message;
        EXPECT_EQ(waiting->state, TaskState::available);
        EXPECT_EQ(waiting->attempt, 1) << "which goes on counting";
        EXPECT_EQ(waiting->attempts_max, 2);
        EXPECT_EQ(again(task).error().code, Code::conflict) << "it waits";
    }
    EXPECT_EQ(again(TaskId{1'000'000}).error().code, Code::not_found);
    EXPECT_EQ(claim(9), given_up);
}

Async<std::optional<Revived>> for_ada(db::Transaction&, TaskId task, TaskId gone, bool& told) {
    if (task == gone) co_return std::nullopt;
    co_return Revived{.share = Share{ada}, .committed = [&told] { told = true; }};
}

TEST_P(SharedQueue, asks_what_a_task_is_for_before_it_tries_all_again) {
    const auto a = add_some(ada, 4);
    claim(4);
    for (const TaskId task : a) end(task, task == a[3] ? TaskState::unknown : TaskState::discarded);
    bool told = false;
    Handlers handlers;
    handlers.add(
        "test.run",
        {.run = {},
         .gave_up = {},
         .revive = [&](db::Transaction& db, TaskId task, json::Raw, Instant
                   ) { return for_ada(db, task, a[0], told); }}
    );
    const auto all_again = [&](std::int64_t limit) {
        return wait(retry_discarded(*db_, handlers, {.queue = "test", .limit = limit}, clock_.now())
        );
    };
    EXPECT_EQ(all_again(1), 1);
    EXPECT_TRUE(told);
    EXPECT_EQ(all_again(9), 1) << "what the first was for is gone";
    EXPECT_EQ(all_again(9), 0) << "never what is unknown";
    EXPECT_EQ(claim(9), (std::vector{a[2], a[1]}));
}

INSTANTIATE_TEST_SUITE_P(On, SharedQueue, test::both_databases(), test::database_name);

}  // namespace
}  // namespace zoetrope::queue

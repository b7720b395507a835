#include "platform/base/turns.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace zoetrope {
namespace {

class TakeTurns : public testing::Test {
  protected:
    // Waits for a turn, and gives it up at once.
    void queue(int who, Turns::Rank rank = {}, std::stop_token stop = {}) {
        asio::co_spawn(io_.get_executor(), come(who, rank, std::move(stop)), asio::detached);
        io_.poll();
    }
    Async<void> come(int who, Turns::Rank rank, std::stop_token stop) {
        const Turn turn = co_await turns_.take(rank, std::move(stop));
        (turn ? had_ : left_).push_back(who);
    }
    Async<void> come_until_now(int who) {
        const Turn turn = co_await turns_.take({}, {}, Timer::clock_type::now());
        (turn ? had_ : left_).push_back(who);
    }
    Async<void> hold() { held_ = co_await turns_.take(); }
    void take_the_only_one() {
        asio::co_spawn(io_.get_executor(), hold(), asio::detached);
        io_.poll();
    }
    void give_it_up() {
        held_ = Turn();
        io_.restart();
        io_.poll();
    }

    asio::io_context io_{1};
    asio::executor_work_guard<Executor> work_ = asio::make_work_guard(io_);
    Turns turns_{1, io_};
    Turn held_;
    std::vector<int> had_, left_;
};

TEST_F(TakeTurns, by_rank_then_in_the_order_of_coming) {
    take_the_only_one();
    queue(1, {0, 5});
    queue(2, {0, 3});
    queue(3, {-1, 9});
    queue(4, {0, 3});
    EXPECT_TRUE(had_.empty());
    give_it_up();
    EXPECT_EQ(had_, (std::vector{3, 2, 4, 1}));
    EXPECT_TRUE(turns_.free());
}

TEST_F(TakeTurns, but_not_who_is_asked_to_stop) {
    take_the_only_one();
    std::stop_source stop;
    queue(1, {}, stop.get_token());
    queue(2);
    stop.request_stop();
    io_.poll();
    EXPECT_EQ(left_, std::vector{1});
    give_it_up();
    EXPECT_EQ(had_, std::vector{2});
    EXPECT_TRUE(turns_.free());
}

TEST_F(TakeTurns, nor_who_has_waited_long_enough) {
    take_the_only_one();
    asio::co_spawn(io_.get_executor(), come_until_now(1), asio::detached);
    queue(2);
    while (left_.empty()) io_.run_one();
    give_it_up();
    EXPECT_EQ(had_, std::vector{2});
    EXPECT_TRUE(turns_.free());
}

TEST_F(TakeTurns, who_is_asked_to_stop_too_late_gives_it_back) {
    take_the_only_one();
    std::stop_source stop;
    queue(1, {}, stop.get_token());
    held_ = Turn();  // called, but not yet gone on
    stop.request_stop();
    io_.restart();
    io_.poll();
    EXPECT_EQ(had_, std::vector{1});
    EXPECT_TRUE(turns_.free());
}

}  // namespace
}  // namespace zoetrope

#include "platform/base/batcher.hpp"

#include <gmock/gmock.h>

#include <future>
#include <string>

#include "tests/support/support.hpp"

namespace zoetrope {
namespace {

using Numbers = std::vector<int>;

// Batches wait until they are let go; each number's answer is its double.
class SlowWork {
  public:
    explicit SlowWork(const Executor& executor) : closed_(executor, Timer::time_point::max()) {}

    Async<Numbers> work(Numbers in) {
        batches.push_back(in);
        if (is_closed) co_await closed_.async_wait(with_error);
        if (in.front() < 0) throw std::runtime_error("below zero");
        for (int& each : in) each *= 2;
        co_return in;
    }
    void open() {
        is_closed = false;
        closed_.cancel();
    }

    std::vector<Numbers> batches;
    bool is_closed = true;

  private:
    Timer closed_;
};

class Batching : public testing::Test {
  protected:
    using Asked = std::future<int>;

    std::unique_ptr<Batcher<int, int>> make(const BatcherConfig& config) {
        return std::make_unique<Batcher<int, int>>(executor_, config, [this](Numbers in) {
            return work_.work(std::move(in));
        });
    }
    Asked ask(Batcher<int, int>& batcher, int number) {
        return asio::co_spawn(executor_, batcher.ask(number), asio::use_future);
    }
    Asked ask_alone(Batcher<int, int>& batcher, int number) {
        Asked asked = ask(batcher, number);
        batches();  // the turn of the loop is over
        return asked;
    }
    // Behind all that was asked before.
    template <class F>
    void on_thread(F work) {
        std::promise<void> done;
        asio::post(executor_, [&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }
    std::vector<Numbers> batches() {
        std::vector<Numbers> out;
        on_thread([] {});  // what was asked for is sent behind this
        on_thread([&] { out = work_.batches; });
        return out;
    }
    void open() {
        on_thread([this] { work_.open(); });
    }

    test::Io io_;
    Executor executor_ = io_.context().get_executor();
    SlowWork work_{executor_};
};

constexpr std::chrono::hours never{1};

TEST_F(Batching, sends_the_first_at_once_and_what_comes_meanwhile_together) {
    const auto batcher = make({.wait_max = never});
    std::vector<Asked> asked;
    asked.push_back(ask_alone(*batcher, 1));
    for (int number = 2; number <= 5; ++number) asked.push_back(ask(*batcher, number));
    EXPECT_EQ(batches(), (std::vector<Numbers>{{1}}));
    open();
    for (int number = 1; number <= 5; ++number) EXPECT_EQ(asked[number - 1].get(), 2 * number);
    EXPECT_EQ(batches(), (std::vector<Numbers>{{1}, {2, 3, 4, 5}}));
}

TEST_F(Batching, sends_together_what_comes_in_one_turn) {
    const auto batcher = make({.wait_max = never});
    std::vector<Asked> asked;
    on_thread([&] {
        for (int number = 1; number <= 3; ++number) asked.push_back(ask(*batcher, number));
    });
    EXPECT_EQ(batches(), (std::vector<Numbers>{{1, 2, 3}}));
    open();
    EXPECT_EQ(asked[2].get(), 6);
}

TEST_F(Batching, sends_a_full_one_beside_what_is_on_its_way) {
    const auto batcher = make({.size_max = 3, .wait_max = never});
    std::vector<Asked> asked;
    asked.push_back(ask_alone(*batcher, 1));
    for (int number = 2; number <= 8; ++number) asked.push_back(ask(*batcher, number));
    EXPECT_EQ(batches(), (std::vector<Numbers>{{1}, {2, 3, 4}, {5, 6, 7}}));
    open();
    EXPECT_EQ(asked.back().get(), 16);
    EXPECT_EQ(batches().back(), Numbers{8});
}

TEST_F(Batching, sends_when_the_first_has_waited_long_enough) {
    const auto batcher = make({.wait_max = std::chrono::milliseconds(1)});
    std::vector<Asked> asked;
    asked.push_back(ask_alone(*batcher, 1));
    for (int number = 2; number <= 3; ++number) asked.push_back(ask(*batcher, number));
    while (batches().size() < 2);  // the runner's time limit ends what never comes
    EXPECT_EQ(batches().back(), (Numbers{2, 3}));
    open();
    EXPECT_EQ(asked[2].get(), 6);
}

TEST_F(Batching, tells_what_a_batch_threw_to_those_who_were_in_it) {
    const auto batcher = make({.wait_max = never});
    Asked first = ask_alone(*batcher, -1);
    Asked second = ask(*batcher, 2);
    open();
    EXPECT_THROW(first.get(), std::runtime_error);
    EXPECT_EQ(second.get(), 4);
}

}  // namespace
}  // namespace zoetrope

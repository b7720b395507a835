#include "platform/base/cpu_pool.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <future>
#include <optional>
#include <stdexcept>

#include "tests/support/support.hpp"

namespace zoetrope {
namespace {

// Work that waits until it may end.
struct Gate {
    std::promise<void> began;
    std::promise<void> open;
};

constexpr auto stranger = CpuPool::Origin::stranger;

Async<Result<int>> held(CpuPool& pool, Gate& gate) {
    co_return co_await pool.run(stranger, [&gate] {
        gate.began.set_value();
        gate.open.get_future().wait();
        return 7;
    });
}
Async<Result<int>> quick(CpuPool& pool, CpuPool::Origin origin = stranger) {
    co_return co_await pool.run(origin, [] { return 1; });
}
Async<Result<int>> broken(CpuPool& pool) {
    co_return co_await pool.run(stranger, []() -> int { throw std::runtime_error("it broke"); });
}

TEST(CpuPool, does_what_fits_and_tells_the_rest_when_to_come) {
    test::Io io;
    CpuPool pool(1, 2);
    Gate gate;
    auto first = asio::co_spawn(io.context().get_executor(), held(pool, gate), asio::use_future);
    gate.began.get_future().wait();  // it runs, and has left the queue
    auto second = asio::co_spawn(io.context().get_executor(), quick(pool), asio::use_future);
    auto third = asio::co_spawn(io.context().get_executor(), quick(pool), asio::use_future);
    const auto refused = io.wait(quick(pool));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::limited);
    EXPECT_GE(refused.error().retry_after_s, 1);
    EXPECT_EQ(pool.status().refused, 1U);
    gate.open.set_value();
    EXPECT_EQ(*first.get(), 7);
    EXPECT_EQ(*second.get() + *third.get(), 2);
    EXPECT_TRUE(io.wait(quick(pool)));
}

TEST(CpuPool, hands_on_what_its_work_throws) {
    test::Io io;
    CpuPool pool(1, 2);
    EXPECT_THROW((void)io.wait(broken(pool)), std::runtime_error);
    EXPECT_TRUE(io.wait(quick(pool)));
}

TEST(CpuPool, asks_back_later_whoever_comes_later) {
    test::Io io;
    CpuPool pool(1, 1);
    Gate gate;
    auto first = asio::co_spawn(io.context().get_executor(), held(pool, gate), asio::use_future);
    gate.began.get_future().wait();
    auto second = asio::co_spawn(io.context().get_executor(), quick(pool), asio::use_future);
    int last = 0;
    for (int i = 0; i < 100; ++i) {
        const auto refused = io.wait(quick(pool));
        ASSERT_FALSE(refused);
        EXPECT_GE(refused.error().retry_after_s, last);
        last = refused.error().retry_after_s;
    }
    EXPECT_LE(last, 30) << "nobody is sent away for long";
    EXPECT_GT(last, 1) << "a hundred pieces of work take longer than a second to promise";
    gate.open.set_value();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
}

TEST(CpuPool, keeps_room_for_known_callers_whose_turn_comes_soon) {
    test::Io io;
    CpuPool pool(1, 8);
    Gate gate;
    auto first = asio::co_spawn(io.context().get_executor(), held(pool, gate), asio::use_future);
    gate.began.get_future().wait();  // it runs, and has left the queue
    std::vector<int> order;          // written by the pool's one thread
    const auto noted = [&](CpuPool::Origin origin) -> Async<Result<int>> {
        return pool.run(origin, [&order, origin] {
            order.push_back(int(origin));
            return 0;
        });
    };
    std::vector<std::future<Result<int>>> queued;
    queued.reserve(8);
    for (int i = 0; i < 6; ++i)
        queued.push_back(
            asio::co_spawn(io.context().get_executor(), noted(stranger), asio::use_future)
        );
    EXPECT_FALSE(io.wait(quick(pool))) << "strangers have filled their part";
    for (int i = 0; i < 2; ++i) {
        queued.push_back(asio::co_spawn(
            io.context().get_executor(), noted(CpuPool::Origin::known), asio::use_future
        ));
    }
    EXPECT_FALSE(io.wait(quick(pool, CpuPool::Origin::known))) << "now the whole queue is full";
    gate.open.set_value();
    for (auto& each : queued) EXPECT_TRUE(each.get());
    EXPECT_TRUE(first.get());
    EXPECT_EQ(order, (std::vector{1, 0, 1, 0, 0, 0, 0, 0}));
}

TEST(CpuPool, has_a_place_again_that_nobody_used) {
    CpuPool pool(1, 1);
    {
        const auto place = pool.reserve(stranger);
        EXPECT_TRUE(place);
        EXPECT_FALSE(pool.reserve(stranger));
    }
    EXPECT_TRUE(pool.reserve(stranger));
}

TEST(CpuPool, may_end_before_a_place_that_nobody_used) {
    std::optional<CpuPool> pool(std::in_place, 1, 1);
    const auto place = pool->reserve(stranger);
    EXPECT_TRUE(place);
    pool.reset();
}

}  // namespace
}  // namespace zoetrope

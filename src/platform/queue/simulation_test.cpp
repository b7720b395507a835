#include "platform/queue/simulation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

namespace zoetrope::queue {
namespace {

// As many slots as `slots`, whatever waits.
SimulatedQueue fixed(std::int64_t slots, std::vector<Work> works) {
    return {
        .pool =
            {.name = "made",
             .size_min = slots,
             .size_desired = slots,
             .size_max = slots,
             .concurrency = 1},
        .works = std::move(works)
    };
}

// A thousand durations that are spread as exponential ones of that mean are.
std::vector<Work> exponential(double mean_s) {
    std::vector<Work> out;
    out.reserve(1000);
    for (int i = 0; i < 1000; ++i) out.push_back({.other_s = -mean_s * std::log((i + 0.5) / 1000)});
    return out;
}

SimulationReport burst(std::int64_t tasks, SimulatedQueue queue, std::int64_t engines) {
    queue.at_once = tasks;
    return simulate({.queues = {std::move(queue)}, .engines = engines, .duration_s = 0});
}

TEST(Simulation, waits_as_long_as_queueing_theory_says) {
    // M/M/1 at half its capacity: as long again as the work takes. M/M/4 at three quarters: by
    // Erlang's C formula 0.509 of the work.
    for (const auto& [slots, rate, waits_s] : {std::tuple(1, 0.5, 1.0), {4, 3.0, 0.509}}) {
        SimulatedQueue queue = fixed(slots, exponential(1));
        queue.arrivals_per_s = rate;
        const auto report = simulate({.queues = {queue}, .duration_s = 200'000});
        EXPECT_NEAR(report.queues[0].wait_mean_s, waits_s, waits_s * 0.05);
        EXPECT_NEAR(double(report.queues[0].tasks), rate * 200'000, rate * 2'000);
    }
}

TEST(Simulation, is_the_same_for_the_same_seed) {
    SimulatedQueue queue = fixed(2, exponential(1));
    queue.arrivals_per_s = 1;
    const Simulation one{.queues = {queue}, .duration_s = 1000};
    Simulation other = one;
    other.seed = 2;
    EXPECT_EQ(simulate(one).done_after_s, simulate(one).done_after_s);
    EXPECT_NE(simulate(one).done_after_s, simulate(other).done_after_s);
}

TEST(Simulation, engines_bound_what_has_slots) {
    const auto report = burst(100, fixed(50, {{.other_s = 0.5, .engine_s = 1}}), 4);
    EXPECT_DOUBLE_EQ(report.done_after_s, 25.5);
    EXPECT_NEAR(report.engines_busy, 100 / (4 * 25.5), 1e-9);
    // The last four wait for 24 others each; all are there at once.
    EXPECT_DOUBLE_EQ(report.queues[0].wait_mean_s, 12);
    EXPECT_EQ(report.queues[0].waiting_max, 50);
}

TEST(Simulation, what_is_done_one_at_a_time_bounds_what_has_engines) {
    const auto report = burst(10, fixed(10, {{.engine_s = 2, .exclusive_s = 1}}), 2);
    EXPECT_DOUBLE_EQ(report.done_after_s, 11);
}

TEST(Simulation, no_more_are_held_than_may_be) {
    SimulatedQueue queue = fixed(8, {{.other_s = 1}});
    queue.at_once = 8;
    const auto report = simulate({.queues = {queue}, .held_max = 2, .duration_s = 0});
    EXPECT_DOUBLE_EQ(report.done_after_s, 4);
}

TEST(Simulation, a_pool_grows_by_its_rule_and_shrinks_after_its_cool_down) {
    SimulatedQueue queue = fixed(1, {{.other_s = 1}});
    queue.pool.size_desired = 2;
    queue.pool.size_max = 4;
    queue.at_once = 100;
    Simulation simulation{.queues = {queue}, .rule = {.deep = 20, .filled = 10}, .duration_s = 0};
    // One in the first second, then four in each.
    auto report = simulate(simulation);
    EXPECT_DOUBLE_EQ(report.done_after_s, 26);
    EXPECT_EQ(report.queues[0].size_max, 4);
    // Without a cool-down: four until 20 are left, two until 10, then one.
    simulation.rule.cool_down = std::chrono::seconds(0);
    report = simulate(simulation);
    EXPECT_GT(report.done_after_s, 31);
    EXPECT_LT(report.done_after_s, 37);
}

TEST(Simulation, says_what_is_left_when_the_last_has_arrived) {
    SimulatedQueue queue = fixed(1, {{.other_s = 1}});
    queue.arrivals_per_s = 2;
    const auto report = simulate({.queues = {queue}, .duration_s = 1000});
    EXPECT_NEAR(double(report.queues[0].left), 1000, 150);
    EXPECT_NEAR(report.throughput_per_s, 1, 0.01);
    EXPECT_NEAR(report.done_after_s, 2000, 150);
}

}  // namespace
}  // namespace zoetrope::queue

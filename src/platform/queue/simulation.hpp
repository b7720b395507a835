// What the pools would do with a load: a discrete-event simulation of the queues, their pools and
// the engines behind them, which decides about sizes as the pools do. Nothing is run and nobody
// waits; an hour of a busy house takes well under a second.
#pragma once

#include <vector>

#include "platform/queue/pool.hpp"

namespace zoetrope::queue {

// What a task takes, in seconds, waiting not counted.
struct Work {
    double other_s = 0;      // without an engine
    double engine_s = 0;     // with one
    double exclusive_s = 0;  // of that: with what is done one at a time
};

struct SimulatedQueue {
    PoolSettings pool;
    std::vector<Work> works;  // as measured: each task takes after one of them; not empty
    double arrivals_per_s = 0;
    std::int64_t at_once = 0;  // so many more at the start
};

struct Simulation {
    std::vector<SimulatedQueue> queues;
    DepthRule rule;
    std::int64_t engines = 1;    // of all nodes together
    std::int64_t exclusive = 1;  // the same: of what each node does one at a time
    std::int64_t held_max = 0;   // of each queue, as PoolsConfig::held_max; 0: any number
    double duration_s = 600;     // how long tasks arrive
    std::uint64_t seed = 1;
};

// Of one queue. Waiting is all that came on top of a task's work: for a slot, and for an engine.
struct Simulated {
    std::string name;
    std::int64_t tasks = 0;
    double wait_mean_s = 0;
    double wait_p95_s = 0;
    std::int64_t waiting_max = 0;
    std::int64_t size_max = 0;  // workers
    std::int64_t left = 0;      // when the last had arrived: not done yet
};
BOOST_DESCRIBE_STRUCT(
    Simulated, (), (name, tasks, wait_mean_s, wait_p95_s, waiting_max, size_max, left)
)

struct SimulationReport {
    std::vector<Simulated> queues;
    double done_after_s = 0;      // all of them
    double throughput_per_s = 0;  // until then
    double engines_busy = 0;      // 0..1, until then
};
BOOST_DESCRIBE_STRUCT(SimulationReport, (), (queues, done_after_s, throughput_per_s, engines_busy))

// Tasks arrive at random (Poisson), the same ones for the same seed.
SimulationReport simulate(const Simulation& simulation);

}  // namespace zoetrope::queue

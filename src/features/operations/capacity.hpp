// What this house can do: from what its tasks took, how many of them fit, what limits them first,
// and the setting to change next.
#pragma once

#include "features/operations/load.hpp"
#include "platform/db/session.hpp"
#include "platform/queue/inspect.hpp"
#include "platform/queue/pools.hpp"
#include "platform/queue/simulation.hpp"

namespace zoetrope::operations {

// What a report is made from.
struct Measured {
    std::vector<queue::PoolReport> pools;
    std::vector<queue::TaskUsage> usage;                 // of the latest tasks, the oldest first
    bool usage_cut = false;                              // there were more before
    std::int64_t filled = 0, deep = 0, cool_down_s = 0;  // the pools' rule
    std::int64_t held_max = 0;  // tasks of a queue that a node holds; 0: any number
    std::int64_t engines = 1;   // of each node
    std::int64_t cores = 1;     // the same
    LoadReport load;
    db::PoolStatus database;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(
    Measured,
    (),
    (pools, usage, usage_cut, filled, deep, cool_down_s, held_max, engines, cores, load, database)
)

struct CapacityLimit {
    std::string name;                    // `engines`, `cut-outs`, or a queue
    double at_a_time = 0;                // so many of them are used
    double seconds_each = 0;             // of one of them, by a task on average
    double throughput = 0;               // tasks a second that fit
    std::optional<std::string> setting;  // to change first
    std::string advice;
    static constexpr std::string_view schema_name = "CapacityLimit";
};
BOOST_DESCRIBE_STRUCT(
    CapacityLimit, (), (name, at_a_time, seconds_each, throughput, setting, advice)
)

struct QueueCapacity {
    std::string name;
    std::int64_t tasks = 0;  // measured
    double average_job_duration = 0;
    double arrivals_per_s = 0;  // in the busiest hour of those measured
    static constexpr std::string_view schema_name = "QueueCapacity";
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(QueueCapacity, (), (name, tasks, average_job_duration, arrivals_per_s))

// Jobs are the tasks of all queues but `maintenance`; the durations are in seconds, waiting not
// counted. What nobody has measured yet is null.
struct CapacityReport {
    std::optional<double> max_rps;
    std::int64_t max_concurrent_jobs = 0;
    std::optional<double> average_job_duration;
    std::optional<double> theoretical_throughput;  // jobs a second
    std::int64_t tasks = 0;                        // measured
    std::optional<Instant> measured_since;
    std::optional<CapacityLimit> bottleneck;  // the first of the limits
    std::vector<CapacityLimit> limits;        // the narrowest first
    std::vector<QueueCapacity> queues;
    LoadReport load;  // of the process that answers
    db::PoolStatus database;
    std::int64_t connections_advised = 0;  // to the database: 2 x cores + 1
    static constexpr std::string_view schema_name = "Capacity";
};
BOOST_DESCRIBE_STRUCT(
    CapacityReport,
    (),
    (max_rps,
     max_concurrent_jobs,
     average_job_duration,
     theoretical_throughput,
     tasks,
     measured_since,
     bottleneck,
     limits,
     queues,
     load,
     database,
     connections_advised)
)

CapacityReport report_capacity(const Measured& measured);

// The load as measured, so many times; or `arrivals_per_s` of the queue that had most tasks.
struct SimulatedLoad {
    double times = 1;
    std::optional<double> arrivals_per_s;
    std::int64_t at_once = 0;
    double duration_s = 600;
};
// Errors: conflict when nothing was measured; invalid when it would be too many tasks.
Result<queue::Simulation> plan_simulation(const Measured& measured, const SimulatedLoad& load);

}  // namespace zoetrope::operations

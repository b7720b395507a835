#include "features/operations/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace zoetrope::operations {

namespace {

using queue::TaskUsage;
using queue::Work;

Work work_of(const TaskUsage& usage) {
    const auto seconds = [](std::int64_t us) { return double(us) / 1e6; };
    const auto other_us = usage.ran_us - usage.waited_us - usage.engine_us;
    return {
        .other_s = seconds(std::max<std::int64_t>(other_us, 0)),
        .engine_s = seconds(usage.engine_us),
        .exclusive_s = seconds(std::min(usage.exclusive_us, usage.engine_us))
    };
}

double duration_of(const Work& work) { return work.other_s + work.engine_s; }

struct OfQueue {
    std::vector<Work> works;
    std::vector<Instant> created_at;
    double sum_s() const {
        double out = 0;
        for (const Work& work : works) out += duration_of(work);
        return out;
    }
};

// What users wait for.
std::map<std::string, OfQueue> by_queue(const std::vector<TaskUsage>& usage) {
    std::map<std::string, OfQueue> out;
    for (const TaskUsage& each : usage) {
        if (each.queue == queue::maintenance) continue;
        out[each.queue].works.push_back(work_of(each));
        out[each.queue].created_at.push_back(each.created_at);
    }
    return out;
}

constexpr std::int64_t hour_us = 3'600'000'000;

// An hour; or what was measured, if it is all of the latest and those came in less.
std::int64_t window_us(const Measured& measured) {
    if (!measured.usage_cut) return hour_us;
    const auto [first, last] = std::ranges::minmax(measured.usage, {}, &TaskUsage::created_at);
    return std::clamp<std::int64_t>(last.created_at.us - first.created_at.us, 1'000'000, hour_us);
}

// In the busiest hour: by what is asked for then one plans.
double arrivals_per_s(std::vector<Instant> created_at, std::int64_t window_us) {
    std::ranges::sort(created_at);
    std::size_t most = 0, first = 0;
    for (std::size_t last = 0; last < created_at.size(); ++last) {
        while (created_at[last].us - created_at[first].us >= window_us) ++first;
        most = std::max(most, last - first + 1);
    }
    return double(most) * 1e6 / double(window_us);
}

std::int64_t nodes_of(const Measured& measured) {
    std::int64_t nodes = 1;
    for (const auto& pool : measured.pools) nodes = std::max(nodes, pool.nodes);
    return nodes;
}

// What an engine is waited for is held by a node in small numbers, whatever the slots.
std::int64_t slots_of(const queue::PoolReport& pool, const Measured& measured) {
    const std::int64_t slots = pool.capacity_max;
    if (measured.held_max == 0) return slots;
    return std::min(slots, measured.held_max * nodes_of(measured));
}

CapacityLimit limit_of(
    std::string name, std::int64_t at_a_time, double seconds_each, std::string advice
) {
    return {
        .name = std::move(name),
        .at_a_time = double(at_a_time),
        .seconds_each = seconds_each,
        .throughput = double(at_a_time) / seconds_each,
        .setting = std::nullopt,
        .advice = std::move(advice)
    };
}

CapacityLimit engines_limit(const Measured& measured, double seconds_each) {
    CapacityLimit limit = limit_of(
        "engines",
        measured.engines * nodes_of(measured),
        seconds_each,
        "Every core of a node renders at a time already. Let another machine help: `zoetrope "
        "worker` on the same PostgreSQL database."
    );
    if (measured.engines < measured.cores) {
        limit.setting = "engine-children-max";
        limit.advice = fmt::format(
            "Set engine-children-max to {0} instead of {1}: a node has {0} cores.",
            measured.cores,
            measured.engines
        );
    }
    return limit;
}

CapacityLimit pool_limit(
    const Measured& measured, const queue::PoolReport& pool, double seconds_each
) {
    const std::int64_t slots = slots_of(pool, measured);
    CapacityLimit limit = limit_of(pool.name, slots, seconds_each, "");
    if (slots < pool.capacity_max) {
        limit.setting = "engine-children-max";
        limit.advice = fmt::format(
            "A node holds {} tasks of a queue, two for each engine. Raise engine-children-max, or "
            "let another node help.",
            measured.held_max
        );
    } else if (pool.capacity_max != pool.size_max * pool.concurrency) {
        limit.advice = fmt::format(
            "Nodes serve {0} with slots of their own: raise them where the nodes are started, "
            "`zoetrope worker --queues {0}=...`.",
            pool.name
        );
    } else {
        limit.setting = "pools";
        limit.advice = fmt::format(
            "The pool {} has {} workers of {} at most: raise size_max or concurrency, in the "
            "setting `pools` or for now under /api/v1/admin/pools.",
            pool.name,
            pool.size_max,
            pool.concurrency
        );
    }
    return limit;
}

std::vector<CapacityLimit> limits_of(
    const Measured& measured, const std::map<std::string, OfQueue>& queues, double tasks
) {
    std::vector<CapacityLimit> out;
    double engine_s = 0, exclusive_s = 0;
    for (const auto& [name, queue] : queues) {
        for (const Work& work : queue.works) {
            engine_s += work.engine_s;
            exclusive_s += work.exclusive_s;
        }
        const auto pool = std::ranges::find(measured.pools, name, &queue::PoolReport::name);
        if (pool != measured.pools.end() && queue.sum_s() > 0)
            out.push_back(pool_limit(measured, *pool, queue.sum_s() / tasks));
    }
    if (engine_s > 0) out.push_back(engines_limit(measured, engine_s / tasks));
    if (exclusive_s > 0) {
        out.push_back(limit_of(
            "cut-outs",
            nodes_of(measured),
            exclusive_s / tasks,
            "A node cuts out one subject at a time. Pictures that bring their own cut-out, or were "
            "used before, need none; another node cuts out another."
        ));
    }
    std::ranges::sort(out, {}, &CapacityLimit::throughput);
    return out;
}

}  // namespace

CapacityReport report_capacity(const Measured& measured) {
    CapacityReport report{
        .max_rps = measured.load.max_rps,
        .load = measured.load,
        .database = measured.database,
        .connections_advised = 2 * measured.cores + 1
    };
    for (const auto& pool : measured.pools) {
        if (pool.name != queue::maintenance) report.max_concurrent_jobs += slots_of(pool, measured);
    }
    const auto queues = by_queue(measured.usage);
    double all_s = 0;
    for (const auto& [name, queue] : queues) {
        const double sum_s = queue.sum_s();
        const auto tasks = std::ssize(queue.works);
        report.queues.push_back(
            {name,
             tasks,
             sum_s / double(tasks),
             arrivals_per_s(queue.created_at, window_us(measured))}
        );
        report.tasks += tasks;
        all_s += sum_s;
        const Instant oldest = *std::ranges::min_element(queue.created_at);
        report.measured_since = std::min(report.measured_since.value_or(oldest), oldest);
    }
    if (report.tasks == 0) return report;
    report.average_job_duration = all_s / double(report.tasks);
    report.limits = limits_of(measured, queues, double(report.tasks));
    if (!report.limits.empty()) {
        report.bottleneck = report.limits.front();
        report.theoretical_throughput = report.bottleneck->throughput;
    }
    return report;
}

constexpr double simulated_max = 2e6;  // tasks: some seconds, and some hundred megabytes

Result<queue::Simulation> plan_simulation(const Measured& measured, const SimulatedLoad& load) {
    const std::int64_t nodes = nodes_of(measured);
    queue::Simulation plan{
        .rule = {measured.deep, measured.filled, std::chrono::seconds(measured.cool_down_s)},
        .engines = measured.engines * nodes,
        .exclusive = nodes,
        .held_max = measured.held_max * nodes,
        .duration_s = load.duration_s
    };
    for (auto& [name, queue] : by_queue(measured.usage)) {
        const auto pool = std::ranges::find(measured.pools, name, &queue::PoolReport::name);
        if (pool == measured.pools.end()) continue;
        plan.queues.push_back(
            {.pool =
                 {.name = name,
                  .size_min = pool->size_min,
                  .size_desired = pool->size_desired,
                  .size_max = pool->size_max,
                  .concurrency = pool->concurrency,
                  .prefetch = pool->prefetch},
             .works = queue.works,
             .arrivals_per_s = arrivals_per_s(queue.created_at, window_us(measured)) * load.times}
        );
    }
    if (plan.queues.empty()) {
        return failure(
            Code::conflict, "No task has been completed yet. Make something first, then ask again."
        );
    }
    auto& most = *std::ranges::max_element(plan.queues, {}, [](const auto& each) {
        return each.works.size();
    });
    if (load.arrivals_per_s) {
        for (auto& each : plan.queues) each.arrivals_per_s = 0;
        most.arrivals_per_s = *load.arrivals_per_s * load.times;
    }
    most.at_once = std::int64_t(double(load.at_once) * load.times);
    double tasks = 0;
    for (const auto& each : plan.queues)
        tasks += each.arrivals_per_s * load.duration_s + double(each.at_once);
    if (tasks > simulated_max) {
        return invalid(
            "--times",
            fmt::format(
                "{} would be {:.0f} tasks, and at most {:.0f} are simulated: take less load, or "
                "fewer minutes",
                load.times,
                tasks,
                simulated_max
            )
        );
    }
    return plan;
}

}  // namespace zoetrope::operations

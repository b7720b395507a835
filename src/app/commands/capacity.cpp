#include <fmt/format.h>

#include <cstdio>

#include "app/app.hpp"
#include "app/commands/commands.hpp"
#include "app/control.hpp"

namespace zoetrope::app {

namespace {

using operations::CapacityLimit;
using operations::CapacityReport;
using operations::Measured;

// With no server beside it: on SQLite the folder is free, on PostgreSQL anybody may come.
Result<Measured> measure(const Config& config) {
    if (auto asked = ask_server_for<Measured>(config.data, "capacity")) return *std::move(asked);
    TRY(const auto app, App::open(config));
    return app->measure();
}

// What was said for this command is tried out.
void try_out(Measured& measured, const Config& config, const std::set<std::string>& chosen) {
    if (chosen.contains("pools")) {
        for (auto& pool : measured.pools) {
            const auto said =
                std::ranges::find(config.pools.pools, pool.name, &queue::PoolSettings::name);
            if (said == config.pools.pools.end()) continue;
            pool.size_min = said->size_min;
            pool.size_desired = said->size_desired;
            pool.size_max = said->size_max;
            pool.concurrency = said->concurrency;
            pool.prefetch = said->prefetch;
            pool.capacity_max = said->size_max * said->concurrency;
        }
    }
    if (chosen.contains("engine-children-max")) {
        measured.engines = config.engine_children_max;
        measured.held_max = std::int64_t(config.pools.held_max);
    }
    const queue::DepthRule& rule = config.pools.rule;
    if (chosen.contains("pool-filled")) measured.filled = rule.filled;
    if (chosen.contains("pool-deep")) measured.deep = rule.deep;
    if (chosen.contains("pool-cool-down")) measured.cool_down_s = rule.cool_down.count();
}

// 0.42, 4.2, 42, 4200: as much as anybody compares.
std::string number(double value) {
    return fmt::format("{:.{}f}", value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

std::string duration(double seconds) {
    if (seconds < 60) return number(seconds) + " s";
    if (seconds < 3600) return number(seconds / 60) + " min";
    return number(seconds / 3600) + " h";
}

void print_limits(const std::vector<CapacityLimit>& limits) {
    fmt::print("\n{:<20} {:>10} {:>13} {:>12}\n", "What limits", "at a time", "takes", "at most");
    for (const CapacityLimit& each : limits) {
        fmt::print(
            "{:<20} {:>10} {:>13} {:>12}\n",
            each.name,
            each.at_a_time,
            duration(each.seconds_each),
            number(each.throughput * 60) + "/min"
        );
    }
}

void print(const CapacityReport& report) {
    const auto line = [](std::string_view name, const std::string& value) {
        fmt::print("{:<20} {}\n", name, value);
    };
    if (report.tasks > 0) {
        fmt::print(
            "From {} tasks since {}:\n\n",
            report.tasks,
            to_text(*report.measured_since).substr(0, 16)
        );
        line("A job takes", duration(*report.average_job_duration) + ", waiting not counted");
        if (const auto most = report.theoretical_throughput) {
            line(
                "At most",
                fmt::format(
                    "{} jobs a minute, {} an hour", number(*most * 60), number(*most * 3600)
                )
            );
        }
    } else {
        fmt::print("No task has been completed yet, so nothing was measured.\n\n");
    }
    line("Jobs at a time", std::to_string(report.max_concurrent_jobs));
    if (report.max_rps) {
        line(
            "Requests",
            fmt::format(
                "{}/s fit; {}/s came at most", number(*report.max_rps), number(report.load.peak_rps)
            )
        );
    }
    if (report.database.database == db::Dialect::postgres) {
        line(
            "Connections",
            fmt::format(
                "{} to the database, {} more in a rush; 2 x cores + 1 is {}",
                report.database.size,
                report.database.overflow_max,
                report.connections_advised
            )
        );
    }
    if (report.limits.empty()) return;
    print_limits(report.limits);
    fmt::print("\nNext: {}\n", report.bottleneck->advice);
}

struct SimulatedTimes {
    double times = 1;
    queue::SimulationReport report;
};
BOOST_DESCRIBE_STRUCT(SimulatedTimes, (), (times, report))

Result<std::vector<SimulatedTimes>> simulate(
    const Measured& measured, const CapacityOptions& options
) {
    std::vector<queue::Simulation> plans;
    for (const double times : options.times) {
        operations::SimulatedLoad load{
            .times = times, .at_once = options.at_once, .duration_s = options.minutes * 60
        };
        if (options.arrivals_per_min) load.arrivals_per_s = *options.arrivals_per_min / 60;
        TRY(queue::Simulation plan, operations::plan_simulation(measured, load));
        plans.push_back(std::move(plan));
    }
    std::vector<SimulatedTimes> out;
    out.reserve(plans.size());
    for (std::size_t i = 0; i < plans.size(); ++i)
        out.push_back({options.times[i], queue::simulate(plans[i])});
    return out;
}

void print(const std::vector<SimulatedTimes>& simulated, double minutes) {
    fmt::print(
        "{:>6}  {:<18} {:>7} {:>9} {:>9} {:>8} {:>8} {:>8} {:>9}\n",
        "load",
        "queue",
        "tasks",
        "wait",
        "wait 95%",
        "waiting",
        "workers",
        "engines",
        "done in"
    );
    for (const auto& [times, report] : simulated) {
        for (const queue::Simulated& each : report.queues) {
            fmt::print(
                "{:>5}x  {:<18} {:>7} {:>9} {:>9} {:>8} {:>8} {:>7.0f}% {:>9}\n",
                times,
                each.name,
                each.tasks,
                duration(each.wait_mean_s),
                duration(each.wait_p95_s),
                each.waiting_max,
                each.size_max,
                report.engines_busy * 100,
                duration(report.done_after_s)
            );
        }
    }
    fmt::print(
        "\nTasks come for {} min. Waiting: on average, the longest of 95 %, and so many at most; "
        "workers: at most;\nengines: so busy until all is done.\n",
        minutes
    );
}

}  // namespace

int capacity(
    const Config& config, const CapacityOptions& options, const std::set<std::string>& chosen
) {
    auto measured = measure(config);
    if (!measured) return say(measured.error());
    try_out(*measured, config, chosen);
    if (!options.simulate) {
        const CapacityReport report = operations::report_capacity(*measured);
        if (options.json) {
            fmt::print("{}\n", json::to_string(report));
        } else {
            print(report);
        }
        return 0;
    }
    const auto simulated = simulate(*measured, options);
    if (!simulated) return say(simulated.error());
    if (options.json) {
        fmt::print("{}\n", json::to_string(*simulated));
    } else {
        print(*simulated, options.minutes);
    }
    return 0;
}

}  // namespace zoetrope::app

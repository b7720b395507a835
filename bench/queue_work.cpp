// The queue alone, for bench/compare queue. DATABASE: postgres://... or a SQLite file, migrated.
//
//   bench_queue work DATABASE SLOTS TASKS            works off what waits in `bench`; tasks a
//   second bench_queue enqueue DATABASE CALLERS SECONDS     each inserts one after the other; tasks
//   a second bench_queue bulk DATABASE CALLERS SECONDS ROWS   the same, so many at a time
//   bench_queue latency DATABASE RATE SECONDS        from an insert's commit to its handler's
//   start:
//                                                    p50 and p99 in milliseconds
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <cstdio>
#include <future>
#include <string>

#include "platform/base/io_threads.hpp"
#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"
#include "platform/db/postgres.hpp"
#include "platform/db/sqlite.hpp"
#include "platform/queue/pools.hpp"

namespace zoetrope {
namespace {

using Seconds = std::chrono::duration<double>;
using SteadyClock = std::chrono::steady_clock;

// What a process of the house has of the queue.
struct Process {
    explicit Process(const std::string& database)
        : on_postgres(database.starts_with("postgres")),
          db(on_postgres ? db::open_postgres({.url = database}, {&threads.context(0)}, blocking)
                         : db::open_sqlite({.file = database})),
          node({.alone = !on_postgres}, *db, threads.context(0)) {
        if (on_postgres) {
            notices = std::make_unique<db::Notices>(
                db::PostgresConfig{.url = database}, blocking, threads.context(0)
            );
        }
    }
    void stop() {
        node.stop();
        if (notices && told) notices->stop();
        db->close();
        threads.stop();
    }

    const bool on_postgres;
    IoThreads threads{1};
    Offload blocking{4};
    std::unique_ptr<db::Pool> db;
    SystemClock clock;
    queue::Node node;
    std::unique_ptr<db::Notices> notices;
    queue::Handlers handlers;
    bool told = false;  // its notices were started
};

struct Counter {
    std::int64_t left;
    std::promise<void> done;
};

Async<queue::Outcome> count(Counter& counter) {
    if (--counter.left == 0) counter.done.set_value();
    co_return queue::Done{};
}

void work(const std::string& database, unsigned slots, std::int64_t tasks) {
    Process process(database);
    queue::Workers workers(
        {.queue = "bench", .slots = slots, .prefetch = 2},
        process.handlers,
        process.node,
        *process.db,
        process.clock,
        process.threads.context(0)
    );
    Counter counter{tasks, {}};
    process.handlers.add(
        "bench.nothing",
        {.run = [&](queue::Task, std::stop_token) { return count(counter); }, .gave_up = {}}
    );
    process.threads.start();
    const auto began = SteadyClock::now();
    process.node.start();
    workers.start();
    counter.done.get_future().wait();
    workers.stop();  // which waits until the last are settled
    std::printf("%.0f\n", double(tasks) / Seconds(SteadyClock::now() - began).count());
    process.stop();
}

struct Callers {
    std::int64_t left;
    std::int64_t inserted = 0;
    SteadyClock::time_point until;
    std::promise<void> done;
};

const queue::NewTask nothing{.queue = "bench", .kind = "bench.nothing", .args = {"{}"}};

Async<void> insert(Process& process, Callers& callers, std::size_t rows) {
    const std::vector<json::Raw> args(rows, nothing.args);
    while (SteadyClock::now() < callers.until) {
        if (rows == 1) {
            co_await queue::insert(*process.db, nothing, process.clock.now());
        } else {
            co_await queue::insert_each(*process.db, nothing, args, process.clock.now());
        }
        callers.inserted += std::int64_t(rows);
    }
    if (--callers.left == 0) callers.done.set_value();
}

void enqueue(const std::string& database, int count, double seconds, std::size_t rows) {
    Process process(database);
    const auto began = SteadyClock::now();
    const auto length = std::chrono::duration_cast<SteadyClock::duration>(Seconds(seconds));
    Callers callers{.left = count, .until = began + length, .done = {}};
    for (int i = 0; i < count; ++i)
        asio::co_spawn(
            process.threads.context(0).get_executor(),
            insert(process, callers, rows),
            asio::detached
        );
    process.threads.start();
    callers.done.get_future().wait();
    std::printf("%.0f\n", double(callers.inserted) / Seconds(SteadyClock::now() - began).count());
    process.db->close();
    process.threads.stop();
}

// Instants of the handlers' starts and of the commits, by the number in a task's arguments.
struct Latency {
    std::vector<SteadyClock::time_point> committed, begun;
    std::int64_t left;
    std::promise<void> done;
};

Async<queue::Outcome> begin(Latency& latency, queue::Task task) {
    latency.begun[std::size_t(*json::read<std::int64_t>(task.args.text))] = SteadyClock::now();
    if (--latency.left == 0) latency.done.set_value();
    co_return queue::Done{};
}

Async<void> insert_at_times(Process& from, queue::Pools& pools, Latency& latency, double rate) {
    Timer pause(from.threads.context(0).get_executor());
    auto next = SteadyClock::now() + std::chrono::seconds(2);  // both have joined by then
    for (std::size_t i = 0; i < latency.committed.size(); ++i) {
        next += std::chrono::duration_cast<SteadyClock::duration>(Seconds(1 / rate));
        pause.expires_at(next);
        co_await pause.async_wait(with_error);
        const auto transaction = co_await from.db->begin();
        queue::NewTask task = nothing;
        task.args = {json::to_string(std::int64_t(i))};
        co_await queue::insert(*transaction, task, from.clock.now());
        co_await transaction->commit();
        latency.committed[i] = SteadyClock::now();
        pools.wake("bench");
    }
}

// On SQLite one process inserts and runs them; on PostgreSQL there are two, and the one is told by
// the other through the database.
void measure_latency(const std::string& database, double rate, double seconds) {
    const auto tasks = std::size_t(rate * seconds);
    Latency latency{
        .committed = std::vector<SteadyClock::time_point>(tasks),
        .begun = std::vector<SteadyClock::time_point>(tasks),
        .left = std::int64_t(tasks),
        .done = {}
    };
    const queue::PoolsConfig config{.pools = {{.name = "bench", .size_min = 2}}};
    Process server(database);
    std::unique_ptr<Process> other;
    if (server.on_postgres) other = std::make_unique<Process>(database);
    Process& worker = other ? *other : server;
    const auto pools_of = [&](Process& of) {
        return std::make_unique<queue::Pools>(
            config, of.handlers, of.node, *of.db, of.clock, of.threads.context(0), of.notices.get()
        );
    };
    const auto inserting = pools_of(server);
    std::unique_ptr<queue::Pools> own;
    if (other) own = pools_of(worker);
    queue::Pools& working = own ? *own : *inserting;
    worker.handlers.add(
        "bench.nothing",
        {.run = [&](queue::Task task, std::stop_token) { return begin(latency, std::move(task)); },
         .gave_up = {}}
    );
    for (Process* each : {&server, other.get()}) {
        if (!each) continue;
        each->threads.start();
        each->told = each->notices != nullptr;
        if (each->told) each->notices->start();
    }
    working.start();
    server.node.start();
    if (other) other->node.start();
    asio::co_spawn(
        server.threads.context(0).get_executor(),
        insert_at_times(server, *inserting, latency, rate),
        asio::detached
    );
    latency.done.get_future().wait();
    working.stop();
    if (other) other->stop();
    server.stop();
    std::vector<double> ms;
    for (std::size_t i = 0; i < tasks; ++i)
        ms.push_back(1000 * Seconds(latency.begun[i] - latency.committed[i]).count());
    std::ranges::sort(ms);
    std::printf("%.3f %.3f\n", ms[ms.size() / 2], ms[ms.size() * 99 / 100]);
}

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) {
    const std::string mode = argc > 4 ? argv[1] : "";
    if (mode == "work" && argc == 5) {
        zoetrope::work(argv[2], unsigned(std::stoul(argv[3])), std::stoll(argv[4]));
    } else if (mode == "enqueue" && argc == 5) {
        zoetrope::enqueue(argv[2], std::stoi(argv[3]), std::stod(argv[4]), 1);
    } else if (mode == "bulk" && argc == 6) {
        zoetrope::enqueue(argv[2], std::stoi(argv[3]), std::stod(argv[4]), std::stoul(argv[5]));
    } else if (mode == "latency" && argc == 5) {
        zoetrope::measure_latency(argv[2], std::stod(argv[3]), std::stod(argv[4]));
    } else {
        return std::fputs("bench_queue: see the head of bench/queue_work.cpp\n", stderr), 2;
    }
}

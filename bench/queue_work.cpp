// The queue alone, for bench/compare queue: a process that works off what waits in `bench`.
//
//   bench_queue DATABASE SLOTS COUNT     -> tasks a second, once so many are done
//
// DATABASE: postgres://... or a SQLite file, migrated and filled before.
#include <chrono>
#include <cstdio>
#include <future>
#include <string>

#include "platform/base/io_threads.hpp"
#include "platform/db/postgres.hpp"
#include "platform/db/sqlite.hpp"
#include "platform/queue/workers.hpp"

namespace zoetrope {
namespace {

struct Counter {
    std::int64_t left;
    std::promise<void> done;
};

Async<queue::Outcome> count(Counter& counter) {
    if (--counter.left == 0) counter.done.set_value();
    co_return queue::Done{};
}

double work(const std::string& database, unsigned slots, std::int64_t tasks) {
    IoThreads threads(1);
    Offload blocking(4);
    const bool on_postgres = database.starts_with("postgres");
    const auto db = on_postgres
                        ? db::open_postgres({.url = database}, {&threads.context(0)}, blocking)
                        : db::open_sqlite({.file = database});
    const SystemClock clock;
    queue::Node node({.alone = !on_postgres}, *db, threads.context(0));
    queue::Handlers handlers;
    queue::Workers workers(
        {.queue = "bench", .slots = slots, .prefetch = 2},
        handlers,
        node,
        *db,
        clock,
        threads.context(0)
    );
    Counter counter{tasks, {}};
    handlers.add(
        "bench.nothing",
        {.run = [&](queue::Task, std::stop_token) { return count(counter); }, .gave_up = {}}
    );
    threads.start();
    const auto began = std::chrono::steady_clock::now();
    node.start();
    workers.start();
    counter.done.get_future().wait();
    workers.stop();  // which waits until the last are settled
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    node.stop();
    db->close();
    threads.stop();
    return double(tasks) / took.count();
}

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) {
    if (argc != 4) return std::fputs("usage: bench_queue DATABASE SLOTS COUNT\n", stderr), 2;
    std::printf(
        "%.0f\n", zoetrope::work(argv[1], unsigned(std::stoul(argv[2])), std::stoll(argv[3]))
    );
}

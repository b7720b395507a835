// For tests/crash/crash.py, which kills it: the queue with two kinds of tasks whose effects are
// recorded. What must hold is said there.
//
//   crash_tasks DATABASE RECORD ROLE COUNT FIRST
//
// DATABASE: postgres://... or a SQLite file, migrated before. RECORD: a file that lines are added
// to. ROLE: `feed` inserts COUNT tasks, numbered from FIRST, and ends; `work` works them off until
// it is told to stop; `both` does both.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdio>
#include <string>

#include "platform/base/io_threads.hpp"
#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"
#include "platform/base/timer.hpp"
#include "platform/db/postgres.hpp"
#include "platform/db/sqlite.hpp"
#include "platform/queue/workers.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope {
namespace {

constexpr unsigned slots = 8;
constexpr std::chrono::milliseconds work_time{20};
constexpr int together_max = 10;  // tasks in a transaction

// Lines of several processes, each written at once.
class Record {
  public:
    explicit Record(const char* path)
        : file_(::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {}
    void add(const char* word, std::int64_t number) const {
        const std::string line = std::string(word) + " " + std::to_string(number) + "\n";
        if (::write(file_, line.data(), line.size()) != ssize_t(line.size())) std::abort();
    }

  private:
    int file_;
};

struct Parts {
    db::Pool& db;
    const Clock& clock;
    const Record& record;
};

Async<void> pause(std::chrono::milliseconds time) {
    Timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(with_error);
}

struct Found {
    std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Found, (), (number))

constexpr db::Sql find_sql{"crash.find", "SELECT number FROM crash_effects WHERE number = $1"};
constexpr db::Sql insert_sql{
    "crash.insert", "INSERT INTO crash_effects (number, attempt) VALUES ($1, $2)"
};

// Nothing but the fence keeps two attempts from both finding that there is no row: the table has
// no unique key.
Async<queue::Outcome> repeatable(Parts parts, queue::Task task) {
    const auto number = json::read<std::int64_t>(task.args.text);
    parts.record.add("began", *number);
    co_await pause(work_time);
    const auto transaction = co_await parts.db.begin();
    if (!co_await queue::is_still_ours(*transaction, task)) co_return queue::Done{};
    if (!co_await transaction->one<Found>(find_sql, *number))
        co_await transaction->execute(insert_sql, *number, task.attempt);
    co_await transaction->commit();
    co_return queue::Done{};
}

// As a mail or a paid submit: no transaction takes it back.
Async<queue::Outcome> once(Parts parts, queue::Task task) {
    const auto number = json::read<std::int64_t>(task.args.text);
    if (!co_await queue::begin_effect(parts.db, task, parts.clock.now())) co_return queue::Done{};
    parts.record.add("once", *number);
    co_await pause(work_time);
    co_return queue::Done{};
}

Async<bool> insert_some(db::Transaction& db, std::int64_t from, std::int64_t to, Instant now) {
    for (std::int64_t number = from; number < to; ++number) {
        const queue::NewTask task{
            .queue = "crash",
            .kind = number % 10 == 0 ? "crash.once" : "crash.repeatable",
            .args = {json::to_string(number)},
            .attempts_max = 100
        };
        co_await queue::insert(db, task, now);
    }
    co_return true;
}

// A number is recorded once its task is known to be durable: from then on it may not be lost.
Async<void> feed(Parts parts, std::int64_t count, std::int64_t first, queue::Workers* workers) {
    std::int64_t end = first + count;
    for (std::int64_t from = first; from < end;) {
        const std::int64_t to = std::min(from + 1 + from % together_max, end);
        try {
            co_await db::transact(parts.db, [&](db::Transaction& transaction) {
                return insert_some(transaction, from, to, parts.clock.now());
            });
            for (std::int64_t number = from; number < to; ++number) parts.record.add("fed", number);
            if (workers) workers->wake();
        } catch (const std::exception&) {
            end += to - from;  // perhaps they were inserted: nobody counts on them, others come
        }
        from = to;
        co_await pause(std::chrono::milliseconds(10));
    }
}

int run(
    const std::string& database, const Record& record, const std::string& role, int count, int first
) {
    IoThreads threads(1);
    Offload blocking(4);
    const bool on_postgres = database.starts_with("postgres");
    asio::io_context& io = threads.context(0);
    const auto db = on_postgres ? db::open_postgres({.url = database}, {&io}, blocking)
                                : db::open_sqlite({.file = database});
    const SystemClock clock;
    const Parts parts{*db, clock, record};
    queue::Node node({.alone = !on_postgres}, *db, io);
    queue::Handlers handlers;
    handlers.add(
        "crash.repeatable",
        {.run = [&](queue::Task task,
                    std::stop_token) { return repeatable(parts, std::move(task)); },
         .gave_up = {}}
    );
    handlers.add(
        "crash.once",
        {.run = [&](queue::Task task, std::stop_token) { return once(parts, std::move(task)); },
         .gave_up = {}}
    );
    // Crashes are what is tested here, so none is one too many.
    queue::Workers workers(
        {.queue = "crash", .slots = slots, .prefetch = 2, .crashes_max = 1000},
        handlers,
        node,
        *db,
        clock,
        io
    );
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    threads.start();
    const bool works = role != "feed";
    if (works) {
        node.start();
        workers.start();
    }
    if (role != "work") {
        asio::co_spawn(
            io.get_executor(),
            feed(parts, count, first, works ? &workers : nullptr),
            [](std::exception_ptr error) {
                if (error) std::abort();
                std::puts("fed");
                std::fflush(stdout);
            }
        );
    }
    std::puts("ready");
    std::fflush(stdout);
    int signal = 0;
    sigwait(&ending, &signal);
    if (works) {
        workers.stop();
        node.stop();
    }
    db->close();
    threads.stop();
    return 0;
}

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) {
    if (argc != 6)
        return std::fputs("usage: crash_tasks DATABASE RECORD ROLE COUNT FIRST\n", stderr), 2;
    zoetrope::telemetry::set_level(zoetrope::telemetry::Level::off);
    return zoetrope::run(
        argv[1], zoetrope::Record(argv[2]), argv[3], std::atoi(argv[4]), std::atoi(argv[5])
    );
}

// Durable tasks. A task is inserted in the transaction of the row that causes it, so either both
// exist or neither.
//
//   insert -> available -> running -> completed
//                 ^          |  |---> discarded   (the handler gave up, or attempts ran out)
//                 |          |  '---> cancelled
//             retryable <----'        (also from available and retryable)
//
// Who runs a task is a node: a process with a heartbeat in the database. When it falls silent, its
// tasks are taken over; an attempt is counted when it begins, so a task that kills its process is
// discarded after attempts_max. A node that was only thought dead cannot settle what was taken from
// it: settling is fenced by node and attempt.
#pragma once

#include <boost/describe/enum.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <variant>

#include "platform/base/ids.hpp"
#include "platform/base/json/traits.hpp"
#include "platform/base/time.hpp"
#include "platform/base/timer.hpp"
#include "platform/db/session.hpp"

namespace zoetrope::queue {

BOOST_DEFINE_ENUM_CLASS(TaskState, available, retryable, running, completed, discarded, cancelled)

struct NewTask {
    std::string queue;
    std::string kind;  // chooses the handler: `generation.run`
    json::Raw args;
    int attempts_max = 5;
};

// In the caller's transaction. Call Workers::wake() after the commit.
Async<TaskId> insert(db::Session& db, const NewTask& task, Instant now);
// Cancels a task that has not started; false when it is running or finished (see
// Workers::interrupt).
Async<bool> cancel_waiting(db::Session& db, TaskId task, Instant now);

struct Task {
    TaskId id;
    std::string queue;
    std::string kind;
    json::Raw args;
    std::int64_t attempt = 0;  // 1 at the first try
    std::int64_t attempts_max = 0;
    NodeId node_id;  // who runs it
};
BOOST_DESCRIBE_STRUCT(Task, (), (id, queue, kind, args, attempt, attempts_max, node_id))

// Whether this attempt of this node still runs the task. To be asked in the transaction of a task's
// effect, which then comes true for one attempt only: until the commit nobody else takes the task.
Async<bool> is_still_ours(db::Session& db, const Task& task);

struct Done {};
struct Retry {
    std::string error;
};
struct Discard {
    std::string error;
};
struct Cancelled {};
using Outcome = std::variant<Done, Retry, Discard, Cancelled>;

struct Handler {
    // `stop` is set when the task is cancelled or the process ends.
    std::function<Async<Outcome>(Task, std::stop_token stop)> run;
    // Told when a task ends for good without being done, before its row says so; may be called
    // again after a crash.
    std::function<Async<void>(Task, std::string error)> gave_up;
};

struct WorkersConfig {
    std::string queue;
    unsigned slots = 2;                    // tasks at a time
    std::chrono::milliseconds poll{1000};  // makes a lost wake-up harmless
    std::chrono::milliseconds backoff_first{1000
    };  // doubles with each attempt, plus up to a quarter of jitter
    std::chrono::milliseconds backoff_max{60'000};
    std::chrono::milliseconds heartbeat{1000};
    std::chrono::milliseconds silence{4000};  // a node that is silent so long is dead
    // Only this process can have the database (a locked folder): whatever runs, runs for the dead.
    bool alone = true;
};

// Runs the tasks of one queue on one I/O thread.
class Workers {
  public:
    Workers(WorkersConfig config, db::Pool& db, const Clock& clock, asio::io_context& io);

    void handle(std::string kind, Handler handler);
    // Becomes a node, takes over what dead ones were running, and works.
    void start();
    // Any thread: something may be ready.
    void wake();
    // Any thread: asks a running task to stop.
    void interrupt(TaskId task);
    // Stops claiming, asks the running tasks to hand back, waits until none is left. From outside
    // the I/O threads.
    void stop();

  private:
    struct Running {
        std::stop_source stop;
    };

    Async<void> join();
    Async<void> keep_alive();
    Async<void> rescue();
    Async<void> loop();
    Async<void> claim();
    Async<void> work(Task task, std::shared_ptr<Running> running);
    Async<Outcome> attempt(const Task& task, std::stop_token stop);
    Async<void> settle(const Task& task, const Outcome& outcome);

    WorkersConfig config_;
    db::Pool& db_;
    const Clock& clock_;
    asio::io_context& io_;
    Timer alarm_;
    Timer pulse_;
    NodeId node_{};
    bool heard_ = false;  // the last heartbeat went through
    std::chrono::steady_clock::time_point heard_since_{};
    std::map<std::string, Handler> handlers_;
    std::map<std::int64_t, std::shared_ptr<Running>>
        running_;  // by task id; on the I/O thread only
    bool stopping_ = false;
    int looping_ = 0;             // loops that have not ended
    std::function<void()> idle_;  // called once nothing runs any more
};

}  // namespace zoetrope::queue

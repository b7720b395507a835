// What runs the tasks of one queue in this process.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>

#include "platform/base/batcher.hpp"
#include "platform/base/timer.hpp"
#include "platform/queue/handlers.hpp"
#include "platform/queue/node.hpp"
#include "platform/queue/store.hpp"

namespace zoetrope::queue {

struct WorkersConfig {
    std::string queue;
    unsigned slots = 2;                    // tasks at a time
    unsigned prefetch = 1;                 // slots x prefetch are held, those that wait for one too
    std::size_t held_max = 0;              // but no more; 0: any number
    std::chrono::milliseconds poll{1000};  // makes a lost wake-up harmless
    std::chrono::milliseconds backoff_first{1000
    };  // doubles with each attempt, plus up to a quarter of jitter
    std::chrono::milliseconds backoff_max{60'000};
    std::int64_t crashes_max = 3;        // so often a task may take its process with it
    std::int64_t running_per_owner = 0;  // on all nodes together; 0: as many as there are slots
};

// On one I/O thread.
class Workers {
  public:
    Workers(
        WorkersConfig config,
        const Handlers& handlers,
        Node& node,
        db::Pool& db,
        const Clock& clock,
        asio::io_context& io
    );

    const WorkersConfig& config() const { return config_; }
    // On the I/O thread. What is held already goes on.
    void resize(unsigned slots, unsigned prefetch);
    // Works as soon as the node has joined.
    void start();
    // Any thread: something may be ready.
    void wake();
    // Any thread: asks a running task to stop.
    void interrupt(TaskId task);
    // Any thread: stops claiming, and hands back what has not begun; what runs goes on.
    void close();
    // Any thread: whether nothing is held any more.
    bool idle() const { return holding_.load(std::memory_order_relaxed) == 0; }
    // Also asks the running tasks to hand back, and waits until none is left. From outside the I/O
    // threads.
    void stop();

  private:
    struct Held {
        explicit Held(Task what) : task(std::move(what)) {}
        Task task;
        std::stop_source stop;
    };
    struct Attempted {
        Outcome outcome;
        bool interrupted = false;  // the handler did not come to say whether its effect happened
        std::chrono::microseconds ran{0};

        Attempted(Outcome what = {}, bool cut = false)
            : outcome(std::move(what)),
              interrupted(cut) {}
    };

    Async<void> loop();
    std::chrono::microseconds pause() const;
    bool joined() const { return node_.id() != NodeId{}; }
    void look();
    void due_at(Instant when);
    void tell_when_idle();
    Async<void> promote_due();
    Async<void> put_back_lost();
    Async<void> claim();
    Async<std::vector<Task>> claim_up_to(std::int64_t limit);
    void begin_ready();
    Async<void> work(std::shared_ptr<Held> held);
    Async<Attempted> attempt(const Task& task, std::stop_token stop);
    Async<bool> settle(const Task& task, const Attempted& attempted);
    Async<bool> give_up(const Task& task, TaskState state, const std::string& error);
    Async<std::vector<bool>> finish(std::vector<Ended> ended);
    Async<bool> complete(const Task& task, const Usage& usage, std::chrono::microseconds ran);
    Async<bool> end(
        const Task& task, TaskState state, std::optional<std::string> error = std::nullopt
    );

    static constexpr std::int64_t promoted_max = 1000;  // in one statement: bounds its locks
    static constexpr std::size_t claimed_max = 1000;    // the same
    static constexpr std::chrono::minutes late_max{1};  // until a failed claim can come true

    WorkersConfig config_;
    const Handlers& handlers_;
    Node& node_;
    db::Pool& db_;
    const Clock& clock_;
    asio::io_context& io_;
    Timer alarm_;
    Batcher<Ended, bool> ends_;
    // By task id and attempt: a node that was only slow may claim what was taken from it while the
    // old attempt still runs. On the I/O thread only.
    std::map<std::pair<std::int64_t, std::int64_t>, std::shared_ptr<Held>> held_;
    std::deque<std::shared_ptr<Held>> ready_;  // those of them that wait for a slot
    unsigned busy_ = 0;                        // slots
    Instant look_due_at_{};                    // when something may be due, as far as is known here
    Instant lost_until_{};                     // until then a claim that failed may come true
    Instant lost_look_at_{};                   // when to look for it next
    bool woken_ = false;                       // since the last look
    std::atomic<std::size_t> holding_ = 0;     // as many as held_
    bool closing_ = false;
    bool stopping_ = false;  // closing_ is true, too
    bool looping_ = false;
    std::function<void()> idle_;  // called once nothing runs any more
};

}  // namespace zoetrope::queue

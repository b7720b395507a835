// The pools of all queues: this process's share of each, and the rule that sizes them. Any number
// of processes may do this on one database: one of them writes each decision down, all follow it.
#pragma once

#include <atomic>
#include <map>
#include <memory>

#include "platform/base/recurring.hpp"
#include "platform/db/notices.hpp"
#include "platform/queue/pool_store.hpp"
#include "platform/queue/workers.hpp"

namespace zoetrope::queue {

// Of a queue that a process serves with slots of its own, whatever the pool's size.
struct OwnSlots {
    std::string queue;
    unsigned slots = 0;  // 0: a share of the pool
};

struct PoolsConfig {
    std::vector<PoolSettings> pools;  // as configured
    DepthRule rule;
    std::int64_t running_per_owner = 0;  // of users' tasks, in each queue
    // Of users' tasks, in each queue of this process. What waits for an engine here could not be
    // run by another node, and goes before those who come later: docs/decisions/0009.
    std::size_t held_max = 0;
    std::chrono::milliseconds look{1000};  // between two looks at what waits
    std::vector<OwnSlots> served;          // by this process; empty: all, by shares
};

// What an operator sees of one.
struct PoolReport {
    std::string name;
    std::int64_t size = 0;          // workers at present, on all nodes together
    std::int64_t capacity = 0;      // tasks that they run at a time
    std::int64_t capacity_max = 0;  // the same when there are size_max; with nodes' own slots
    std::int64_t running = 0;
    std::int64_t waiting = 0;
    std::int64_t nodes = 0;  // that serve it
    std::int64_t size_min = 0;
    std::int64_t size_desired = 0;
    std::int64_t size_max = 0;
    std::int64_t concurrency = 0;
    std::int64_t prefetch = 0;
    std::int64_t tasks_per_child = 0;
    bool configured = true;  // false: an operator changed it
    std::string reason;      // of its present size
    Instant decided_at;
    std::int64_t decisions = 0;  // how often its size was changed
    static constexpr std::string_view schema_name = "Pool";
};
BOOST_DESCRIBE_STRUCT(
    PoolReport,
    (),
    (name,
     size,
     capacity,
     capacity_max,
     running,
     waiting,
     nodes,
     size_min,
     size_desired,
     size_max,
     concurrency,
     prefetch,
     tasks_per_child,
     configured,
     reason,
     decided_at,
     decisions)
)

// Of this process, since it started.
struct PoolTotals {
    std::string name;
    std::int64_t workers = 0;  // its share at present
    std::int64_t grown = 0;    // decisions that it wrote down
    std::int64_t shrunk = 0;
};

// Its parts live on one I/O thread.
class Pools {
  public:
    Pools(
        PoolsConfig config,
        const Handlers& handlers,
        Node& node,
        db::Pool& db,
        const Clock& clock,
        asio::io_context& io,
        db::Notices* notices = nullptr  // to the other processes; nothing: there are none
    );

    // Works as soon as the node has joined; before node.start().
    void start();
    // Any thread: Workers::close() and idle() of all.
    void close();
    bool idle() const;
    // From outside the I/O threads.
    void stop();

    // Any thread. On all nodes.
    void wake(std::string_view queue);
    void wake_all();
    void interrupt(TaskId task);
    const PoolsConfig& config() const { return config_; }
    std::int64_t running_per_owner() const { return config_.running_per_owner; }
    std::vector<std::string> names() const;
    // On the I/O thread: as it is now.
    std::int64_t tasks_per_child(std::string_view queue) const;

    // Any thread.
    std::vector<PoolTotals> totals() const;
    Async<std::vector<PoolReport>> list() const;
    // All or none. Errors: invalid, naming `[i].field`.
    Async<Result<void>> change(const std::vector<PoolSettings>& changes);
    // As configured again. Errors: not_found.
    Async<Result<void>> reset(const std::string& name);

  private:
    struct Pool {
        PoolSettings configured;
        PoolSettings settings;  // an operator's, or those configured
        bool served = true;     // by this process
        unsigned own_slots = 0;
        Workers workers;
        std::atomic<std::int64_t> share = 0, grown = 0, shrunk = 0;
    };

    void listen(db::Notices& notices);
    void interrupt_here(TaskId task);
    Async<void> look();
    Async<void> follow(const PoolRow& row);
    Async<std::int64_t> sized(
        Pool& pool, const PoolSettings& settings, const PoolRow& row, const std::vector<Peer>& peers
    );
    Async<void> size_now(const std::vector<PoolSettings>& changes);
    bool decides(const std::string& queue) const;
    void give_share(Pool& pool, std::int64_t size);

    const PoolsConfig config_;
    Node& node_;
    db::Pool& db_;
    const Clock& clock_;
    db::Notices* notices_;
    Recurring looks_;
    // By name; the same ones while it lives.
    std::map<std::string, std::unique_ptr<Pool>, std::less<>> pools_;
};

}  // namespace zoetrope::queue

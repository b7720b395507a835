// This process as the others see it: a row with a heartbeat by the database's clock. One that falls
// silent is dead, and what it ran is available to the others.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "platform/base/ids.hpp"
#include "platform/base/timer.hpp"
#include "platform/db/session.hpp"

namespace zoetrope::queue {

struct NodeConfig {
    std::chrono::milliseconds heartbeat{1000};
    std::chrono::milliseconds silence{4000};  // a node that is silent so long is dead
    // Only this process can have the database (a locked folder): whatever runs, runs for the dead.
    bool alone = true;
};

// A node that is heard of, and the queues that it serves.
struct Peer {
    NodeId id;
    std::vector<std::string> queues;
    bool listens = false;
};

class Node {
  public:
    Node(const NodeConfig& config, db::Pool& db, asio::io_context& io);

    // Before start(): who is told, on the I/O thread, when there may be something to do: it has
    // joined, or a dead node's tasks were put back.
    void tell(std::function<void()> news) { told_.push_back(std::move(news)); }
    // The same, before it joins.
    void serve(std::string queue) { queues_.push_back(std::move(queue)); }
    // That clients reach it, before it joins.
    void listen() { listens_ = true; }
    void start();
    // After its last task has been settled: a node that stops is not dead before. From outside the
    // I/O threads.
    void stop();

    NodeId id() const { return id_; }  // 0 before it has joined; any thread
    // Nodes that clients reach, at least one. Any thread.
    unsigned listening() const { return listening_.load(std::memory_order_relaxed); }

    // All of them, this one too, by id, as of the last heartbeat. On its I/O thread.
    const std::vector<Peer>& peers() const { return peers_; }
    // The same as of now. Any thread.
    Async<std::vector<Peer>> find_peers() const;

  private:
    Async<void> live();
    std::chrono::milliseconds pause() const;
    Async<void> join();
    Async<void> beat();
    Async<void> leave();

    const NodeConfig config_;
    db::Pool& db_;
    asio::io_context& io_;
    Timer pulse_;
    std::atomic<NodeId> id_{};
    std::atomic<unsigned> listening_ = 1;
    bool heard_ = false;  // the last heartbeat went through
    std::chrono::steady_clock::time_point heard_since_{};
    std::chrono::system_clock::time_point beat_at_{};
    std::vector<std::string> queues_;
    bool listens_ = false;
    std::vector<Peer> peers_;
    std::vector<std::function<void()>> told_;
    bool living_ = false;
    bool stopping_ = false;
    std::function<void()> left_;  // called when the last statement is over
};

}  // namespace zoetrope::queue

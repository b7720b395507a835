#include "platform/queue/node.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <future>

#include "platform/queue/store.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::queue {

constexpr std::chrono::milliseconds retry_pause{250};

static std::string own_name() {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    return std::string(host) + ":" + std::to_string(getpid());
}

Node::Node(const NodeConfig& config, db::Pool& db, asio::io_context& io)
    : config_(config),
      db_(db),
      io_(io),
      pulse_(io.get_executor()) {}

void Node::start() {
    living_ = true;
    asio::co_spawn(io_.get_executor(), live(), asio::detached);
}

void Node::stop() {
    std::promise<void> left;
    asio::post(io_, [this, &left] {
        stopping_ = true;
        pulse_.cancel();
        left_ = [&left] { left.set_value(); };
        if (!living_) std::exchange(left_, {})();
    });
    left.get_future().wait();
}

Async<void> Node::live() {
    while (!stopping_) {
        try {
            if (id_ == NodeId{}) {
                co_await join();
            } else {
                co_await beat();
            }
        } catch (const std::exception& error) {
            heard_ = false;
            telemetry::warn("no heartbeat: {}", error.what());
        }
        pulse_.expires_after(pause());
        if (!stopping_) co_await pulse_.async_wait(with_error);
    }
    co_await leave();
    living_ = false;
    if (left_) std::exchange(left_, {})();
}

// Sooner while the database is away, and to the moment when others may be known to be dead: what
// they ran waits for no longer than it must.
std::chrono::milliseconds Node::pause() const {
    using std::chrono::milliseconds;
    if (!heard_) return std::min(config_.heartbeat, retry_pause);
    const auto known_at = heard_since_ + config_.silence;
    const auto left = std::chrono::ceil<milliseconds>(known_at - std::chrono::steady_clock::now());
    return left > milliseconds(0) ? std::min(config_.heartbeat, left) : config_.heartbeat;
}

Async<void> Node::join() {
    const NodeId made = co_await add_node(db_, own_name(), queues_, listens_);
    if (config_.alone) co_await take_over_all(db_, made);
    id_ = made;
    peers_ = co_await find_peers();
    for (const auto& news : told_) news();
}

// While the database was away nobody could be heard, so at first nobody counts as silent.
Async<void> Node::beat() {
    const auto now = std::chrono::steady_clock::now();
    const auto time = std::chrono::system_clock::now();  // goes on while the machine sleeps
    if (!co_await queue::beat(db_, id_)) {  // it was silent for very long: its machine slept
        telemetry::warn("this node was taken for gone");
        co_await add_node_again(db_, id_, own_name(), queues_, listens_);
    }
    if (!heard_ || time - beat_at_ > config_.silence) heard_since_ = now;
    heard_ = true;
    beat_at_ = time;
    peers_ = co_await find_peers();
    listening_ = std::max(1U, unsigned(std::ranges::count_if(peers_, &Peer::listens)));
    const auto heard_for =
        std::chrono::duration_cast<std::chrono::microseconds>(now - heard_since_);
    if (heard_for < config_.silence) co_return;
    const auto found = co_await take_over(db_, config_.silence, heard_for);
    if (found == 0) co_return;
    telemetry::warn("{} tasks of dead nodes were taken over", found);
    for (const auto& news : told_) news();
}

Async<std::vector<Peer>> Node::find_peers() const {
    if (!config_.alone) co_return co_await list_alive(db_, config_.silence);
    co_return std::vector<Peer>{{id_, queues_, listens_}};
}

Async<void> Node::leave() {
    if (id_ == NodeId{}) co_return;
    try {
        co_await remove_node(db_, id_);
    } catch (const std::exception& error) {
        telemetry::debug("the node's row stays: {}", error.what());
    }
}

}  // namespace zoetrope::queue

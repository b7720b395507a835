#include "platform/http/server.hpp"

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <future>
#include <optional>

#include "platform/base/ids.hpp"
#include "platform/base/time.hpp"
#include "platform/base/timer.hpp"
#include "platform/http/session.hpp"
#include "platform/limits/open_per_network.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::http {

namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

}  // namespace

struct Server::Core {
    Core(
        const ServerConfig& config,
        asio::io_context& io,
        const Router& router,
        Authenticator& authenticator,
        unsigned index
    )
        : context(io),
          acceptor(io.get_executor()),
          ticker(io.get_executor()),
          pause(io.get_executor()),
          gate(config.rules),
          connections_max(part_of(config.limits.connections_max, config)),
          open_per_network(per_address(config), std::max(per_address(config), half(config))),
          lists(lists_per_user, io),
          state{router, gate, authenticator, config.limits, index} {
        state.id_prefix = std::string(Uuid::make_v7().view().substr(24)) + "-";
        state.end_slow_body = [this](std::size_t bytes, bool of_strangers) {
            return end_slow_body(bytes, of_strangers);
        };
        state.close_readers = [this] { close_readers(); };
        state.lists = &lists;
        tick();
    }

    // Fewer leave the database idle between them; a large one takes the thread for ten
    // milliseconds.
    static constexpr limits::TurnsPerUser::Limits lists_per_user{
        .at_a_time = 16, .large_at_a_time = 2, .large_bytes = 256 * 1024
    };

    static std::size_t half(const ServerConfig& config) {
        return std::max<std::size_t>(1, part_of(config.limits.connections_max, config) / 2);
    }
    static std::size_t per_address(const ServerConfig& config) {
        const std::size_t said = config.limits.connections_per_address;
        return said > 0 ? part_of(said, config) : half(config);
    }
    static std::size_t part_of(std::size_t whole, const ServerConfig& config) {
        return std::max<std::size_t>(1, whole / config.io_threads);
    }

    void tick() {
        state.now = std::chrono::steady_clock::now();
        state.date = to_http_date(SystemClock{}.now());
    }

    Async<void> accept_all() {
        while (acceptor.is_open()) {
            auto [error, socket] = co_await acceptor.async_accept(with_error);
            if (error == asio::error::operation_aborted) co_return;
            if (error) {  // out of descriptors, mostly: others must close before it helps to ask
                          // again
                warn_now_and_then("cannot accept a connection: " + error.message());
                pause.expires_after(std::chrono::milliseconds(100));
                co_await pause.async_wait(with_error);
                continue;
            }
            if (open.size() >= connections_max && !close_most_idle()) {
                warn_now_and_then(
                    "connections are refused: all " + std::to_string(connections_max) +
                    " of this thread are in use; see connections-max"
                );
                continue;  // closed at once; the client may try again
            }
            open_session(std::move(socket));
        }
    }

    void open_session(Socket socket) {
        auto session = std::make_shared<Session>(std::move(socket), state);
        // Behind a proxy are many; its connections count for nobody.
        std::vector<limits::LimitKey> networks;
        if (!session->is_from_proxy()) networks = limits::networks_of(session->peer());
        if (!take_place(networks)) return;
        open.push_back(*session);
        asio::co_spawn(
            context.get_executor(),
            Session::run(session),
            [this, session, networks = std::move(networks)](std::exception_ptr error) {
                if (error) telemetry::error("a connection ended by an exception");
                session->give_back_memory();
                open.erase(open.iterator_to(*session));
                open_per_network.give_back(networks);
                if (open.empty() && drained) std::exchange(drained, {})();
            }
        );
    }

    bool take_place(const std::vector<limits::LimitKey>& networks) {
        const limits::LimitKey* full = open_per_network.take(networks);
        if (!full) return true;
        warn_now_and_then(
            "connections from " + full->key + " are refused: it has " +
            std::to_string(open_per_network.open(full->key)) +
            " of this thread; see connections-per-address"
        );
        return false;
    }

    // Closes the connection that has longest been without a request, to admit a new one. False:
    // none has for 2 s.
    bool close_most_idle() {
        constexpr std::chrono::seconds idle_min{2};   // a client's next request is mostly sooner
        if (none_idle_at == state.now) return false;  // ages change once a second
        const auto longest = std::ranges::max_element(open, {}, &Session::idle_for);
        if (longest == open.end() || longest->idle_for() < idle_min) {
            none_idle_at = state.now;
            return false;
        }
        longest->close();
        return true;
    }

    bool end_slow_body(std::size_t bytes, bool of_strangers) {
        if (none_slow_at == state.now) return false;
        const auto slow_bytes = [of_strangers](const Session& each) {
            return each.slow_bytes(of_strangers);
        };
        const auto largest = std::ranges::max_element(open, {}, slow_bytes);
        if (largest == open.end() || slow_bytes(*largest) == 0) {
            if (!of_strangers) none_slow_at = state.now;
            return false;
        }
        if (slow_bytes(*largest) <= bytes) return false;
        largest->end_body();
        return true;
    }

    // Slow readers first. Quick ones only when twice the memory is taken: they read on in a moment.
    void close_readers() {
        for (const bool of_slow : {true, false}) {
            const std::size_t most = state.limits.bodies_bytes_max * (of_slow ? 1 : 2);
            while (state.unread_bytes > most && close_one_reader(of_slow)) continue;
        }
    }

    bool close_one_reader(bool of_slow) {
        const auto unread = [of_slow](const Session& each) { return each.unread_bytes(of_slow); };
        const auto worst = std::ranges::max_element(open, {}, unread);
        if (worst == open.end() || unread(*worst) == 0) return false;
        worst->drop_unread();
        return true;
    }

    // What a flood causes is told once a minute.
    void warn_now_and_then(const std::string& what) {
        constexpr std::chrono::minutes pause_min{1};
        if (warned_at && state.now - *warned_at < pause_min) return;
        warned_at = state.now;
        telemetry::warn("{}", what);
    }

    Async<void> sweep() {
        while (true) {
            ticker.expires_after(std::chrono::seconds(1));
            const auto [error] = co_await ticker.async_wait(with_error);
            if (error) co_return;
            tick();
            for (Session& session : open) session.close_if_late(state.now);
            if (state.unread_bytes > state.limits.bodies_bytes_max) close_readers();
        }
    }

    void begin_drain(std::function<void()> done) {
        boost::system::error_code ignored;
        acceptor.close(ignored);
        state.draining = true;
        if (open.empty()) {
            done();
            return;
        }
        drained = std::move(done);
        for (Session& session : open) session.close_if_idle();
    }

    void cut(std::function<void()> ended) {
        ticker.cancel();
        if (open.empty()) {
            ended();
            return;
        }
        drained = std::move(ended);
        for (Session& session : open) session.close();
    }

    asio::io_context& context;
    Acceptor acceptor;
    Timer ticker;
    Timer pause;
    Gate gate;
    std::size_t connections_max;
    limits::OpenPerNetwork open_per_network;
    limits::TurnsPerUser lists;
    std::optional<std::chrono::steady_clock::time_point> warned_at, none_idle_at, none_slow_at;
    CoreState state;
    boost::intrusive::list<Session> open;
    std::function<void()> drained;
};

Server::Server(
    const ServerConfig& config,
    IoThreads& threads,
    const Router& router,
    Authenticator& authenticator
)
    : config_(config),
      threads_(threads) {
    for (unsigned i = 0; i < threads.count(); ++i) {
        cores_.push_back(
            std::make_unique<Core>(config_, threads.context(i), router, authenticator, i)
        );
    }
}

Server::~Server() = default;

Result<void> Server::listen() {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(config_.address, error);
    if (error)
        return invalid(
            "listen", "'" + config_.address + "' is not an IP address; use one such as 127.0.0.1"
        );
    asio::ip::tcp::endpoint endpoint(address, config_.port);
    {
        // SO_REUSEPORT would let a second server share the port in silence, so ask without it
        // first.
        Acceptor probe(threads_.context(0).get_executor());
        probe.open(endpoint.protocol(), error);
        if (!error) probe.set_option(asio::socket_base::reuse_address(true), error);
        if (!error) probe.bind(endpoint, error);
        if (!error && config_.port != 0) probe.listen(1, error);
        if (error == asio::error::address_in_use) {
            return conflict(
                "Port " + std::to_string(config_.port) + " on " + config_.address +
                " is already in use. Stop the other program, or choose another with --listen " +
                config_.address + ":PORT."
            );
        }
        if (error) {
            return failure(
                Code::invalid,
                "Cannot listen on " + config_.address + ":" + std::to_string(config_.port) + ": " +
                    error.message() + "."
            );
        }
    }
    for (auto& core : cores_) {
        core->acceptor.open(endpoint.protocol());
        core->acceptor.set_option(asio::socket_base::reuse_address(true));
        core->acceptor.set_option(ReusePort(true));
        core->acceptor.bind(endpoint, error);
        if (error) return failure(Code::conflict, "Cannot listen: " + error.message() + ".");
        core->acceptor.listen(asio::socket_base::max_listen_connections);
        endpoint.port(core->acceptor.local_endpoint().port()
        );  // the first one chooses when 0 was asked for
    }
    return {};
}

std::uint16_t Server::port() const { return cores_.front()->acceptor.local_endpoint().port(); }

void Server::start() {
    for (auto& core : cores_) {
        asio::co_spawn(core->context.get_executor(), core->accept_all(), asio::detached);
        asio::co_spawn(core->context.get_executor(), core->sweep(), asio::detached);
    }
}

void Server::stop() {
    std::vector<std::future<void>> empty;
    for (auto& core : cores_) {
        auto done = std::make_shared<std::promise<void>>();
        empty.push_back(done->get_future());
        asio::post(core->context, [&core = *core, done] {
            core.begin_drain([done] { done->set_value(); });
        });
    }
    const auto until = std::chrono::steady_clock::now() + config_.limits.drain;
    for (auto& core_is_empty : empty) core_is_empty.wait_until(until);
    for (auto& core : cores_) {
        std::promise<void> ended;  // handlers still at work are waited for: they refer to what is
                                   // about to be destroyed
        asio::post(core->context, [&] { core->cut([&ended] { ended.set_value(); }); });
        ended.get_future().wait();
    }
}

}  // namespace zoetrope::http

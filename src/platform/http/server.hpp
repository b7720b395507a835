// The listening half: one acceptor (SO_REUSEPORT) per core, the once-a-second sweep, and the drain.
// Life: construct (binds, so a port in use is said at once) -> start -> stop (stops taking, waits,
// cuts).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/base/io_threads.hpp"
#include "platform/base/result.hpp"
#include "platform/http/caller.hpp"
#include "platform/http/config.hpp"
#include "platform/http/router.hpp"

namespace zoetrope::http {

class Server {
  public:
    // The router must be frozen and outlive the server.
    Server(
        const ServerConfig& config,
        IoThreads& threads,
        const Router& router,
        Authenticator& authenticator
    );
    ~Server();

    // Binds and listens. Errors: conflict (the port is in use), invalid (the address is not one).
    Result<void> listen();
    std::uint16_t port() const;  // the one bound, when 0 was asked for
    void start();
    // Stops accepting, closes idle connections, waits for open requests up to the drain limit, then
    // cuts. Blocks; call it from outside the I/O threads.
    void stop();

  private:
    struct Core;
    ServerConfig config_;
    IoThreads& threads_;
    std::vector<std::unique_ptr<Core>> cores_;
};

}  // namespace zoetrope::http

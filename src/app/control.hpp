// How `zoetrope user` reaches a running server: a Unix socket in the data folder, mode 0600, so
// that who may read the folder may command it. One line of JSON each way.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <functional>
#include <optional>

#include "features/accounts/administration.hpp"

namespace zoetrope::app {

std::filesystem::path control_socket(const std::filesystem::path& data);

// Asks the server of that folder. nullopt when none is listening there.
std::optional<Result<accounts::UserReport>> ask_server(
    const std::filesystem::path& data, const accounts::UserCommand& command
);

class Control {
  public:
    Control(std::filesystem::path socket, accounts::Deps& accounts, asio::io_context& io);
    ~Control();

    void start();  // a folder whose path is too long for a socket has none; that is logged
    void stop();   // from outside the I/O threads, while they run; waits for commands in progress

  private:
    using Protocol = asio::local::stream_protocol;
    using Socket = asio::basic_stream_socket<Protocol, Executor>;
    Async<void> accept();
    Async<void> serve(Socket socket);
    Async<void> answer(Socket& socket, std::string_view line);
    void ended();

    std::filesystem::path file_;
    accounts::Deps& accounts_;
    asio::io_context& io_;
    asio::basic_socket_acceptor<Protocol, Executor> acceptor_;
    int running_ = 0;             // coroutines; on the I/O thread only
    std::function<void()> idle_;  // called once there is none
};

}  // namespace zoetrope::app

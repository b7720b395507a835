// How `zoetrope user` and `zoetrope capacity` reach a running server: a Unix socket in the data
// folder, mode 0600, so that who may read the folder may command it. One line of JSON each way.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "platform/base/async.hpp"
#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"
#include "platform/base/result.hpp"

namespace zoetrope::app {

std::filesystem::path control_socket(const std::filesystem::path& data);

// By name; JSON in, JSON out.
using Commands = std::map<
    std::string,
    std::function<Async<Result<std::string>>(std::string_view arguments)>,
    std::less<>>;

// Asks the server of that folder. nullopt when none is listening there.
std::optional<Result<std::string>> ask_server(
    const std::filesystem::path& data, std::string_view command, std::string arguments = "{}"
);
template <class T>
std::optional<Result<T>> ask_server_for(
    const std::filesystem::path& data, std::string_view command, std::string arguments = "{}"
) {
    const auto said = ask_server(data, command, std::move(arguments));
    if (!said) return std::nullopt;
    if (!*said) return std::unexpected(said->error());
    return json::read<T>(**said);
}

class Control {
  public:
    Control(std::filesystem::path socket, Commands commands, asio::io_context& io);
    ~Control();

    void start();  // a folder whose path is too long for a socket has none; that is logged
    void stop();   // from outside the I/O threads, while they run; waits for commands in progress

  private:
    using Protocol = asio::local::stream_protocol;
    using Socket = asio::basic_stream_socket<Protocol, Executor>;
    Async<void> accept();
    Async<void> serve(Socket socket);
    Async<std::string> answer(std::string_view line);
    void ended();

    std::filesystem::path file_;
    Commands commands_;
    asio::io_context& io_;
    asio::basic_socket_acceptor<Protocol, Executor> acceptor_;
    int running_ = 0;             // coroutines; on the I/O thread only
    std::function<void()> idle_;  // called once there is none
};

}  // namespace zoetrope::app

#include "app/control.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <future>

#include "platform/base/timer.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope {
BOOST_DESCRIBE_STRUCT(FieldError, (), (field, message))
}

namespace zoetrope::app {

namespace {

constexpr std::chrono::seconds command_patience{2};
constexpr std::size_t line_bytes_max = 64 * 1024;  // of a command

struct Order {
    std::string command;
    json::Raw arguments;
};
BOOST_DESCRIBE_STRUCT(Order, (), (command, arguments))

struct Answer {
    std::optional<json::Raw> report;
    int code = 0;  // of the error
    std::string message;
    std::vector<FieldError> fields;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (report, code, message, fields))

Answer answer_of(Result<std::string> result) {
    Answer answer;
    if (result) {
        answer.report = json::Raw{*std::move(result)};
    } else {
        Error& error = result.error();
        answer.code = int(error.code);
        answer.message = std::move(error.message);
        answer.fields = std::move(error.fields);
    }
    return answer;
}

Result<std::string> result_of(Answer answer) {
    if (answer.report) return std::move(answer.report->text);
    return std::unexpected(Error{
        .code = Code(answer.code),
        .message = std::move(answer.message),
        .fields = std::move(answer.fields)
    });
}

}  // namespace

std::filesystem::path control_socket(const std::filesystem::path& data) {
    return data / "control.sock";
}

std::optional<Result<std::string>> ask_server(
    const std::filesystem::path& data, std::string_view command, std::string arguments
) {
    sockaddr_un address{.sun_family = AF_UNIX};
    const std::string path = control_socket(data).string();
    if (path.size() >= sizeof(address.sun_path)) return std::nullopt;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int connection = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
        ::close(connection);
        return std::nullopt;
    }
    const Order order{std::string(command), {std::move(arguments)}};
    const std::string line = json::to_string(order) + "\n";
    std::string said;
    if (::send(connection, line.data(), line.size(), MSG_NOSIGNAL) == ssize_t(line.size())) {
        char piece[65536];
        for (ssize_t got = 0; (got = ::read(connection, piece, sizeof(piece))) > 0;)
            said.append(piece, std::size_t(got));
    }
    ::close(connection);
    auto answer = json::read<Answer>(said);
    if (!answer)
        return failure(Code::unavailable, "The running server did not answer. Look into its log.");
    return result_of(*std::move(answer));
}

Control::Control(std::filesystem::path socket, Commands commands, asio::io_context& io)
    : file_(std::move(socket)),
      commands_(std::move(commands)),
      io_(io),
      acceptor_(io.get_executor()) {}

Control::~Control() {
    std::error_code ignored;
    if (acceptor_.is_open()) std::filesystem::remove(file_, ignored);
}

void Control::start() {
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);  // of a server that was killed; the folder is locked
    try {
        const Protocol::endpoint endpoint(file_.string());
        acceptor_.open();
        boost::system::error_code error;
        const mode_t before = ::umask(0177);
        acceptor_.bind(endpoint, error);
        ::umask(before);
        if (error) throw boost::system::system_error(error);
        acceptor_.listen();
        running_ = 1;
        asio::co_spawn(io_.get_executor(), accept(), asio::detached);
    } catch (const std::exception& error) {
        telemetry::warn("commands cannot reach this server: {}", error.what());
    }
}

void Control::stop() {
    std::promise<void> quiet;
    asio::post(io_, [this, &quiet] {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        idle_ = [&quiet] { quiet.set_value(); };
        if (running_ == 0) std::exchange(idle_, {})();
    });
    quiet.get_future().wait();
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
}

Async<void> Control::accept() {
    while (acceptor_.is_open()) {
        auto [error, socket] = co_await acceptor_.async_accept(with_error);
        if (error) break;
        ++running_;
        asio::co_spawn(io_.get_executor(), serve(std::move(socket)), asio::detached);
    }
    ended();
}

void Control::ended() {
    if (--running_ == 0 && idle_) std::exchange(idle_, {})();
}

Async<void> Control::serve(Socket socket) {
    std::string line;
    // Who says nothing, or does not read what is said, does not hold up the server's end.
    Timer patience(io_.get_executor());
    const auto be_patient = [&socket, &patience] {
        patience.expires_after(command_patience);
        patience.async_wait([&socket](const boost::system::error_code& cancelled) {
            boost::system::error_code ignored;
            if (!cancelled) socket.close(ignored);
        });
    };
    be_patient();
    const auto [error, length] = co_await asio::async_read_until(
        socket, asio::dynamic_buffer(line, line_bytes_max), '\n', with_error
    );
    patience.cancel();
    if (!error) {
        const std::string said = co_await answer(std::string_view(line).substr(0, length));
        be_patient();
        co_await asio::async_write(socket, asio::buffer(said), with_error);
        patience.cancel();
    }
    ended();
}

Async<std::string> Control::answer(std::string_view line) {
    Answer answer;
    try {
        const auto order = json::read<Order>(line);
        const auto command = order ? commands_.find(order->command) : commands_.end();
        answer = answer_of(
            command == commands_.end() ? not_found("The running server has no such command.")
                                       : co_await command->second(order->arguments.text)
        );
    } catch (const std::exception& problem) {
        answer.code = int(Code::unavailable);
        answer.message = problem.what();
    }
    co_return json::to_string(answer);
}

}  // namespace zoetrope::app

// For the tests of platform/http: a server with a route of each kind, and a client of raw bytes.
#pragma once

#include <gmock/gmock.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "platform/http/server.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::http::test_server {

using testing::HasSubstr;
using testing::StartsWith;

struct Note {
    std::string text;
    static constexpr std::string_view schema_name = "Note";
};
BOOST_DESCRIBE_STRUCT(Note, (), (text))

struct Deps {
    std::atomic<bool> endless_ended = false;  // the client of /endless was given up
    std::atomic<bool> waits_began = false;
    std::optional<Resolver<bool>> release{};  // lets /waits go on
};

inline Response hello(Deps&) { return {.content_type = "text/plain", .static_body = "hello"}; }
inline Result<Note> echo(Deps&, Body<Note> body) { return std::move(body.value); }
inline Async<Result<Note>> named(Deps&, Caller, Path<std::string> name) {
    co_return Note{name.value};
}
inline Async<Result<Note>> count(Deps&, Upload upload) {
    std::size_t bytes = 0;
    while (true) {
        CO_TRY(const std::string_view piece, co_await upload.source->read_some());
        if (piece.empty()) break;
        bytes += piece.size();
    }
    co_return Note{std::to_string(bytes)};
}
inline Async<void> two_pieces(BodyWriter& out) {
    co_await out.write("one ");
    co_await out.write("two");
}
inline Response stream(Deps&) {
    Response response{.content_type = "text/plain"};
    response.stream = two_pieces;
    return response;
}
inline Response endless(Deps& deps) {
    Response response{.content_type = "text/plain"};
    response.stream = [&deps](BodyWriter& out) -> Async<void> {
        while (co_await out.write(std::string(64 * 1024, 'x'))) {
        }
        deps.endless_ended = true;
        deps.endless_ended.notify_all();
    };
    return response;
}
inline Async<Result<Note>> waits(Deps& deps) {
    co_await wait_for<bool>([&](Resolver<bool> done) {
        deps.release.emplace(std::move(done));
        deps.waits_began = true;
        deps.waits_began.notify_all();
    });
    co_return Note{"waited"};
}
inline Result<Note> broken(Deps&) { throw std::runtime_error("a secret detail"); }
inline Result<Note> long_text(Deps&) { return Note{std::string(4000, 'x')}; }

class NoCallers final : public Authenticator {
  public:
    std::optional<Result<Caller>> known(const Request& request) override {
        if (request.header("X-Test-User").empty())
            return failure(Code::unauthenticated, "Who are you?");
        return Caller{local_user};
    }
    Async<Result<Caller>> find(const Request&) override { co_return Caller{local_user}; }
};

// One connection, kept open.
class Client {
  public:
    explicit Client(std::uint16_t port) {
        socket_.connect({asio::ip::make_address("127.0.0.1"), port});
    }
    // From another address of this machine.
    Client(const std::string& from, std::uint16_t port) {
        socket_.open(asio::ip::tcp::v4());
        socket_.bind({asio::ip::make_address(from), 0});
        socket_.connect({asio::ip::make_address("127.0.0.1"), port});
    }
    void send(const std::string& bytes) { asio::write(socket_, asio::buffer(bytes)); }
    // Up to and with `end`; what there was when the server closed before.
    std::string receive(const std::string& end) {
        std::string answer;
        boost::system::error_code closed;
        asio::read_until(socket_, asio::dynamic_buffer(answer), end, closed);
        return answer;
    }

  private:
    asio::io_context io_;
    asio::ip::tcp::socket socket_{io_};
};

class HttpTest : public testing::Test {
  protected:
    void SetUp() override {
        router_.get<&hello>("/api/v1/hello", deps_);
        router_.post<&echo>("/api/v1/echo", deps_, {.body_bytes_max = 1000});
        router_.post<&echo>("/api/v1/large", deps_, {.body_bytes_max = 300'000});
        router_.get<&named>("/api/v1/names/{name}", deps_);
        router_.post<&count>("/api/v1/count", deps_, {.body_bytes_max = 300'000});
        router_.get<&stream>("/api/v1/stream", deps_);
        router_.get<&endless>("/api/v1/endless", deps_);
        router_.get<&waits>("/api/v1/waits", deps_);
        router_.get<&broken>("/api/v1/broken", deps_);
        router_.get<&long_text>("/api/v1/long", deps_);
        router_.freeze();
        config_.port = 0;
        Limits& limits = config_.limits;
        for (std::chrono::seconds* each :
             {&limits.header_read, &limits.body_read, &limits.idle, &limits.write, &limits.linger})
            *each = std::chrono::seconds(1);
        limits.connections_max = limits.connections_per_address = 8;
        config_.rules.cors_origins = {parse_origin("https://app.example").value()};
        config_.rules.public_hosts = {"zoetrope.example"};
        change(limits);
        server_ = std::make_unique<Server>(config_, io_.threads(), router_, callers_);
        ASSERT_TRUE(server_->listen());
        server_->start();
    }
    void TearDown() override {
        if (server_) server_->stop();
    }

    // Of the limits, for the tests of a fixture.
    virtual void change(Limits&) {}

    // Sends raw bytes and reads until the server closes.
    std::string talk(const std::string& bytes) {
        asio::io_context io;
        asio::ip::tcp::socket socket(io);
        socket.connect({asio::ip::make_address("127.0.0.1"), server_->port()});
        asio::write(socket, asio::buffer(bytes));
        std::string answer;
        boost::system::error_code end;
        asio::read(socket, asio::dynamic_buffer(answer), end);
        return answer;
    }
    std::string ask(
        const std::string& line, const std::string& headers = "", const std::string& body = ""
    ) {
        return talk(
            line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n" + body
        );
    }
    std::string post_json(
        const std::string& path, const std::string& body, const std::string& more = ""
    ) {
        const std::string length = std::to_string(body.size());
        return ask(
            "POST " + path,
            "Content-Type: application/json\r\nContent-Length: " + length + "\r\n" + more,
            body
        );
    }

    test::Io io_;
    Deps deps_;
    NoCallers callers_;
    Router router_{1};
    ServerConfig config_;
    std::unique_ptr<Server> server_;
};

}  // namespace zoetrope::http::test_server

namespace zoetrope::http {
using test_server::Client;
using test_server::HttpTest;
using testing::HasSubstr;
using testing::StartsWith;
}  // namespace zoetrope::http

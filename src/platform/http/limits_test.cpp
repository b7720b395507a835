// What a client may take of the server, in bytes and in time.
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/http_server.hpp"

namespace zoetrope::http {
namespace {

TEST_F(HttpTest, bounds_headers_and_addresses) {
    EXPECT_THAT(
        ask("GET /api/v1/hello", "X-Long: " + std::string(20'000, 'a') + "\r\n"), HasSubstr("431")
    );
    EXPECT_THAT(ask("GET /" + std::string(9'000, 'a')), HasSubstr("414"));
    std::string many;
    for (int i = 0; i < 200; ++i) many += "X-H: 1\r\n";
    EXPECT_THAT(ask("GET /api/v1/hello", many), HasSubstr("431"));
    EXPECT_THAT(talk("nonsense\r\n\r\n"), HasSubstr("400"));
}

TEST_F(HttpTest, ends_a_request_that_never_ends) {
    EXPECT_THAT(talk("GET /api/v1/hello HTTP/1.1\r\nHost: loc"), HasSubstr("408"));
}

TEST_F(HttpTest, ends_a_body_that_stalls) {
    EXPECT_THAT(
        talk("POST /api/v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
             "Content-Length: 50\r\n\r\n{\"text\":"),
        HasSubstr("408")
    );
}

TEST_F(HttpTest, ends_a_connection_that_stays_idle) {
    EXPECT_THAT(
        talk("GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n"), testing::EndsWith("hello")
    );
}

TEST_F(HttpTest, ends_an_answer_that_nobody_reads) {
    Client client(server_->port());
    client.send("GET /api/v1/endless HTTP/1.1\r\nHost: localhost\r\n\r\n");
    deps_.endless_ended.wait(false);  // its write fails once nothing was taken for a second
    EXPECT_TRUE(deps_.endless_ended);
}

TEST_F(HttpTest, closes_connections_beyond_the_limit_at_once) {
    std::vector<std::unique_ptr<Client>> open;
    for (std::size_t i = 0; i < config_.limits.connections_max; ++i) {
        open.push_back(std::make_unique<Client>(server_->port()));
        open.back()->send("GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
        EXPECT_THAT(open.back()->receive("hello"), HasSubstr("200"));
    }
    EXPECT_EQ(talk("GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n"), "");
    open.front()->send("GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(open.front()->receive("hello"), HasSubstr("200"));
}

TEST_F(HttpTest, lets_an_open_request_finish_when_it_stops) {
    Client client(server_->port());
    client.send("GET /api/v1/waits HTTP/1.1\r\nHost: localhost\r\n\r\n");
    deps_.waits_began.wait(false);
    const std::uint16_t port = server_->port();
    auto stopped = std::async(std::launch::async, [this] { server_->stop(); });
    const auto is_let_in = [port] {
        try {
            const Client another(port);
            return true;
        } catch (const boost::system::system_error&) {
            return false;
        }
    };
    while (is_let_in()) std::this_thread::yield();
    deps_.release->resolve(true);
    EXPECT_THAT(client.receive("waited"), HasSubstr("Connection: close"));
    stopped.get();
    server_.reset();
}

}  // namespace
}  // namespace zoetrope::http

// What a client may take of the server, in bytes and in time.
#include <chrono>
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

class PatientHttpTest : public HttpTest {
  protected:
    static constexpr std::size_t connections_max = 8;
    void change(Limits& limits) override {
        limits.idle = limits.body_read = std::chrono::seconds(30);
        limits.body_total = std::chrono::seconds(1);
        limits.connections_max = connections_max;
        limits.connections_per_address = connections_max - 1;
    }

    // Sends a byte now and then until the server has answered.
    static std::string drip(Client& client) {
        auto answer =
            std::async(std::launch::async, [&client] { return client.receive("\r\n\r\n"); });
        while (answer.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready)
            client.send("x");
        return answer.get();
    }
    static std::string upload(std::size_t bytes) {
        return "POST /api/v1/count HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
               std::to_string(bytes) + "\r\n\r\n";
    }
};

TEST_F(PatientHttpTest, ends_a_whole_body_that_drips) {
    Client client(server_->port());
    client.send(
        "POST /api/v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 900\r\n\r\n"
    );
    EXPECT_THAT(drip(client), HasSubstr("408"));
}

TEST_F(PatientHttpTest, closes_connections_of_an_address_that_has_its_share) {
    const std::string request = "GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::vector<std::unique_ptr<Client>> open;
    for (std::size_t i = 0; i < connections_max - 1; ++i) {
        open.push_back(std::make_unique<Client>(server_->port()));
        open.back()->send(request);
        EXPECT_THAT(open.back()->receive("hello"), HasSubstr("200"));
    }
    EXPECT_EQ(talk(request), "");
    Client other("127.0.0.2", server_->port());
    other.send(request);
    EXPECT_THAT(other.receive("hello"), HasSubstr("200"));
}

TEST_F(PatientHttpTest, closes_the_longest_idle_connection_for_a_new_one) {
    const std::string request = "GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\n";
    std::vector<std::unique_ptr<Client>> open;
    for (std::size_t i = 0; i < connections_max; ++i) {
        open.push_back(std::make_unique<Client>("127.0.0." + std::to_string(i + 2), server_->port())
        );
        open.back()->send(request + "\r\n");
        EXPECT_THAT(open.back()->receive("hello"), HasSubstr("200"));
    }
    std::string answer;
    while (answer.empty()) answer = talk(request + "Connection: close\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("200"));
}

class CrowdedHttpTest : public PatientHttpTest {
  protected:
    void change(Limits& limits) override {
        PatientHttpTest::change(limits);
        limits.body_total = limits.write = std::chrono::seconds(30);
        limits.bodies_bytes_max = 256 * 1024;
    }
    // The beginning of a whole body that is announced as much longer.
    std::unique_ptr<Client> stalled() {
        auto client = std::make_unique<Client>(server_->port());
        client->send(
            "POST /api/v1/large HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000\r\n"
            "Content-Type: application/json\r\n\r\n" +
            std::string(20'000, ' ')
        );
        return client;
    }
};

// Whoever stalls holds memory only as long as nobody else needs it, and a stream goes on with
// little.
TEST_F(CrowdedHttpTest, bounds_the_memory_of_whole_bodies_that_are_still_arriving) {
    Client stream(server_->port());
    stream.send(upload(9'000) + std::string(3'000, 'x'));
    const auto first = stalled();
    const auto second = stalled();
    const auto third = stalled();
    EXPECT_THAT(third->receive("\r\n\r\n"), HasSubstr("503"));
    std::string answer;
    while (!answer.contains("200 OK"))
        answer = post_json("/api/v1/large", R"({"text":")" + std::string(20'000, 'x') + "\"}");
    EXPECT_THAT(first->receive("\r\n\r\n"), HasSubstr("408"));
    stream.send(std::string(6'000, 'x'));
    EXPECT_THAT(stream.receive("\r\n\r\n"), HasSubstr("200 OK"));
}

class UnreadHttpTest : public HttpTest {
  protected:
    void change(Limits& limits) override {
        limits.write = std::chrono::seconds(30);
        limits.bodies_bytes_max = 100;  // of an unread piece some hundred bytes may be left
    }
};

// The endless route keeps what is left of a piece of 64 KiB waiting, of each of these.
TEST_F(UnreadHttpTest, closes_the_connection_of_a_client_that_leaves_most_unread) {
    const auto request = [](const std::string& path) {
        return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    };
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::unique_ptr<Client>> readers;
    for (int i = 0; i < 5; ++i) {
        readers.push_back(std::make_unique<Client>(server_->port()));
        readers.back()->send(request("/api/v1/endless"));
    }
    deps_.endless_ended.wait(false);
    EXPECT_LT(std::chrono::steady_clock::now() - began, config_.limits.write) << "it was late";
    EXPECT_THAT(ask("GET /api/v1/hello"), HasSubstr("200"));
}

class RatedHttpTest : public PatientHttpTest {
  protected:
    void change(Limits& limits) override { limits.rate_min = 1'000'000; }
};

TEST_F(RatedHttpTest, ends_an_upload_that_drips) {
    Client client(server_->port());
    client.send(upload(200'000));
    EXPECT_THAT(drip(client), HasSubstr("408"));
}

TEST_F(HttpTest, answers_in_utf8_what_is_none) {
    const std::string bytes = "\xff\xfe";
    EXPECT_THAT(
        post_json("/api/v1/echo", "{}", "Origin: " + bytes + "\r\n"),
        testing::AllOf(HasSubstr("403"), HasSubstr("\xef\xbf\xbd"), testing::Not(HasSubstr(bytes)))
    );
}

TEST_F(HttpTest, names_a_request_that_it_cannot_read) {
    EXPECT_THAT(talk("nonsense\r\n\r\n"), testing::Not(HasSubstr(R"("request_id":"")")));
    EXPECT_THAT(
        talk("GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\n\r\n"
             "nonsense\r\n\r\n"),
        testing::Not(HasSubstr(R"("request_id":"mine")"))
    );
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

// The server as a client meets it: raw bytes over a socket.
#include "platform/http/gzip.hpp"
#include "tests/support/http_server.hpp"

namespace zoetrope::http {
namespace {

TEST_F(HttpTest, answers_a_route_and_its_alias) {
    EXPECT_THAT(
        ask("GET /api/v1/hello"), testing::AllOf(StartsWith("HTTP/1.1 200 OK"), HasSubstr("hello"))
    );
    EXPECT_THAT(ask("GET /api/hello"), HasSubstr("hello"));
    const std::string head = ask("HEAD /api/hello");
    EXPECT_THAT(head, HasSubstr("Content-Length: 5"));
    EXPECT_THAT(head, testing::EndsWith("\r\n\r\n"));
}

TEST_F(HttpTest, says_what_is_not_there_and_what_is_not_accepted) {
    EXPECT_THAT(
        ask("GET /api/v1/nothing"),
        testing::AllOf(HasSubstr("404"), HasSubstr("application/problem+json"))
    );
    EXPECT_THAT(
        ask("DELETE /api/v1/hello"), testing::AllOf(HasSubstr("405"), HasSubstr("Allow: GET, HEAD"))
    );
    EXPECT_THAT(ask("GET /api/v1/names/a%ZZ", "X-Test-User: 1\r\n"), HasSubstr("404"));
}

TEST_F(HttpTest, takes_path_parts_decoded_and_callers_only_when_known) {
    EXPECT_THAT(
        ask("GET /api/v1/names/a%20b", "X-Test-User: 1\r\n"), HasSubstr(R"({"text":"a b"})")
    );
    EXPECT_THAT(ask("GET /api/v1/names/a"), HasSubstr("401"));
}

TEST_F(HttpTest, reads_json_bodies_and_names_what_is_wrong_with_them) {
    EXPECT_THAT(post_json("/api/v1/echo", R"({"text":"hi"})"), HasSubstr(R"({"text":"hi"})"));
    EXPECT_THAT(
        post_json("/api/v1/echo", R"({"text":5})"),
        testing::AllOf(HasSubstr("422"), HasSubstr(R"("field":"text")"))
    );
    EXPECT_THAT(post_json("/api/v1/echo", "{"), HasSubstr("400"));
    EXPECT_THAT(ask("POST /api/v1/echo", "Content-Length: 2\r\n", "{}"), HasSubstr("415"));
    EXPECT_THAT(
        post_json("/api/v1/echo", R"({"text":")" + std::string(2000, 'x') + "\"}"), HasSubstr("413")
    );
}

TEST_F(HttpTest, answers_pipelined_requests_in_order) {
    const std::string one = "GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ";
    const std::string answer = talk(
        one + "first\r\n\r\n" + one + "second\r\n\r\n" + one + "third\r\nConnection: close\r\n\r\n"
    );
    EXPECT_THAT(answer, testing::ContainsRegex("first(.|\n)*second(.|\n)*third"));
}

TEST_F(HttpTest, reads_chunked_bodies_and_the_request_behind_them) {
    const std::string answer = talk(
        "POST /api/v1/count HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nabcde\r\n10;x=y\r\n0123456789abcdef\r\n0\r\n\r\n"
        "GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    );
    EXPECT_THAT(answer, HasSubstr(R"({"text":"21"})"));
    EXPECT_THAT(answer, HasSubstr("hello"));
}

TEST_F(HttpTest, streams_bodies_in_up_to_the_route_limit) {
    const std::string fits(200'000, 'x');
    const std::string length = "Content-Length: " + std::to_string(fits.size()) + "\r\n";
    EXPECT_THAT(
        ask("POST /api/v1/count", length + "Expect: 100-continue\r\n", fits),
        HasSubstr(R"({"text":"200000"})")
    );
    EXPECT_THAT(ask("POST /api/v1/count", "Content-Length: 400000\r\n", "x"), HasSubstr("413"));
    std::string chunked;
    for (int i = 0; i < 40; ++i) chunked += "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
    EXPECT_THAT(
        ask("POST /api/v1/count", "Transfer-Encoding: chunked\r\n", chunked), HasSubstr("413")
    );
}

// Joined by the parser in a buffer of its own, they would point nowhere.
TEST_F(HttpTest, refuses_folded_fields_and_a_second_host) {
    EXPECT_THAT(ask("GET /api/v1/hello", "X-Long: a\r\n b\r\n"), HasSubstr("HTTP/1.1 400"));
    EXPECT_THAT(ask("GET /api/v1/hello", "X-Long: a\r\n\tb\r\n"), HasSubstr("HTTP/1.1 400"));
    EXPECT_THAT(ask("GET /api/v1/hello", "X-Empty:\r\n b\r\n"), HasSubstr("HTTP/1.1 400"));
    EXPECT_THAT(ask("GET /api/v1/hello", "X-Empty: \r\n\tb\r\n"), HasSubstr("HTTP/1.1 400"));
    EXPECT_THAT(ask("GET /api/v1/hello", "X-Empty:\r\n \r\n"), HasSubstr("HTTP/1.1 400"));
    EXPECT_THAT(ask("GET /api/v1/hello", "X-Empty:\r\n"), HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(ask("GET /api/v1/hello", "Host: evil.example\r\n"), HasSubstr("HTTP/1.1 400"));
}

// Sizes, extensions and trailers are no body, and still must end some day.
TEST_F(HttpTest, bounds_what_chunked_coding_wraps_around_a_body) {
    const std::string endless(1'000'000, 'a');
    for (const std::string& chunked : {"1;" + endless, "0\r\nx: " + endless}) {
        const std::string answer =
            ask("POST /api/v1/count", "Transfer-Encoding: chunked\r\n", chunked);
        EXPECT_THAT(answer, HasSubstr("HTTP/1.1 400")) << chunked.substr(0, 9);
    }
    std::string padded;
    for (int i = 0; i < 4000; ++i) padded += "1;" + std::string(1000, 'e') + "\r\nx\r\n";
    EXPECT_THAT(
        ask("POST /api/v1/count", "Transfer-Encoding: chunked\r\n", padded + "0\r\n\r\n"),
        HasSubstr("HTTP/1.1 400")
    );
}

// To a proxy that ends the line of a chunk at its first LF, what follows would be another request.
TEST_F(HttpTest, refuses_extensions_of_chunks_that_may_be_read_in_two_ways) {
    for (const std::string& extension : {"a=\"\nx\"", "a=\"x\ny\"", "a=\"\x01\"", "a=\"b\""}) {
        const std::string body = "2;" + extension + "\r\nab\r\n0\r\n\r\n";
        const auto answer = ask("POST /api/v1/count", "Transfer-Encoding: chunked\r\n", body);
        EXPECT_THAT(answer, HasSubstr("HTTP/1.1 400")) << extension;
    }
    const auto answer =
        ask("POST /api/v1/count", "Transfer-Encoding: chunked\r\n", "2;a=b\r\nab\r\n0\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
}

// What follows a chunked body must not move the header that the handler still reads.
TEST_F(HttpTest, keeps_the_header_while_a_pipelined_request_waits_behind_a_chunked_body) {
    const std::string request =
        "POST /api/v1/count HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nabcde\r\n0\r\n\r\n";
    std::string padding(9'000, 'x');  // more than the connection's first buffer
    const std::string last = "GET /api/v1/hello HTTP/1.1\r\nHost: localhost\r\nX-Pad: " + padding +
                             "\r\nConnection: close\r\n\r\n";
    const std::string answers = talk(request + request + last);
    const auto count = [&](std::string_view what) {
        std::size_t found = 0;
        for (std::size_t at = 0; (at = answers.find(what, at)) != std::string::npos; ++at) ++found;
        return found;
    };
    EXPECT_EQ(count(R"({"text":"5"})"), 2U) << answers;
    EXPECT_EQ(count("HTTP/1.1 200"), 3U);
}

// A client that only reads once it has sent everything must not find its connection reset.
TEST_F(HttpTest, hears_out_a_client_whose_body_it_refused) {
    const std::string body(8'000'000, 'x');
    const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    EXPECT_THAT(ask("POST /api/v1/count", length, body), HasSubstr("413"));
}

TEST_F(HttpTest, streams_bodies_out_chunked) {
    EXPECT_THAT(ask("GET /api/v1/stream"), HasSubstr("4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"));
}

TEST_F(HttpTest, compresses_long_text_when_asked) {
    const std::string answer = ask("GET /api/v1/long", "Accept-Encoding: gzip\r\n");
    EXPECT_THAT(answer, HasSubstr("Content-Encoding: gzip"));
    EXPECT_LT(answer.size(), 1000U);
    EXPECT_THAT(ask("GET /api/v1/long", "Accept-Encoding: gzip;q=0\r\n"), HasSubstr("xxxx"));
}

TEST_F(HttpTest, hides_the_details_of_its_own_failures) {
    const std::string answer = ask("GET /api/v1/broken");
    EXPECT_THAT(answer, HasSubstr("500"));
    EXPECT_THAT(answer, testing::Not(HasSubstr("secret")));
}

TEST_F(HttpTest, answers_only_for_its_own_names) {
    EXPECT_THAT(
        talk("GET /api/v1/hello HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
        HasSubstr("421")
    );
    EXPECT_THAT(
        talk("GET /api/v1/hello HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\nConnection: "
             "close\r\n\r\n"),
        HasSubstr("421")
    );
    EXPECT_THAT(
        talk("GET /api/v1/hello HTTP/1.1\r\nHost: zoetrope.example:80\r\nConnection: close\r\n\r\n"
        ),
        HasSubstr("200")
    );
    EXPECT_THAT(talk("GET /api/v1/hello HTTP/1.1\r\nConnection: close\r\n\r\n"), HasSubstr("400"));
}

TEST_F(HttpTest, lets_no_other_site_change_anything) {
    const std::string body = R"({"text":"hi"})";
    EXPECT_THAT(
        post_json("/api/v1/echo", body, "Origin: https://evil.example\r\n"), HasSubstr("403")
    );
    EXPECT_THAT(
        post_json("/api/v1/echo", body, "Sec-Fetch-Site: cross-site\r\n"), HasSubstr("403")
    );
    EXPECT_THAT(post_json("/api/v1/echo", body, "Origin: null\r\n"), HasSubstr("403"));
    // What is shown of it is text, whatever it was.
    for (const std::string& header : {"Origin", "Sec-Fetch-Site"}) {
        EXPECT_THAT(
            post_json("/api/v1/echo", body, header + ": a\xff\xfe\r\n"),
            testing::AllOf(HasSubstr("403"), HasSubstr("a\ufffd\ufffd"))
        );
    }
    EXPECT_THAT(
        post_json(
            "/api/v1/echo", body, "Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n"
        ),
        HasSubstr("200")
    );
}

TEST_F(HttpTest, lets_invited_origins_in) {
    const std::string origin = "Origin: https://app.example\r\n";
    EXPECT_THAT(
        post_json("/api/v1/echo", R"({"text":"hi"})", origin),
        testing::AllOf(
            HasSubstr("200"), HasSubstr("Access-Control-Allow-Origin: https://app.example")
        )
    );
    const std::string preflight =
        ask("OPTIONS /api/v1/echo", origin + "Access-Control-Request-Method: POST\r\n");
    EXPECT_THAT(
        preflight, testing::AllOf(HasSubstr("204"), HasSubstr("Access-Control-Allow-Methods: POST"))
    );
}

TEST_F(HttpTest, matches_paths_in_their_normal_form) {
    for (const char* path :
         {"/api/v1/hello",
          "/api/v1/h%65llo",
          "//api//v1/hello",
          "/api/./v1/x/../hello",
          "/%61pi/v1/hello",
          "/../api/v1/hello"})
        EXPECT_THAT(ask("GET " + std::string(path)), HasSubstr("200 OK")) << path;
    for (const char* path : {"/api/v1%2fhello", "/api/v1/hello/..", "/api/v1/%68%"})
        EXPECT_THAT(ask("GET " + std::string(path)), HasSubstr("404")) << path;
}

TEST_F(HttpTest, takes_targets_as_proxies_are_sent_them) {
    EXPECT_THAT(ask("GET http://localhost/api/v1/hello"), HasSubstr("200 OK"));
    EXPECT_THAT(ask("GET HTTP://zoetrope.example:8080/api/v1/hello"), HasSubstr("200 OK"));
    EXPECT_THAT(ask("GET http://evil.example/api/v1/hello"), HasSubstr("421"))
        << "whatever Host says";
    for (const char* target :
         {"GET http:///x",
          "GET http://a@localhost/api/v1/hello",
          "GET ftp://localhost/",
          "GET x",
          "GET *"})
        EXPECT_THAT(ask(target), HasSubstr("400")) << target;
    EXPECT_THAT(
        ask("OPTIONS *"), testing::AllOf(HasSubstr("204"), HasSubstr("Allow: GET, HEAD, POST"))
    );
    EXPECT_THAT(ask("OPTIONS http://localhost"), HasSubstr("204"));
    EXPECT_THAT(
        ask("OPTIONS /api/v1/hello"),
        testing::AllOf(HasSubstr("204"), HasSubstr("Allow: GET, HEAD, OPTIONS"))
    );
    EXPECT_THAT(ask("OPTIONS /api/v1/nothing"), HasSubstr("404"));
}

TEST_F(HttpTest, believes_what_a_browser_says_of_where_a_request_comes_from) {
    const auto post = [&](const std::string& headers) {
        return post_json("/api/v1/echo", R"({"text":"hi"})", headers);
    };
    EXPECT_THAT(post("Origin: https://studio.example\r\n"), HasSubstr("403"));
    EXPECT_THAT(
        post("Origin: https://studio.example\r\nSec-Fetch-Site: same-origin\r\n"),
        HasSubstr("200 OK")
    ) << "behind a proxy that changes Host";
    EXPECT_THAT(
        post("Origin: https://studio.example\r\nSec-Fetch-Site: cross-site\r\n"), HasSubstr("403")
    );
    EXPECT_THAT(post("Sec-Fetch-Site: cross-site\r\n"), HasSubstr("403"));
    EXPECT_THAT(post("Origin: null\r\n"), HasSubstr("403"));
    EXPECT_THAT(post("Origin: http://localhost:80\r\n"), HasSubstr("200 OK"));
    EXPECT_THAT(post("Origin: https://app.example:443\r\n"), HasSubstr("200 OK"));
}

TEST_F(HttpTest, refuses_forwarded_requests_while_it_is_local) {
    EXPECT_THAT(
        ask("GET /api/v1/hello", "X-Forwarded-For: 1.2.3.4\r\n"),
        testing::AllOf(HasSubstr("403"), HasSubstr("no accounts"))
    );
}

TEST_F(HttpTest, counts_by_route_and_status) {
    ask("GET /api/v1/hello");
    ask("GET /api/v1/broken");
    std::uint64_t good = 0, bad = 0;
    for (const RouteTotals& totals : router_.totals()) {
        if (totals.route == "/api/v1/hello") good = totals.by_status_class[1];
        if (totals.route == "/api/v1/broken") bad = totals.by_status_class[4];
    }
    EXPECT_EQ(good, 1U);
    EXPECT_EQ(bad, 1U);
}

TEST_F(HttpTest, says_that_the_port_is_taken) {
    ServerConfig same = config_;
    same.port = server_->port();
    Server second(same, io_.threads(), router_, callers_);
    const auto listening = second.listen();
    ASSERT_FALSE(listening);
    EXPECT_THAT(listening.error().message, HasSubstr("already in use"));
}

TEST_F(HttpTest, describes_itself) {
    const std::string page = router_.openapi("1");
    EXPECT_THAT(page, HasSubstr(R"("/api/v1/names/{name}")"));
    EXPECT_THAT(page, HasSubstr(R"("Note":{"type":"object")"));
}

}  // namespace
}  // namespace zoetrope::http

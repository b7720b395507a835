// bench_http PORT: GET /health and a JSON echo through the whole of platform/http, on one core.
#include <signal.h>

#include <cstdio>
#include <cstdlib>

#include "platform/http/server.hpp"

namespace {

using namespace zoetrope;

struct Order {
    std::string id;
    std::string customer;
    std::string note;
    int quantity = 0;
    double price = 0;
    bool express = false;
    std::vector<std::string> tags;
    static constexpr std::string_view schema_name = "Order";
};
BOOST_DESCRIBE_STRUCT(Order, (), (id, customer, note, quantity, price, express, tags))

struct Deps {};

http::Response health(Deps&) {
    return {.content_type = http::json_type, .static_body = R"({"status":"ok"})"};
}
Result<Order> echo(Deps&, http::Body<Order> body) { return std::move(body.value); }

class Nobody final : public http::Authenticator {
  public:
    std::optional<Result<http::Caller>> known(const http::Request&) override {
        return http::Caller{local_user};
    }
    Async<Result<http::Caller>> find(const http::Request&) override {
        co_return http::Caller{local_user};
    }
};

}  // namespace

int main(int, char** argv) {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    Deps deps;
    Nobody nobody;
    http::Router router(1);
    router.get<&health>("/health", deps);
    router.post<&echo>("/echo", deps);
    router.freeze();
    IoThreads threads(1);
    const http::ServerConfig config{.port = std::uint16_t(std::atoi(argv[1]))};
    http::Server server(config, threads, router, nobody);
    if (const auto listening = server.listen(); !listening) {
        std::fprintf(stderr, "%s\n", listening.error().message.c_str());
        return 1;
    }
    threads.start();
    server.start();
    int signal = 0;
    sigwait(&ending, &signal);
    server.stop();
    threads.stop();
}

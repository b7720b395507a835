// Bytes of a client to the whole server, over a real connection: header, body in either coding,
// JSON, multipart and routes. Whatever comes, every answer is HTTP, none is a 500, and the
// connection ends.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "platform/http/multipart.hpp"
#include "platform/http/server.hpp"

namespace zoetrope::http {
namespace {

struct Deps {};
struct Note {
    std::string text;
    std::optional<std::int64_t> number;
    static constexpr std::string_view schema_name = "Note";
};
BOOST_DESCRIBE_STRUCT(Note, (), (text, number))
struct Wanted {
    std::optional<std::string> q;
    std::int64_t limit = 50;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Wanted, (), (q, limit))

Note get(Deps&, Path<std::int64_t> id, Query<Wanted> query) {
    return {query.value.q.value_or(""), id.value};
}
Note post(Deps&, Body<Note> body, IdempotencyKey) { return body.value; }
Async<Result<Note>> waiting(Deps&, Body<Note> body, IfMatch match) {
    co_return Note{body.value.text, match.version};
}
Async<Result<Note>> upload(Deps&, Upload upload) {
    CO_TRY(Multipart form, Multipart::open(*upload.source, upload.content_type));
    Note note;
    while (true) {
        CO_TRY(const auto part, co_await form.next());
        if (!part) break;
        note.text += part->file_name;
        while (true) {
            CO_TRY(const auto piece, co_await form.read_some());
            if (piece.empty()) break;
        }
    }
    co_return note;
}

class Nobody final : public Authenticator {
  public:
    std::optional<Result<Caller>> known(const Request&) override { return Caller{local_user}; }
    Async<Result<Caller>> find(const Request&) override { co_return Caller{local_user}; }
};

// Runs as long as the process.
class Target {
  public:
    Target() {
        router_.get<&get>("/api/v1/notes/{id}", deps_);
        router_.post<&post>("/api/v1/notes", deps_, {.body_bytes_max = 4096});
        router_.put<&waiting>("/api/v1/notes", deps_, {.body_bytes_max = 4096});
        router_.post<&upload>("/api/v1/files", deps_, {.body_bytes_max = 64 * 1024});
        router_.freeze();
        config_.port = 0;
        server_ = std::make_unique<Server>(config_, threads_, router_, callers_);
        if (!server_->listen()) std::abort();
        threads_.start();
        server_->start();
    }
    std::string ask(std::string_view bytes) {
        const int client = ::socket(AF_INET, SOCK_STREAM, 0);
        const timeval patience{.tv_sec = 20, .tv_usec = 0};  // past every deadline but none
        ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(server_->port());
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(client, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) std::abort();
        if (::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) std::abort();
        ::shutdown(client, SHUT_WR);
        std::string said;
        char piece[4096];
        ssize_t got = 0;
        while ((got = ::recv(client, piece, sizeof piece, 0)) > 0)
            said.append(piece, std::size_t(got));
        if (got < 0 && errno == EAGAIN) std::abort();  // it never ended
        ::close(client);
        return said;
    }

    // What the server counted: its words may repeat the client's.
    bool has_failed() const {
        for (const RouteTotals& route : router_.totals())
            if (route.by_status_class[4] > 0) return true;
        return false;
    }

  private:
    Deps deps_;
    Nobody callers_;
    ServerConfig config_;
    IoThreads threads_{1};
    Router router_{1};
    std::unique_ptr<Server> server_;
};

}  // namespace
}  // namespace zoetrope::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static auto* target = new zoetrope::http::Target;
    const std::string said = target->ask({reinterpret_cast<const char*>(bytes), size});
    if (!said.empty() && !said.starts_with("HTTP/1.1 ")) std::abort();
    if (target->has_failed()) std::abort();
    return 0;
}

// One connection: reads requests, runs them one after the other, writes the answers. Private to the
// part.
//
//   reading header -> (reading body) -> handling -> writing -> reading header ...
//
// Requests that arrive together (pipelining) are answered with one write. Each phase has a
// deadline, checked by the server's sweep once a second: a timer per connection would cost more
// than the request.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "platform/http/browser_rules.hpp"
#include "platform/http/config.hpp"
#include "platform/http/parser.hpp"
#include "platform/http/request.hpp"
#include "platform/http/response.hpp"
#include "platform/http/router.hpp"
#include "platform/limits/turns_per_user.hpp"

namespace zoetrope::http {

using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

// What all connections of one core share.
struct CoreState {
    const Router& router;
    const Gate& gate;
    Authenticator& authenticator;
    const Limits& limits;
    unsigned core;
    bool draining = false;
    std::string date{};       // the Date header's value, made once a second
    std::string id_prefix{};  // of request ids; random per core and start
    std::string spare_out{};  // see Session::borrow_out
    std::uint64_t requests = 0;
    std::chrono::steady_clock::time_point now{};  // as of the last sweep
    std::size_t bodies_bytes = 0;                 // of bodies that are still arriving
    std::size_t strangers_bytes = 0;              // of those, without a caller
    std::size_t unread_bytes = 0;                 // of answers that clients have yet to take
    // Ends a request whose slow body holds more than so many bytes, of strangers' alone if asked.
    // False: there is none.
    std::function<bool(std::size_t, bool)> end_slow_body{};
    // Closes connections of clients that leave most unread, until the rest fits into its memory.
    std::function<void()> close_readers{};
    limits::TurnsPerUser* lists = nullptr;  // see RouteOptions::is_list
};

class Session final : public BodySource,
                      public BodyWriter,
                      public boost::intrusive::list_base_hook<> {
  public:
    Session(Socket socket, CoreState& core);
    // At its end, while what the core's connections share is still there.
    void give_back_memory();

    static Async<void> run(std::shared_ptr<Session> self);

    // For the sweep, on the core's own thread.
    void close_if_late(std::chrono::steady_clock::time_point now);
    void close_if_idle();  // draining: nobody waits for an answer here
    void close();
    // How long the connection has been without a whole request; negative: it has one.
    std::chrono::steady_clock::duration idle_for() const;
    // Memory of a body that is awaited and has come slowly so far; 0: there is none.
    std::size_t slow_bytes(bool of_strangers) const;
    void end_body();  // 408
    // What waits to be read by a client, of one that has taken a second or more if asked; 0:
    // nothing.
    std::size_t unread_bytes(bool of_slow) const;
    // Closes the connection; what it left unread counts no more.
    void drop_unread() {
        core_.unread_bytes -= std::exchange(unread_bytes_, 0);
        close();
    }
    bool is_from_proxy() const { return connection_.is_proxy; }
    const std::string& peer() const { return request_.peer; }

  private:
    enum class Phase : std::uint8_t { idle, header, body, handling, writing, lingering };

    Async<void> serve();
    Async<void> linger();
    bool has_room_for_header();
    bool took_header_bytes(const boost::system::error_code& error, std::size_t got);
    bool parse_header(std::size_t header_bytes);
    void name_request();
    void begin_request();
    Response route(const Endpoint*& endpoint);
    using MaybeCaller = std::optional<Result<Caller>>;
    MaybeCaller known_caller(const Endpoint& endpoint);
    bool has_what_is_read(const Endpoint& endpoint) const;
    Response answer_at_once(const Endpoint& endpoint, const Caller& caller);
    Async<Response> answer(const Endpoint& endpoint, MaybeCaller& caller);
    Async<Response> answer_when_read(const Endpoint& endpoint, MaybeCaller& caller);
    Response explain_exception(const Endpoint& endpoint);
    Async<Result<void>> read_body(std::size_t bytes_max);
    bool body_is_buffered() const;
    void take_buffered_body();
    Async<Result<std::string_view>> read_some() override;
    Async<Result<std::string_view>> read_chunked();
    Async<std::size_t> receive(char* to, std::size_t bytes);
    bool holds(std::size_t bytes);
    bool may_grow();
    void keep_unread(std::size_t bytes);
    std::uint64_t body_bytes() const;
    Async<bool> ask_again();  // false: `lost_` says why
    std::chrono::steady_clock::duration body_time_left() const;
    std::unexpected<Error> ended_early();
    Async<bool> finish_body();
    void take_back_feed();

    void render(Response& response, bool with_body);
    void render_head(const Response& response, std::optional<std::uint64_t> length, bool chunked);
    Async<bool> send_stream(Response& response);
    Async<bool> send_static(const Response& response);
    Async<bool> send_all(std::string_view bytes);
    Async<bool> write(std::string_view bytes) override;
    bool closing() const override { return core_.draining; }
    bool sent_at_once();
    Async<bool> flush();
    void borrow_out();
    void give_back_out();
    void enter(Phase phase);
    void log(const Endpoint* endpoint, int status, std::chrono::steady_clock::time_point began)
        const;

    static constexpr std::size_t in_bytes_first = 1024;
    static constexpr std::size_t piece_bytes_first = 4 * 1024;  // doubled while they come full
    static constexpr std::size_t piece_bytes = 64 * 1024;       // of a streamed body, either way
    static constexpr std::size_t drain_bytes_max =
        64 * 1024;  // of an unread body; past it, the connection ends
    static constexpr std::size_t kept_bytes_max = 16 * 1024;  // of a buffer, while nobody asks
    static constexpr std::size_t out_bytes_max = 64 * 1024;   // answered but unsent, before a write

    Socket socket_;
    CoreState& core_;
    Connection connection_;
    Request request_;
    std::optional<Parser> parser_;
    std::string in_;  // [begin_, end_) is received and not yet used
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::string feed_;  // body bytes of a stream or of chunked coding
    std::size_t feed_begin_ = 0;
    std::string body_;
    std::string out_;
    std::string id_;
    std::uint64_t body_left_ = 0;  // Content-Length coding: bytes still to come
    std::uint64_t body_seen_ = 0;
    std::uint64_t framing_seen_ = 0;  // chunked coding: with its sizes, extensions and trailers
    std::uint64_t stream_left_ = 0;   // of an answer whose length was announced
    std::uint64_t body_max_ = 0;
    std::uint64_t body_received_ = 0;                    // bytes, with their framing
    std::chrono::steady_clock::duration body_waited_{};  // without the wait that goes on
    std::chrono::steady_clock::time_point body_wait_began_{};
    std::size_t piece_bytes_ = piece_bytes_first;
    std::size_t held_bytes_ = 0;  // counted in CoreState::bodies_bytes
    bool held_by_stranger_ = false;
    std::size_t unread_bytes_ = 0;  // counted in CoreState::unread_bytes
    std::chrono::steady_clock::time_point unread_since_{};
    bool body_is_whole_ = false;  // read into memory before the handler runs
    bool is_crowded_ = false;     // no memory is left for this body
    const Endpoint* endpoint_ = nullptr;
    Caller* caller_ = nullptr;     // of the request, while it is handled; null: none is needed
    std::optional<Error> lost_{};  // why the caller may not go on
    bool chunked_in_ = false;
    bool body_done_ = true;
    bool wants_continue_ = false;
    bool keep_alive_ = false;
    bool chunked_out_ = false;
    bool late_ = false;
    bool unread_ = false;  // the client may still be sending what nobody will read
    Phase phase_ = Phase::idle;
    std::chrono::steady_clock::time_point deadline_{};
};

}  // namespace zoetrope::http

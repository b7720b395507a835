#include "platform/http/session.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

#include "platform/base/append_number.hpp"
#include "platform/base/unavailable.hpp"
#include "platform/http/browser_rules.hpp"
#include "platform/http/gzip.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::http {

namespace {

bool asks_for_upgrade_of_h2(std::string_view text) { return text.starts_with("PRI * HTTP/2"); }

// A request id of the client's is kept when it is short and plain, so that its own log and ours
// meet.
bool is_plain_id(std::string_view id) {
    return !id.empty() && id.size() <= 64 &&
           id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
           ) == std::string_view::npos;
}

}  // namespace

Session::Session(Socket socket, CoreState& core) : socket_(std::move(socket)), core_(core) {
    in_.resize(in_bytes_first);
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    request_.core = core.core;
    connection_.peer = socket_.remote_endpoint(ignored);
    connection_.own = socket_.local_endpoint(ignored);
    request_.peer = connection_.peer.address().to_string();
    connection_.is_proxy = core.gate.is_proxy(request_.peer);
    request_.connection = &connection_;
    enter(Phase::idle);
}

Async<void> Session::run(std::shared_ptr<Session> self) {
    co_await self->serve();
    boost::system::error_code ignored;
    self->socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    if (self->unread_) co_await self->linger();
    self->socket_.close(ignored);
}

// Closing on bytes that nobody read makes the kernel reset the connection, and the reset may
// overtake the answer that says what was wrong. So they are read and thrown away, for a while.
Async<void> Session::linger() {
    enter(Phase::lingering);
    feed_.resize(piece_bytes);
    while (true) {
        const auto [error, got] =
            co_await socket_.async_read_some(asio::buffer(feed_.data(), feed_.size()), with_error);
        if (error) co_return;
    }
}

Async<void> Session::serve() {
    while (true) {
        const std::string_view waiting(in_.data() + begin_, end_ - begin_);
        const std::size_t header_end = waiting.find("\r\n\r\n");
        if (header_end == std::string_view::npos || out_.size() > out_bytes_max) {
            if (!out_.empty() && !sent_at_once() && !co_await flush()) co_return;
            if (phase_ == Phase::writing) enter(end_ > begin_ ? Phase::header : Phase::idle);
            if (header_end == std::string_view::npos) {
                if (!has_room_for_header()) break;
                const auto [error, got] = co_await socket_.async_read_some(
                    asio::buffer(in_.data() + end_, in_.size() - end_), with_error
                );
                if (!took_header_bytes(error, got)) break;
                continue;
            }
        }
        const auto began = std::chrono::steady_clock::now();
        if (!parse_header(header_end + 4)) break;
        begin_request();
        enter(Phase::handling);
        const Endpoint* endpoint = nullptr;
        limits::Quota quota;
        request_.quota = &quota;
        Response response = route(endpoint);
        MaybeCaller caller;
        body_is_whole_ = endpoint && endpoint->reads_body;
        endpoint_ = endpoint;
        caller_ = nullptr;
        if (endpoint) {
            body_max_ = endpoint->options.body_bytes_max;
            quota = endpoint->take_quota(request_);
            caller = quota.allowed ? known_caller(*endpoint)
                                   : MaybeCaller(std::unexpected(limits::too_many(quota)));
            if (caller && *caller && endpoint->who != Who::anyone) caller_ = &**caller;
            if (caller && !*caller) {
                response = problem(caller->error(), id_);
            } else if (caller && endpoint->sync && has_what_is_read(*endpoint)) {
                response = answer_at_once(*endpoint, **caller);
            } else {
                try {
                    response = co_await answer(*endpoint, caller);
                } catch (...) {
                    response = explain_exception(*endpoint);
                }
            }
        }
        if (quota.limit > 0) set_quota(response, quota);
        core_.gate.add_cors(request_, response);
        const int status = response.status;
        // Body bytes that nobody read would be taken for the next request.
        if (!body_done_ && !co_await finish_body()) {
            keep_alive_ = false;
            unread_ = true;
        }
        if (core_.draining) keep_alive_ = false;
        const bool with_body = request_.method != Method::head;
        bool sent = true;
        if (response.stream) {
            sent = co_await send_stream(response);
        } else if (with_body && response.static_body.size() > out_bytes_max) {
            sent = co_await send_static(response);
        } else {
            render(response, with_body);
        }
        caller_ = nullptr;
        if (endpoint) {
            const auto took = std::chrono::steady_clock::now() - began;
            core_.router.counters(*endpoint, core_.core)
                .count(
                    status,
                    std::uint64_t(std::chrono::duration_cast<std::chrono::microseconds>(took).count(
                    ))
                );
        }
        log(endpoint, status, began);
        if (!sent || !keep_alive_) break;
        take_back_feed();
        for (std::string* buffer : {&body_, &feed_})
            if (buffer->capacity() > kept_bytes_max) std::string().swap(*buffer);
        holds(0);
        enter(Phase::idle);
    }
    co_await flush();
}

// The endpoint of the request, or the response that takes its place.
Response Session::route(const Endpoint*& endpoint) {
    request_.client = core_.gate.client(request_);
    if (auto refused = core_.gate.refuse(request_); refused && !core_.router.is_probe(request_))
        return std::move(*refused);
    request_.needs_local_session = core_.gate.needs_local_session(request_);
    if (request_.method == Method::options) {
        const std::string allowed = core_.router.allowed(request_.path);
        if (auto invited = core_.gate.preflight(request_, allowed)) return std::move(*invited);
        if (!allowed.empty()) {
            Response response{.status = 204};
            response.set("Allow", allowed + ", OPTIONS");
            return response;
        }
    }
    Router::Match match = core_.router.match(request_);
    endpoint = match.endpoint;
    return std::move(match.otherwise);
}

// Who asks, where that can be said without waiting, and whether this is for them. Before the body
// is read: a stranger's is not.
Session::MaybeCaller Session::known_caller(const Endpoint& endpoint) {
    if (endpoint.who == Who::anyone ||
        (endpoint.options.open_to_this_machine && core_.gate.is_from_this_machine(request_)))
        return Caller{};
    MaybeCaller caller = core_.authenticator.known(request_);
    if (!caller || !*caller) return caller;
    if (const auto admitted = admit(endpoint, **caller, body_bytes()); !admitted)
        return std::unexpected(admitted.error());
    return caller;
}

bool Session::has_what_is_read(const Endpoint& endpoint) const {
    return !endpoint.reads_body || body_is_buffered();
}

// Most requests wait for nothing, so they cost no coroutine.
Response Session::answer_at_once(const Endpoint& endpoint, const Caller& caller) {
    if (endpoint.reads_body) take_buffered_body();
    try {
        return endpoint.sync(endpoint.deps, request_, caller);
    } catch (...) {
        return explain_exception(endpoint);
    }
}

// Of the others most wait for nothing but what the handler waits for: they cost one, the handler's.
Async<Response> Session::answer(const Endpoint& endpoint, MaybeCaller& caller) {
    if (!caller || endpoint.sync || endpoint.options.is_list || !has_what_is_read(endpoint))
        return answer_when_read(endpoint, caller);
    if (endpoint.reads_body) take_buffered_body();
    return endpoint.waiting(endpoint.deps, request_, **caller);
}

Async<Response> Session::answer_when_read(const Endpoint& endpoint, MaybeCaller& caller) {
    if (!caller) {
        caller = co_await core_.authenticator.find(request_);
        if (!*caller) co_return problem(caller->error(), id_);
        if (const auto admitted = admit(endpoint, **caller, body_bytes()); !admitted)
            co_return problem(admitted.error(), id_);
        caller_ = &**caller;
    }
    if (endpoint.reads_body) {
        if (const auto read = co_await read_body(body_max_); !read)
            co_return problem(read.error(), id_);
    }
    if (endpoint.sync) co_return endpoint.sync(endpoint.deps, request_, **caller);
    std::optional<limits::TurnsPerUser::Place> place;
    if (endpoint.options.is_list) place.emplace(co_await core_.lists->take((*caller)->user));
    Response response = co_await endpoint.waiting(endpoint.deps, request_, **caller);
    if (place) place->note(response.body.size());
    co_return response;
}

// The one place where an exception becomes an answer. To be called while one is being handled.
Response Session::explain_exception(const Endpoint& endpoint) {
    try {
        throw;
    } catch (const Refusal& refusal) {
        return problem(refusal.error, id_);
    } catch (const Unavailable& error) {
        telemetry::warn("request {} could not be served: {}", id_, error.what());
        Error away{.code = Code::unavailable, .message = error.shown};
        away.retry_after_s = 1;
        return problem(away, id_);
    } catch (const std::exception& error) {
        telemetry::error(
            "request {} failed: {} {}: {}",
            id_,
            endpoint.pattern,
            typeid(error).name(),
            error.what()
        );
        return problem(
            500,
            "Something went wrong on the server. The log has the details under this request id.",
            id_
        );
    }
}

// The two halves around a read of header bytes, which is no coroutine of its own: every idle
// connection would keep its frame, cold when the request comes. False: the connection ends, after
// the answer in out_ that says why.
bool Session::has_room_for_header() {
    if (begin_ > 0) {  // only what is unread moves: to touch all of the buffer costs cache lines
        std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        if (end_ <= in_bytes_first) in_.resize(in_bytes_first);
    }
    if (end_ >= core_.limits.header_bytes_max) {
        name_request();
        Response response = problem(
            431,
            "The request header is larger than " + std::to_string(core_.limits.header_bytes_max) +
                " bytes.",
            id_
        );
        keep_alive_ = false;
        unread_ = true;
        render(response, true);
        return false;
    }
    if (end_ == in_.size()) in_.resize(std::min(in_.size() * 2, core_.limits.header_bytes_max));
    if (end_ > 0 && phase_ == Phase::idle) enter(Phase::header);
    return true;
}

bool Session::took_header_bytes(const boost::system::error_code& error, std::size_t got) {
    if (error) {
        if (late_ && end_ > 0) {
            name_request();
            Response response = problem(408, "The request came too slowly.", id_);
            keep_alive_ = false;
            render(response, true);
        }
        return false;
    }
    if (end_ == 0) enter(Phase::header);
    end_ += got;
    return true;
}

void Session::name_request() {
    append_number(id_.assign(core_.id_prefix), ++core_.requests, 36);
    request_.request_id = id_;
}

// False when the connection cannot go on; the answer that says why is in out_.
bool Session::parse_header(std::size_t header_bytes) {
    name_request();
    request_.headers.clear();
    request_.body = {};
    parser_.emplace(request_, core_.limits.header_bytes_max, core_.limits.headers_max);
    boost::system::error_code error;
    const char* header = in_.data() + begin_;
    keep_alive_ = false;
    parser_->put_header({header, header_bytes}, error);
    if (!error && parser_->is_header_done() &&
        request_.target.size() <= core_.limits.target_bytes_max && split_target(request_)) {
        begin_ += header_bytes;
        return true;
    }
    int status = 400;
    std::string why = "The request is not valid HTTP/1.1.";
    if (error == boost::beast::http::error::header_limit) {
        status = 431;
        why = "The request has too many header fields.";
    } else if (!error && request_.target.size() > core_.limits.target_bytes_max) {
        status = 414;
        why = "The address is longer than " + std::to_string(core_.limits.target_bytes_max) +
              " bytes.";
    } else if (asks_for_upgrade_of_h2({header, header_bytes})) {
        why = "This server speaks HTTP/1.1; put a proxy before it for HTTP/2.";
    }
    Response response = problem(status, why, id_);
    render(response, true);
    unread_ = true;
    return false;
}

void Session::begin_request() {
    keep_alive_ = parser_->keep_alive();
    chunked_in_ = parser_->chunked();
    request_.content_length.reset();
    if (const auto length = parser_->content_length()) request_.content_length = *length;
    body_left_ = request_.content_length.value_or(0);
    body_done_ = !chunked_in_ && body_left_ == 0;
    body_seen_ = 0;
    framing_seen_ = 0;
    body_received_ = 0;
    body_waited_ = {};
    lost_.reset();
    late_ = false;
    request_.stream = this;
    wants_continue_ = equal_ignoring_case(request_.header(Field::expect), "100-continue");
    if (chunked_in_) {  // the decoder reads from feed_, because it may need to move bytes
        feed_.assign(in_, begin_, end_ - begin_);
        feed_begin_ = 0;
        end_ = begin_;
    }
    if (const std::string_view given = request_.header("X-Request-Id"); is_plain_id(given)) {
        id_.assign(given);
        request_.request_id = id_;
    }
}

void Session::log(const Endpoint* endpoint, int status, std::chrono::steady_clock::time_point began)
    const {
    // What limits cause (503, 507) a stranger could cause without end; it is counted by the
    // metrics.
    const bool is_failure = status >= 500 && status != 503 && status != 507;
    if (!telemetry::is_on(telemetry::Level::debug) && !is_failure) return;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - began
    );
    telemetry::write(
        is_failure ? telemetry::Level::warn : telemetry::Level::debug,
        "{} {} {} {} us, request {}",
        std::string_view(
            boost::beast::http::to_string(request_.method).data(),
            boost::beast::http::to_string(request_.method).size()
        ),
        endpoint ? std::string_view(endpoint->pattern) : request_.path,
        status,
        took.count(),
        id_
    );
}

}  // namespace zoetrope::http

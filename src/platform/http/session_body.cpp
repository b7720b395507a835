// The body half of a session: Content-Length and chunked coding, whole or as a stream.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "platform/base/time.hpp"
#include "platform/http/session.hpp"

namespace zoetrope::http {

namespace {

std::unexpected<Error> too_large(std::uint64_t bytes_max) {
    return failure(
        Code::too_large,
        "The body is larger than this address accepts (" + std::to_string(bytes_max) + " bytes)."
    );
}

}  // namespace

// Whole, and not too large.
bool Session::body_is_buffered() const {
    return !chunked_in_ && body_left_ <= std::min<std::uint64_t>(end_ - begin_, body_max_);
}

// Where it lies: nothing is read before the answer.
void Session::take_buffered_body() {
    request_.body = {in_.data() + begin_, std::size_t(body_left_)};
    begin_ += body_left_;
    body_left_ = 0;
    body_done_ = true;
}

Async<Result<void>> Session::read_body(std::size_t bytes_max) {
    if (body_left_ > bytes_max) {
        co_return too_large(bytes_max);
    }
    body_.clear();
    // A length is a promise, which gets no more than one piece before anything has come.
    body_.reserve(std::min<std::uint64_t>(piece_bytes_first, body_left_));
    while (true) {
        CO_TRY(const std::string_view piece, co_await read_some());
        if (piece.empty()) break;
        // Doubled as it comes, but never past what was announced.
        const std::size_t whole = body_.size() + piece.size() + body_left_;
        if (body_.size() + piece.size() > body_.capacity() && !chunked_in_)
            body_.reserve(std::min(whole, 2 * (body_.size() + piece.size())));
        body_.append(piece);
    }
    request_.body = body_;
    co_return Result<void>{};
}

Async<std::size_t> Session::receive(char* to, std::size_t bytes) {
    if (!out_.empty() && !sent_at_once() && !co_await flush()) co_return 0;
    // A stream goes on with the piece that it has; a whole body needs all of its memory.
    is_crowded_ = !holds(body_.capacity() + feed_.capacity()) && body_is_whole_;
    if (is_crowded_) co_return 0;
    enter(Phase::body);
    body_wait_began_ = core_.now;
    const auto [error, got] = co_await socket_.async_read_some(asio::buffer(to, bytes), with_error);
    body_waited_ += core_.now - body_wait_began_;
    enter(Phase::handling);
    if (error) co_return 0;
    if (!co_await ask_again()) co_return 0;
    body_received_ += got;
    // Memory is given to bodies that come: one that stalls holds the first piece's.
    if (got == bytes && may_grow()) piece_bytes_ = std::min(piece_bytes_ * 2, piece_bytes);
    co_return got;
}

// As announced; chunked: the most that may come.
std::uint64_t Session::body_bytes() const { return chunked_in_ ? body_max_ : body_left_; }

// A caller was let in before the body, which may take its time: access that ends meanwhile has
// ended.
Async<bool> Session::ask_again() {
    if (!caller_) co_return true;
    // A key is good as long as it says. An access token is so only to begin with: a browser renews
    // it beside a long download.
    const bool is_over =
        !caller_->session && caller_->good_until && *caller_->good_until <= SystemClock().now();
    if (!is_over && !caller_->is_changed()) co_return true;
    auto again = co_await core_.authenticator.find(request_);
    const auto admitted = again ? admit(*endpoint_, *again, 0) : std::unexpected(again.error());
    if (!admitted) {
        lost_ = admitted.error();
        co_return false;
    }
    *caller_ = *std::move(again);
    co_return true;
}

bool Session::may_grow() {
    return core_.bodies_bytes + piece_bytes <= core_.limits.bodies_bytes_max;
}

// Whether the body may take so many bytes of memory, in place of what it had. When all is taken, a
// slow body that holds more than is asked for loses its own. Bodies without a caller have a part of
// the memory, so that nobody who has not signed in keeps out who has.
bool Session::holds(std::size_t bytes) {
    constexpr std::size_t strangers_part = 4;
    if (held_bytes_ == 0) held_by_stranger_ = caller_ == nullptr;
    const std::size_t all = held_by_stranger_ ? core_.strangers_bytes : core_.bodies_bytes;
    const std::size_t most =
        core_.limits.bodies_bytes_max / (held_by_stranger_ ? strangers_part : 1);
    if (bytes > held_bytes_ && all - held_bytes_ + bytes > most &&
        !core_.end_slow_body(bytes - held_bytes_, held_by_stranger_))
        return false;
    core_.bodies_bytes += bytes - held_bytes_;
    if (held_by_stranger_) core_.strangers_bytes += bytes - held_bytes_;
    held_bytes_ = bytes;
    return true;
}

void Session::give_back_memory() {
    holds(0);
    keep_unread(0);
}

// Nothing came: the client ended the connection, or let the body's deadline pass.
std::unexpected<Error> Session::ended_early() {
    keep_alive_ = false;
    body_done_ = true;
    if (lost_) {
        unread_ = true;
        return std::unexpected(*std::exchange(lost_, std::nullopt));
    }
    if (is_crowded_) {
        unread_ = true;
        Error busy{
            .code = Code::unavailable,
            .message = "The server is receiving as many request bodies as it can hold. Try again."
        };
        busy.retry_after_s = 1;
        return std::unexpected(std::move(busy));
    }
    if (late_) return failure(Code::too_slow, "The request's body came too slowly.");
    return failure(Code::malformed, "The connection ended before the whole body arrived.");
}

Async<Result<std::string_view>> Session::read_some() {
    if (body_done_) co_return std::string_view{};
    if (!chunked_in_ && body_left_ > body_max_) {
        co_return too_large(body_max_);
    }
    if (wants_continue_) {
        wants_continue_ = false;
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    if (chunked_in_) co_return co_await read_chunked();
    if (begin_ < end_) {
        const std::size_t bytes = std::min<std::uint64_t>(end_ - begin_, body_left_);
        const std::string_view piece(in_.data() + begin_, bytes);
        begin_ += bytes;
        body_left_ -= bytes;
        body_done_ = body_left_ == 0;
        co_return piece;
    }
    // No more than can come: zeros are written to all of it first.
    feed_.resize(std::min<std::uint64_t>(piece_bytes_, body_left_));
    const std::size_t got = co_await receive(feed_.data(), feed_.size());
    if (got == 0) {
        co_return ended_early();
    }
    body_left_ -= got;
    body_done_ = body_left_ == 0;
    co_return std::string_view(feed_.data(), got);
}

Async<Result<std::string_view>> Session::read_chunked() {
    while (true) {
        boost::system::error_code error;
        std::size_t used = 0;
        if (feed_begin_ < feed_.size()) {
            used = parser_->put(
                asio::const_buffer(feed_.data() + feed_begin_, feed_.size() - feed_begin_), error
            );
            feed_begin_ += used;
            framing_seen_ += used;
        } else {
            error = boost::beast::http::error::need_more;
        }
        if (error && error != boost::beast::http::error::need_more) {
            keep_alive_ = false;
            body_done_ = true;
            co_return failure(Code::malformed, "The body's chunked coding is broken.");
        }
        const std::string_view piece = parser_->take_piece();
        body_done_ = parser_->is_done();
        body_seen_ += piece.size();
        if (body_seen_ > body_max_) {
            co_return too_large(body_max_);
        }
        // Sizes, extensions and trailers are not the body's, but they come for free to who sends.
        const std::size_t unread = feed_.size() - feed_begin_;
        if (framing_seen_ > 8 * body_max_ + drain_bytes_max ||
            (piece.empty() && !body_done_ && unread > core_.limits.header_bytes_max &&
             error == boost::beast::http::error::need_more)) {
            keep_alive_ = false;
            body_done_ = true;
            unread_ = true;
            co_return failure(Code::malformed, "The body's chunked coding is mostly not body.");
        }
        if (!piece.empty() || body_done_) co_return piece;
        if (error != boost::beast::http::error::need_more) continue;
        feed_.erase(0, feed_begin_);
        feed_begin_ = 0;
        const std::size_t kept = feed_.size();
        feed_.resize(kept + piece_bytes_);
        const std::size_t got = co_await receive(feed_.data() + kept, piece_bytes_);
        feed_.resize(kept + got);
        if (got == 0) {
            co_return ended_early();
        }
    }
}

// What came behind a chunked body is the next request. Not before this one is over: its header's
// fields point into in_.
void Session::take_back_feed() {
    if (!chunked_in_) return;
    in_.resize(begin_);
    in_.append(feed_, feed_begin_);
    end_ = in_.size();
    feed_.clear();
    feed_begin_ = 0;
}

// True when the connection stands at the start of the next request.
Async<bool> Session::finish_body() {
    if (wants_continue_ || body_left_ > drain_bytes_max) co_return false;
    body_max_ = body_seen_ + drain_bytes_max;
    while (!body_done_) {
        if (!co_await read_some()) co_return false;
    }
    co_return true;
}

}  // namespace zoetrope::http

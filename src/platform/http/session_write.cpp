// The writing half of a session: status line, headers and body into one reused string, and streams.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "platform/base/append_number.hpp"
#include "platform/http/gzip.hpp"
#include "platform/http/session.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::http {

namespace {

bool has_no_body(int status) { return status == 204 || status == 304; }

bool is_text(std::string_view type) {
    return type.starts_with("text/") || type.starts_with("application/json") ||
           type.starts_with("application/problem+json") || type.starts_with("image/svg");
}

}  // namespace

void Session::render_head(
    const Response& response, std::optional<std::uint64_t> length, bool chunked
) {
    borrow_out();
    if (response.status == 200) {
        out_ += "HTTP/1.1 200 OK\r\n";
    } else {
        out_ += "HTTP/1.1 ";
        append_number(out_, std::uint64_t(response.status));
        (out_ += ' ').append(reason_of(response.status)) += "\r\n";
    }
    out_.append("Date: ").append(core_.date).append("\r\n");
    if (!response.content_type.empty())
        out_.append("Content-Type: ").append(response.content_type).append("\r\n");
    if (length && !has_no_body(response.status)) {
        out_ += "Content-Length: ";
        append_number(out_, *length);
        out_ += "\r\n";
    }
    if (chunked) out_ += "Transfer-Encoding: chunked\r\n";
    if (!keep_alive_) {
        out_ += "Connection: close\r\n";
    } else if (request_.version < 11) {
        out_ += "Connection: keep-alive\r\n";
    }
    out_ += core_.gate.fixed_headers();
    if (!id_.empty()) out_.append("X-Request-Id: ").append(id_).append("\r\n");
    out_.append(response.headers).append("\r\n");
}

void Session::render(Response& response, bool with_body) {
    std::string_view body =
        response.body.empty() ? response.static_body : std::string_view(response.body);
    const Limits& limits = core_.limits;
    const bool is_worth_it = response.body.size() >= limits.gzip_bytes_min &&
                             response.body.size() <= limits.gzip_bytes_max;
    if (is_worth_it && is_text(response.content_type) &&
        accepts_gzip(request_.header(Field::accept_encoding))) {
        response.body = gzip(response.body);
        response.set("Content-Encoding", "gzip").set("Vary", "Accept-Encoding");
        body = response.body;
    }
    constexpr std::size_t head_bytes = 512;  // as most are; what does not fit makes it grow
    borrow_out();
    out_.reserve(out_.size() + head_bytes + response.headers.size() + body.size());
    render_head(response, body.size(), false);
    if (with_body && !has_no_body(response.status)) out_.append(body);
}

Async<bool> Session::send_stream(Response& response) {
    chunked_out_ = !response.stream_bytes && request_.version >= 11;
    if (!response.stream_bytes && !chunked_out_) keep_alive_ = false;
    render_head(response, response.stream_bytes, chunked_out_);
    if (request_.method == Method::head) co_return true;
    if (!co_await flush()) co_return false;
    enter(Phase::handling);
    stream_left_ = response.stream_bytes.value_or(0);
    try {
        co_await response.stream(*this);
    } catch (const std::exception& error) {
        // The status line is gone; a connection cut short is the only honest way left to say it.
        telemetry::error("stream of request {} broke: {}", id_, error.what());
        co_return false;
    }
    if (lost_) co_return false;  // cut short, as it is
    if (chunked_out_) out_ += "0\r\n\r\n";
    // Less than was announced would make the next answer part of this one.
    if (stream_left_ > 0) telemetry::error("stream of request {} ended early", id_);
    co_return co_await flush() && stream_left_ == 0 && (chunked_out_ || response.stream_bytes);
}

Async<bool> Session::write(std::string_view bytes) {
    if (bytes.empty()) co_return true;
    borrow_out();
    if (chunked_out_) {
        append_number(out_, bytes.size(), 16);
        (out_ += "\r\n").append(bytes) += "\r\n";
    } else {
        stream_left_ -= std::min<std::uint64_t>(stream_left_, bytes.size());
        out_.append(bytes);
    }
    const bool sent = co_await flush();
    enter(Phase::handling);
    // What a stream still has to say is not for whose access ended meanwhile.
    co_return sent&& co_await ask_again();
}

// Straight from where it is: nobody's reading slowly costs memory.
Async<bool> Session::send_static(const Response& response) {
    borrow_out();
    render_head(response, response.static_body.size(), false);
    co_return co_await flush() && co_await send_all(response.static_body);
}

// Nearly every answer fits into the socket's buffer, so nearly none costs a coroutine.
bool Session::sent_at_once() {
    boost::system::error_code error;
    const std::size_t sent = socket_.write_some(asio::buffer(out_), error);
    if (error || sent < out_.size()) {
        out_.erase(0, error ? 0 : sent);
        return false;
    }
    give_back_out();
    return true;
}

Async<bool> Session::flush() {
    if (out_.empty() || sent_at_once()) co_return true;
    enter(Phase::writing);
    keep_unread(out_.size());
    const bool sent = co_await send_all(out_);
    keep_unread(0);
    if (sent) {
        give_back_out();
    } else {
        std::string().swap(out_);
    }
    co_return sent;
}

Async<bool> Session::send_all(std::string_view bytes) {
    const Limits& limits = core_.limits;
    const auto end =
        core_.now + limits.write + std::chrono::seconds(bytes.size() / limits.rate_min);
    while (!bytes.empty()) {
        enter(Phase::writing);
        deadline_ = std::min(deadline_, end);
        const auto [failed, sent] =
            co_await socket_.async_write_some(asio::buffer(bytes.data(), bytes.size()), with_error);
        if (failed) co_return false;
        bytes.remove_prefix(sent);
    }
    co_return true;
}

// So many bytes wait for the client now. When that is more than there is memory for, slow clients
// that leave most unread lose their connections.
void Session::keep_unread(std::size_t bytes) {
    core_.unread_bytes += bytes - unread_bytes_;
    unread_bytes_ = bytes;
    unread_since_ = core_.now;
    if (bytes > 0 && core_.unread_bytes > core_.limits.bodies_bytes_max) core_.close_readers();
}

// Answers of one core are written through one buffer as long as none has to wait: it stays in the
// cache, and an idle connection holds none.
void Session::borrow_out() {
    if (out_.empty()) out_.swap(core_.spare_out);
}

void Session::give_back_out() {
    out_.clear();
    if (out_.capacity() > kept_bytes_max) std::string().swap(out_);
    if (out_.capacity() > core_.spare_out.capacity()) out_.swap(core_.spare_out);
}

}  // namespace zoetrope::http

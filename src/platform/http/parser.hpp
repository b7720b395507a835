// Beast's HTTP/1.1 parser, told to keep views instead of copies. Private to the part.
#pragma once

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>

#include "platform/http/request.hpp"

namespace zoetrope::http {

class Parser final : public boost::beast::http::basic_parser<true> {
  public:
    // `request` gets the start line and the headers; views point into the buffers given to put().
    Parser(Request& request, std::size_t header_bytes_max, std::size_t headers_max)
        : request_(request),
          headers_max_(headers_max) {
        header_limit(std::uint32_t(header_bytes_max));
        body_limit(boost::none);  // the session enforces the route's own limit
        eager(false);
    }

    void put_header(std::string_view header, boost::beast::error_code& error) {
        // A line that begins with a blank continues the value before it (obs-fold). RFC 9112 (5.2)
        // lets us refuse it; a joined value would lie in a buffer that is gone before it is read.
        if (header.find("\n ") != header.npos || header.find("\n\t") != header.npos) {
            error = boost::beast::http::error::bad_field;
            return;
        }
        put(boost::asio::const_buffer(header.data(), header.size()), error);
    }

    // The piece of chunked body that the last put() met; empty when it met none.
    std::string_view take_piece() { return std::exchange(piece_, {}); }

  private:
    using error_code = boost::beast::error_code;
    using view = boost::beast::string_view;
    static std::string_view std_view(view text) { return {text.data(), text.size()}; }

    void on_request_impl(Method method, view, view target, int version, error_code&) override {
        request_.version = unsigned(version);
        request_.method = method;
        request_.target = std_view(target);
    }
    void on_response_impl(int, view, int, error_code&) override {}
    void on_field_impl(Field field, view name, view value, error_code& error) override {
        if (in_body_) return;  // trailers say nothing we use
        if (request_.headers.size() == headers_max_) {
            error = boost::beast::http::error::header_limit;
            return;
        }
        // Where a body ends must be beyond doubt (RFC 9112, 6.1): one coding, said once, and not in
        // a version that does not know it.
        if (field == Field::transfer_encoding &&
            (transfer_coded_ || request_.version < 11 ||
             !equal_ignoring_case(std_view(value), "chunked"))) {
            error = boost::beast::http::error::bad_transfer_encoding;
            return;
        }
        transfer_coded_ |= field == Field::transfer_encoding;
        if (field == Field::host && std::exchange(has_host_, true)) {  // RFC 9112, 3.2
            error = boost::beast::http::error::bad_field;
            return;
        }
        request_.headers.push_back({field, std_view(name), std_view(value)});
    }
    void on_header_impl(error_code&) override { in_body_ = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(view body, error_code&) override { return body.size(); }
    // Nobody needs them, and a line end in a quoted one is the end of the line to some proxies.
    void on_chunk_header_impl(std::uint64_t, view extension, error_code& error) override {
        const auto is_odd = [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '"';
        };
        if (std::ranges::any_of(extension, is_odd))
            error = boost::beast::http::error::bad_chunk_extension;
    }
    std::size_t on_chunk_body_impl(std::uint64_t, view body, error_code&) override {
        piece_ = std_view(body);
        return body.size();
    }
    void on_finish_impl(error_code&) override {}

    Request& request_;
    std::size_t headers_max_;
    std::string_view piece_;
    bool in_body_ = false;
    bool transfer_coded_ = false;
    bool has_host_ = false;
};

}  // namespace zoetrope::http

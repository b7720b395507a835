// What a handler answers. Most handlers return a described struct or one of the small wrappers
// below; the router turns it into a Response. A Response is rendered into the connection's one
// output string.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/base/async.hpp"
#include "platform/base/result.hpp"
#include "platform/limits/sliding_window.hpp"

namespace zoetrope::http {

// Where a streamed body goes. Both return false once the client is gone: stop then.
class BodyWriter {
  public:
    virtual Async<bool> write(std::string_view bytes) = 0;
    virtual bool closing() const = 0;  // the server is draining: end soon

  protected:
    ~BodyWriter() = default;
};

using StreamBody = std::move_only_function<Async<void>(BodyWriter&)>;

struct Response {
    int status = 200;
    std::string_view content_type = {};  // must outlive the response: a literal, an embedded string
    std::string headers = {};            // further fields, each rendered as `Name: value\r\n`
    std::string body = {};
    // Used instead of `body` when that is empty; must outlive the server.
    std::string_view static_body = {};
    // Used instead of both. Its length when it is known; else it is sent chunked.
    StreamBody stream = {};
    std::optional<std::uint64_t> stream_bytes = {};

    Response& set(std::string_view name, std::string_view value) {
        if (headers.empty()) headers.reserve(128);  // of most
        ((headers.append(name) += ": ").append(value)) += "\r\n";
        return *this;
    }
};

template <class T>
struct Created {  // 201
    T value;
    std::string location{};
};
template <class T>
struct Accepted {  // 202
    T value;
    std::string location{};
};
struct NoContent {};  // 204

// An answer with header fields of its own, rendered as Response::headers are: cookies, quotas.
template <class T>
struct WithHeaders {
    T value;
    std::string headers{};
};

// With the ETag of the row's version, which If-Match compares.
template <class T>
struct Tagged {
    T value;
};

// A list with its next page: answers a JSON array and `Link: <...>; rel="next"`.
template <class T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next_cursor{};
};

inline constexpr std::string_view json_type = "application/json";

// RFC 9457 problem body for an error; `request_id` lets a person quote it.
Response problem(const Error& error, std::string_view request_id);
// RateLimit-Limit, -Remaining, -Reset (draft-ietf-httpapi-ratelimit-headers, the three fields).
void set_quota(Response& response, const limits::Quota& quota);
// For statuses that belong to the transport alone (405, 408, 414, 421, 431, 500).
Response problem(int status, std::string_view detail, std::string_view request_id);
int status_of(Code code);
std::string_view reason_of(int status);

}  // namespace zoetrope::http

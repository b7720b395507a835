// One request as handlers and extractors see it. Views point into the connection's buffer and live
// until the response has been rendered.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/async.hpp"
#include "platform/base/result.hpp"

namespace zoetrope::limits {
struct Quota;
}

namespace zoetrope::http {

using Method = boost::beast::http::verb;
using Field = boost::beast::http::field;

struct Header {
    Field field;  // Field::unknown for names outside the registry
    std::string_view name;
    std::string_view value;
};

// Where the bytes of a streamed body come from. read_some gives the next piece (valid until the
// next call), empty at the end. Errors: too_large past the route's limit, malformed (broken
// chunking, closed early).
class BodySource {
  public:
    virtual Async<Result<std::string_view>> read_some() = 0;

  protected:
    ~BodySource() = default;
};

// What a request's connection is, for whom the peer's address does not tell enough.
struct Connection {
    boost::asio::ip::tcp::endpoint peer;
    boost::asio::ip::tcp::endpoint own;
    bool is_proxy = false;               // one of those that settings trust
    std::optional<bool> peer_is_ours{};  // set by who looked up the peer's user; kept for the rest
};

struct Request {
    static constexpr std::size_t params_max = 4;

    Method method{};
    unsigned version = 11;    // 10 or 11
    std::string_view target;  // as sent
    std::string_view path;    // before the `?`, in its normal form; `*` with OPTIONS
    std::string_view query;   // after it, still percent-encoded
    std::string own_path{};   // what `path` refers to when it was sent in another form
    std::vector<Header> headers;
    std::array<std::string_view, params_max> params{};  // captured by the pattern, in its order
    std::string_view body;                              // the whole body, on routes that take one
    BodySource* stream = nullptr;                       // the body, on routes that stream it
    std::optional<std::uint64_t> content_length;
    std::string_view request_id;
    std::string peer;         // the other end of the connection: an address without port
    std::string_view client;  // who asks: the peer, or whom a trusted proxy names
    Connection* connection = nullptr;
    // In local mode: a browser sent it, or it is for another name than a loopback one, so that only
    // a local session lets it in.
    bool needs_local_session = false;
    unsigned core = 0;
    // What the answer says of a quota; for a handler that counts by itself.
    limits::Quota* quota = nullptr;

    // The first header of that name; empty when absent.
    std::string_view header(Field field) const {
        for (const Header& header : headers) {
            if (header.field == field) return header.value;
        }
        return {};
    }
    std::string_view header(std::string_view name) const;
};

// Reads `target` into `path` and `query`; of one with an authority, such as proxies are sent, that
// is the Host, whatever the header says. False: it has none of a server's forms (RFC 9112
// section 3.2).
bool split_target(Request& request);
// RFC 3986 section 6.2.2: escapes of letters, digits and -._~ are what they stand for, `.` and `..`
// are followed; and of slashes in a row there is one.
std::string normal_path(std::string_view path);

// Percent-decoding (RFC 3986 section 2.1); nullopt when an escape is broken. `plus_is_space` for
// form encoding.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
std::string percent_encode(std::string_view text);

// `name=value&...`, decoded, in order. Errors: invalid when an escape is broken or decodes to what
// is not UTF-8.
Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);

}  // namespace zoetrope::http

// Where a page or a server is (RFC 6454 section 4): scheme, host and port, written one way, so that
// settings, Origin headers and Host headers can be compared.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace zoetrope::http {

struct Origin {
    std::string scheme;      // lower case: `https`, `http`, of apps also others
    std::string host;        // lower case; international names as `xn--...`, IPv6 in brackets
    std::uint16_t port = 0;  // the scheme's own when none is named; 0: neither

    bool operator==(const Origin&) const = default;
    // `zoetrope.example`, without a port that is the scheme's own.
    std::string authority() const;
    // `https://zoetrope.example`. Links begin with it.
    std::string str() const { return scheme + "://" + authority(); }
};

// `https://app.example`, `HTTP://[::1]:80/`. Errors: what is wrong, as the end of a sentence that
// names it: "has a path".
std::expected<Origin, std::string> parse_origin(std::string_view text);

// A Host: a name or address, with or without a port, as the `host` of an origin. Errors: the same.
std::expected<std::string, std::string> parse_host(std::string_view text);

// Whether a Host header names where the origin is; a port that the header leaves out is the
// scheme's own.
bool is_at(const Origin& origin, std::string_view host);

// Host without port and without the dot of a full name, lower case, brackets of IPv6 kept.
std::string host_name(std::string_view host);
bool is_loopback_name(std::string_view name);

}  // namespace zoetrope::http

#include "platform/http/origin.hpp"

#include <algorithm>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <optional>

#include "platform/base/append_number.hpp"
#include "platform/base/text.hpp"

namespace zoetrope::http {

namespace {

namespace urls = boost::urls;

std::uint16_t port_of(std::string_view scheme) {
    if (scheme == "https") return 443;
    return scheme == "http" ? 80 : 0;
}

void make_lower(std::string& text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? char(c | 0x20) : c;
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// With the name of the host in ASCII, for a parser that knows no other.
std::optional<std::string> in_ascii(std::string_view url) {
    if (is_ascii(url)) return std::string(url);
    const std::size_t scheme = url.find("://");
    const std::size_t begin = scheme == url.npos ? 0 : scheme + 3;
    const std::size_t end = std::min(url.find_first_of(":/?#", begin), url.size());
    const auto name = ascii_host_name(url.substr(begin, end - begin));
    if (!name) return std::nullopt;
    return std::string(url.substr(0, begin)) + *name + std::string(url.substr(end));
}

// Labels between dots, none of them empty. The dot that a full name may end with is gone by here.
bool is_name(std::string_view host) {
    return !host.empty() && !host.starts_with('.') && !host.ends_with('.') &&
           !host.contains("..") &&
           host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") == host.npos;
}

}  // namespace

std::string Origin::authority() const {
    std::string out = host;
    if (port != port_of(scheme)) {
        out += ':';
        append_number(out, port);
    }
    return out;
}

std::expected<Origin, std::string> parse_origin(std::string_view text) {
    if (!text.contains("://")) return std::unexpected("does not begin with https:// or http://");
    const auto ascii = in_ascii(text);
    if (!ascii) return std::unexpected("has a host that is no name");
    const auto url = urls::parse_uri(*ascii);
    if (!url) return std::unexpected("is no URL");
    if (url->has_userinfo()) return std::unexpected("has a user name before the host");
    if (url->has_query() || url->has_fragment())
        return std::unexpected("has more than scheme, host and port");
    if (!url->encoded_path().empty() && url->encoded_path() != "/")
        return std::unexpected("has a path");
    Origin out{.scheme = url->scheme(), .host = host_name(std::string(url->encoded_host()))};
    make_lower(out.scheme);
    if (url->host_type() == urls::host_type::ipv6)  // one way of several, the browsers'
        out.host =
            "[" + asio::ip::address_v6(url->host_ipv6_address().to_bytes()).to_string() + "]";
    if (out.host.empty()) return std::unexpected("names no host");
    if (url->host_type() == urls::host_type::name && !is_name(out.host))
        return std::unexpected("has a host that is no name");
    out.port = port_of(out.scheme);
    if (url->has_port() && !url->port().empty()) {
        out.port = url->port_number();
        if (out.port == 0) return std::unexpected("has a port that is none of 1 to 65535");
    }
    return out;
}

std::expected<std::string, std::string> parse_host(std::string_view text) {
    if (text.contains("://")) {
        const auto origin = parse_origin(text);
        return std::unexpected(
            origin ? "is a URL; name the host alone: " + origin->host : "is a URL, not a host"
        );
    }
    boost::system::error_code failed;
    asio::ip::make_address_v6(std::string(text), failed);
    const std::string host = failed ? std::string(text) : "[" + std::string(text) + "]";
    auto origin = parse_origin("http://" + host);
    if (!origin) return std::unexpected(origin.error());
    if (text.ends_with('/')) return std::unexpected("has a path");
    return std::move(origin->host);
}

bool is_at(const Origin& origin, std::string_view host) {
    const auto named = parse_origin(origin.scheme + "://" + std::string(host));
    return named && *named == origin;
}

std::string host_name(std::string_view host) {
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        host = host.substr(0, colon);
    }
    if (host.ends_with('.') && !host.ends_with("..")) host.remove_suffix(1);
    std::string name(host);
    make_lower(name);
    return name;
}

bool is_loopback_name(std::string_view name) {
    return name == "localhost" || name.ends_with(".localhost") || name == "[::1]" ||
           name == "::1" ||
           (name.starts_with("127.") &&
            name.find_first_not_of("0123456789.") == std::string_view::npos);
}

}  // namespace zoetrope::http

#include "platform/http/proxies.hpp"

#include <algorithm>
#include <charconv>

#include "platform/http/request.hpp"

namespace zoetrope::http {

namespace {

namespace ip = boost::asio::ip;

constexpr unsigned v4_prefix = 96;  // of IPv4-mapped addresses (RFC 4291 section 2.5.5.2)

std::optional<ip::address_v6> parse_address(std::string_view text, bool* is_v4 = nullptr) {
    if (text.contains('\0')) return std::nullopt;  // the parser would read no further
    boost::system::error_code error;
    const auto address = ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    if (is_v4) *is_v4 = address.is_v4();
    return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
}

// An address as some proxies write it: `192.0.2.1:4711`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
std::string_view without_port(std::string_view text) {
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        const bool ends_there =
            end == text.size() - 1 || (end != text.npos && text[end + 1] == ':');
        return ends_there ? text.substr(1, end - 1) : text;
    }
    const std::size_t colon = text.find(':');
    return colon == text.rfind(':') ? text.substr(0, colon) : text;
}

bool same_bits(
    const ip::address_v6::bytes_type& a, const ip::address_v6::bytes_type& b, unsigned bits
) {
    for (unsigned i = 0; i < bits; i += 8) {
        const unsigned counted = std::min(8U, bits - i);
        const unsigned mask = (0xFF00U >> counted) & 0xFFU;
        if (((a[i / 8] ^ b[i / 8]) & mask) != 0) return false;
    }
    return true;
}

}  // namespace

Result<Networks> Networks::parse(const std::vector<std::string>& texts) {
    Networks networks;
    for (const std::string& text : texts) {
        const std::size_t slash = text.find('/');
        bool is_v4 = false;
        const auto address = parse_address(std::string_view(text).substr(0, slash), &is_v4);
        unsigned prefix = is_v4 ? 32 : 128;
        bool good = address.has_value();
        if (good && slash != text.npos) {
            const char* end = text.data() + text.size();
            const auto read = std::from_chars(text.data() + slash + 1, end, prefix);
            good = read.ec == std::errc{} && read.ptr == end && prefix <= (is_v4 ? 32U : 128U);
        }
        if (!good)
            return invalid("trusted-proxies", "has '" + text + "', which is no address or network");
        networks.all_.push_back({address->to_bytes(), prefix + (is_v4 ? v4_prefix : 0)});
    }
    return networks;
}

bool Networks::contain(std::string_view address) const {
    const auto parsed = parse_address(address);
    if (!parsed) return false;
    const auto bytes = parsed->to_bytes();
    for (const Network& network : all_)
        if (same_bits(bytes, network.bytes, network.prefix)) return true;
    return false;
}

std::string_view client_behind(
    const Networks& trusted, std::string_view peer, std::span<const std::string_view> forwarded_for
) {
    std::string_view client = peer;
    for (std::size_t line = forwarded_for.size(); line-- > 0;) {
        std::string_view rest = forwarded_for[line];
        while (!rest.empty()) {
            if (!trusted.contain(client)) return client;
            const std::size_t comma = rest.rfind(',');
            const std::size_t begin = comma == rest.npos ? 0 : comma + 1;
            const std::string_view before = without_port(trim(rest.substr(begin)));
            // A zone (fe80::1%eth0) is this machine's own matter, and may be any text.
            if (before.contains('%') || !parse_address(before)) return client;
            client = before;
            rest = rest.substr(0, begin == 0 ? 0 : comma);
        }
    }
    return client;
}

}  // namespace zoetrope::http

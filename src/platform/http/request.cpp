#include "platform/http/request.hpp"

#include <algorithm>

#include "platform/base/text.hpp"

namespace zoetrope::http {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; }

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char folded = lower(c);
    return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return a == b || std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view Request::header(std::string_view name) const {
    for (const Header& header : headers) {
        if (equal_ignoring_case(header.name, name)) return header.value;
    }
    return {};
}

namespace {

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

std::string decode_unreserved(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto decoded = text[i] == '%' ? percent_decode(text.substr(i, 3)) : std::nullopt;
        const bool plain = decoded && is_unreserved(decoded->front());
        out += plain ? decoded->front() : text[i];
        if (plain) i += 2;
    }
    return out;
}

bool is_normal(std::string_view path) {
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '%') return false;
        if (path[i] == '/' && i + 1 < path.size() && (path[i + 1] == '/' || path[i + 1] == '.'))
            return false;
    }
    return true;
}

// Takes `http://host` off the front of the target. False: it has no such front, or not a good one.
bool take_authority(Request& request) {
    std::string_view rest = request.target;
    const std::size_t scheme = rest.find("://");
    if (scheme == rest.npos) return false;
    const std::string_view name = rest.substr(0, scheme);
    if (!equal_ignoring_case(name, "http") && !equal_ignoring_case(name, "https")) return false;
    rest.remove_prefix(scheme + 3);
    const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
    if (host.empty() || host.contains('@')) return false;
    request.target = rest.substr(host.size());
    std::erase_if(request.headers, [](const Header& each) { return each.field == Field::host; });
    request.headers.push_back({Field::host, "Host", host});
    return true;
}

}  // namespace

bool split_target(Request& request) {
    const bool is_absolute = !request.target.starts_with('/') && take_authority(request);
    const bool asks_server = request.method == Method::options &&
                             (request.target == "*" || (is_absolute && request.target.empty()));
    if (asks_server) {
        request.path = "*";
        request.query = {};
        return true;
    }
    const std::size_t mark = request.target.find('?');
    request.path = request.target.substr(0, mark);
    request.query =
        mark == request.target.npos ? std::string_view() : request.target.substr(mark + 1);
    if (is_absolute && request.path.empty()) request.path = "/";
    if (!request.path.starts_with('/')) return false;
    if (!is_normal(request.path)) {
        request.own_path = normal_path(request.path);
        request.path = request.own_path;
    }
    return true;
}

std::string normal_path(std::string_view path) {
    const std::string decoded = decode_unreserved(path);
    std::vector<std::string_view> kept;
    bool ends_in_slash = true;
    for (std::string_view rest = decoded; !rest.empty();) {
        rest.remove_prefix(1);  // the slash
        const std::string_view segment = rest.substr(0, rest.find('/'));
        rest.remove_prefix(segment.size());
        const bool is_parent = segment == "..";
        ends_in_slash = segment.empty() || segment == "." || is_parent;
        if (!ends_in_slash) kept.push_back(segment);
        if (is_parent && !kept.empty()) kept.pop_back();
    }
    std::string out;
    for (const std::string_view segment : kept) out.append("/").append(segment);
    if (ends_in_slash) out += '/';
    return out;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += char(high * 16 + low);
            i += 2;
        } else {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    static constexpr char hex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
        } else {
            out += '%';
            out += hex[static_cast<unsigned char>(c) >> 4];
            out += hex[static_cast<unsigned char>(c) & 15];
        }
    }
    return out;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!query.empty()) {
        const std::string_view item = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), item.size() + 1));
        if (item.empty()) continue;
        const std::size_t equals = item.find('=');
        const auto name = percent_decode(item.substr(0, equals), true);
        const auto value = percent_decode(
            equals == item.npos ? std::string_view{} : item.substr(equals + 1), true
        );
        if (!name || !value) {
            return invalid(std::string(item.substr(0, 40)), "has a broken percent escape");
        }
        if (!is_utf8(*name) || !is_utf8(*value))
            return invalid(std::string(item.substr(0, 40)), "must be UTF-8");
        out.emplace_back(*name, *value);
    }
    return out;
}

}  // namespace zoetrope::http

#include "platform/http/browser_rules.hpp"

#include <algorithm>

#include "platform/base/text.hpp"

namespace zoetrope::http {

namespace {

bool has(const auto& list, const auto& wanted) {
    return std::ranges::find(list, wanted) != list.end();
}

// What proxies and tunnels add to the requests that they pass on, beside Via and Forwarded.
constexpr std::string_view proxy_headers[] = {
    "X-Real-IP",
    "True-Client-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "Client-IP",
    "Fastly-Client-IP",
    "Fly-Client-IP",
    "CDN-Loop",
};
constexpr std::string_view proxy_prefixes[] = {
    "X-Forward", "X-Original-", "X-Envoy-", "X-Azure-", "X-ProxyUser-", "Tailscale-", "CF-"
};

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool is_of_proxy(const Header& header) {
    if (header.field == Field::via || header.field == Field::forwarded) return true;
    if (header.field != Field::unknown) return false;  // most are known, and cost no comparison
    const auto is_name = [&](std::string_view name) {
        return equal_ignoring_case(header.name, name);
    };
    const auto is_prefix = [&](std::string_view prefix) {
        return starts_with_ignoring_case(header.name, prefix);
    };
    return std::ranges::any_of(proxy_headers, is_name) ||
           std::ranges::any_of(proxy_prefixes, is_prefix);
}

// The first sign that the request came through a proxy; empty when it has none. Proxies speak
// HTTP/1.0 unless told otherwise, and hardly anybody else does.
std::string_view proxy_sign(const Request& request) {
    if (request.version < 11) return "HTTP/1.0";
    const auto found = std::ranges::find_if(request.headers, is_of_proxy);
    return found == request.headers.end() ? std::string_view() : found->name;
}

// Headers that only browsers send. All have a Mozilla/ User-Agent; current ones also send
// Sec-Fetch-Site.
bool is_of_browser(const Header& header) {
    switch (header.field) {
        case Field::cookie:
        case Field::origin:
        case Field::sec_fetch_site:
            return true;
        case Field::user_agent:
            return header.value.starts_with("Mozilla/");
        default:
            return false;
    }
}

}  // namespace

bool is_safe(Method method) {
    return method == Method::get || method == Method::head || method == Method::options;
}

Gate::Gate(const BrowserRules& rules) : rules_(rules) {
    fixed_headers_ = "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: ";
    // Pages of an invited origin may also show pictures and videos from here.
    fixed_headers_ += rules.cors_origins.empty() ? "same-origin\r\n" : "cross-origin\r\n";
    if (rules.hsts.count() > 0 && rules.public_url && rules.public_url->scheme == "https")
        fixed_headers_ +=
            "Strict-Transport-Security: max-age=" + std::to_string(rules.hsts.count()) + "\r\n";
}

bool Gate::host_is_ours(std::string_view host) const {
    const std::string name = host_name(host);
    return is_loopback_name(name) || has(rules_.public_hosts, name) ||
           (rules_.public_url && rules_.public_url->host == name);
}

// A page of http://host is not one of https://host: anybody on the way may have written it. Where
// people reach the server is known only from the public URL; without one, either scheme may be the
// one that a proxy speaks.
bool Gate::origin_is_ours(const Origin& origin, std::string_view host) const {
    if (rules_.public_url && origin.authority() == rules_.public_url->authority())
        return origin == rules_.public_url;
    return is_at(origin, host);
}

bool Gate::origin_is_invited(std::string_view text) const {
    if (rules_.cors_origins.empty()) return false;
    const auto origin = parse_origin(text);
    return origin && has(rules_.cors_origins, *origin);
}

// A browser says where a request comes from, and lets no page write it. Older ones only say the
// page's origin, which a proxy that changes Host makes look like another's.
bool Gate::page_may_change(const Request& request) const {
    const std::string_view text = request.header(Field::origin);
    const std::string_view site = request.header(Field::sec_fetch_site);
    if (site == "same-origin" || (site.empty() && text.empty())) return true;
    if (origin_is_invited(text)) return true;
    if (!site.empty() && site != "none") return false;
    if (text.empty()) return true;
    const auto origin = parse_origin(text);
    return origin && origin_is_ours(*origin, request.header(Field::host));
}

std::optional<Response> Gate::refuse(const Request& request) const {
    const std::string_view host = request.header(Field::host);
    if (host.empty()) {
        return problem(400, "The request has no Host header.", request.request_id);
    }
    if (!host_is_ours(host)) {
        const std::string name = valid_utf8(host_name(host));
        return problem(
            421,
            "This server does not answer for the host '" + name +
                "'. If it should, start it with --public-host " + name + ".",
            request.request_id
        );
    }
    if (*rules_.local_only) {
        if (auto refused = refuse_locally(request)) return refused;
    }
    if (is_safe(request.method) || page_may_change(request)) return std::nullopt;
    const std::string_view origin = request.header(Field::origin);
    const std::string_view site = request.header(Field::sec_fetch_site);
    return problem(
        403,
        "A page of another site (" + valid_utf8(origin.empty() ? site : origin) +
            ") may not change anything here. If it should, start the server with --cors-origins " +
            (origin.empty() ? "ORIGIN" : valid_utf8(origin)) + ".",
        request.request_id
    );
}

std::optional<Response> Gate::refuse_locally(const Request& request) const {
    if (const std::string_view sign = proxy_sign(request); !sign.empty()) {
        return problem(
            403,
            "The request came through a proxy (" + std::string(sign) +
                "), and this server has no accounts: it serves only the person at this machine. "
                "Open it directly at its loopback address.",
            request.request_id
        );
    }
    const std::string_view site = request.header(Field::sec_fetch_site);
    const bool elsewhere = site == "cross-site" || site == "same-site";
    const bool opens_page = request.header(Field::sec_fetch_mode) == "navigate" &&
                            request.header(Field::sec_fetch_dest) == "document";
    if (!elsewhere || opens_page || origin_is_invited(request.header(Field::origin)))
        return std::nullopt;
    return problem(
        403,
        "A page of another site may not use this server while it has no accounts. Open its studio "
        "in a tab of its own.",
        request.request_id
    );
}

bool Gate::needs_local_session(const Request& request) const {
    if (!*rules_.local_only) return false;
    if (!is_loopback_name(host_name(request.header(Field::host)))) return true;
    return std::ranges::any_of(request.headers, is_of_browser) &&
           !origin_is_invited(request.header(Field::origin));
}

bool Gate::is_from_this_machine(const Request& request) const {
    return is_loopback_name(request.peer) && proxy_sign(request).empty();
}

std::string_view Gate::client(const Request& request) const {
    if (rules_.trusted_proxies.empty()) return request.peer;
    std::vector<std::string_view> lines;
    for (const Header& header : request.headers)
        if (equal_ignoring_case(header.name, "X-Forwarded-For")) lines.push_back(header.value);
    return client_behind(rules_.trusted_proxies, request.peer, lines);
}

std::optional<Response> Gate::preflight(const Request& request, std::string_view allowed) const {
    const std::string_view wanted = request.header("Access-Control-Request-Method");
    if (request.method != Method::options || wanted.empty()) return std::nullopt;
    Response response{.status = 204};
    response.set("Access-Control-Allow-Methods", allowed);
    const std::string_view headers = request.header("Access-Control-Request-Headers");
    if (!headers.empty()) response.set("Access-Control-Allow-Headers", headers);
    response.set("Access-Control-Max-Age", "600");
    return response;
}

void Gate::add_cors(const Request& request, Response& response) const {
    const std::string_view origin = request.header(Field::origin);
    if (rules_.cors_origins.empty() || origin.empty() || !origin_is_invited(origin)) return;
    response.set("Access-Control-Allow-Origin", origin);
    response.set("Access-Control-Expose-Headers", "ETag, Link, Location, X-Request-Id");
    response.set("Vary", "Origin");
}

}  // namespace zoetrope::http

#include "platform/http/browser_rules.hpp"

#include <algorithm>

namespace zoetrope::http {

namespace {

bool has(const std::vector<std::string>& list, std::string_view wanted) {
    return std::ranges::any_of(list, [&](const std::string& item) {
        return equal_ignoring_case(item, wanted);
    });
}

std::string_view forwarded_header(const Request& request) {
    for (const Header& header : request.headers) {
        if (header.field == Field::forwarded ||
            equal_ignoring_case(header.name, "X-Forwarded-For") ||
            equal_ignoring_case(header.name, "X-Forwarded-Host") ||
            equal_ignoring_case(header.name, "X-Forwarded-Proto") ||
            equal_ignoring_case(header.name, "X-Real-IP")) {
            return header.name;
        }
    }
    return {};
}

}  // namespace

bool is_safe(Method method) {
    return method == Method::get || method == Method::head || method == Method::options;
}

std::string host_name(std::string_view host) {
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        host = host.substr(0, colon);
    }
    std::string name(host);
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? char(c | 0x20) : c;
    return name;
}

bool is_loopback_name(std::string_view name) {
    return name == "localhost" || name.ends_with(".localhost") || name == "[::1]" ||
           name == "::1" ||
           (name.starts_with("127.") &&
            name.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool Gate::host_is_ours(std::string_view host) const {
    const std::string name = host_name(host);
    return is_loopback_name(name) || has(rules_.public_hosts, name) ||
           has(rules_.public_hosts, host);
}

bool Gate::origin_is_ours(std::string_view origin, std::string_view host) const {
    if (!rules_.public_url.empty() && equal_ignoring_case(origin, rules_.public_url)) return true;
    const std::size_t scheme = origin.find("://");
    return scheme != std::string_view::npos && equal_ignoring_case(origin.substr(scheme + 3), host);
}

bool Gate::origin_is_invited(std::string_view origin) const {
    return has(rules_.cors_origins, origin);
}

std::optional<Response> Gate::refuse(const Request& request) const {
    const std::string_view host = request.header(Field::host);
    if (host.empty()) {
        return problem(400, "The request has no Host header.", request.request_id);
    }
    if (!host_is_ours(host)) {
        return problem(
            421,
            "This server does not answer for the host '" + host_name(host) +
                "'. If it should, start it with --public-host " + host_name(host) + ".",
            request.request_id
        );
    }
    if (*rules_.local_only) {
        if (const std::string_view name = forwarded_header(request); !name.empty()) {
            return problem(
                403,
                "The request came through a proxy (" + std::string(name) +
                    "), and this server has no accounts: it serves only the person at this "
                    "machine. "
                    "Open it directly at its loopback address.",
                request.request_id
            );
        }
    }
    if (is_safe(request.method)) return std::nullopt;
    const std::string_view origin = request.header(Field::origin);
    const std::string_view site = request.header("Sec-Fetch-Site");
    const bool ours = origin.empty() || origin_is_ours(origin, host) || origin_is_invited(origin);
    const bool same_site = site.empty() || site == "same-origin" || site == "none" ||
                           (!origin.empty() && origin_is_invited(origin));
    if (ours && same_site) return std::nullopt;
    return problem(
        403,
        "A page of another site (" + std::string(origin.empty() ? site : origin) +
            ") may not change anything here. If it should, start the server with --cors-origins " +
            std::string(origin.empty() ? "ORIGIN" : origin) + ".",
        request.request_id
    );
}

bool Gate::is_from_this_machine(const Request& request) const {
    return is_loopback_name(request.peer) && forwarded_header(request).empty();
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

#include "platform/http/router.hpp"

#include <algorithm>
#include <boost/beast/http/verb.hpp>
#include <stdexcept>

#include "platform/base/time.hpp"

namespace zoetrope::http {

namespace {

constexpr std::string_view canonical = "/api/v1/";
constexpr std::string_view alias = "/api/";

// Takes the next segment off the front of `path` (which starts with '/').
std::string_view next_segment(std::string_view& path) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

bool is_capture(std::string_view segment) { return segment.starts_with('{'); }

// What adds rows or files, unless it is how people and the disk are looked after.
bool may_fill_disk(const Endpoint& endpoint) {
    static constexpr std::string_view helpful[] = {"auth", "users", "admin", "workers"};
    const bool adds = endpoint.method == Method::post || endpoint.method == Method::put ||
                      endpoint.method == Method::patch;
    return adds && !endpoint.options.frees &&
           std::ranges::find(helpful, endpoint.family) == std::end(helpful);
}

std::string_view method_name(Method method) {
    const auto name = boost::beast::http::to_string(method);
    return {name.data(), name.size()};
}

}  // namespace

std::string detail::next_link(const Request& request, std::string_view cursor) {
    std::string link = "<" + std::string(request.path) + "?";
    std::string_view rest = request.query;
    while (!rest.empty()) {
        const std::string_view item = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), item.size() + 1));
        if (item.empty() || item.starts_with("cursor=")) continue;
        link.append(item) += '&';
    }
    return link + "cursor=" + percent_encode(cursor) + ">; rel=\"next\"";
}

bool is_json(std::string_view content_type) {
    const std::string_view kind = trim(content_type.substr(0, content_type.find(';')));
    return equal_ignoring_case(kind, "application/json") ||
           (kind.size() > 5 && equal_ignoring_case(kind.substr(kind.size() - 5), "+json"));
}

void RouteCounters::count(int status, std::uint64_t duration_us) {
    // One writer for each slot, so a plain load and store is enough; readers may be one behind.
    const auto bump = [](std::atomic<std::uint64_t>& slot, std::uint64_t by) {
        slot.store(slot.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    };
    bump(by_status_class[std::size_t(std::clamp(status / 100, 1, 5) - 1)], 1);
    bump(duration_us_sum, duration_us);
    const auto bucket = std::ranges::lower_bound(bounds_us, duration_us) - bounds_us.begin();
    bump(duration_buckets[std::size_t(bucket)], 1);
}

void Router::insert(Endpoint endpoint) {
    Node* node = &root_;
    std::string_view rest = endpoint.pattern;
    std::size_t captures = 0;
    while (!rest.empty()) {
        const std::string_view segment = next_segment(rest);
        auto& child = is_capture(segment) ? node->any : node->children[std::string(segment)];
        if (!child) child = std::make_unique<Node>();
        node = child.get();
        captures += is_capture(segment);
    }
    if (captures > Request::params_max)
        throw std::logic_error("too many captures: " + endpoint.pattern);
    for (const Endpoint* other : node->endpoints) {
        if (other->method == endpoint.method)
            throw std::logic_error("route twice: " + endpoint.pattern);
    }
    endpoint.index = endpoints_.size();
    endpoints_.push_back(std::make_unique<Endpoint>(std::move(endpoint)));
    Endpoint& kept = *endpoints_.back();
    if (kept.options.body_bytes_max == 0)
        kept.options.body_bytes_max = kept.who == Who::anyone ? 16 * 1024 : 1024 * 1024;
    kept.family = kept.options.family;
    if (kept.family.empty() && kept.pattern.starts_with(canonical)) {
        std::string_view below = std::string_view(kept.pattern).substr(canonical.size() - 1);
        kept.family = next_segment(below);
    }
    if (room_ && may_fill_disk(kept)) kept.room = &room_;
    node->endpoints.push_back(&kept);
}

Result<void> admit(const Endpoint& endpoint, const Caller& caller, std::uint64_t body_bytes) {
    if (caller.scopes) {
        const Keys keys = endpoint.options.keys;
        if (keys == Keys::none)
            return failure(Code::forbidden, "An API key cannot do this. Sign in with a password.");
        if (keys == Keys::of_family &&
            std::ranges::find(*caller.scopes, endpoint.family) == caller.scopes->end()) {
            return failure(
                Code::forbidden,
                "This API key is not for '" + std::string(endpoint.family) +
                    "'. Make one that has it among its scopes."
            );
        }
    }
    if (endpoint.who == Who::admin && caller.role != Role::admin)
        return failure(Code::forbidden, "Only an administrator can do this.");
    if (endpoint.room) CHECK((*endpoint.room)(caller.user, endpoint.reads_body ? body_bytes : 0));
    return {};
}

limits::Quota Endpoint::take_quota(const Request& request) const {
    if (!options.per_address) return {};
    const Instant now = SystemClock().now();
    if (options.quota_owner) {
        const std::string owner = options.quota_owner(deps, request);
        // Who shows another's device, unknowingly, is served as its network is.
        if (!owner.empty()) {
            if (auto quota = options.per_address->take(owner, now); quota.allowed) return quota;
        }
    }
    return options.per_address->take(limits::networks_of(request.client), now);
}

void Router::freeze() {
    for (const auto& endpoint : endpoints_) {
        if (endpoint->pattern.find('{') == std::string::npos) {
            exact_[endpoint->pattern] = find(endpoint->pattern, nullptr);
        }
    }
    counters_ = std::make_unique<RouteCounters[]>(endpoints_.size() * cores_);
}

const Router::Node* Router::find(std::string_view path, Request* request) const {
    const Node* node = &root_;
    std::size_t captured = 0;
    // `/api/x` stands for `/api/v1/x`: the alias of the current version.
    if (path.starts_with(alias) && !path.starts_with(canonical)) {
        const auto api = node->children.find("api");
        if (api == node->children.end()) return nullptr;
        const auto version = api->second->children.find("v1");
        if (version == api->second->children.end()) return nullptr;
        node = version->second.get();
        path.remove_prefix(alias.size() - 1);
    }
    while (!path.empty()) {
        if (path[0] != '/') return nullptr;
        const std::string_view segment = next_segment(path);
        if (const auto child = node->children.find(std::string(segment));
            child != node->children.end()) {
            node = child->second.get();
        } else if (node->any && !segment.empty()) {
            if (request) request->params[captured] = segment;
            ++captured;
            node = node->any.get();
        } else {
            return nullptr;
        }
    }
    return node->endpoints.empty() ? nullptr : node;
}

// A program that mistypes an address must not be answered by the studio's page.
bool Router::begins_like_route(std::string_view path) const {
    // `/api%2fv1` and `/metrics;x` are meant for it, too.
    std::string_view first = next_segment(path);
    first = first.substr(0, first.find_first_of("%;"));
    return std::ranges::any_of(root_.children, [&](const auto& child) {
        return equal_ignoring_case(child.first, first);
    });
}

bool Router::is_probe(const Request& request) const {
    if (request.method != Method::get && request.method != Method::head) return false;
    const Node* node = find(request.path, nullptr);
    if (!node) return false;
    return std::ranges::any_of(node->endpoints, [](const Endpoint* endpoint) {
        return endpoint->method == Method::get && endpoint->options.is_probe;
    });
}

Router::Match Router::match(Request& request) const {
    const auto exact = exact_.find(request.path);
    const Node* node = exact != exact_.end() ? exact->second : find(request.path, &request);
    if (!node) {
        if (fallback_ && !begins_like_route(request.path)) return {.otherwise = fallback_(request)};
        const Error error{.code = Code::not_found, .message = "There is nothing at this address."};
        return {.otherwise = problem(error, request.request_id)};
    }
    const Method wanted = request.method == Method::head ? Method::get : request.method;
    for (const Endpoint* endpoint : node->endpoints) {
        if (endpoint->method == wanted) return {.endpoint = endpoint};
    }
    const std::string accepted = allowed(request.path);
    Match match{
        .otherwise = problem(405, "This address accepts " + accepted + ".", request.request_id)
    };
    match.otherwise.set("Allow", accepted);
    return match;
}

std::string Router::allowed(std::string_view path) const {
    if (path == "*") return "GET, HEAD, POST, PUT, PATCH, DELETE";
    std::string out;
    if (const Node* node = find(path, nullptr)) {
        for (const Endpoint* endpoint : node->endpoints) {
            if (!out.empty()) out += ", ";
            out += method_name(endpoint->method);
            if (endpoint->method == Method::get) out += ", HEAD";
        }
    }
    return out;
}

std::vector<RouteTotals> Router::totals() const {
    std::vector<RouteTotals> out;
    for (const auto& endpoint : endpoints_) {
        RouteTotals totals{.route = endpoint->pattern, .method = method_name(endpoint->method)};
        for (unsigned core = 0; core < cores_; ++core) {
            const RouteCounters& counted = counters(*endpoint, core);
            for (std::size_t i = 0; i < totals.by_status_class.size(); ++i) {
                totals.by_status_class[i] +=
                    counted.by_status_class[i].load(std::memory_order_relaxed);
            }
            for (std::size_t i = 0; i < totals.duration_buckets.size(); ++i) {
                totals.duration_buckets[i] +=
                    counted.duration_buckets[i].load(std::memory_order_relaxed);
            }
            totals.duration_us_sum += counted.duration_us_sum.load(std::memory_order_relaxed);
        }
        out.push_back(totals);
    }
    return out;
}

}  // namespace zoetrope::http

// Routes. A handler's signature is its contract: `Async<Result<T>> f(Deps&, Caller, Path<Id>,
// Body<New>)`, or without Async when it never waits. Patterns are `/api/v1/things/{id}`;
// `/api/things/{id}` is the same route.
#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "platform/base/json/schema.hpp"
#include "platform/http/extract.hpp"
#include "platform/http/respond.hpp"
#include "platform/http/response.hpp"
#include "platform/limits/sliding_window.hpp"

namespace zoetrope::http {

enum class Keys : std::uint8_t { of_family, any, none };

struct RouteOptions {
    std::string_view summary{};  // one sentence for OpenAPI
    // 0: 16 KiB where anybody may call, else 1 MiB. JSON of ours is smaller; uploads say their own.
    std::size_t body_bytes_max = 0;
    // Who may call it with an API key: one that has the route's family among its scopes, any, or
    // none, because a key must not make keys or change passwords.
    Keys keys = Keys::of_family;
    std::string_view family{};                     // empty: the first segment after the version
    bool open_to_this_machine = false;             // no caller is needed at the loopback address
    limits::SlidingWindow* per_address = nullptr;  // counts requests by where they come from
    // Whose quota of `per_address` a request uses instead of its network's; empty: the network's.
    std::string (*quota_owner)(const void* deps, const Request&) = nullptr;
    bool frees = false;  // a POST, PUT or PATCH that is let in while the disk is full
    // Reads and answers much: one user's are a few at a time on each I/O thread, and the rest wait.
    bool is_list = false;
    // Answers whatever the request's Host and version: load balancers ask by an address that is no
    // name of ours, and some by HTTP/1.0. Gives nothing away, and changes nothing.
    bool is_probe = false;
};

enum class Who : std::uint8_t { anyone, caller, admin };

// How a route describes itself in OpenAPI; filled from the handler's signature.
struct RouteDoc {
    std::vector<std::string> path_schemas;
    std::vector<std::pair<std::string, std::string>> query;  // name, schema
    std::string body_schema;
    std::string answer_schema;
    int answer_status = 200;
    Who who = Who::anyone;
    bool takes_upload = false;
    bool takes_key = false;    // Idempotency-Key
    bool takes_match = false;  // If-Match
};

// Whether a user may store so many more bytes. Errors: storage_full.
using Room = std::function<Result<void>(UserId, std::uint64_t bytes)>;

struct Endpoint {
    using Sync = Response (*)(void* deps, Request&, const Caller&);
    using Waiting = Async<Response> (*)(void* deps, Request&, const Caller&);

    Method method{};
    std::string pattern;
    RouteOptions options;
    void* deps = nullptr;
    Sync sync = nullptr;  // exactly one of the two is set
    Waiting waiting = nullptr;
    Who who = Who::anyone;
    std::string_view family{};   // of API keys' scopes: `assets`
    bool reads_body = false;     // the session reads the whole body before the call
    std::size_t index = 0;       // into the per-core counters
    const Room* room = nullptr;  // asked first by what may fill the disk
    RouteDoc (*describe)(json::Schemas&) = nullptr;

    // Counts the request where its address is limited.
    limits::Quota take_quota(const Request& request) const;
};

namespace detail {

template <class F>
struct Signature;
template <class R, class D, class... A>
struct Signature<R (*)(D&, A...)> {
    using Answer = R;
    using Deps = D;
    using Args = std::tuple<A...>;
};

template <class T>
inline constexpr bool is_body = json::is_a<std::remove_cvref_t<T>, Body>;

template <class... A>
inline constexpr Who who_of = (std::is_same_v<A, Admin> || ...)    ? Who::admin
                              : (std::is_same_v<A, Caller> || ...) ? Who::caller
                                                                   : Who::anyone;

template <class A>
using Extracted = decltype(Extract<A>::from(std::declval<Extraction&>()));

// Extracts every argument, left to right; the first error wins.
template <class... A>
Result<std::tuple<typename Extracted<A>::value_type...>>
extract_all(Extraction at, std::type_identity<std::tuple<A...>>) {
    std::tuple<Extracted<A>...> found{Extract<A>::from(at)...};
    const Error* first = nullptr;
    std::apply(
        [&](auto&... each) { ((!first && !each ? void(first = &each.error()) : void()), ...); },
        found
    );
    if (first) return std::unexpected(*first);
    return std::apply(
        [](auto&... each) {
            return std::tuple<typename Extracted<A>::value_type...>{std::move(*each)...};
        },
        found
    );
}

// What the handler answers, or the error of what could not be extracted. A handler that waits takes
// its arguments by value: they are its own.
template <auto Handler>
Result<typename Signature<decltype(Handler)>::Answer> call(
    void* deps, Request& request, const Caller& caller
) {
    using S = Signature<decltype(Handler)>;
    auto args = extract_all(Extraction{request, caller}, std::type_identity<typename S::Args>{});
    if (!args) return std::unexpected(std::move(args).error());
    return std::apply(
        [&](auto&&... each) {
            return Handler(
                *static_cast<typename S::Deps*>(deps), std::forward<decltype(each)>(each)...
            );
        },
        std::move(*args)
    );
}

template <auto Handler>
Response call_sync(void* deps, Request& request, const Caller& caller) {
    auto answer = call<Handler>(deps, request, caller);
    if (!answer) return problem(answer.error(), request.request_id);
    return respond(*std::move(answer), request);
}

template <auto Handler>
Async<Response> call_waiting(void* deps, Request& request, const Caller& caller) {
    auto waiting = call<Handler>(deps, request, caller);
    if (!waiting) co_return problem(waiting.error(), request.request_id);
    co_return respond(co_await *std::move(waiting), request);
}

template <class A>
void describe_argument(RouteDoc& doc, json::Schemas& schemas) {
    if constexpr (std::is_same_v<A, Caller> || std::is_same_v<A, Admin>) {
        doc.who = who_of<A>;
    } else if constexpr (std::is_same_v<A, Upload>) {
        doc.takes_upload = true;
    } else if constexpr (std::is_same_v<A, IdempotencyKey>) {
        doc.takes_key = true;
    } else if constexpr (std::is_same_v<A, IfMatch>) {
        doc.takes_match = true;
    } else if constexpr (json::is_a<A, Body>) {
        doc.body_schema = schemas.of<decltype(A::value)>();
    } else if constexpr (json::is_a<A, Path>) {
        doc.path_schemas.push_back(schemas.of<decltype(A::value)>());
    } else if constexpr (json::is_a<A, Query>) {
        boost::mp11::mp_for_each<json::Members<decltype(A::value)>>([&](auto member) {
            using Member =
                std::remove_cvref_t<decltype(std::declval<decltype(A::value)&>().*member.pointer)>;
            if constexpr (json::Optional<Member>) {
                doc.query.emplace_back(member.name, schemas.of<typename Member::value_type>());
            } else {
                doc.query.emplace_back(member.name, schemas.of<Member>());
            }
        });
    }
}

template <auto Handler>
RouteDoc describe_route(json::Schemas& schemas) {
    using S = Signature<decltype(Handler)>;
    RouteDoc doc;
    [&]<class... A>(std::type_identity<std::tuple<A...>>) {
        (describe_argument<std::remove_cvref_t<A>>(doc, schemas), ...);
    }(std::type_identity<typename S::Args>{});
    describe_answer<Settled<typename S::Answer>>(doc.answer_status, doc.answer_schema, schemas);
    return doc;
}

}  // namespace detail

// Whether the endpoint is for this caller, with a body of so many bytes. Errors: forbidden;
// storage_full.
Result<void> admit(const Endpoint& endpoint, const Caller& caller, std::uint64_t body_bytes);

// Counted by the core that served the request, without locks; summed when somebody asks.
struct RouteCounters {
    std::array<std::atomic<std::uint64_t>, 5> by_status_class{};  // 1xx .. 5xx
    std::atomic<std::uint64_t> duration_us_sum{0};
    // Buckets of http_request_duration_seconds: <= 1 ms, 5, 10, 50, 100, 500 ms, 1 s, 5 s, more
    static constexpr std::array<std::uint64_t, 8> bounds_us{
        1'000, 5'000, 10'000, 50'000, 100'000, 500'000, 1'000'000, 5'000'000
    };
    std::array<std::atomic<std::uint64_t>, 9> duration_buckets{};

    void count(int status, std::uint64_t duration_us);
};

struct RouteTotals {
    std::string_view route;  // the pattern
    std::string_view method;
    std::array<std::uint64_t, 5> by_status_class{};
    std::uint64_t duration_us_sum = 0;
    std::array<std::uint64_t, 9> duration_buckets{};
};

class Router {
  public:
    // `room`: asked by what may fill the disk; not by what signs in, administers, erases or
    // deletes, for that is how it gets empty.
    explicit Router(unsigned cores, Room room = nullptr) : cores_(cores), room_(std::move(room)) {}

    template <auto Handler>
    void get(std::string pattern, auto& deps, RouteOptions options = {}) {
        add<Handler>(Method::get, std::move(pattern), deps, options);
    }
    template <auto Handler>
    void post(std::string pattern, auto& deps, RouteOptions options = {}) {
        add<Handler>(Method::post, std::move(pattern), deps, options);
    }
    template <auto Handler>
    void put(std::string pattern, auto& deps, RouteOptions options = {}) {
        add<Handler>(Method::put, std::move(pattern), deps, options);
    }
    template <auto Handler>
    void patch(std::string pattern, auto& deps, RouteOptions options = {}) {
        add<Handler>(Method::patch, std::move(pattern), deps, options);
    }
    template <auto Handler>
    void del(std::string pattern, auto& deps, RouteOptions options = {}) {
        add<Handler>(Method::delete_, std::move(pattern), deps, options);
    }

    // Answers what no route matches and does not begin like one (`/api/...`): the studio's files.
    using Fallback = std::function<Response(const Request&)>;
    void fallback(Fallback answer) { fallback_ = std::move(answer); }

    // The endpoint for a request, with its params set. HEAD finds GET. Otherwise the Response to
    // send: 404, 405 with Allow, or the fallback's.
    struct Match {
        const Endpoint* endpoint = nullptr;
        Response otherwise{};
    };
    Match match(Request& request) const;
    // Whether it asks a route that is_probe.
    bool is_probe(const Request& request) const;
    // `GET, POST`: what a CORS preflight and a 405 name; empty when nothing is there. Of `*`: those
    // of the server.
    std::string allowed(std::string_view path) const;

    RouteCounters& counters(const Endpoint& endpoint, unsigned core) const {
        return counters_[endpoint.index * cores_ + core];
    }
    std::vector<RouteTotals> totals() const;
    // OpenAPI 3.1 of every route, as JSON text.
    std::string openapi(std::string_view version) const;

    // Called once after the last route is added.
    void freeze();

  private:
    struct Node {
        boost::unordered_flat_map<std::string, std::unique_ptr<Node>> children;
        std::unique_ptr<Node> any;  // `{name}`
        std::vector<const Endpoint*> endpoints;
    };

    template <auto Handler, class Deps>
    void add(Method method, std::string pattern, Deps& deps, RouteOptions options) {
        using S = detail::Signature<decltype(Handler)>;
        static_assert(std::is_same_v<Deps, typename S::Deps>);
        Endpoint
            endpoint{.method = method, .pattern = std::move(pattern), .options = options, .deps = const_cast<std::remove_const_t<Deps>*>(&deps), .describe = &detail::describe_route<Handler>};
        if constexpr (is_async<typename S::Answer>) {
            endpoint.waiting = &detail::call_waiting<Handler>;
        } else {
            endpoint.sync = &detail::call_sync<Handler>;
        }
        [&]<class... A>(std::type_identity<std::tuple<A...>>) {
            endpoint.reads_body = (detail::is_body<A> || ...);
            endpoint.who = detail::who_of<A...>;
        }(std::type_identity<typename S::Args>{});
        insert(std::move(endpoint));
    }
    void insert(Endpoint endpoint);
    const Node* find(std::string_view path, Request* request) const;
    bool begins_like_route(std::string_view path) const;

    unsigned cores_;
    const Room room_;
    std::vector<std::unique_ptr<Endpoint>> endpoints_;
    Node root_;
    boost::unordered_flat_map<std::string_view, const Node*>
        exact_;  // patterns without captures, in one look
    std::unique_ptr<RouteCounters[]> counters_;
    Fallback fallback_;
};

}  // namespace zoetrope::http

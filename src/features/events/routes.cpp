#include <algorithm>

#include "features/events/message.hpp"
#include "features/events/store.hpp"

namespace zoetrope::events {

namespace {

using http::Caller;

constexpr std::int64_t replay_max =
    500;  // more than this behind, a page is quicker told to fetch anew
// Two cores publish after commits of their own, so a later id may be seen before an earlier one. A
// listener that comes back hears a little again; clients ignore what they have.
constexpr std::int64_t replay_overlap = 32;

struct Wanted {
    std::string topics;  // comma-separated; empty: all
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Wanted, (), (topics))

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> out;
    while (!list.empty()) {
        const std::string_view item = list.substr(0, list.find(','));
        list.remove_prefix(std::min(list.size(), item.size() + 1));
        if (!item.empty()) out.emplace_back(item);
    }
    return out;
}

struct Subscription {
    Deps& deps;
    limits::OpenPerUser::Permit permit;
    Caller caller;
    std::vector<std::string> topics;
    std::optional<EventId> last_seen;
};

// What came after the last event that the client saw, or that it has to fetch everything again:
// because that is too much, or no longer all there. Whether the client is still there.
Async<bool> replay(const Subscription& to, const Listener& listener, http::BodyWriter& out) {
    const EventId after{to.last_seen->value - replay_overlap};
    const auto missed = co_await list_after(to.deps.db, to.caller.user, after, replay_max);
    if (std::ssize(missed) == replay_max || !co_await reaches_back_to(to.deps.db, *to.last_seen))
        co_return co_await out.write(resync_message);
    for (const Event& event : missed) {
        if (listener.wants(to.caller.user, event.topic) && !co_await out.write(sse_message(event)))
            co_return false;
    }
    co_return true;
}

// What was missed, then what comes, with a comment line whenever it is quiet so that proxies keep
// the connection.
Async<void> feed(Subscription to, http::BodyWriter& out) {
    const UserId owner = to.caller.user;
    const auto listener =
        std::make_shared<Listener>(owner, to.topics, co_await asio::this_coro::executor);
    struct Registration {
        Hub& hub;
        std::shared_ptr<Listener> listener;
        ~Registration() { hub.remove(listener); }
    } registration{to.deps.hub, listener};
    to.deps.hub.add(listener
    );  // before the log is read, so that nothing falls between; clients ignore ids they have
    if (!co_await out.write("retry: 2000\n\n")) co_return;
    if (to.last_seen && !co_await replay(to, *listener, out)) co_return;
    while (!out.closing() && !listener->ended()) {
        const auto message = co_await listener->next(to.deps.heartbeat);
        // Whoever was signed out meanwhile hears nothing more; others come back at once.
        if (listener->ended() || !to.caller.still_stands(to.deps.clock.now())) co_return;
        if (!co_await out.write(
                message ? std::string_view(*message) : std::string_view(": still here\n\n")
            ))
            co_return;
    }
}

// GET /api/v1/events?topics=generations,assets -> text/event-stream; Last-Event-ID resumes. 429
Result<http::Response> stream(
    Deps& deps, Caller caller, http::Query<Wanted> query, const http::Request& request
) {
    std::optional<EventId> last_seen;
    const std::string_view last = request.header("Last-Event-ID");
    if (!last.empty()) {
        EventId id;
        json::Problems problems;
        http::detail::read_text(
            std::string(last), id.value, json::Path{.key = "Last-Event-ID"}, problems
        );
        if (id.value < 0) problems.add(json::Path{.key = "Last-Event-ID"}, "must not be negative");
        if (!problems.empty()) return std::unexpected(std::move(problems).take());
        last_seen = id;
    }
    TRY(auto permit, deps.hub.open_stream(caller.user, deps.heartbeat));
    Subscription subscription{
        deps, std::move(permit), caller, split(query.value.topics), last_seen
    };
    http::Response response{.content_type = "text/event-stream"};
    response.set("Cache-Control", "no-store").set("X-Accel-Buffering", "no");
    response.stream = [subscription = std::move(subscription)](http::BodyWriter& out) mutable {
        return feed(std::move(subscription), out);
    };
    return response;
}

}  // namespace

void mount(http::Router& router, Deps& deps) {
    router.get<&stream>(
        "/api/v1/events", deps, {.summary = "What happens, as it happens (server-sent events)"}
    );
}

}  // namespace zoetrope::events

// Your devices: the sessions that are signed in.
#include <algorithm>

#include "features/accounts/access_changes.hpp"
#include "features/accounts/routes.hpp"
#include "features/accounts/session_store.hpp"

namespace zoetrope::accounts {

namespace {

using http::Caller;
using http::NoContent;
using http::Path;
using http::Request;

struct DeviceSession {
    SessionId id;
    std::string address;
    std::string agent;
    bool current = false;
    Instant created_at;
    Instant last_seen_at;
    Instant expires_at;
    static constexpr std::string_view schema_name = "Session";
};
BOOST_DESCRIBE_STRUCT(
    DeviceSession, (), (id, address, agent, current, created_at, last_seen_at, expires_at)
)

DeviceSession shown(SessionRow row, const Caller& caller) {
    return {
        .id = row.id,
        .address = std::move(row.address),
        .agent = std::move(row.agent),
        .current = row.id == caller.session,
        .created_at = row.created_at,
        .last_seen_at = row.last_seen_at,
        .expires_at = row.expires_at
    };
}

// GET /api/v1/auth/sessions -> 200 [Session], the last used first
Async<Result<std::vector<DeviceSession>>> get_sessions(Deps& deps, Caller caller) {
    std::vector<DeviceSession> out;
    for (SessionRow& row : co_await list_sessions(deps.db, caller.user, deps.clock.now()))
        out.push_back(shown(std::move(row), caller));
    co_return out;
}

// GET /api/v1/auth/sessions/{id} -> 200 Session
Async<Result<DeviceSession>> get_session(Deps& deps, Caller caller, Path<SessionId> id) {
    auto row = co_await find_session(deps.db, caller.user, id.value, deps.clock.now());
    if (!row) co_return not_found("There is no such session.");
    co_return shown(*std::move(row), caller);
}

Async<bool> end_others(
    db::Session& db, const Deps& deps, const Caller& caller, const Client& client
) {
    const Instant now = deps.clock.now();
    co_await end_sessions(db, caller.user, caller.session, now);
    co_await note(db, caller.user, "other_sessions_ended", "", client, now);
    co_await publish_change(db, deps, caller.user);
    co_return true;
}

// DELETE /api/v1/auth/sessions -> 204. All but this one
Async<Result<NoContent>> delete_sessions(Deps& deps, Caller caller, const Request& request) {
    const Client client = client_of(request);
    co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return end_others(transaction, deps, caller, client);
    });
    deps.table.change(caller.user);
    co_return NoContent{};
}

Async<Result<bool>> end_one(
    db::Session& db, const Deps& deps, UserId owner, SessionId id, const Client& client
) {
    const Instant now = deps.clock.now();
    const auto row = co_await find_session(db, owner, id, now);
    if (!row || co_await end_session(db, owner, id, now) == 0)
        co_return not_found("There is no such session.");
    co_await note(db, owner, "session_ended", row->agent, client, now);
    co_await publish_change(db, deps, owner);
    co_return true;
}

// DELETE /api/v1/auth/sessions/{id} -> 204
Async<Result<NoContent>> delete_session(
    Deps& deps, Caller caller, Path<SessionId> id, const Request& request
) {
    const Client client = client_of(request);
    CO_CHECK(co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return end_one(transaction, deps, caller.user, id.value, client);
    }));
    deps.table.change(caller.user);
    co_return NoContent{};
}

}  // namespace

void mount_sessions(http::Router& router, Deps& deps) {
    using http::Keys;
    router.get<get_sessions>(
        "/api/v1/auth/sessions", deps, {.summary = "Your devices", .keys = Keys::none}
    );
    router.get<get_session>(
        "/api/v1/auth/sessions/{id}", deps, {.summary = "One of your devices", .keys = Keys::none}
    );
    router.del<delete_sessions>(
        "/api/v1/auth/sessions", deps, {.summary = "Sign the other devices out", .keys = Keys::none}
    );
    router.del<delete_session>(
        "/api/v1/auth/sessions/{id}", deps, {.summary = "Sign a device out", .keys = Keys::none}
    );
}

}  // namespace zoetrope::accounts

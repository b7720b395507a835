// Sessions and their refresh tokens. Private to accounts.
//
// A refresh token is good once. Who shows it gets its successor, which is a MAC of the token, so
// that two tabs (or two servers) that show the same token within a short grace get the same
// successor. A token shown after its grace was stolen, by whoever is second: the session ends.
#pragma once

#include "features/accounts/store.hpp"
#include "platform/base/ids.hpp"
#include "platform/base/result.hpp"
#include "platform/base/time.hpp"
#include "platform/crypto/keys.hpp"
#include "platform/db/session.hpp"
#include "platform/http/caller.hpp"

namespace zoetrope::accounts {

struct SessionRow {
    SessionId id;
    UserId owner_id;
    std::string address;
    std::string agent;
    Instant created_at;
    Instant last_seen_at;
    Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(
    SessionRow, (), (id, owner_id, address, agent, created_at, last_seen_at, expires_at)
)

// What the authenticator asks of a session and its user.
struct Standing {
    std::string username;
    std::optional<std::string> email;
    http::Role role{};
    std::int64_t auth_epoch = 0;
    std::optional<Instant> email_verified_at;
    std::optional<Instant> disabled_at;
    Instant created_at;
    std::optional<Instant> revoked_at;
};
BOOST_DESCRIBE_STRUCT(
    Standing,
    (),
    (username, email, role, auth_epoch, email_verified_at, disabled_at, created_at, revoked_at)
)
Async<std::optional<Standing>> find_standing(db::Session& db, UserId user, SessionId session);

Async<void> insert_session(db::Session& db, const SessionRow& session, const Client& client);
Async<void> insert_refresh_token(
    db::Session& db, std::string_view token, const SessionRow& session, Instant now
);

// What a right password leaves: when it was given, a new form of its hash, the session with its
// first token, and a line in the audit. False, and nothing is left, when the password or what else
// was looked at before it was checked has changed meanwhile. One statement on PostgreSQL; SQLite
// needs a transaction.
struct RightPassword {
    const Login& user;
    const std::optional<std::string>& rehashed;
    const SessionRow& session;
    std::string_view token;
};
Async<bool> insert_sign_in(db::Session& db, const RightPassword& given, const Client& client);

// For the tests that look at their plans.
struct TokenStatements {
    const db::Sql& use;
    const db::Sql& find;
    const db::Sql& end_family;
    const db::Sql& end_all;  // of a user
};
TokenStatements token_statements();

struct Rotated {
    std::string token;  // the successor
    SessionId session;
    UserId user;
    std::int64_t auth_epoch = 0;
    Role role = Role::member;
    std::optional<std::string> email;
    std::optional<Instant> email_verified_at;
    std::optional<Instant> disabled_at;
};
// In a transaction, which is for the caller to end: whether the user may use the account is not
// asked here. `reused` is set to the user whose session was ended because the token had been used
// before: commit then, and tell.
struct Rotation {
    const crypto::Key& key;
    std::chrono::seconds grace;
    std::chrono::seconds session_max;
    Instant now;
};
struct RotationResult {
    std::optional<Rotated> rotated;
    Instant used_at;  // the token, first
    std::optional<UserId> reused;
};
Async<RotationResult> rotate_refresh_token(
    db::Session& db, std::string_view token, const Rotation& how
);

// The user's sessions that are signed in, the last used first; one of them.
Async<std::vector<SessionRow>> list_sessions(db::Session& db, UserId owner, Instant now);
Async<std::optional<SessionRow>> find_session(
    db::Session& db, UserId owner, SessionId id, Instant now
);
// Ends one session, or all of the user's but `except`. How many there were.
Async<std::int64_t> end_session(db::Session& db, UserId owner, SessionId id, Instant now);
Async<std::int64_t> end_sessions(
    db::Session& db, UserId owner, std::optional<SessionId> except, Instant now
);
// The session of a refresh token, for signing out with nothing else.
Async<std::optional<SessionRow>> find_session_of(db::Session& db, std::string_view token);

}  // namespace zoetrope::accounts

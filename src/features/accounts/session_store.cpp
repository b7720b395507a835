#include "features/accounts/session_store.hpp"

#include "platform/crypto/digest.hpp"

namespace zoetrope::accounts {

constexpr db::Sql standing_sql{
    "accounts.standing",
    "SELECT u.username, u.email, u.role, u.auth_epoch, u.email_verified_at, u.disabled_at, "
    "u.created_at, s.revoked_at FROM sessions s JOIN users u ON u.id = s.owner_id "
    "WHERE s.id = $1 AND s.owner_id = $2"
};

Async<std::optional<Standing>> find_standing(db::Session& db, UserId user, SessionId session) {
    co_return co_await db.one<Standing>(standing_sql, session, user);
}

constexpr db::Sql insert_session_sql{
    "accounts.insert_session",
    "INSERT INTO sessions (id, owner_id, address, network, agent, created_at, last_seen_at, "
    "expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
};

Async<void> insert_session(db::Session& db, const SessionRow& session, const Client& client) {
    co_await db.send(
        insert_session_sql,
        session.id,
        session.owner_id,
        session.address,
        client.device_network,
        session.agent,
        session.created_at,
        session.last_seen_at,
        session.expires_at
    );
}

constexpr db::Sql insert_refresh_token_sql{
    "accounts.insert_refresh_token",
    "INSERT INTO refresh_tokens (token, owner_id, token_family, revoked, created_at, expires_at) "
    "VALUES ($1, $2, $3, false, $4, $5)"
};

Async<void> insert_refresh_token(
    db::Session& db, std::string_view token, const SessionRow& session, Instant now
) {
    co_await db.send(
        insert_refresh_token_sql,
        crypto::digest(token),
        session.owner_id,
        session.id,
        now,
        session.expires_at
    );
}

#define BEGIN_SIGN_IN                                                                  \
    "UPDATE users SET signed_in_at = $4, password_hash = coalesce($5, password_hash) " \
    "WHERE id = $1 AND password_hash = $2 AND auth_epoch = $3 AND disabled_at IS NULL"
constexpr db::Sql sign_in_sql{
    "accounts.sign_in",
    BEGIN_SIGN_IN,
    db::Coalesce::singly,
    "WITH begun AS (" BEGIN_SIGN_IN
    " RETURNING id), "
    "made AS (INSERT INTO sessions (id, owner_id, address, network, agent, created_at, "
    "last_seen_at, expires_at) SELECT $6, id, $7, $8, $9, $4, $4, CAST($10 AS BIGINT) FROM begun "
    "RETURNING *), "
    "held AS (INSERT INTO refresh_tokens (token, owner_id, token_family, revoked, created_at, "
    "expires_at) SELECT $11, owner_id, id, false, created_at, expires_at FROM made) "
    "INSERT INTO audit (owner_id, action, detail, address, agent, created_at) SELECT owner_id, "
    "'signed_in', '', address, agent, created_at FROM made"
};

Async<bool> insert_sign_in(db::Session& db, const RightPassword& given, const Client& client) {
    const auto& [user, rehashed, session, token] = given;
    const Instant now = session.created_at;
    if (db.dialect() == db::Dialect::postgres) {
        co_return co_await db.execute(
            sign_in_sql,
            user.id,
            user.password_hash,
            user.auth_epoch,
            now,
            rehashed,
            session.id,
            session.address,
            client.device_network,
            session.agent,
            session.expires_at,
            crypto::digest(token)
        ) > 0;
    }
    const auto begun = co_await db.execute(
        sign_in_sql, user.id, user.password_hash, user.auth_epoch, now, rehashed
    );
    if (begun == 0) co_return false;
    co_await insert_session(db, session, client);
    co_await insert_refresh_token(db, token, session, now);
    co_await note(db, user.id, "signed_in", "", client, now);
    co_return true;
}

namespace {

struct TokenRow {
    UserId owner_id;
    SessionId token_family;
    bool revoked = false;
    Instant expires_at;
    std::optional<Instant> used_at;
    std::int64_t auth_epoch = 0;
    Role role = Role::member;
    std::optional<std::string> email;
    std::optional<Instant> email_verified_at;
    std::optional<Instant> disabled_at;
    std::optional<Instant> ended_at;
};
BOOST_DESCRIBE_STRUCT(
    TokenRow,
    (),
    (owner_id,
     token_family,
     revoked,
     expires_at,
     used_at,
     auth_epoch,
     role,
     email,
     email_verified_at,
     disabled_at,
     ended_at)
)

}  // namespace

// The UPDATE is what only one of two can do; the other waits for it, and then finds it done.
constexpr db::Sql use_refresh_token_sql{
    "accounts.use_refresh_token",
    "UPDATE refresh_tokens SET revoked = true, used_at = $2 WHERE token = $1 AND NOT revoked"
};
constexpr db::Sql find_refresh_token_sql{
    "accounts.find_refresh_token",
    "SELECT t.owner_id, t.token_family, t.revoked, t.expires_at, t.used_at, u.auth_epoch, "
    "u.role, u.email, u.email_verified_at, u.disabled_at, s.revoked_at AS ended_at FROM "
    "refresh_tokens t "
    "JOIN sessions s ON s.id = t.token_family JOIN users u ON u.id = t.owner_id WHERE t.token = $1"
};
constexpr db::Sql see_session_sql{
    "accounts.see_session", "UPDATE sessions SET last_seen_at = $2, expires_at = $3 WHERE id = $1"
};

Async<RotationResult> rotate_refresh_token(
    db::Session& db, std::string_view token, const Rotation& how
) {
    const std::string name = crypto::digest(token);
    const bool first = co_await db.execute(use_refresh_token_sql, name, how.now) > 0;
    const auto row = co_await db.one<TokenRow>(find_refresh_token_sql, name);
    if (!row || row->ended_at || row->expires_at <= how.now) co_return RotationResult{};
    Rotated rotated{
        how.key.mac(token),
        row->token_family,
        row->owner_id,
        row->auth_epoch,
        row->role,
        row->email,
        row->email_verified_at,
        row->disabled_at
    };
    if (first) {
        const SessionRow session{
            .id = row->token_family,
            .owner_id = row->owner_id,
            .address = {},
            .agent = {},
            .created_at = how.now,
            .last_seen_at = how.now,
            .expires_at = how.now + how.session_max
        };
        co_await insert_refresh_token(db, rotated.token, session, how.now);
        co_await db.send(see_session_sql, session.id, how.now, session.expires_at);
        co_return RotationResult{.rotated = std::move(rotated), .used_at = how.now};
    }
    if (row->used_at && *row->used_at + how.grace >= how.now)
        co_return RotationResult{.rotated = std::move(rotated), .used_at = *row->used_at};
    co_await end_session(db, row->owner_id, row->token_family, how.now);
    co_return RotationResult{.reused = row->owner_id};
}

constexpr db::Sql list_sessions_sql{
    "accounts.list_sessions",
    "SELECT id, owner_id, address, agent, created_at, last_seen_at, expires_at FROM sessions "
    "WHERE owner_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY last_seen_at DESC"
};

Async<std::vector<SessionRow>> list_sessions(db::Session& db, UserId owner, Instant now) {
    co_return co_await db.all<SessionRow>(list_sessions_sql, owner, now);
}

constexpr db::Sql find_session_sql{
    "accounts.find_session",
    "SELECT id, owner_id, address, agent, created_at, last_seen_at, expires_at FROM sessions "
    "WHERE id = $1 AND owner_id = $2 AND revoked_at IS NULL AND expires_at > $3"
};

Async<std::optional<SessionRow>> find_session(
    db::Session& db, UserId owner, SessionId id, Instant now
) {
    co_return co_await db.one<SessionRow>(find_session_sql, id, owner, now);
}

constexpr db::Sql end_session_sql{
    "accounts.end_session",
    "UPDATE sessions SET revoked_at = $3 WHERE id = $1 AND owner_id = $2 AND revoked_at IS NULL"
};
constexpr db::Sql end_family_sql{
    "accounts.end_family",
    "UPDATE refresh_tokens SET revoked = true WHERE token_family = $1 AND NOT revoked"
};

Async<std::int64_t> end_session(db::Session& db, UserId owner, SessionId id, Instant now) {
    const std::int64_t ended = co_await db.execute(end_session_sql, id, owner, now);
    if (ended > 0) co_await db.execute(end_family_sql, id);
    co_return ended;
}

constexpr db::Sql end_sessions_sql{
    "accounts.end_sessions",
    "UPDATE sessions SET revoked_at = $2 WHERE owner_id = $1 AND revoked_at IS NULL AND id <> $3"
};
constexpr db::Sql end_tokens_sql{
    "accounts.end_tokens",
    "UPDATE refresh_tokens SET revoked = true WHERE owner_id = $1 AND NOT revoked "
    "AND token_family <> $2"
};

TokenStatements token_statements() {
    return {use_refresh_token_sql, find_refresh_token_sql, end_family_sql, end_tokens_sql};
}

Async<std::int64_t> end_sessions(
    db::Session& db, UserId owner, std::optional<SessionId> except, Instant now
) {
    const std::string kept = except ? except->str() : "";
    const std::int64_t ended = co_await db.execute(end_sessions_sql, owner, now, kept);
    co_await db.send(end_tokens_sql, owner, kept);
    co_return ended;
}

constexpr db::Sql session_of_sql{
    "accounts.session_of",
    "SELECT s.id, s.owner_id, s.address, s.agent, s.created_at, s.last_seen_at, s.expires_at "
    "FROM refresh_tokens t JOIN sessions s ON s.id = t.token_family WHERE t.token = $1"
};

Async<std::optional<SessionRow>> find_session_of(db::Session& db, std::string_view token) {
    co_return co_await db.one<SessionRow>(session_of_sql, crypto::digest(token));
}

}  // namespace zoetrope::accounts

#include "features/accounts/store.hpp"

#include <algorithm>

#include "features/accounts/new_devices.hpp"
#include "platform/base/text.hpp"

namespace zoetrope::accounts {

#define USER "id, username, email, role, email_verified_at, disabled_at, created_at"
#define LOGIN(known, new_device)                                                  \
    "SELECT id, username, email, role, password_hash, auth_epoch, device_epoch, " \
    "email_verified_at, disabled_at, " known " AS is_known_place, " new_device    \
    " AS is_new_device FROM users WHERE password_hash IS NOT NULL AND "
#define KNOWN                                                                          \
    "EXISTS (SELECT 1 FROM sessions s WHERE s.owner_id = users.id AND s.address = $2 " \
    "AND s.revoked_at IS NULL)"
// The first device is no news.
#define NEW_DEVICE                                                                           \
    "(signed_in_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.owner_id = " \
    "users.id AND s.agent = $3 AND s.network IN ($4, '')))"

Client client_of(const http::Request& request) {
    constexpr std::size_t agent_max = 200;  // enough to tell devices apart
    const std::string_view agent = request.header(http::Field::user_agent).substr(0, agent_max);
    return {
        .address = std::string(request.client),
        .networks = limits::networks_of(request.client),
        .agent = one_line(agent),
        .device_token = std::string(shown_device(request)),
        .device_network = device_network(request.client)
    };
}

namespace {

struct Found {
    std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(Found, (), (id))

}  // namespace

constexpr db::Sql any_sql{
    "accounts.any", "SELECT id FROM users WHERE password_hash IS NOT NULL LIMIT 1"
};

Async<bool> any_account(db::Session& db) {
    co_return (co_await db.one<Found>(any_sql)).has_value();
}

constexpr db::Sql insert_user_sql{
    "accounts.insert_user",
    "INSERT INTO users (username, folded_username, email, folded_email, password_hash, role, "
    "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id"
};

Async<UserId> insert_user(db::Session& db, const NewUser& user, Instant now) {
    const auto row = co_await db.one<Found>(
        insert_user_sql,
        user.username,
        fold_case(user.username),
        user.email,
        fold_case(user.email),
        user.password_hash,
        user.role,
        now
    );
    co_return UserId{row->id};
}

constexpr db::Sql claim_local_user_sql{
    "accounts.claim_local_user",
    "UPDATE users SET username = $2, folded_username = $3, email = $4, folded_email = $5, "
    "password_hash = $6, role = 'admin', created_at = $7, disabled_at = NULL WHERE id = $1 AND "
    "password_hash IS NULL"
};

Async<bool> claim_local_user(db::Session& db, const NewUser& user, Instant now) {
    co_return co_await db.execute(
        claim_local_user_sql,
        local_user,
        user.username,
        fold_case(user.username),
        user.email,
        fold_case(user.email),
        user.password_hash,
        now
    ) > 0;
}

constexpr db::Sql find_user_sql{"accounts.find_user", "SELECT " USER " FROM users WHERE id = $1"};

Async<std::optional<User>> find_user(db::Session& db, UserId id) {
    co_return co_await db.one<User>(find_user_sql, id);
}

constexpr db::Sql find_by_username_sql{
    "accounts.find_by_username", LOGIN(KNOWN, NEW_DEVICE) "folded_username = $1"
};
constexpr db::Sql find_by_email_sql{
    "accounts.find_by_email", LOGIN(KNOWN, NEW_DEVICE) "folded_email = $1"
};
constexpr db::Sql find_by_id_sql{"accounts.find_by_id", LOGIN("false", "false") "id = $1"};

const db::Sql& find_by_username_statement() { return find_by_username_sql; }
const db::Sql& find_by_email_statement() { return find_by_email_sql; }

Async<std::optional<Login>> find_login(
    db::Session& db, std::string_view name, const Client& client
) {
    const db::Sql& sql = name.contains('@') ? find_by_email_sql : find_by_username_sql;
    co_return co_await db.one<Login>(
        sql, fold_case(name), client.address, client.agent, client.device_network
    );
}

Async<std::optional<Login>> find_login_by_id(db::Session& db, UserId id) {
    co_return co_await db.one<Login>(find_by_id_sql, id);
}

constexpr db::Sql list_users_sql{
    "accounts.list_users",
    "SELECT " USER " FROM users WHERE id > $1 AND password_hash IS NOT NULL ORDER BY id LIMIT $2"
};

Async<std::vector<User>> list_users(db::Session& db, UserId after, std::int64_t limit) {
    co_return co_await db.all<User>(list_users_sql, after, limit);
}

constexpr db::Sql set_password_sql{
    "accounts.set_password",
    "UPDATE users SET password_hash = $2, auth_epoch = auth_epoch + 1, "
    "device_epoch = device_epoch + 1 WHERE id = $1"
};
constexpr db::Sql change_hash_sql{
    "accounts.change_hash",
    "UPDATE users SET password_hash = $3, device_epoch = device_epoch + 1 "
    "WHERE id = $1 AND password_hash = $2"
};
constexpr db::Sql end_everything_sql{
    "accounts.end_everything",
    "UPDATE users SET auth_epoch = auth_epoch + 1, device_epoch = device_epoch + 1 WHERE id = $1"
};
constexpr db::Sql set_role_sql{"accounts.set_role", "UPDATE users SET role = $2 WHERE id = $1"};
constexpr db::Sql set_disabled_sql{
    "accounts.set_disabled", "UPDATE users SET disabled_at = $2 WHERE id = $1"
};

constexpr db::Sql set_email_verified_sql{
    "accounts.set_email_verified",
    "UPDATE users SET email_verified_at = $3 WHERE id = $1 AND folded_email = $2 "
    "AND email_verified_at IS NULL"
};

Async<void> set_email_verified(db::Session& db, UserId id, const std::string& email, Instant now) {
    co_await db.send(set_email_verified_sql, id, fold_case(email), now);
}

Async<void> set_password(db::Session& db, UserId id, std::string_view hash) {
    co_await db.send(set_password_sql, id, std::string(hash));
}
Async<bool> change_hash(
    db::Session& db, UserId id, const std::string& old, const std::string& hash
) {
    co_return co_await db.execute(change_hash_sql, id, old, hash) > 0;
}
Async<void> end_everything(db::Session& db, UserId id) { co_await db.send(end_everything_sql, id); }
Async<void> set_role(db::Session& db, UserId id, Role role) {
    co_await db.send(set_role_sql, id, role);
}
Async<void> set_disabled(db::Session& db, UserId id, std::optional<Instant> at) {
    co_await db.send(set_disabled_sql, id, at);
}

#define HOLD_USER "SELECT id FROM users WHERE id = $1"
constexpr db::Sql hold_user_sql{
    "accounts.hold_user", HOLD_USER, db::Coalesce::singly, HOLD_USER " FOR NO KEY UPDATE"
};

Async<void> hold_user(db::Session& db, UserId id) { co_await db.send(hold_user_sql, id); }

#define ADMINS                                                                                    \
    "SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL AND password_hash IS NOT " \
    "NULL"
constexpr db::Sql admins_sql{
    "accounts.admins", ADMINS, db::Coalesce::singly, ADMINS " ORDER BY id FOR UPDATE"
};

Async<std::int64_t> count_admins(db::Session& db, UserId but) {
    const auto admins = co_await db.all<Found>(admins_sql);
    co_return std::ranges::count_if(admins, [but](const Found& row) {
        return row.id != but.value;
    });
}

#define NOTE                                                                    \
    "INSERT INTO audit (owner_id, action, detail, address, agent, created_at) " \
    "VALUES ($1, $2, $3, $4, $5, $6)"
constexpr db::Sql note_sql{"accounts.note", NOTE};
constexpr db::Sql note_entry_sql{"accounts.note_entry", NOTE " RETURNING id"};

Async<void> note(
    db::Session& db,
    UserId owner,
    std::string_view action,
    std::string_view detail,
    const Client& client,
    Instant now
) {
    co_await db.send(
        note_sql, owner, std::string(action), std::string(detail), client.address, client.agent, now
    );
}

Async<std::int64_t> note_entry(
    db::Session& db,
    UserId owner,
    std::string_view action,
    std::string_view detail,
    const Client& client,
    Instant now
) {
    const auto row = co_await db.one<Found>(
        note_entry_sql,
        owner,
        std::string(action),
        std::string(detail),
        client.address,
        client.agent,
        now
    );
    co_return row->id;
}

#define AUDIT                                                                                    \
    "SELECT a.id, a.owner_id, u.username, a.action, a.detail, a.address, a.agent, a.created_at " \
    "FROM audit a JOIN users u ON u.id = a.owner_id WHERE "
constexpr db::Sql audit_of_sql{
    "accounts.audit_of", AUDIT "a.owner_id = $1 AND a.id < $2 ORDER BY a.id DESC LIMIT $3"
};
constexpr db::Sql audit_sql{"accounts.audit", AUDIT "a.id < $1 ORDER BY a.id DESC LIMIT $2"};

Async<std::vector<AuditEntry>> list_audit(
    db::Session& db, std::optional<UserId> owner, std::int64_t before, std::int64_t limit
) {
    if (owner) co_return co_await db.all<AuditEntry>(audit_of_sql, *owner, before, limit);
    co_return co_await db.all<AuditEntry>(audit_sql, before, limit);
}

}  // namespace zoetrope::accounts

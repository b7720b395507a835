// Users and what is noted of them. Private to accounts.
#pragma once

#include "features/accounts/accounts.hpp"

namespace zoetrope::accounts {

// Where a request came from, for limits, sessions and the audit.
struct Client {
    std::string address;
    std::vector<limits::LimitKey> networks;  // as limits count it
    std::string agent;
    std::string device_token{};    // of its cookie (devices.hpp)
    std::string device_network{};  // see new_devices.hpp
};
Client client_of(const http::Request& request);

struct NewUser {
    std::string username;
    std::string email;
    std::string password_hash;
    Role role = Role::member;
};

// A user who signs in, with what that takes.
struct Login {
    UserId id;
    std::string username;
    std::optional<std::string> email;
    Role role = Role::member;
    std::string password_hash;
    std::int64_t auth_epoch = 0;
    std::int64_t device_epoch = 0;
    std::optional<Instant> email_verified_at;
    std::optional<Instant> disabled_at;
    bool is_known_place = false;  // signed in from the address that was asked about, and still is
    bool is_new_device = false;   // see new_devices.hpp
};
BOOST_DESCRIBE_STRUCT(
    Login,
    (),
    (id,
     username,
     email,
     role,
     password_hash,
     auth_epoch,
     device_epoch,
     email_verified_at,
     disabled_at,
     is_known_place,
     is_new_device)
)

Async<bool> any_account(db::Session& db);
// Throws db::Violation naming folded_username or folded_email when they are taken.
Async<UserId> insert_user(db::Session& db, const NewUser& user, Instant now);
// The local user becomes the first administrator, with all it owns; false when it already is
// somebody.
Async<bool> claim_local_user(db::Session& db, const NewUser& user, Instant now);
Async<std::optional<User>> find_user(db::Session& db, UserId id);
// By user name, or by mail address when `name` has an `@`.
Async<std::optional<Login>> find_login(
    db::Session& db, std::string_view name, const Client& client = {}
);
// For the tests that look at their plans.
const db::Sql& find_by_username_statement();
const db::Sql& find_by_email_statement();
Async<std::optional<Login>> find_login_by_id(db::Session& db, UserId id);
Async<std::vector<User>> list_users(db::Session& db, UserId after, std::int64_t limit);
// New password, and everything issued so far ends (`auth_epoch`), unless only its form changed.
Async<void> set_password(db::Session& db, UserId id, std::string_view hash);
// False when the password is not the one that `old` is of any more.
Async<bool> change_hash(
    db::Session& db, UserId id, const std::string& old, const std::string& hash
);
// Unless the address is another by now.
Async<void> set_email_verified(db::Session& db, UserId id, const std::string& email, Instant now);
Async<void> end_everything(db::Session& db, UserId id);
Async<void> set_role(db::Session& db, UserId id, Role role);
Async<void> set_disabled(db::Session& db, UserId id, std::optional<Instant> at);
// Holds the user's row until the transaction ends: whoever ends all that the user has waits.
Async<void> hold_user(db::Session& db, UserId id);
// How many administrators can sign in, other than `but`. Holds their rows until the transaction
// ends, so that two cannot go at once.
Async<std::int64_t> count_admins(db::Session& db, UserId but);

struct AuditEntry {
    std::int64_t id = 0;
    UserId owner_id;
    std::string username;
    std::string action;  // `signed_in`, `password_changed`
    std::string detail;
    std::string address;
    std::string agent;
    Instant created_at;
    static constexpr std::string_view schema_name = "AuditEntry";
};
BOOST_DESCRIBE_STRUCT(
    AuditEntry, (), (id, owner_id, username, action, detail, address, agent, created_at)
)
Async<void> note(
    db::Session& db,
    UserId owner,
    std::string_view action,
    std::string_view detail,
    const Client& client,
    Instant now
);
// The same, for who needs the entry's id.
Async<std::int64_t> note_entry(
    db::Session& db,
    UserId owner,
    std::string_view action,
    std::string_view detail,
    const Client& client,
    Instant now
);
// Newest first, before `before`; of everybody without an owner.
Async<std::vector<AuditEntry>> list_audit(
    db::Session& db, std::optional<UserId> owner, std::int64_t before, std::int64_t limit
);

}  // namespace zoetrope::accounts

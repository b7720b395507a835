// Signing up and in: the rules between the routes and the stores. Private to accounts.
#pragma once

#include "features/accounts/session_store.hpp"
#include "features/accounts/store.hpp"

namespace zoetrope::accounts {

struct Registering {
    std::string email;
    std::string username;
    std::string password;
    std::optional<std::string> setup_token;  // of the first administrator's link
    static constexpr std::string_view schema_name = "NewAccount";
    static constexpr bool is_request = true;
};
BOOST_DESCRIBE_STRUCT(Registering, (), (email, username, password, setup_token))

// What a device holds after signing in.
struct SignedIn {
    std::string access_token;
    std::string refresh_token;
    UserId user;
    SessionId session;
    std::string device_token{};  // of a sign-in: the device is known from now on
};

// Errors: invalid, conflict (a name or address that is taken), forbidden (registration is closed,
// the address is not on the list, or the first account needs its link), limited.
Async<Result<User>> register_user(Deps& deps, Registering given, const Client& client);
struct NewStanding {
    Role role = Role::member;
    bool first = false;         // takes over the local user
    bool is_confirmed = false;  // the address needs no mail: an operator vouches for it
};
// The same without asking who may. Errors: invalid, conflict, limited.
Async<Result<User>> make_account(
    Deps& deps, Registering given, const NewStanding& standing, const Client& client
);
// Errors: unauthenticated (the same words for an unknown name and a wrong password, and the same
// work), forbidden (disabled, not verified), limited. `quota`: what is left of the one that the
// attempt used.
Async<Result<SignedIn>> sign_in(
    Deps& deps,
    const std::string& name,
    const std::string& password,
    const Client& client,
    limits::Quota& quota
);
// For who showed another proof than the password. In a transaction. Errors: forbidden.
Async<Result<SignedIn>> sign_in_by_link(
    db::Session& db, Deps& deps, UserId user, const Client& client, Instant now
);
// Good for this session until it ends, and for config.access_max at most.
std::string access_token(
    const Deps& deps, UserId user, SessionId session, std::int64_t epoch, Instant now
);
// Errors: unauthenticated, limited.
Async<Result<SignedIn>> refresh_session(
    Deps& deps, const std::string& refresh_token, const Client& client
);
// The token by which the client's device stays known, if it was; a new password ends all others.
// Errors: invalid, unauthenticated (the current one is wrong), limited.
Async<Result<std::string>> change_password(
    Deps& deps,
    UserId user,
    std::optional<SessionId> session,
    const std::string& current,
    const std::string& wanted,
    bool ends_api_keys,
    const Client& client
);
// Without the current one: by an administrator. Everything issued ends, keys too, and so does the
// wait after failures. Errors: invalid, limited.
Async<Result<void>> replace_password(
    Deps& deps, UserId user, const std::string& wanted, const Client& client
);
// Mails a link to whoever has an account with this address. Says nothing about whether there is
// one. Errors: limited.
Async<Result<void>> ask_for_reset(Deps& deps, const std::string& email, const Client& client);
// The link of that mail, and the new password. Signs in, so that nobody who keeps on trying wrong
// passwords shuts the user out. Errors: invalid, forbidden (disabled, not on the list), limited.
Async<Result<SignedIn>> reset_password(
    Deps& deps,
    const std::string& token,
    const std::string& wanted,
    bool ends_api_keys,
    const Client& client
);
// Another mail to confirm one's address. Errors: conflict (it is), limited.
Async<Result<void>> ask_to_verify(Deps& deps, UserId user, const Client& client);
// Errors: invalid.
Async<Result<void>> verify_email(Deps& deps, const std::string& token, const Client& client);
// Every session of the user ends, and the API keys when they are to.
Async<void> sign_out_everywhere(Deps& deps, UserId user, bool ends_api_keys, const Client& client);

}  // namespace zoetrope::accounts

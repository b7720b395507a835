#include <algorithm>

#include "features/accounts/access_changes.hpp"
#include "features/accounts/api_keys.hpp"
#include "features/accounts/checks.hpp"
#include "features/accounts/routes.hpp"
#include "features/accounts/rules.hpp"
#include "platform/base/text.hpp"
#include "platform/http/page.hpp"

namespace zoetrope::accounts {

namespace {

using http::Body;
using http::Caller;
using http::NoContent;
using http::Request;

// POST /api/v1/auth/register -> 201 User. 409 names what is taken
Async<Result<http::Created<User>>> post_register(
    Deps& deps, const Request& request, Body<Registering> body
) {
    CO_TRY(User user, co_await register_user(deps, std::move(body.value), client_of(request)));
    co_return http::Created<User>{std::move(user)};
}

struct Credentials {
    std::string username;  // or the address
    std::string password;
    bool cookie = false;  // in a browser: leave the tokens in cookies
    static constexpr std::string_view schema_name = "Credentials";
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Credentials, (), (username, password, cookie))

// POST /api/v1/auth/login -> 200 Tokens. 401 for a wrong name or password, 429 after many
Async<Result<http::WithHeaders<Tokens>>> post_login(
    Deps& deps, const Request& request, Body<Credentials> body
) {
    const Credentials& given = body.value;
    if (given.username.empty()) co_return invalid("username", "must be your name or address");
    if (given.password.empty() || given.password.size() > password_bytes_max)
        co_return invalid("password", "must be your password");
    const Client client = client_of(request);
    CO_TRY(
        SignedIn made,
        co_await sign_in(deps, given.username, given.password, client, *request.quota)
    );
    co_return answer(deps, std::move(made), given.cookie);
}

struct Refreshing {
    std::string refresh_token;  // empty: the cookie's
    static constexpr std::string_view schema_name = "RefreshRequest";
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Refreshing, (), (refresh_token))

std::string cookie_token(const Deps& deps, const Request& request) {
    if (!cookie_counts(request)) return {};
    return std::string(cookie(request, cookie_name(refresh_cookie, deps.config.secure_cookies)));
}

// POST /api/v1/auth/refresh -> 200 Tokens. 401 when the session has ended
Async<Result<http::WithHeaders<Tokens>>> post_refresh(
    Deps& deps, const Request& request, Body<Refreshing> body
) {
    const bool in_cookies = body.value.refresh_token.empty();
    const std::string token = in_cookies ? cookie_token(deps, request) : body.value.refresh_token;
    if (token.empty())
        co_return failure(Code::unauthenticated, "There is no refresh token. Sign in.");
    CO_TRY(SignedIn made, co_await refresh_session(deps, token, client_of(request)));
    co_return answer(deps, std::move(made), in_cookies);
}

Async<bool> end_noted(
    db::Session& db, const Deps& deps, UserId user, SessionId session, const Client& client
) {
    const Instant now = deps.clock.now();
    if (co_await end_session(db, user, session, now) == 0) co_return false;
    co_await note(db, user, "signed_out", "", client, now);
    co_await publish_change(db, deps, user);
    co_return true;
}

Async<void> sign_out(Deps& deps, UserId user, SessionId session, const Request& request) {
    const Client client = client_of(request);
    co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return end_noted(transaction, deps, user, session, client);
    });
    deps.table.change(user);
}

// POST /api/v1/auth/logout -> 204. The session of the token or of the cookie; with neither, it is
// over already
Async<Result<http::WithHeaders<NoContent>>> post_logout(Deps& deps, const Request& request) {
    if (const std::string token = cookie_token(deps, request); !token.empty()) {
        if (const auto session = co_await find_session_of(deps.db, token))
            co_await sign_out(deps, session->owner_id, session->id, request);
    }
    auto caller = deps.authenticator.known(request);
    if (!caller) caller = co_await deps.authenticator.find(request);
    if (*caller && (*caller)->session)
        co_await sign_out(deps, (*caller)->user, *(*caller)->session, request);
    co_return http::WithHeaders<NoContent>{{}, no_cookies(deps)};
}

struct Everywhere {
    bool end_api_keys = true;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Everywhere, (), (end_api_keys))

// POST /api/v1/auth/logout-all?end_api_keys= -> 204. Every session of the caller, on every device,
// and the API keys unless `end_api_keys` is false
Async<Result<http::WithHeaders<NoContent>>> post_logout_all(
    Deps& deps, Caller caller, http::Query<Everywhere> query, const Request& request
) {
    co_await sign_out_everywhere(deps, caller.user, query.value.end_api_keys, client_of(request));
    co_return http::WithHeaders<NoContent>{{}, no_cookies(deps)};
}

struct Doors {
    bool local = false;  // no account yet: see LocalMode
    Registration registration{};
    static constexpr std::string_view schema_name = "Doors";
};
BOOST_DESCRIBE_STRUCT(Doors, (), (local, registration))

// GET /api/v1/auth -> 200 Doors: how one gets in, for the page that asks
Result<Doors> get_doors(Deps& deps) {
    return Doors{*deps.local_only, deps.admission.load()->registration};
}

// GET /api/v1/auth/me -> 200 User, without a look at the database
Result<User> get_me(Deps&, Caller caller) {
    if (!caller.profile) {
        return User{
            .id = caller.user,
            .username = "local",
            .email = std::nullopt,
            .role = caller.role,
            .email_verified_at = std::nullopt,
            .disabled_at = std::nullopt,
            .created_at = {}
        };
    }
    const http::Profile& profile = *caller.profile;
    return User{
        .id = caller.user,
        .username = profile.username,
        .email = profile.email,
        .role = caller.role,
        .email_verified_at = profile.email_verified_at,
        .disabled_at = std::nullopt,
        .created_at = profile.created_at
    };
}

struct AuditQuery {
    std::int64_t limit = 50;
    std::optional<std::string> cursor;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(AuditQuery, (), (limit, cursor))

std::string cursor_of_entry(const AuditEntry& last) {
    return http::write_cursor({last.created_at, last.id});
}

Async<Result<http::Page<AuditEntry>>> audit_page(
    Deps& deps, std::optional<UserId> owner, const AuditQuery& query
) {
    CO_TRY(const std::int64_t limit, http::page_limit(query.limit));
    CO_TRY(const auto place, http::read_cursor(query.cursor));
    auto entries = co_await list_audit(deps.db, owner, place.id, limit + 1);
    co_return http::page_of(std::move(entries), limit, cursor_of_entry);
}

// GET /api/v1/auth/audit?limit=&cursor= -> 200 [AuditEntry], what happened to one's own account
Async<Result<http::Page<AuditEntry>>> get_own_audit(
    Deps& deps, Caller caller, http::Query<AuditQuery> query
) {
    co_return co_await audit_page(deps, caller.user, query.value);
}

// GET /api/v1/admin/audit?limit=&cursor= -> 200 [AuditEntry], of everybody
Async<Result<http::Page<AuditEntry>>> get_audit(
    Deps& deps, http::Admin, http::Query<AuditQuery> query
) {
    co_return co_await audit_page(deps, std::nullopt, query.value);
}

// GET /.well-known/jwks.json -> 200, the keys that access tokens are signed with (RFC 7517)
Result<Jwks> get_jwks(Deps& deps) { return deps.signing.public_keys(); }

}  // namespace

std::string quota_owner(const void* deps, const Request& request) {
    const Deps& accounts = *static_cast<const Deps*>(deps);
    const auto device = accounts.devices.open(shown_device(request), accounts.clock.now());
    return device ? account_subject(device->user) : std::string();
}

http::WithHeaders<Tokens> answer(const Deps& deps, SignedIn made, bool in_cookies) {
    Tokens tokens{.access_token = {}, .refresh_token = {}};
    tokens.expires_in = deps.config.access_max.count();
    std::string headers = "Cache-Control: no-store\r\n";
    if (in_cookies) {
        tokens.token_type = "cookie";
        headers += cookies(deps, made);
    } else {
        tokens.access_token = std::move(made.access_token);
        tokens.refresh_token = std::move(made.refresh_token);
    }
    return {std::move(tokens), std::move(headers)};
}

void mount(http::Router& router, Deps& deps) {
    using http::Keys;
    router.get<get_doors>("/api/v1/auth", deps, {.summary = "How one gets in"});
    router.post<post_register>(
        "/api/v1/auth/register",
        deps,
        {.summary = "Make an account", .per_address = &deps.registrations}
    );
    router.post<post_login>(
        "/api/v1/auth/login", deps, {.summary = "Sign in, with a name or an address"}
    );
    router.post<post_refresh>(
        "/api/v1/auth/refresh",
        deps,
        {.summary = "New tokens for a refresh token, which ends",
         .per_address = &deps.refreshes,
         .quota_owner = quota_owner}
    );
    router.post<post_logout>("/api/v1/auth/logout", deps, {.summary = "Sign this device out"});
    router.post<post_logout_all>(
        "/api/v1/auth/logout-all", deps, {.summary = "Sign every device out", .keys = Keys::none}
    );
    router.get<get_me>("/api/v1/auth/me", deps, {.summary = "Who you are", .keys = Keys::any});
    router.get<get_own_audit>(
        "/api/v1/auth/audit", deps, {.summary = "What happened to your account", .keys = Keys::none}
    );
    router.get<get_audit>(
        "/api/v1/admin/audit", deps, {.summary = "What happened to all accounts"}
    );
    router.get<get_jwks>(
        "/.well-known/jwks.json", deps, {.summary = "The keys that verify access tokens"}
    );
    mount_sessions(router, deps);
    mount_local(router, deps);
    mount_api_keys(router, deps);
    mount_users(router, deps);
    mount_recovery(router, deps);
    mount_personal_data(router, deps);
}

}  // namespace zoetrope::accounts

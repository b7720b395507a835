// Passwords changed and lost, addresses confirmed.
#include "features/accounts/routes.hpp"

namespace zoetrope::accounts {

namespace {

using http::Body;
using http::Caller;
using http::NoContent;
using http::Request;

struct PasswordChange {
    std::string current_password;
    std::string new_password;
    std::optional<bool> end_api_keys;  // false: programs go on with the keys they have
    static constexpr std::string_view schema_name = "PasswordChange";
    static constexpr bool is_request = true;
};
BOOST_DESCRIBE_STRUCT(PasswordChange, (), (current_password, new_password, end_api_keys))

// POST /api/v1/auth/password -> 204. The other sessions end, and the keys with `end_api_keys`
Async<Result<http::WithHeaders<NoContent>>> post_password(
    Deps& deps, Caller caller, const Request& request, Body<PasswordChange> body
) {
    const PasswordChange& given = body.value;
    CO_TRY(
        const std::string device_token,
        co_await change_password(
            deps,
            caller.user,
            caller.session,
            given.current_password,
            given.new_password,
            given.end_api_keys.value_or(false),
            client_of(request)
        )
    );
    co_return http::WithHeaders<NoContent>{{}, device_cookie_line(deps, device_token)};
}

struct ResetRequest {
    std::string email;
    static constexpr std::string_view schema_name = "ResetRequest";
};
BOOST_DESCRIBE_STRUCT(ResetRequest, (), (email))

// POST /api/v1/auth/password/reset -> 204, whether there is such an account or not
Async<Result<NoContent>> post_reset(Deps& deps, const Request& request, Body<ResetRequest> body) {
    CO_CHECK(co_await ask_for_reset(deps, body.value.email, client_of(request)));
    co_return NoContent{};
}

struct Reset {
    std::string token;  // of the mail's link
    std::string new_password;
    bool cookie = false;       // in a browser: leave the tokens in cookies
    bool end_api_keys = true;  // whoever had the account may have made some
    static constexpr std::string_view schema_name = "PasswordReset";
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Reset, (), (token, new_password, cookie, end_api_keys))

// PUT /api/v1/auth/password/reset -> 200 Tokens of a new session; every other one ends, and so do
// the keys unless `end_api_keys` is false. 422 for a link that is none any more
Async<Result<http::WithHeaders<Tokens>>> put_reset(
    Deps& deps, const Request& request, Body<Reset> body
) {
    const Reset& given = body.value;
    CO_TRY(
        SignedIn made,
        co_await reset_password(
            deps, given.token, given.new_password, given.end_api_keys, client_of(request)
        )
    );
    co_return answer(deps, std::move(made), given.cookie);
}

struct Verification {
    std::string token;
    static constexpr std::string_view schema_name = "EmailVerification";
};
BOOST_DESCRIBE_STRUCT(Verification, (), (token))

// POST /api/v1/auth/email/verify -> 204. 422 for a link that is none any more
Async<Result<NoContent>> post_verify(Deps& deps, const Request& request, Body<Verification> body) {
    CO_CHECK(co_await verify_email(deps, body.value.token, client_of(request)));
    co_return NoContent{};
}

// POST /api/v1/auth/email/mail -> 204, after another mail to confirm the address
Async<Result<NoContent>> post_verify_mail(Deps& deps, Caller caller, const Request& request) {
    CO_CHECK(co_await ask_to_verify(deps, caller.user, client_of(request)));
    co_return NoContent{};
}

}  // namespace

void mount_recovery(http::Router& router, Deps& deps) {
    using http::Keys;
    router.post<post_password>(
        "/api/v1/auth/password", deps, {.summary = "Change your password", .keys = Keys::none}
    );
    router.post<post_reset>(
        "/api/v1/auth/password/reset",
        deps,
        {.summary = "Mail a link for a new password",
         .per_address = &deps.resets_by_address,
         .quota_owner = quota_owner}
    );
    router.put<put_reset>(
        "/api/v1/auth/password/reset", deps, {.summary = "Set a new password by that link"}
    );
    router.post<post_verify>(
        "/api/v1/auth/email/verify", deps, {.summary = "Confirm an address by its mail's link"}
    );
    router.post<post_verify_mail>(
        "/api/v1/auth/email/mail",
        deps,
        {.summary = "Mail the link for your address again",
         .keys = Keys::none,
         .per_address = &deps.resets_by_address,
         .quota_owner = quota_owner}
    );
}

}  // namespace zoetrope::accounts

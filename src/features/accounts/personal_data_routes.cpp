#include "features/accounts/personal_data.hpp"
#include "features/accounts/routes.hpp"

namespace zoetrope::accounts {

namespace {

using http::Body;
using http::Caller;
using http::NoContent;
using http::Request;

// GET /api/v1/auth/export -> a zip of everything the caller owns. 429 after several in an hour
Async<Result<http::Response>> get_export(Deps& deps, Caller caller, const Request& request) {
    co_return co_await export_data(deps, caller.user, client_of(request));
}

struct Erasing {
    std::string password;
    static constexpr std::string_view schema_name = "EraseRequest";
    static constexpr bool is_request = true;
};
BOOST_DESCRIBE_STRUCT(Erasing, (), (password))

// POST /api/v1/auth/erase {password} -> 204. The account and all it owns. 409 for the last
// administrator
Async<Result<http::WithHeaders<NoContent>>> post_erase(
    Deps& deps, Caller caller, const Request& request, Body<Erasing> body
) {
    if (*deps.local_only) co_return conflict("There is no account yet that could be erased.");
    CO_CHECK(co_await erase_own_account(deps, caller.user, body.value.password, client_of(request))
    );
    co_return http::WithHeaders<NoContent>{{}, no_cookies(deps)};
}

// DELETE /api/v1/users/{id} -> 204. The same, by an administrator
Async<Result<NoContent>> delete_user(
    Deps& deps, http::Admin, http::Path<UserId> id, const Request& request
) {
    CO_CHECK(co_await erase_account(deps, id.value, client_of(request)));
    co_return NoContent{};
}

}  // namespace

void mount_personal_data(http::Router& router, Deps& deps) {
    using http::Keys;
    router.get<get_export>(
        "/api/v1/auth/export", deps, {.summary = "Everything you own, as a zip", .keys = Keys::none}
    );
    router.post<post_erase>(
        "/api/v1/auth/erase",
        deps,
        {.summary = "Erase your account and everything you own", .keys = Keys::none}
    );
    router.del<delete_user>(
        "/api/v1/users/{id}", deps, {.summary = "Erase a user and everything the user owns"}
    );
}

}  // namespace zoetrope::accounts

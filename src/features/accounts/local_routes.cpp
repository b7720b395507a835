// How a browser is let in while there are no accounts.
#include "features/accounts/routes.hpp"

namespace zoetrope::accounts {

namespace {

struct Opening {
    std::string token;  // of the link that `zoetrope serve` printed
    static constexpr std::string_view schema_name = "LocalSessionRequest";
};
BOOST_DESCRIBE_STRUCT(Opening, (), (token))

// POST /api/v1/auth/local -> 204 and a cookie. 403 for a wrong token, 409 once there are accounts
Result<http::WithHeaders<http::NoContent>> post_local(Deps& deps, http::Body<Opening> body) {
    if (!*deps.local_only)
        return conflict("This link has done its work: there are accounts now. Sign in.");
    if (!deps.local.is_link_token(body.value.token)) {
        return failure(
            Code::forbidden,
            "This is not the link of this server. Copy all of what `zoetrope link` prints."
        );
    }
    return http::WithHeaders<http::NoContent>{
        {}, "Cache-Control: no-store\r\n" + deps.local.cookie_line()
    };
}

}  // namespace

void mount_local(http::Router& router, Deps& deps) {
    router.post<post_local>(
        "/api/v1/auth/local",
        deps,
        {.summary = "Let this browser in while there are no accounts, by the printed link"}
    );
}

}  // namespace zoetrope::accounts

#include "features/accounts/local_mode.hpp"

#include <unistd.h>

#include "features/accounts/authenticator.hpp"
#include "platform/http/peer_owner.hpp"

namespace zoetrope::accounts {

namespace {

constexpr int cookie_age_s = 365 * 24 * 3600;  // browsers keep none longer than 400 days

std::unexpected<Error> not_open() {
    return failure(
        Code::unauthenticated,
        "This server has no accounts, and this browser has not been let in. Open the link that "
        "`zoetrope serve` printed when it started; `zoetrope link` prints it again."
    );
}

std::unexpected<Error> not_ours() {
    return failure(
        Code::unauthenticated,
        "This server has no accounts, so it serves only programs of the user who runs it, and "
        "root. "
        "Make the first account: `zoetrope user add NAME EMAIL --role admin`."
    );
}

Result<void> admit_peer(bool is_ours) {
    if (!is_ours) return not_ours();
    return {};
}

}  // namespace

LocalMode::LocalMode(const crypto::Key& master, Offload& files)
    : files_(files),
      link_token_(master.derive("local").mac("link")),
      session_(master.derive("local").mac("session")) {}

bool LocalMode::is_link_token(std::string_view text) const {
    return crypto::equal_in_constant_time(text, link_token_);
}

// Without Secure: local mode is reached directly, by http.
std::string LocalMode::cookie_line() const {
    return "Set-Cookie: " + std::string(local_cookie) + "=" + session_ +
           "; Path=/; Max-Age=" + std::to_string(cookie_age_s) + "; HttpOnly; SameSite=Strict\r\n";
}

std::optional<Result<void>> LocalMode::known(const http::Request& request) const {
    if (has_cookie(request, local_cookie, session_)) return Result<void>{};
    if (request.needs_local_session) return not_open();
    if (!request.connection || request.connection->is_proxy) return not_ours();
    if (const auto is_ours = request.connection->peer_is_ours) return admit_peer(*is_ours);
    return std::nullopt;
}

Async<Result<void>> LocalMode::look_up(const http::Request& request) const {
    http::Connection& connection = *request.connection;
    http::Owner owner;
    if (const auto told = http::ask_owner_of_peer(connection.peer, connection.own)) {
        owner = *told;
    } else {
        owner = co_await files_.run([peer = connection.peer, own = connection.own] {
            return http::owner_of_peer(peer, own);
        });
    }
    // Users without a number in this namespace all show as this one (user_namespaces(7)).
    constexpr uid_t unmapped = 65534;
    connection.peer_is_ours = owner && *owner != unmapped && (*owner == 0 || *owner == ::geteuid());
    co_return admit_peer(*connection.peer_is_ours);
}

}  // namespace zoetrope::accounts

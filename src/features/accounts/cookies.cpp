#include "features/accounts/routes.hpp"

namespace zoetrope::accounts {

static std::string cookie_line(
    const Deps& deps,
    std::string_view name,
    std::string_view value,
    std::string_view path,
    std::chrono::seconds age
) {
    std::string out = "Set-Cookie: ";
    const bool secure = deps.config.secure_cookies;
    out.append(cookie_name(name, secure)).append("=").append(value).append("; Path=").append(path);
    out += "; Max-Age=" + std::to_string(age.count()) + "; HttpOnly; SameSite=Lax";
    if (secure) out += "; Secure";
    return out += "\r\n";
}

static std::string both(const Deps& deps, const SignedIn& made, bool kept) {
    const auto age = [kept](std::chrono::seconds age) {
        return kept ? age : std::chrono::seconds(0);
    };
    // Only who refreshes has to see the token that lasts; but a name with the prefix, which keeps
    // other hosts of the domain from planting theirs, is only good for all paths.
    const std::string_view refresh_path = deps.config.secure_cookies ? "/" : "/api/v1/auth";
    return cookie_line(deps, access_cookie, made.access_token, "/", age(deps.config.access_max)) +
           cookie_line(
               deps, refresh_cookie, made.refresh_token, refresh_path, age(deps.config.session_max)
           );
}

std::string cookies(const Deps& deps, const SignedIn& made) { return both(deps, made, true); }
std::string no_cookies(const Deps& deps) { return both(deps, {}, false); }

}  // namespace zoetrope::accounts

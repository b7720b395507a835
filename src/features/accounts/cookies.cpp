#include "features/accounts/routes.hpp"

namespace zoetrope::accounts {

// Only signing in and refreshing have to see the tokens that last.
static constexpr std::string_view auth_path = "/api/v1/auth";

static std::string cookie_line(
    const Deps& deps,
    std::string_view name,
    std::string_view value,
    std::string_view path,
    std::chrono::seconds age
) {
    const bool secure = deps.config.secure_cookies;
    const std::string_view shown = cookie_name(name, secure);
    if (shown.starts_with(host_prefix)) path = "/";  // such a name is good for nothing less
    std::string out = "Set-Cookie: ";
    out.append(shown).append("=").append(value).append("; Path=").append(path);
    out += "; Max-Age=" + std::to_string(age.count()) + "; HttpOnly; SameSite=Lax";
    if (secure) out += "; Secure";
    return out += "\r\n";
}

static std::string both(const Deps& deps, const SignedIn& made, bool kept) {
    const auto age = [kept](std::chrono::seconds age) {
        return kept ? age : std::chrono::seconds(0);
    };
    return cookie_line(deps, access_cookie, made.access_token, "/", age(deps.config.access_max)) +
           cookie_line(
               deps, refresh_cookie, made.refresh_token, auth_path, age(deps.config.session_max)
           );
}

// Signing out leaves it: the device stays known.
std::string device_cookie_line(const Deps& deps, std::string_view token) {
    if (token.empty()) return {};
    return cookie_line(deps, device_cookie, token, auth_path, device_age_max);
}

std::string cookies(const Deps& deps, const SignedIn& made) {
    return both(deps, made, true) + device_cookie_line(deps, made.device_token);
}
std::string no_cookies(const Deps& deps) { return both(deps, {}, false); }

}  // namespace zoetrope::accounts

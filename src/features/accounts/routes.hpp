// The routes of accounts, a file for each kind, and what they share. Private to accounts.
#pragma once

#include "features/accounts/sign_in.hpp"

namespace zoetrope::accounts {

void mount_sessions(http::Router& router, Deps& deps);
void mount_local(http::Router& router, Deps& deps);
void mount_api_keys(http::Router& router, Deps& deps);
void mount_users(http::Router& router, Deps& deps);
void mount_recovery(http::Router& router, Deps& deps);
void mount_personal_data(http::Router& router, Deps& deps);

// Header lines that leave the tokens in a browser, where no script can read them.
std::string cookies(const Deps& deps, const SignedIn& made);
// The same, taking them away.
std::string no_cookies(const Deps& deps);
// By which the device stays known; nothing for an empty token.
std::string device_cookie_line(const Deps& deps, std::string_view token);

// OAuth 2's words (RFC 6749 section 5.1). In a browser the tokens are cookies that no script can
// read, and are not in the body.
struct Tokens {
    std::optional<std::string> access_token;
    std::string token_type = "bearer";
    std::int64_t expires_in = 0;  // seconds
    std::optional<std::string> refresh_token;
    static constexpr std::string_view schema_name = "Tokens";
};
BOOST_DESCRIBE_STRUCT(Tokens, (), (access_token, token_type, expires_in, refresh_token))

http::WithHeaders<Tokens> answer(const Deps& deps, SignedIn made, bool in_cookies);

// The user of a known device, who has quotas of its own beside its network's: others behind the
// same address cannot use them up.
std::string quota_owner(const void* deps, const http::Request& request);

}  // namespace zoetrope::accounts

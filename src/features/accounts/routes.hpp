// The routes of accounts, a file for each kind, and what they share. Private to accounts.
#pragma once

#include "features/accounts/sign_in.hpp"

namespace zoetrope::accounts {

void mount_api_keys(http::Router& router, Deps& deps);
void mount_users(http::Router& router, Deps& deps);
void mount_recovery(http::Router& router, Deps& deps);
void mount_personal_data(http::Router& router, Deps& deps);

// Header lines that leave the tokens in a browser, where no script can read them.
std::string cookies(const Deps& deps, const SignedIn& made);
// The same, taking them away.
std::string no_cookies(const Deps& deps);

}  // namespace zoetrope::accounts

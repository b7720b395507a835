// What a name, an address and a password must be. Private to accounts.
#pragma once

#include "features/accounts/accounts.hpp"
#include "platform/base/json/read.hpp"

namespace zoetrope::accounts {

void check_username(std::string& username, json::Problems& problems);
void check_email(std::string& email, json::Problems& problems);
void check_password(
    std::string_view password,
    const crypto::PasswordScheme& scheme,
    json::Problems& problems,
    std::string_view field = "password"
);
// Whether the address, or its domain, is on the list.
bool is_allowed(const std::vector<std::string>& folded, std::string_view email);

}  // namespace zoetrope::accounts

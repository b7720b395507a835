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

// Whether somebody may (still) sign in: where a list says who may, it holds for those who have an
// account too. Administrators cannot shut themselves out.
bool is_admitted(const Admission& admission, Role role, const std::optional<std::string>& email);

}  // namespace zoetrope::accounts

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

// What decides whether somebody may use an account; each way in looks it up.
struct AccountState {
    Role role = Role::member;
    const std::optional<std::string>& email;
    bool is_confirmed = false;
    bool is_disabled = false;  // or erased
};
template <class Row>
AccountState state_of(const Row& row) {
    return {row.role, row.email, row.email_verified_at.has_value(), row.disabled_at.has_value()};
}

// Whether a user may use the account now. Every way in asks this: a sign-in, a refresh, an access
// token, an API key. Streams and caches ask by AuthTable's stamps, which change with any of it.
// A list of addresses holds for those who have an account too, and wants their addresses confirmed;
// `closed` only stops new accounts. Administrators cannot shut themselves out by a list.
// Errors: forbidden, with the reason.
Result<void> may_use_account(const Admission& admission, const AccountState& account);
// The same for a token or key that was issued before. Errors: unauthenticated, with the reason.
Result<void> may_still_use_account(const Admission& admission, const AccountState& account);

}  // namespace zoetrope::accounts

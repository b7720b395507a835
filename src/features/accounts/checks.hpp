// What several ways in have to ask of a password and of the one who tries it. Private to accounts.
#pragma once

#include "features/accounts/store.hpp"

namespace zoetrope::accounts {

std::unexpected<Error> come_later(const limits::Quota& quota);

// What tries to get into a user's account are counted under, whatever name was typed.
std::string account_subject(UserId user);
std::string place_subject(UserId user, const Client& client);

// Errors: limited, when the hashing queue is full.
Async<Result<std::string>> hash(Deps& deps, const std::string& password);

// Whether the password is the user's, in the same time when there is no such user; the hash anew
// when the settings changed since it was made. Errors: limited.
struct Checked {
    bool right = false;
    std::optional<std::string> rehashed;
};
Async<Result<Checked>> check(
    Deps& deps, const std::optional<Login>& user, const std::string& password
);

// Asks who is signed in for the password once more. Errors: invalid, naming `field`; limited.
Async<Result<Login>> confirm_password(
    Deps& deps, UserId user, const std::string& password, const char* field
);

// Whether there are failures of the first. Errors: limited, while they still cost time.
Async<Result<bool>> waited(
    Deps& deps, const Failures::Subject& a, const Failures::Subject& b, Instant now
);

}  // namespace zoetrope::accounts

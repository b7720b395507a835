// What several ways in have to ask of a password and of the one who tries it. Private to accounts.
#pragma once

#include <span>

#include "features/accounts/store.hpp"

namespace zoetrope::accounts {

std::unexpected<Error> come_later(const limits::Quota& quota);

// The key of a user's quotas.
std::string account_subject(UserId user);

// Hashes a stranger's password. Errors: limited, when the strangers' part of the queue is full.
Async<Result<std::string>> hash(Deps& deps, const std::string& password);
// Hashes the new password of a user who is signed in or holds a link. Errors: limited, also when
// four of the user's passwords are in the queue.
Async<Result<std::string>> hash_known(Deps& deps, UserId user, const std::string& password);

// Somebody who wants to give a password.
struct PasswordAttempt {
    Failures::Attempt counted;
    CpuPool::Origin origin = CpuPool::Origin::stranger;
    std::optional<UserId> known_user{};            // of a known origin
    std::span<const limits::LimitKey> networks{};  // whose quota it uses; empty: none
    // The user has a session at this address: what others there use up of the quota keeps nobody
    // out. Until it is used up nothing tells such an attempt from others.
    bool is_known_place = false;
};
// A place in the hashing queue, for an attempt that need not wait.
struct AdmittedAttempt {
    Failures::History history;
    CpuPool::Place place;
    limits::Quota quota;
    limits::OpenPerUser::Permit permit;  // of a known origin; held until the password is checked
};
// Errors: limited, with at most 30 s to wait: after wrong passwords, by a quota, or because the
// hashing queue is full. A refused attempt is not counted.
Async<Result<AdmittedAttempt>> begin_attempt(
    Deps& deps, const PasswordAttempt& attempt, Instant now
);

// Whether the password is the user's, in the same time when there is no such user; the hash anew
// when the settings changed since it was made. Counts a wrong password, and forgets the counts
// after the right one.
struct Checked {
    bool right = false;
    std::optional<std::string> rehashed;
};
Async<Checked> check(
    Deps& deps,
    const PasswordAttempt& attempt,
    AdmittedAttempt admitted,
    const std::optional<Login>& user,
    const std::string& password,
    Instant now
);

// Asks who is signed in for the password once more. Errors: invalid, naming `field`; limited.
Async<Result<Login>> confirm_password(
    Deps& deps, UserId user, const std::string& password, const char* field
);

}  // namespace zoetrope::accounts

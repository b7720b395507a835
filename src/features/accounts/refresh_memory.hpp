// What came of the refresh tokens that were shown lately. Who shows one again (a second tab, a
// client that lost the answer, or somebody with a token that is good for nothing) is answered
// without the database. Private to accounts.
#pragma once

#include <optional>
#include <string>

#include "platform/base/ids.hpp"
#include "platform/base/time.hpp"
#include "platform/cache/lru.hpp"

namespace zoetrope::accounts {

// A refresh token's successor, and whose it is.
struct Rotated {
    std::string token;
    SessionId session;
    UserId user;
    std::int64_t auth_epoch = 0;
};

struct ShownToken {
    std::optional<Rotated> rotated;  // nothing: it is good for nothing any more
    Instant used_at;                 // at the latest
    std::uint64_t stamp = 0;         // of the user, see AuthTable
};

// By the digest of the token.
using RefreshMemory = cache::Lru<std::string, ShownToken>;
inline constexpr std::size_t remembered_tokens = 10'000;  // some megabytes

}  // namespace zoetrope::accounts

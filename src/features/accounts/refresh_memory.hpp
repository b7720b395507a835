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

// Whose a refresh token is. Its successor is a MAC of it, so that nobody has to keep that.
struct TokenLine {
    SessionId session;
    UserId user;
    std::int64_t auth_epoch = 0;
};

struct ShownToken {
    std::optional<TokenLine> line;  // nothing: it is good for nothing any more
    Instant used_at;                // first
    std::uint64_t stamp = 0;        // of the user, see AuthTable
};

// By the digest of the token.
using RefreshMemory = cache::Lru<std::string, ShownToken>;
inline constexpr std::size_t remembered_tokens = 10'000;  // some megabytes

}  // namespace zoetrope::accounts

// API keys: for programs. Named, for some families of routes, perhaps ending; shown once, and kept
// only as a digest. Private to accounts.
#pragma once

#include "features/accounts/store.hpp"
#include "platform/base/ids.hpp"
#include "platform/base/json/traits.hpp"
#include "platform/base/time.hpp"
#include "platform/db/session.hpp"
#include "platform/http/caller.hpp"

namespace zoetrope::accounts {

inline constexpr std::string_view api_key_prefix = "ztk_";  // found by secret scanners
inline constexpr std::size_t api_keys_max = 100;            // of one user
inline constexpr std::size_t api_key_name_max = 100;        // code points

struct ApiKey {
    ApiKeyId id;
    std::string name;
    std::vector<std::string> scopes;
    std::string hint;  // its first characters
    std::optional<Instant> expires_at;
    std::optional<Instant> last_used_at;
    Instant created_at;
    static constexpr std::string_view schema_name = "ApiKey";
};
BOOST_DESCRIBE_STRUCT(ApiKey, (), (id, name, scopes, hint, expires_at, last_used_at, created_at))

Async<void> insert_api_key(db::Session& db, UserId owner, const ApiKey& key, std::string_view text);
Async<std::vector<ApiKey>> list_api_keys(db::Session& db, UserId owner);
// False when there is none.
Async<bool> delete_api_key(db::Session& db, UserId owner, ApiKeyId id);

// All of the user's. How many there were.
Async<std::int64_t> delete_api_keys(db::Session& db, UserId owner);
// The same, with a line in the audit when there were any.
Async<void> end_api_keys(db::Session& db, UserId owner, const Client& client, Instant now);

// A key and its user, as the authenticator needs them.
struct KeyStanding {
    ApiKeyId id;
    UserId owner_id;
    std::string scopes;
    std::optional<Instant> expires_at;
    std::string username;
    std::optional<std::string> email;
    http::Role role{};
    std::optional<Instant> email_verified_at;
    std::optional<Instant> disabled_at;
    Instant user_created_at;
    std::vector<std::string> scope_list() const;
};
BOOST_DESCRIBE_STRUCT(
    KeyStanding,
    (),
    (id,
     owner_id,
     scopes,
     expires_at,
     username,
     email,
     role,
     email_verified_at,
     disabled_at,
     user_created_at)
)
Async<std::optional<KeyStanding>> find_api_key(db::Session& db, std::string_view text);
Async<void> touch_api_key(db::Session& db, ApiKeyId id, Instant now);

}  // namespace zoetrope::accounts

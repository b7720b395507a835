#include "features/accounts/api_keys.hpp"

#include "platform/base/json/read.hpp"
#include "platform/base/json/write.hpp"
#include "platform/crypto/digest.hpp"

namespace zoetrope::accounts {

namespace {

using Scopes = std::vector<std::string>;

Scopes read_scopes(const std::string& text) { return json::read<Scopes>(text).value_or(Scopes{}); }

struct ApiKeyRow {
    ApiKeyId id;
    std::string name;
    std::string scopes;
    std::string hint;
    std::optional<Instant> expires_at;
    std::optional<Instant> last_used_at;
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(ApiKeyRow, (), (id, name, scopes, hint, expires_at, last_used_at, created_at))

}  // namespace

std::vector<std::string> KeyStanding::scope_list() const { return read_scopes(scopes); }

constexpr db::Sql insert_api_key_sql{
    "accounts.insert_api_key",
    "INSERT INTO api_keys (id, owner_id, token, name, scopes, hint, expires_at, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
};

Async<void> insert_api_key(
    db::Session& db, UserId owner, const ApiKey& key, std::string_view text
) {
    co_await db.send(
        insert_api_key_sql,
        key.id,
        owner,
        crypto::digest(text),
        key.name,
        json::Raw{json::to_string(key.scopes)},
        key.hint,
        key.expires_at,
        key.created_at
    );
}

constexpr db::Sql list_api_keys_sql{
    "accounts.list_api_keys",
    "SELECT id, name, scopes, hint, expires_at, last_used_at, created_at FROM api_keys "
    "WHERE owner_id = $1 ORDER BY id DESC"
};

Async<std::vector<ApiKey>> list_api_keys(db::Session& db, UserId owner) {
    std::vector<ApiKey> keys;
    for (ApiKeyRow& row : co_await db.all<ApiKeyRow>(list_api_keys_sql, owner)) {
        keys.push_back(
            {row.id,
             std::move(row.name),
             read_scopes(row.scopes),
             std::move(row.hint),
             row.expires_at,
             row.last_used_at,
             row.created_at}
        );
    }
    co_return keys;
}

constexpr db::Sql delete_api_key_sql{
    "accounts.delete_api_key", "DELETE FROM api_keys WHERE id = $1 AND owner_id = $2"
};

Async<bool> delete_api_key(db::Session& db, UserId owner, ApiKeyId id) {
    co_return co_await db.execute(delete_api_key_sql, id, owner) > 0;
}

constexpr db::Sql delete_api_keys_sql{
    "accounts.delete_api_keys", "DELETE FROM api_keys WHERE owner_id = $1"
};

Async<std::int64_t> delete_api_keys(db::Session& db, UserId owner) {
    co_return co_await db.execute(delete_api_keys_sql, owner);
}

Async<void> end_api_keys(db::Session& db, UserId owner, const Client& client, Instant now) {
    const std::int64_t ended = co_await delete_api_keys(db, owner);
    if (ended > 0) co_await note(db, owner, "api_keys_ended", std::to_string(ended), client, now);
}

constexpr db::Sql find_api_key_sql{
    "accounts.find_api_key",
    "SELECT k.id, k.owner_id, k.scopes, k.expires_at, u.username, u.email, u.role, "
    "u.email_verified_at, u.disabled_at, u.created_at AS user_created_at "
    "FROM api_keys k JOIN users u ON u.id = k.owner_id WHERE k.token = $1"
};

Async<std::optional<KeyStanding>> find_api_key(db::Session& db, std::string_view text) {
    co_return co_await db.one<KeyStanding>(find_api_key_sql, crypto::digest(text));
}

constexpr db::Sql touch_api_key_sql{
    "accounts.touch_api_key", "UPDATE api_keys SET last_used_at = $2 WHERE id = $1"
};

Async<void> touch_api_key(db::Session& db, ApiKeyId id, Instant now) {
    co_await db.send(touch_api_key_sql, id, now);
}

}  // namespace zoetrope::accounts

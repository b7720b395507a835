#include <algorithm>

#include "features/accounts/access_changes.hpp"
#include "features/accounts/api_keys.hpp"
#include "features/accounts/checks.hpp"
#include "features/accounts/links.hpp"
#include "features/accounts/routes.hpp"
#include "features/accounts/session_store.hpp"
#include "platform/base/json/read.hpp"
#include "platform/base/text.hpp"

namespace zoetrope::accounts {

namespace {

using http::Caller;

// What a key may be for: the families of routes that are not about the account itself.
constexpr std::array<std::string_view, 9> families{
    "assets", "generations", "pipelines", "models", "events", "todo", "users", "workers", "admin"
};

struct NewApiKey {
    std::string name;
    std::vector<std::string> scopes;
    std::optional<Instant> expires_at;
    static constexpr std::string_view schema_name = "NewApiKey";
    static constexpr bool is_request = true;
};
BOOST_DESCRIBE_STRUCT(NewApiKey, (), (name, scopes, expires_at))

struct MadeApiKey : ApiKey {
    std::string key;  // shown this once
    static constexpr std::string_view schema_name = "MadeApiKey";
};
BOOST_DESCRIBE_STRUCT(MadeApiKey, (ApiKey), (key))

void check(const NewApiKey& given, Instant now, json::Problems& problems) {
    const std::size_t length = code_points(given.name);
    if (length == 0 || length > api_key_name_max || !is_printable(given.name)) {
        problems.add(
            json::Path{.key = "name"},
            "must have 1 to 100 characters, none of them for control or the direction of writing"
        );
    }
    const json::Path scopes{.key = "scopes"};
    if (given.scopes.empty()) problems.add(scopes, "must name what the key is for");
    for (std::size_t i = 0; i < given.scopes.size(); ++i) {
        if (std::ranges::find(families, given.scopes[i]) != families.end()) continue;
        std::string known = "must be one of:";
        for (const auto family : families) known.append(" ").append(family);
        problems.add(json::Path{.parent = &scopes, .index = i}, known);
    }
    if (given.expires_at && *given.expires_at <= now)
        problems.add(json::Path{.key = "expires_at"}, "must be in the future");
}

// A key must not outlive what made it: whoever signs out everywhere ends the keys that are there.
Async<bool> is_still_signed_in(db::Session& db, const Caller& caller) {
    co_await hold_user(db, caller.user);
    if (!caller.session) co_return !co_await any_account(db);  // the local mode
    const auto standing = co_await find_standing(db, caller.user, *caller.session);
    co_return standing && !standing->revoked_at;
}

// With the mail that tells the user of it.
Async<Result<bool>> store_key(
    db::Session& db, const Caller& caller, const MadeApiKey& key, const Client& client, Instant now
) {
    const UserId owner = caller.user;
    if (!co_await is_still_signed_in(db, caller))
        co_return failure(Code::unauthenticated, "This session has ended. Sign in again.");
    if ((co_await list_api_keys(db, owner)).size() >= api_keys_max)
        co_return conflict("You have 100 keys. Delete one first.");
    co_await insert_api_key(db, owner, key, key.key);
    const auto entry = co_await note_entry(db, owner, "api_key_made", key.name, client, now);
    co_await mail_new_key(db, entry, now);
    co_return true;
}

// POST /api/v1/api-keys -> 201 MadeApiKey, whose `key` is never shown again
Async<Result<http::Created<MadeApiKey>>> post_key(
    Deps& deps, Caller caller, const http::Request& request, http::Body<NewApiKey> body
) {
    NewApiKey& given = body.value;
    const Instant now = deps.clock.now();
    json::Problems problems;
    check(given, now, problems);
    if (!problems.empty()) co_return std::unexpected(std::move(problems).take());
    const auto quota = deps.keys_made.take(account_subject(caller.user), now);
    if (!quota.allowed) co_return come_later(quota);
    MadeApiKey made;
    made.key = std::string(api_key_prefix) + crypto::random_text();
    made.id = ApiKeyId::make();
    made.name = std::move(given.name);
    std::ranges::sort(given.scopes);
    given.scopes.erase(std::ranges::unique(given.scopes).begin(), given.scopes.end());
    made.scopes = std::move(given.scopes);
    made.hint = made.key.substr(0, api_key_prefix.size() + 6);
    made.expires_at = given.expires_at;
    made.created_at = now;
    const Client client = client_of(request);
    CO_CHECK(co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return store_key(transaction, caller, made, client, now);
    }));
    deps.pools.wake(queue::maintenance);
    co_return http::Created<MadeApiKey>{std::move(made)};
}

// GET /api/v1/api-keys -> 200 [ApiKey], newest first
Async<Result<std::vector<ApiKey>>> get_keys(Deps& deps, Caller caller) {
    co_return co_await list_api_keys(deps.db, caller.user);
}

Async<Result<bool>> remove_key(
    db::Session& db, const Deps& deps, UserId owner, ApiKeyId id, const Client& client
) {
    const auto keys = co_await list_api_keys(db, owner);
    const auto key = std::ranges::find(keys, id, &ApiKey::id);
    if (key == keys.end() || !co_await delete_api_key(db, owner, id))
        co_return not_found("There is no such key.");
    co_await note(db, owner, "api_key_deleted", key->name, client, deps.clock.now());
    co_await publish_change(db, deps, owner);
    co_return true;
}

// DELETE /api/v1/api-keys/{id} -> 204; it stops working at once
Async<Result<http::NoContent>> delete_key(
    Deps& deps, Caller caller, http::Path<ApiKeyId> id, const http::Request& request
) {
    const Client client = client_of(request);
    CO_CHECK(co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return remove_key(transaction, deps, caller.user, id.value, client);
    }));
    deps.table.change(caller.user);
    co_return http::NoContent{};
}

}  // namespace

void mount_api_keys(http::Router& router, Deps& deps) {
    using http::Keys;
    router.post<post_key>(
        "/api/v1/api-keys", deps, {.summary = "Make an API key", .keys = Keys::none}
    );
    router.get<get_keys>(
        "/api/v1/api-keys", deps, {.summary = "Your API keys", .keys = Keys::none}
    );
    router.del<delete_key>(
        "/api/v1/api-keys/{id}", deps, {.summary = "Revoke an API key", .keys = Keys::none}
    );
}

}  // namespace zoetrope::accounts

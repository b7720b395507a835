#include "features/accounts/personal_data.hpp"

#include "features/accounts/access_changes.hpp"
#include "features/accounts/api_keys.hpp"
#include "features/accounts/checks.hpp"
#include "features/accounts/session_store.hpp"
#include "platform/base/json/read.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::accounts {

namespace {

using std::chrono::seconds;

constexpr std::int64_t newest = std::numeric_limits<std::int64_t>::max();
constexpr std::chrono::hours erased_again_for{24};

Async<void> write_own(Deps& deps, UserId owner, Export& to) {
    co_await to.value("account.json", *co_await find_user(deps.db, owner));
    co_await to.value("sessions.json", co_await list_sessions(deps.db, owner, deps.clock.now()));
    co_await to.value("api_keys.json", co_await list_api_keys(deps.db, owner));
    co_await to.list("audit.json", [&](const AuditEntry* last) {
        return list_audit(deps.db, owner, last ? last->id : newest, exported_at_once);
    });
}

// Tokens before the sessions that they belong to.
constexpr db::Sql erase_tokens_sql{
    "accounts.erase_tokens",
    "DELETE FROM refresh_tokens WHERE token IN "
    "(SELECT token FROM refresh_tokens WHERE owner_id = $1 LIMIT $2)"
};
constexpr db::Sql erase_sessions_sql{
    "accounts.erase_sessions",
    "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE owner_id = $1 LIMIT $2)"
};
constexpr db::Sql erase_keys_sql{
    "accounts.erase_keys",
    "DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE owner_id = $1 LIMIT $2)"
};
constexpr db::Sql erase_links_sql{
    "accounts.erase_links",
    "DELETE FROM account_links WHERE id IN "
    "(SELECT id FROM account_links WHERE owner_id = $1 LIMIT $2)"
};
// What happened stays, until it is old; who and where it was does not.
constexpr db::Sql blank_audit_sql{
    "accounts.blank_audit",
    "UPDATE audit SET detail = '', address = '', agent = '' WHERE id IN (SELECT id FROM audit "
    "WHERE owner_id = $1 AND (detail <> '' OR address <> '' OR agent <> '') LIMIT $2)"
};

Async<void> erase_own(Deps& deps, UserId owner) {
    for (const db::Sql* sql :
         {&erase_tokens_sql,
          &erase_sessions_sql,
          &erase_keys_sql,
          &erase_links_sql,
          &blank_audit_sql})
        co_await erase_rows(deps.db, *sql, owner);
}

Async<void> write_all(Deps& deps, UserId owner, http::BodyWriter& out) {
    archive::Zip zip([&out](std::string_view bytes) { return out.write(bytes); }, deps.files);
    Export to(zip, deps.clock.now());
    try {
        for (const OwnedData& each : deps.owned) co_await each.write(owner, to);
        co_await zip.end();
    } catch (const archive::Gone&) {
        telemetry::debug("an export was not taken to its end");
    }
}

// Not before every process has noticed that the user is gone.
Async<void> insert_erasure(db::Session& db, UserId user, seconds delay, Instant now) {
    const queue::NewTask task{
        .queue = std::string(queue::maintenance),
        .kind = "accounts.erase",
        .args = {json::to_string(user)},
        .attempts_max = 10,
        .delay = delay
    };
    co_await queue::insert(db, task, now);
}

constexpr db::Sql blank_user_sql{
    "accounts.blank_user",
    "UPDATE users SET username = 'erased-' || id, folded_username = NULL, email = NULL, "
    "folded_email = NULL, password_hash = NULL, role = 'member', email_verified_at = NULL, "
    "signed_in_at = NULL, disabled_at = $2, erased_at = $2, auth_epoch = auth_epoch + 1 "
    "WHERE id = $1 AND password_hash IS NOT NULL"
};

Async<Result<bool>> store_erasure(
    db::Session& db, const Deps& deps, UserId user, const Client& client
) {
    const Instant now = deps.clock.now();
    const auto found = co_await find_user(db, user);
    if (found && found->role == Role::admin && co_await count_admins(db, user) == 0)
        co_return conflict("This is the last administrator. Make another one first.");
    if (co_await db.execute(blank_user_sql, user, now) == 0)
        co_return not_found("There is no such user.");
    co_await end_sessions(db, user, std::nullopt, now);
    co_await note(db, user, "erased", "", client, now);
    co_await insert_erasure(db, user, deps.config.cache_max + seconds(5), now);
    co_await publish_change(db, deps, user);
    co_return true;
}

Async<queue::Outcome> run(Deps& deps, queue::Task task) {
    const auto user = json::read<UserId>(task.args.text);
    if (!user) co_return queue::Discard{"its arguments cannot be read"};
    for (const OwnedData& each : deps.owned) co_await each.erase(*user);
    co_return queue::Done{};
}

Async<void> erasing_gave_up(queue::Task task, std::string error) {
    telemetry::error("user {} is not erased wholly: {}", task.args.text, error);
    co_return;
}

}  // namespace

OwnedData own_data(Deps& deps) {
    return {
        // Rows of access_changes say no more than a number, and go within the hour.
        .tables =
            {"sessions", "refresh_tokens", "api_keys", "account_links", "audit", "access_changes"},
        .write = [&deps](UserId owner, Export& to) { return write_own(deps, owner, to); },
        .erase = [&deps](UserId owner) { return erase_own(deps, owner); }
    };
}

Async<Result<http::Response>> export_data(Deps& deps, UserId user, const Client& client) {
    const Instant now = deps.clock.now();
    const auto quota = deps.exports.take(account_subject(user), now);
    if (!quota.allowed) co_return come_later(quota);
    co_await note(deps.db, user, "data_exported", "", client, now);
    http::Response response{.content_type = "application/zip"};
    const std::string day = to_text(now).substr(0, 10);
    response.set("Content-Disposition", "attachment; filename=\"zoetrope-" + day + ".zip\"")
        .set("Cache-Control", "no-store");
    response.stream = [&deps, user](http::BodyWriter& out) { return write_all(deps, user, out); };
    co_return response;
}

Async<Result<void>> erase_own_account(
    Deps& deps, UserId user, const std::string& password, const Client& client
) {
    CO_CHECK(co_await confirm_password(deps, user, password, "password"));
    co_return co_await erase_account(deps, user, client);
}

Async<Result<void>> erase_account(Deps& deps, UserId user, const Client& client) {
    CO_CHECK(co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return store_erasure(transaction, deps, user, client);
    }));
    deps.table.change(user);
    co_return Result<void>{};
}

namespace {

struct Erased {
    UserId id;
};
BOOST_DESCRIBE_STRUCT(Erased, (), (id))

}  // namespace

constexpr db::Sql lately_erased_sql{
    "accounts.lately_erased", "SELECT id FROM users WHERE erased_at > $1"
};

Async<std::int64_t> erase_again(Deps& deps) {
    const Instant now = deps.clock.now();
    const auto erased = co_await deps.db.all<Erased>(lately_erased_sql, now - erased_again_for);
    for (const Erased& each : erased) co_await insert_erasure(deps.db, each.id, seconds(0), now);
    co_return std::ssize(erased);
}

void add_erase_handler(Deps& deps, queue::Handlers& handlers) {
    handlers.add(
        "accounts.erase",
        {.run = [&deps](queue::Task task, std::stop_token) { return run(deps, std::move(task)); },
         .gave_up = [](queue::Task task, std::string error
                    ) { return erasing_gave_up(std::move(task), std::move(error)); }}
    );
}

}  // namespace zoetrope::accounts

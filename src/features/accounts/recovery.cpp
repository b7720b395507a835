#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "features/accounts/access_changes.hpp"
#include "features/accounts/api_keys.hpp"
#include "features/accounts/checks.hpp"
#include "features/accounts/links.hpp"
#include "features/accounts/rules.hpp"
#include "features/accounts/sign_in.hpp"
#include "platform/base/text.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::accounts {

namespace {

struct PasswordStore {
    UserId id;
    std::string hashed;
    bool ends_api_keys = false;
    const Client& client;
    Instant now;
};

}  // namespace

// Everything that an old password may have left open ends with it.
static Async<void> end_with_password(
    db::Session& db,
    const Deps& deps,
    const PasswordStore& given,
    std::optional<SessionId> kept,
    std::string_view action
) {
    co_await end_sessions(db, given.id, kept, given.now);
    co_await end_reset_links(db, given.id, given.now);
    if (given.ends_api_keys) co_await end_api_keys(db, given.id, given.client, given.now);
    co_await note(db, given.id, action, "", given.client, given.now);
    co_await publish_change(db, deps, given.id);
}

// The other sessions end.
static Async<Result<bool>> store_password(
    db::Session& db,
    const Deps& deps,
    const PasswordStore& given,
    std::optional<SessionId> session,
    const std::string& old
) {
    if (!co_await change_hash(db, given.id, old, given.hashed))
        co_return conflict("The password was changed meanwhile. Sign in again.");
    co_await end_with_password(db, deps, given, session, "password_changed");
    co_return true;
}

// Ends the waits of the user, when signed in, and of the network that the new password came from.
static Async<void> forgive(Deps& deps, UserId id, const Client& client) {
    co_await deps.failures.forget(deps.db, deps.failures.of_signed_in(id));
    const auto user = co_await find_user(deps.db, id);
    if (!user) co_return;
    for (const std::string& name : {user->username, user->email.value_or("")}) {
        const auto attempt = deps.failures.of_stranger(fold_case(name), client.networks, true);
        co_await deps.failures.forget(deps.db, attempt);
    }
}

static Async<bool> mail_verification(
    db::Session& db, const Deps& deps, UserId id, const std::string& email, Instant now
) {
    co_await mail_link(db, deps, id, email, LinkPurpose::verify_email, now);
    co_return true;
}

static Async<bool> store_new_password(
    db::Session& db, const Deps& deps, const PasswordStore& given
) {
    co_await set_password(db, given.id, given.hashed);
    co_await end_with_password(db, deps, given, std::nullopt, "password_reset");
    co_return true;
}

Async<Result<void>> replace_password(
    Deps& deps, UserId id, const std::string& wanted, const Client& client
) {
    const Instant now = deps.clock.now();
    json::Problems problems;
    check_password(wanted, deps.config.scheme, problems, "new_password");
    if (!problems.empty()) co_return std::unexpected(std::move(problems).take());
    CO_TRY(std::string hashed, co_await hash_known(deps, id, wanted));
    // Whoever had the account may have made keys.
    const PasswordStore given{id, std::move(hashed), true, client, now};
    co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return store_new_password(transaction, deps, given);
    });
    deps.table.change(id);
    co_await forgive(deps, id, client);
    co_return Result<void>{};
}

// After the answer: how long it takes would tell whether there is an account.
static Async<void> mail_reset(Deps& deps, std::string email, Client client) {
    try {
        const auto user = co_await find_login(deps.db, email);
        if (!user || user->disabled_at || !user->email) co_return;
        const Instant now = deps.clock.now();
        co_await mail_link(deps.db, deps, user->id, *user->email, LinkPurpose::reset_password, now);
        co_await note(deps.db, user->id, "reset_asked", "", client, now);
        deps.pools.wake(queue::maintenance);
    } catch (const std::exception& error) {
        telemetry::warn("a reset mail could not be prepared: {}", error.what());
    }
}

Async<Result<void>> ask_for_reset(Deps& deps, const std::string& email, const Client& client) {
    const Instant now = deps.clock.now();
    const std::string folded = fold_case(trim_text(email));
    if (!folded.contains('@') || folded.size() > email_max)
        co_return invalid("email", "must be the address of the account");
    const auto quota = deps.resets_by_account.take(folded, now);
    if (!quota.allowed) co_return come_later(quota);
    const auto executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, mail_reset(deps, folded, client), asio::detached);
    co_return Result<void>{};
}

// Who can read the mail has the address, so it is confirmed as well.
static Async<Result<SignedIn>> reset_by_link(
    db::Session& db, Deps& deps, const std::string& token, PasswordStore given
) {
    const Instant now = given.now;
    CO_TRY(const Link link, co_await use_link(db, deps, token, LinkPurpose::reset_password, now));
    given.id = link.owner_id;
    co_await set_email_verified(db, link.owner_id, link.email, now);
    co_await store_new_password(db, deps, given);
    co_return co_await sign_in_by_link(db, deps, link.owner_id, given.client, now);
}

Async<Result<SignedIn>> reset_password(
    Deps& deps,
    const std::string& token,
    const std::string& wanted,
    bool ends_api_keys,
    const Client& client
) {
    const Instant now = deps.clock.now();
    json::Problems problems;
    check_password(wanted, deps.config.scheme, problems, "new_password");
    if (!problems.empty()) co_return std::unexpected(std::move(problems).take());
    // Nothing is hashed for a guess, or for a link that was used.
    const auto link =
        co_await find_good_link(deps.db, deps, token, LinkPurpose::reset_password, now);
    if (!link) co_return not_good_any_more();
    CO_TRY(std::string hashed, co_await hash_known(deps, link->owner_id, wanted));
    const PasswordStore given{{}, std::move(hashed), ends_api_keys, client, now};
    CO_TRY(SignedIn made, co_await db::transact(deps.db, [&](db::Transaction& transaction) {
               return reset_by_link(transaction, deps, token, given);
           }));
    deps.table.change(made.user);
    co_await forgive(deps, made.user, client);
    co_return made;
}

Async<Result<void>> ask_to_verify(Deps& deps, UserId id, const Client& client) {
    const Instant now = deps.clock.now();
    const auto user = co_await find_user(deps.db, id);
    if (!user || !user->email || user->email_verified_at)
        co_return conflict("There is no address that waits to be confirmed.");
    // Apart from what strangers ask for at this address.
    const auto quota = deps.resets_by_account.take(account_subject(id), now);
    if (!quota.allowed) co_return come_later(quota);
    co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return mail_verification(transaction, deps, id, *user->email, now);
    });
    deps.pools.wake(queue::maintenance);
    co_return Result<void>{};
}

static Async<Result<UserId>> verify_by_link(
    db::Session& db, const Deps& deps, const std::string& token, const Client& client, Instant now
) {
    CO_TRY(const Link link, co_await use_link(db, deps, token, LinkPurpose::verify_email, now));
    co_await set_email_verified(db, link.owner_id, link.email, now);
    co_await note(db, link.owner_id, "email_verified", link.email, client, now);
    co_await publish_change(db, deps, link.owner_id);
    co_return link.owner_id;
}

Async<Result<void>> verify_email(Deps& deps, const std::string& token, const Client& client) {
    const Instant now = deps.clock.now();
    CO_TRY(const UserId id, co_await db::transact(deps.db, [&](db::Transaction& transaction) {
               return verify_by_link(transaction, deps, token, client, now);
           }));
    deps.table.change(id);
    co_return Result<void>{};
}

static Async<std::string> known_again(Deps& deps, UserId id, const Client& client, Instant now) {
    const auto device = deps.devices.open(client.device_token, now);
    if (!device || device->user != id) co_return std::string();
    const auto user = co_await find_login_by_id(deps.db, id);
    if (!user || device->epoch + 1 != user->device_epoch) co_return std::string();
    co_return deps.devices.issue(id, device->device, user->device_epoch, now);
}

Async<Result<std::string>> change_password(
    Deps& deps,
    UserId id,
    std::optional<SessionId> session,
    const std::string& current,
    const std::string& wanted,
    bool ends_api_keys,
    const Client& client
) {
    const Instant now = deps.clock.now();
    json::Problems problems;
    check_password(wanted, deps.config.scheme, problems, "new_password");
    if (!problems.empty()) co_return std::unexpected(std::move(problems).take());
    CO_TRY(const Login user, co_await confirm_password(deps, id, current, "current_password"));
    CO_TRY(std::string hashed, co_await hash_known(deps, id, wanted));
    const PasswordStore given{id, std::move(hashed), ends_api_keys, client, now};
    CO_CHECK(co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return store_password(transaction, deps, given, session, user.password_hash);
    }));
    deps.table.change(id);
    co_return co_await known_again(deps, id, client, now);
}

}  // namespace zoetrope::accounts

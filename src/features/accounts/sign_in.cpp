#include "features/accounts/sign_in.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "features/accounts/access_changes.hpp"
#include "features/accounts/api_keys.hpp"
#include "features/accounts/checks.hpp"
#include "features/accounts/links.hpp"
#include "features/accounts/rules.hpp"
#include "platform/base/text.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::accounts {

namespace {

std::unexpected<Error> wrong_password() {
    return failure(Code::unauthenticated, "The name or the password is wrong.");
}

struct Opening {
    const Login& user;
    const Client& client;
    const std::optional<std::string>& rehashed;
    const Failures::Subject* failed;  // null: no failure was counted
    Instant now;
};

SessionRow new_session(const Deps& deps, UserId user, const Client& client, Instant now) {
    return {
        .id = SessionId::make(),
        .owner_id = user,
        .address = client.address,
        .agent = client.agent,
        .created_at = now,
        .last_seen_at = now,
        .expires_at = now + deps.config.session_max
    };
}

bool is_mailed(const Login& user) { return user.email && user.is_new_device; }

// Errors: unauthenticated, when the password was changed while it was checked.
Async<Result<SignedIn>> open_session(db::Session& db, Deps& deps, const Opening& opening) {
    const auto& [user, client, rehashed, failed, now] = opening;
    const SessionRow session = new_session(deps, user.id, client, now);
    SignedIn made{.refresh_token = crypto::random_text(), .user = user.id, .session = session.id};
    if (!co_await insert_sign_in(db, {user, rehashed, session, made.refresh_token}, client))
        co_return wrong_password();
    if (failed) co_await deps.failures.forget(db, *failed);
    if (is_mailed(user)) co_await mail_new_device(db, session.id, now);
    co_return made;
}

// Mostly it is a single statement, which on PostgreSQL needs no transaction around it.
Async<Result<SignedIn>> open_at_once(Deps& deps, const Opening& opening) {
    const bool is_single = !opening.failed && !is_mailed(opening.user);
    if (is_single && deps.db.dialect() == db::Dialect::postgres)
        co_return co_await open_session(deps.db, deps, opening);
    co_return co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return open_session(transaction, deps, opening);
    });
}

Result<void> may_sign_in(const Deps& deps, const Login& user) {
    return may_use_account(*deps.admission.load(), state_of(user));
}

// What tries are counted under. For a user it is the same by name and by address; and a place where
// the user is signed in has a count of its own, so that others' tries do not lock the user out.
std::string counted_as(
    const std::optional<Login>& user, const std::string& name, const Client& client
) {
    if (!user) return "name:" + name;
    return user->is_known_place ? place_subject(user->id, client) : account_subject(user->id);
}

// After the answer: writing more for names that exist would tell them apart.
Async<void> note_failure(Deps& deps, UserId user, Client client, Instant now) {
    try {
        co_await note(deps.db, user, "sign_in_failed", "", client, now);
    } catch (const std::exception& error) {
        telemetry::warn("a failed sign-in could not be noted: {}", error.what());
    }
}

}  // namespace

std::string access_token(
    const Deps& deps, UserId user, SessionId session, std::int64_t epoch, Instant now
) {
    return deps.signing.sign({user, session, epoch, now + deps.config.access_max}, now);
}

Async<Result<SignedIn>> sign_in(
    Deps& deps, const std::string& name, const std::string& password, const Client& client
) {
    const Instant now = deps.clock.now();
    if (name.size() > email_max) co_return wrong_password();
    const std::string folded = fold_case(trim_text(name));
    const auto user = co_await find_login(deps.db, folded, client);
    const std::string subject = counted_as(user, folded, client);
    const auto quota = deps.logins_by_account.take(subject, now);
    if (!quota.allowed) co_return come_later(quota);
    const auto account = deps.failures.account(subject);
    const auto network = deps.failures.network(client.network);
    CO_TRY(const bool has_failures, co_await waited(deps, account, network, now));
    CO_TRY(const Checked checked, co_await check(deps, user, password));
    if (!checked.right) {
        co_await deps.failures.count(deps.db, account, now);
        co_await deps.failures.count(deps.db, network, now);
        if (user) {
            const auto executor = co_await asio::this_coro::executor;
            asio::co_spawn(executor, note_failure(deps, user->id, client, now), asio::detached);
        }
        co_return wrong_password();
    }
    CO_CHECK(may_sign_in(deps, *user));
    const Opening opening{*user, client, checked.rehashed, has_failures ? &account : nullptr, now};
    CO_TRY(SignedIn made, co_await open_at_once(deps, opening));
    if (is_mailed(*user)) deps.pools.wake(queue::maintenance);
    made.access_token = access_token(deps, made.user, made.session, user->auth_epoch, now);
    co_return made;
}

Async<Result<SignedIn>> sign_in_by_link(
    db::Session& db, Deps& deps, UserId id, const Client& client, Instant now
) {
    const auto user = co_await find_login_by_id(db, id);
    if (!user) co_return wrong_password();
    CO_CHECK(may_sign_in(deps, *user));
    const SessionRow session = new_session(deps, id, client, now);
    SignedIn made{.refresh_token = crypto::random_text(), .user = id, .session = session.id};
    if (!co_await insert_sign_in(db, {*user, {}, session, made.refresh_token}, client))
        co_return wrong_password();
    made.access_token = access_token(deps, id, made.session, user->auth_epoch, now);
    co_return made;
}

static Async<bool> end_all(
    db::Session& db, const Deps& deps, UserId user, bool ends_api_keys, const Client& client
) {
    const Instant now = deps.clock.now();
    co_await end_everything(db, user);
    co_await end_sessions(db, user, std::nullopt, now);
    if (ends_api_keys) co_await end_api_keys(db, user, client, now);
    co_await note(db, user, "signed_out_everywhere", "", client, now);
    co_await publish_change(db, deps, user);
    co_return true;
}

Async<void> sign_out_everywhere(Deps& deps, UserId user, bool ends_api_keys, const Client& client) {
    co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return end_all(transaction, deps, user, ends_api_keys, client);
    });
    deps.table.change(user);
}

}  // namespace zoetrope::accounts

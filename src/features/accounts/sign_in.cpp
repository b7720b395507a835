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
    const std::optional<DeviceToken>& device;
    const std::optional<std::string>& rehashed;
    bool is_mailed = false;
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

bool is_known_device(const Login& user, const std::optional<DeviceToken>& device) {
    return device && device->user == user.id && device->epoch == user.device_epoch;
}

SignedIn new_sign_in(
    const Deps& deps,
    const Login& user,
    const std::optional<DeviceToken>& device,
    const SessionRow& session
) {
    const Instant now = session.created_at;
    const DeviceId id = is_known_device(user, device) ? device->device : DeviceId::make();
    return {
        .access_token = access_token(deps, user.id, session.id, user.auth_epoch, now),
        .refresh_token = crypto::random_text(),
        .user = user.id,
        .session = session.id,
        .device_token = deps.devices.issue(user.id, id, user.device_epoch, now)
    };
}

// See new_devices.hpp.
bool is_mailed(const Login& user, const std::optional<DeviceToken>& device) {
    return user.email && user.is_new_device && !is_known_device(user, device);
}

// Errors: unauthenticated, when the password was changed while it was checked.
Async<Result<SignedIn>> open_session(db::Session& db, Deps& deps, const Opening& opening) {
    const auto& [user, client, device, rehashed, is_mailed, now] = opening;
    const SessionRow session = new_session(deps, user.id, client, now);
    SignedIn made = new_sign_in(deps, user, device, session);
    if (!co_await insert_sign_in(db, {user, rehashed, session, made.refresh_token}, client))
        co_return wrong_password();
    if (is_mailed) co_await mail_new_device(db, session.id, now);
    co_return made;
}

// Mostly it is a single statement, which on PostgreSQL needs no transaction around it.
Async<Result<SignedIn>> open_at_once(Deps& deps, const Opening& opening) {
    if (!opening.is_mailed && deps.db.dialect() == db::Dialect::postgres)
        co_return co_await open_session(deps.db, deps, opening);
    co_return co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return open_session(transaction, deps, opening);
    });
}

Result<void> may_sign_in(const Deps& deps, const Login& user) {
    return may_use_account(*deps.admission.load(), state_of(user));
}

// Nothing but a known device makes a user's attempt look different from one at a name that nobody
// has: it counts under the name that was typed.
PasswordAttempt attempt_of(
    const Deps& deps,
    const std::optional<Login>& user,
    const std::optional<DeviceToken>& device,
    const std::string& name,
    const Client& client
) {
    if (user && is_known_device(*user, device))
        return {deps.failures.of_device(*device), CpuPool::Origin::known, user->id};
    const bool is_known_place = user && user->is_known_place;
    return {
        .counted = deps.failures.of_stranger(name, client.networks, is_known_place),
        .networks = client.networks,
        .is_known_place = is_known_place
    };
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
    Deps& deps,
    const std::string& name,
    const std::string& password,
    const Client& client,
    limits::Quota& quota
) {
    const Instant now = deps.clock.now();
    if (name.size() > email_max) co_return wrong_password();
    const auto device = deps.devices.open(client.device_token, now);
    const std::string folded = fold_case(trim_text(name));
    const auto user = co_await find_login(deps.db, folded, client);
    const PasswordAttempt attempt = attempt_of(deps, user, device, folded, client);
    if (!attempt.networks.empty()) {  // before anything is written or hashed for a flood
        quota = deps.logins_by_address.look(attempt.networks, now);
        if (!quota.allowed && !attempt.is_known_place) co_return come_later(quota);
    }
    CO_TRY(AdmittedAttempt admitted, co_await begin_attempt(deps, attempt, now));
    quota = admitted.quota;
    const Checked checked = co_await check(deps, attempt, std::move(admitted), user, password, now);
    if (!checked.right) {
        if (user) {
            const auto executor = co_await asio::this_coro::executor;
            asio::co_spawn(executor, note_failure(deps, user->id, client, now), asio::detached);
        }
        co_return wrong_password();
    }
    CO_CHECK(may_sign_in(deps, *user));
    const Opening opening{*user, client, device, checked.rehashed, is_mailed(*user, device), now};
    CO_TRY(SignedIn made, co_await open_at_once(deps, opening));
    if (opening.is_mailed) deps.pools.wake(queue::maintenance);
    co_return made;
}

Async<Result<SignedIn>> sign_in_by_link(
    db::Session& db, Deps& deps, UserId id, const Client& client, Instant now
) {
    const auto user = co_await find_login_by_id(db, id);
    if (!user) co_return wrong_password();
    CO_CHECK(may_sign_in(deps, *user));
    const SessionRow session = new_session(deps, id, client, now);
    const auto device = deps.devices.open(client.device_token, now);
    SignedIn made = new_sign_in(deps, *user, device, session);
    if (!co_await insert_sign_in(db, {*user, {}, session, made.refresh_token}, client))
        co_return wrong_password();
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

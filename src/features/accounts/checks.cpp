#include "features/accounts/checks.hpp"

namespace zoetrope::accounts {

std::unexpected<Error> come_later(const limits::Quota& quota) {
    return std::unexpected(limits::too_many(quota));
}

std::string account_subject(UserId user) { return "user:" + std::to_string(user.value); }

Async<Result<std::string>> hash(Deps& deps, const std::string& password) {
    co_return co_await deps.hashing.run(CpuPool::Origin::stranger, [&] {
        return crypto::hash_password(password, deps.config.scheme);
    });
}

static std::unexpected<Error> too_many_checks() { return come_later({.limit = 0, .reset_s = 1}); }

Async<Result<std::string>> hash_known(Deps& deps, UserId user, const std::string& password) {
    const auto permit = deps.known_checks.take(user);
    if (!permit) co_return too_many_checks();
    co_return co_await deps.hashing.run(CpuPool::Origin::known, [&] {
        return crypto::hash_password(password, deps.config.scheme);
    });
}

static std::unexpected<Error> too_many_failures(int wait_s) {
    Error error{
        .code = Code::limited,
        .message = "Too many wrong passwords. Wait " + std::to_string(wait_s) +
                   " s, or set a new one by mail."
    };
    error.retry_after_s = wait_s;
    return std::unexpected(std::move(error));
}

// First what costs nothing; what one attempt alone can have comes last.
Async<Result<AdmittedAttempt>> begin_attempt(
    Deps& deps, const PasswordAttempt& attempt, Instant now
) {
    const Failures::Attempt& counted = attempt.counted;
    auto history = co_await deps.failures.look(deps.db, counted, now);
    if (history.wait_s > 0) co_return too_many_failures(history.wait_s);
    if (history.is_flooded && !history.counts.front().is_live) {
        const auto quota = deps.logins_by_address.take(attempt.networks, now);
        if (!quota.allowed) co_return come_later(quota);  // a site of IPv6 has 65,536 networks
        co_return too_many_failures(co_await deps.failures.introduce(deps.db, counted, now));
    }
    limits::OpenPerUser::Permit permit;
    if (attempt.known_user) {
        permit = deps.known_checks.take(*attempt.known_user);
        if (!permit) co_return too_many_checks();
    }
    CO_TRY(CpuPool::Place place, deps.hashing.reserve(attempt.origin));
    auto quota = deps.logins_by_account.take(counted.subjects, now);
    if (!quota.allowed) co_return come_later(quota);
    if (!attempt.networks.empty()) {
        quota = deps.logins_by_address.take(attempt.networks, now);
        if (!quota.allowed && !attempt.is_known_place) co_return come_later(quota);
    }
    if (!co_await deps.failures.charge(deps.db, counted, history, now))
        co_return too_many_failures(1);
    co_return AdmittedAttempt{std::move(history), std::move(place), quota, std::move(permit)};
}

Async<Checked> check(
    Deps& deps,
    const PasswordAttempt& attempt,
    AdmittedAttempt admitted,
    const std::optional<Login>& user,
    const std::string& password,
    Instant now
) {
    Checked checked = co_await deps.hashing.run(std::move(admitted.place), [&]() -> Checked {
        const std::string& hash = user ? user->password_hash : deps.trial.hash;
        const bool right = crypto::verify_password(password, hash) && user;
        if (!right || !crypto::needs_rehash(hash, deps.config.scheme)) return {right, {}};
        return {right, crypto::hash_password(password, deps.config.scheme)};
    });
    const Failures::History& history = admitted.history;
    if (!checked.right) {
        co_await deps.failures.count(deps.db, attempt.counted, history, now);
    } else if (history.has_counts()) {
        co_await deps.failures.forget(deps.db, attempt.counted);
    }
    co_return checked;
}

// A session left open must not be the way to guess the password.
Async<Result<Login>> confirm_password(
    Deps& deps, UserId id, const std::string& password, const char* field
) {
    const Instant now = deps.clock.now();
    const PasswordAttempt attempt{deps.failures.of_signed_in(id), CpuPool::Origin::known, id};
    CO_TRY(AdmittedAttempt admitted, co_await begin_attempt(deps, attempt, now));
    auto user = co_await find_login_by_id(deps.db, id);
    const Checked checked = co_await check(deps, attempt, std::move(admitted), user, password, now);
    if (!checked.right) co_return invalid(field, "is wrong");
    co_return *std::move(user);
}

}  // namespace zoetrope::accounts

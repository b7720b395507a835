#include "features/accounts/checks.hpp"

namespace zoetrope::accounts {

std::unexpected<Error> come_later(const limits::Quota& quota) {
    return std::unexpected(limits::too_many(quota));
}

std::string account_subject(UserId user) { return "user:" + std::to_string(user.value); }

std::string place_subject(UserId user, const Client& client) {
    return account_subject(user) + "@" + client.network;
}

Async<Result<std::string>> hash(Deps& deps, const std::string& password) {
    co_return co_await deps.hashing.run([&] {
        return crypto::hash_password(password, deps.config.scheme);
    });
}

Async<Result<Checked>> check(
    Deps& deps, const std::optional<Login>& user, const std::string& password
) {
    co_return co_await deps.hashing.run([&]() -> Checked {
        const std::string& hash = user ? user->password_hash : deps.trial.hash;
        const bool right = crypto::verify_password(password, hash) && user;
        if (!right || !crypto::needs_rehash(hash, deps.config.scheme)) return {right, {}};
        return {right, crypto::hash_password(password, deps.config.scheme)};
    });
}

Async<Result<bool>> waited(
    Deps& deps, const Failures::Subject& a, const Failures::Subject& b, Instant now
) {
    const auto [wait_s, has_failures] = co_await deps.failures.look(deps.db, a, b, now);
    if (wait_s == 0) co_return has_failures;
    Error error{
        .code = Code::limited,
        .message = "Too many wrong passwords. Wait " + std::to_string(wait_s) +
                   " s, or set a new one by mail."
    };
    error.retry_after_s = wait_s;
    co_return std::unexpected(std::move(error));
}

// A session left open must not be the way to guess the password.
Async<Result<Login>> confirm_password(
    Deps& deps, UserId id, const std::string& password, const char* field
) {
    const Instant now = deps.clock.now();
    auto user = co_await find_login_by_id(deps.db, id);
    const auto account = deps.failures.password_of(id);
    // Many at once would be checked before any counts.
    const auto quota = deps.logins_by_account.take("password:" + account.key, now);
    if (!quota.allowed) co_return come_later(quota);
    CO_TRY(const bool has_failures, co_await waited(deps, account, account, now));
    CO_TRY(const Checked checked, co_await check(deps, user, password));
    if (!checked.right) {
        co_await deps.failures.count(deps.db, account, now);
        co_return invalid(field, "is wrong");
    }
    if (has_failures) co_await deps.failures.forget(deps.db, account);
    co_return *std::move(user);
}

}  // namespace zoetrope::accounts

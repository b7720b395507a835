#include "features/accounts/checks.hpp"

namespace zoetrope::accounts {

std::unexpected<Error> too_many(const limits::Quota& quota) {
    Error error{.code = Code::limited, .message = "Too many tries. Wait a moment."};
    error.retry_after_s = quota.reset_s;
    error.limit = quota.limit;
    return std::unexpected(std::move(error));
}

std::string account_subject(UserId user) { return "user:" + std::to_string(user.value); }

Async<Result<std::string>> hash(Deps& deps, const std::string& password) {
    co_return co_await deps.hashing.run([&] {
        return crypto::hash_password(password, deps.config.scheme);
    });
}

Async<Result<Checked>> check(
    Deps& deps, const std::optional<Login>& user, const std::string& password
) {
    co_return co_await deps.hashing.run([&]() -> Checked {
        const std::string& hash = user ? user->password_hash : deps.nobodys_hash;
        const bool right = crypto::verify_password(password, hash) && user;
        if (!right || !crypto::needs_rehash(hash, deps.config.scheme)) return {right, {}};
        return {right, crypto::hash_password(password, deps.config.scheme)};
    });
}

Async<Result<void>> waited(
    Deps& deps, const Failures::Subject& a, const Failures::Subject& b, Instant now
) {
    const int wait_s = co_await deps.failures.wait(deps.db, a, b, now);
    if (wait_s == 0) co_return Result<void>{};
    Error error{
        .code = Code::limited,
        .message = "Too many wrong passwords. Wait " + std::to_string(wait_s) +
                   " s, or set a new one by mail."
    };
    error.retry_after_s = wait_s;
    co_return std::unexpected(std::move(error));
}

}  // namespace zoetrope::accounts

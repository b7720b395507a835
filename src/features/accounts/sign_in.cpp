#include "features/accounts/sign_in.hpp"

#include "features/accounts/rules.hpp"
#include "platform/base/text.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::accounts {

namespace {

std::unexpected<Error> too_many(const limits::Quota& quota) {
    Error error{.code = Code::limited, .message = "Too many tries. Wait a moment."};
    error.retry_after_s = quota.reset_s;
    error.limit = quota.limit;
    return std::unexpected(std::move(error));
}

std::unexpected<Error> wrong_password() {
    return failure(Code::unauthenticated, "The name or the password is wrong.");
}

Async<Result<std::string>> hash(Deps& deps, const std::string& password) {
    co_return co_await deps.hashing.run([&] {
        return crypto::hash_password(password, deps.config.scheme);
    });
}

Result<void> may_register(const Deps& deps, const Registering& given) {
    if (*deps.local_only) {
        if (given.setup_token &&
            crypto::equal_in_constant_time(*given.setup_token, deps.setup_token()))
            return {};
        return failure(
            Code::forbidden,
            "The first account is the administrator's: open the link that `zoetrope serve` printed "
            "when it started, or run `zoetrope user add NAME EMAIL --role admin`."
        );
    }
    switch (deps.config.registration) {
        case Registration::open:
            return {};
        case Registration::allow_list:
            if (is_allowed(deps.config.allowed_emails, given.email)) return {};
            return failure(
                Code::forbidden, "This address is not on the list of those who may have an account."
            );
        case Registration::closed:
            break;
    }
    return failure(
        Code::forbidden, "Only an administrator makes accounts here. Ask one for yours."
    );
}

// The folded columns are what is unique; people know the plain names.
std::unexpected<Error> taken(const db::Violation& violation) {
    const bool name = violation.field.contains("username");
    Error error{.code = Code::conflict, .message = name ? "This name is taken." : "There is an account with this address."};
    error.fields.push_back({name ? "username" : "email", "is taken"});
    return std::unexpected(std::move(error));
}

// Row and audit in one transaction.
Async<Result<UserId>> insert_noted(
    db::Session& db, const NewUser& user, bool first, const Client& client, Instant now
) {
    UserId id = local_user;
    if (!first) {
        id = co_await insert_user(db, user, now);
    } else if (!co_await claim_local_user(db, user, now)) {
        co_return conflict("There is an administrator already. Sign in.");
    }
    co_await note(db, id, "registered", user.username, client, now);
    co_return id;
}

Async<Result<UserId>> insert(
    Deps& deps, const NewUser& user, bool first, const Client& client, Instant now
) {
    try {
        co_return co_await db::transact(deps.db, [&](db::Transaction& transaction) {
            return insert_noted(transaction, user, first, client, now);
        });
    } catch (const db::Violation& violation) {
        if (violation.kind == db::Violation::Kind::unique) co_return taken(violation);
        throw;
    }
}

struct Opening {
    const Login& user;
    const Client& client;
    const std::optional<std::string>& rehashed;
    const Failures::Subject& account;
    Instant now;
};

// The session and its first refresh token, and what a right password changes.
Async<SignedIn> open_session(db::Session& db, Deps& deps, const Opening& opening) {
    const auto& [user, client, rehashed, account, now] = opening;
    if (rehashed) co_await rehash_password(db, user.id, *rehashed);
    co_await deps.failures.forget(db, account);
    co_await note(db, user.id, "signed_in", "", client, now);
    const SessionRow session{
        .id = SessionId::make(),
        .owner_id = user.id,
        .address = client.address,
        .agent = client.agent,
        .created_at = now,
        .last_seen_at = now,
        .expires_at = now + deps.config.session_max
    };
    SignedIn made{.user = user.id, .session = session.id};
    made.refresh_token = crypto::random_text();
    co_await insert_session(db, session);
    co_await insert_refresh_token(db, made.refresh_token, session, now);
    co_return made;
}

std::string access_token(
    const Deps& deps, UserId user, SessionId session, std::int64_t epoch, Instant now
) {
    return deps.signing.sign({user, session, epoch, now + deps.config.access_max}, now);
}

// Whether the password is the user's, in the same time when there is no such user; the hash anew
// when the settings changed since it was made.
struct Checked {
    bool right = false;
    std::optional<std::string> rehashed;
};
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

Result<void> may_sign_in(const Deps& deps, const Login& user) {
    if (user.disabled_at)
        return failure(Code::forbidden, "This account is disabled. Ask an administrator.");
    if (deps.config.require_verified_email && !user.email_verified_at) {
        return failure(
            Code::forbidden, "Confirm your address first: open the link in the mail we sent."
        );
    }
    return {};
}

Result<void> within_limits(Deps& deps, const std::string& name, const Client& client, Instant now) {
    if (deps.config.logins_per_address > 0) {
        const auto quota = deps.logins_by_address.take(client.network, now);
        if (!quota.allowed) return too_many(quota);
    }
    if (deps.config.logins_per_account > 0) {
        const auto quota = deps.logins_by_account.take(name, now);
        if (!quota.allowed) return too_many(quota);
    }
    return {};
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

}  // namespace

Async<Result<User>> make_account(
    Deps& deps, Registering given, const NewStanding& standing, const Client& client
) {
    const Instant now = deps.clock.now();
    json::Problems problems;
    check_email(given.email, problems);
    check_username(given.username, problems);
    check_password(given.password, deps.config.scheme, problems);
    if (!problems.empty()) co_return std::unexpected(std::move(problems).take());
    NewUser user{
        .username = given.username,
        .email = given.email,
        .password_hash = {},
        .role = standing.role
    };
    CO_TRY(user.password_hash, co_await hash(deps, given.password));
    CO_TRY(const UserId id, co_await insert(deps, user, standing.first, client, now));
    if (standing.first) {
        *deps.local_only = false;
        telemetry::info("{} is the first administrator", user.username);
    }
    co_return User{
        .id = id,
        .username = std::move(user.username),
        .email = std::move(user.email),
        .role = user.role,
        .email_verified_at = std::nullopt,
        .disabled_at = std::nullopt,
        .created_at = now
    };
}

Async<Result<User>> register_user(Deps& deps, Registering given, const Client& client) {
    CO_CHECK(may_register(deps, given));
    if (deps.config.registrations_per_address > 0) {
        const auto quota = deps.registrations.take(client.network, deps.clock.now());
        if (!quota.allowed) co_return too_many(quota);
    }
    const bool first = *deps.local_only;
    const NewStanding standing{first ? Role::admin : Role::member, first};
    co_return co_await make_account(deps, std::move(given), standing, client);
}

Async<Result<SignedIn>> sign_in(
    Deps& deps, const std::string& name, const std::string& password, const Client& client
) {
    const Instant now = deps.clock.now();
    const std::string folded = fold_case(trim_text(name));
    CO_CHECK(within_limits(deps, folded, client, now));
    const auto account = deps.failures.account(folded);
    const auto network = deps.failures.network(client.network);
    CO_CHECK(co_await waited(deps, account, network, now));
    const auto user = co_await find_login(deps.db, folded);
    CO_TRY(const Checked checked, co_await check(deps, user, password));
    if (!checked.right) {
        co_await deps.failures.count(deps.db, account, now);
        co_await deps.failures.count(deps.db, network, now);
        if (user) co_await note(deps.db, user->id, "sign_in_failed", "", client, now);
        co_return wrong_password();
    }
    CO_CHECK(may_sign_in(deps, *user));
    const Opening opening{*user, client, checked.rehashed, account, now};
    SignedIn made = co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return open_session(transaction, deps, opening);
    });
    made.access_token = access_token(deps, made.user, made.session, user->auth_epoch, now);
    co_return made;
}

static Async<RotationResult> rotate_noted(
    db::Session& db, const std::string& token, const Rotation& how, const Client& client
) {
    auto rotated = co_await rotate_refresh_token(db, token, how);
    if (rotated.reused)
        co_await note(db, *rotated.reused, "refresh_token_reused", "", client, how.now);
    co_return rotated;
}

Async<Result<SignedIn>> refresh_session(
    Deps& deps, const std::string& refresh_token, const Client& client
) {
    const Instant now = deps.clock.now();
    if (deps.config.refreshes_per_address > 0) {
        const auto quota = deps.refreshes.take(client.network, now);
        if (!quota.allowed) co_return too_many(quota);
    }
    const Rotation how{deps.refresh_key, deps.config.refresh_grace, deps.config.session_max, now};
    const RotationResult result =
        co_await db::transact(deps.db, [&](db::Transaction& transaction) {
            return rotate_noted(transaction, refresh_token, how, client);
        });
    if (result.reused) {
        deps.table.change(*result.reused);
        telemetry::warn("a used refresh token of user {} came again", result.reused->value);
    }
    if (!result.rotated) {
        co_return failure(
            Code::unauthenticated, "The session has ended, or the refresh token is none. Sign in."
        );
    }
    const Rotated& rotated = *result.rotated;
    co_return SignedIn{
        access_token(deps, rotated.user, rotated.session, rotated.auth_epoch, now),
        rotated.token,
        rotated.user,
        rotated.session
    };
}

// The other sessions end.
static Async<bool> store_password(
    db::Session& db,
    UserId id,
    std::optional<SessionId> session,
    const std::string& hashed,
    const Client& client,
    Instant now
) {
    co_await rehash_password(db, id, hashed);
    co_await end_sessions(db, id, session, now);
    co_await note(db, id, "password_changed", "", client, now);
    co_return true;
}

static Async<bool> store_new_password(
    db::Session& db, UserId id, const std::string& hashed, const Client& client, Instant now
) {
    co_await set_password(db, id, hashed);
    co_await end_sessions(db, id, std::nullopt, now);
    co_await note(db, id, "password_reset", "", client, now);
    co_return true;
}

Async<Result<void>> replace_password(
    Deps& deps, UserId id, const std::string& wanted, const Client& client
) {
    const Instant now = deps.clock.now();
    json::Problems problems;
    check_password(wanted, deps.config.scheme, problems, "new_password");
    if (!problems.empty()) co_return std::unexpected(std::move(problems).take());
    CO_TRY(const std::string hashed, co_await hash(deps, wanted));
    co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return store_new_password(transaction, id, hashed, client, now);
    });
    deps.table.change(id);
    if (const auto user = co_await find_user(deps.db, id)) {
        // Who waits for a wrong password's sake need not any more.
        co_await deps.failures.forget(deps.db, deps.failures.account(fold_case(user->username)));
        if (user->email)
            co_await deps.failures.forget(deps.db, deps.failures.account(fold_case(*user->email)));
    }
    co_return Result<void>{};
}

Async<Result<void>> change_password(
    Deps& deps,
    UserId id,
    std::optional<SessionId> session,
    const std::string& current,
    const std::string& wanted,
    const Client& client
) {
    const Instant now = deps.clock.now();
    json::Problems problems;
    check_password(wanted, deps.config.scheme, problems, "new_password");
    if (!problems.empty()) co_return std::unexpected(std::move(problems).take());
    const auto user = co_await find_login_by_id(deps.db, id);
    // A session left open must not be the way to guess the password.
    const auto account = deps.failures.account("password:" + std::to_string(id.value));
    CO_CHECK(co_await waited(deps, account, account, now));
    CO_TRY(const Checked checked, co_await check(deps, user, current));
    if (!checked.right) {
        co_await deps.failures.count(deps.db, account, now);
        co_return invalid("current_password", "is wrong");
    }
    CO_TRY(const std::string hashed, co_await hash(deps, wanted));
    co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return store_password(transaction, id, session, hashed, client, now);
    });
    co_await deps.failures.forget(deps.db, account);
    deps.table.change(id);
    co_return Result<void>{};
}

static Async<bool> end_all(db::Session& db, UserId user, const Client& client, Instant now) {
    co_await end_everything(db, user);
    co_await end_sessions(db, user, std::nullopt, now);
    co_await note(db, user, "signed_out_everywhere", "", client, now);
    co_return true;
}

Async<void> sign_out_everywhere(Deps& deps, UserId user, const Client& client) {
    const Instant now = deps.clock.now();
    co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return end_all(transaction, user, client, now);
    });
    deps.table.change(user);
}

}  // namespace zoetrope::accounts

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
    const auto admission = deps.admission.load();
    switch (admission->registration) {
        case Registration::open:
            return {};
        case Registration::allow_list:
            if (is_allowed(admission->allowed_emails, trim_text(given.email))) return {};
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
    Error error{
        .code = Code::conflict,
        .message = name ? "This name is taken." : "There is an account with this address."
    };
    error.fields.push_back({name ? "username" : "email", "is taken"});
    return std::unexpected(std::move(error));
}

// Row and audit in one transaction.
Async<Result<UserId>> insert_noted(
    db::Session& db,
    const Deps& deps,
    const NewUser& user,
    const NewStanding& standing,
    const Client& client,
    Instant now
) {
    UserId id = local_user;
    if (!standing.first) {
        id = co_await insert_user(db, user, now);
    } else if (!co_await claim_local_user(db, user, now)) {
        co_return conflict("There is an administrator already. Sign in.");
    } else {
        co_await delete_api_keys(db, id);  // made when anybody at this machine could
    }
    co_await note(db, id, "registered", user.username, client, now);
    if (standing.is_confirmed) {
        co_await set_email_verified(db, id, user.email, now);
    } else {
        co_await mail_link(db, deps, id, user.email, LinkPurpose::verify_email, now);
    }
    if (standing.first) co_await publish_change(db, deps, id);
    co_return id;
}

Async<Result<UserId>> insert(
    Deps& deps, const NewUser& user, const NewStanding& standing, const Client& client, Instant now
) {
    try {
        co_return co_await db::transact(deps.db, [&](db::Transaction& transaction) {
            return insert_noted(transaction, deps, user, standing, client, now);
        });
    } catch (const db::Violation& violation) {
        if (violation.kind == db::Violation::Kind::unique) co_return taken(violation);
        throw;
    }
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
        .username = given.username, .email = given.email, .password_hash = {}, .role = standing.role
    };
    CO_TRY(user.password_hash, co_await hash(deps, given.password));
    CO_TRY(const UserId id, co_await insert(deps, user, standing, client, now));
    if (standing.first) {
        *deps.local_only = false;
        deps.table.change(local_user);  // what anybody at this machine began ends
        telemetry::info("{} is the first administrator", user.username);
    }
    deps.pools.wake(queue::maintenance);
    co_return User{
        .id = id,
        .username = std::move(user.username),
        .email = std::move(user.email),
        .role = user.role,
        .email_verified_at = standing.is_confirmed ? std::optional(now) : std::nullopt,
        .disabled_at = std::nullopt,
        .created_at = now
    };
}

Async<Result<User>> register_user(Deps& deps, Registering given, const Client& client) {
    co_await look_for_accounts(deps);  // another process may have made the first a moment ago
    CO_CHECK(may_register(deps, given));
    const bool first = *deps.local_only;
    const NewStanding standing{first ? Role::admin : Role::member, first};
    co_return co_await make_account(deps, std::move(given), standing, client);
}

}  // namespace zoetrope::accounts

#include "features/accounts/administration.hpp"

#include "features/accounts/access_changes.hpp"
#include "features/accounts/personal_data.hpp"
#include "features/accounts/rules.hpp"
#include "features/accounts/sign_in.hpp"
#include "platform/base/text.hpp"

namespace zoetrope::accounts {

namespace {

const Client at_the_console{.address = "console", .networks = {}, .agent = "zoetrope user"};

// What was given, or one that nobody has to think of.
std::string take_password(UserCommand& command, UserReport& report) {
    if (command.password.empty()) report.password = command.password = crypto::random_text(12);
    return command.password;
}

Async<Result<UserReport>> add(Deps& deps, UserCommand command) {
    UserReport report;
    const bool first = *deps.local_only;
    if (first && command.role != Role::admin)
        co_return invalid("role", "of the first account must be admin: add --role admin");
    const Registering given{
        .email = command.email,
        .username = command.username,
        .password = take_password(command, report),
        .setup_token = std::nullopt
    };
    CO_TRY(
        User user, co_await make_account(deps, given, {command.role, first, true}, at_the_console)
    );
    report.users.push_back(std::move(user));
    co_return report;
}

Async<Result<UserReport>> list(Deps& deps) {
    constexpr std::int64_t page = 200;
    UserReport report;
    while (true) {
        const UserId after = report.users.empty() ? UserId{0} : report.users.back().id;
        auto users = co_await list_users(deps.db, after, page);
        const bool last = std::ssize(users) < page;
        std::ranges::move(users, std::back_inserter(report.users));
        if (last) co_return report;
    }
}

Async<Result<bool>> store_role(db::Session& db, const Deps& deps, UserId id, Role role) {
    if (role != Role::admin && co_await count_admins(db, id) == 0)
        co_return conflict("This is the last administrator. Make another one first.");
    co_await set_role(db, id, role);
    const char* word = role == Role::admin ? "admin" : "member";
    co_await note(db, id, "role_changed", word, at_the_console, deps.clock.now());
    co_await publish_change(db, deps, id);
    co_return true;
}

Async<Result<UserReport>> set_role_of(Deps& deps, const Login& user, Role role) {
    CO_CHECK(co_await db::transact(deps.db, [&](db::Transaction& transaction) {
        return store_role(transaction, deps, user.id, role);
    }));
    deps.table.change(user.id);
    co_return UserReport{.users = {*co_await find_user(deps.db, user.id)}};
}

Async<Result<UserReport>> reset(Deps& deps, UserCommand command, const Login& user) {
    UserReport report;
    const std::string password = take_password(command, report);
    CO_CHECK(co_await replace_password(deps, user.id, password, at_the_console));
    report.users.push_back(*co_await find_user(deps.db, user.id));
    co_return report;
}

}  // namespace

Async<Result<UserReport>> administer(Deps& deps, UserCommand command) {
    if (command.action == UserAction::add) co_return co_await add(deps, std::move(command));
    if (command.action == UserAction::list) co_return co_await list(deps);
    const auto user = co_await find_login(deps.db, command.username);
    if (!user) co_return not_found("There is no user '" + command.username + "'.");
    if (command.action == UserAction::role)
        co_return co_await set_role_of(deps, *user, command.role);
    if (command.action == UserAction::erase) {
        CO_CHECK(co_await erase_account(deps, user->id, at_the_console));
        co_return UserReport{};
    }
    co_return co_await reset(deps, std::move(command), *user);
}

}  // namespace zoetrope::accounts

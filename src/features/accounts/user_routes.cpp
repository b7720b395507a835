#include "features/accounts/access_changes.hpp"
#include "features/accounts/routes.hpp"
#include "platform/http/page.hpp"

namespace zoetrope::accounts {

namespace {

using http::Admin;

struct Wanted {
    std::int64_t limit = 50;
    std::optional<std::string> cursor;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(Wanted, (), (limit, cursor))

std::string cursor_of_user(const User& last) {
    return http::write_cursor({last.created_at, last.id.value});
}

// GET /api/v1/users?limit=&cursor= -> 200 [User], the oldest first
Async<Result<http::Page<User>>> get_users(Deps& deps, Admin, http::Query<Wanted> query) {
    CO_TRY(const std::int64_t limit, http::page_limit(query.value.limit));
    UserId after{0};
    if (query.value.cursor) {
        CO_TRY(const auto place, http::read_cursor(query.value.cursor));
        after = UserId{place.id};
    }
    auto users = co_await list_users(deps.db, after, limit + 1);
    co_return http::page_of(std::move(users), limit, cursor_of_user);
}

struct UserChanges {
    json::Change<Role> role;
    json::Change<bool> disabled;
    static constexpr std::string_view schema_name = "UserChanges";
};
BOOST_DESCRIBE_STRUCT(UserChanges, (), (role, disabled))

// In a transaction, so that two administrators cannot take each other's role away at once.
Async<Result<User>> change(
    db::Session& db,
    const Deps& deps,
    UserId id,
    const UserChanges& changes,
    UserId by,
    const Client& client
) {
    const Instant now = deps.clock.now();
    const auto user = co_await find_user(db, id);
    if (!user) co_return not_found("There is no such user.");
    const bool falls =
        (changes.role && *changes.role != Role::admin) || (changes.disabled && *changes.disabled);
    if (falls && user->role == Role::admin && co_await count_admins(db, id) == 0)
        co_return conflict("This is the last administrator. Make another one first.");
    if (changes.role) {
        co_await set_role(db, id, *changes.role);
        const char* word = *changes.role == Role::admin ? "admin" : "member";
        co_await note(db, id, "role_changed", word, client, now);
    }
    if (changes.disabled) {
        co_await set_disabled(
            db, id, *changes.disabled ? std::optional(now) : std::optional<Instant>()
        );
        if (*changes.disabled) co_await end_sessions(db, id, std::nullopt, now);
        const std::string who = "by user " + std::to_string(by.value);
        co_await note(db, id, *changes.disabled ? "disabled" : "enabled", who, client, now);
    }
    co_await publish_change(db, deps, id);
    co_return *co_await find_user(db, id);
}

// PATCH /api/v1/users/{id} {role, disabled} -> 200 User. 409 for the last administrator
Async<Result<User>> patch_user(
    Deps& deps,
    Admin admin,
    http::Path<UserId> id,
    const http::Request& request,
    http::Body<UserChanges> body
) {
    const Client client = client_of(request);
    CO_TRY(User user, co_await db::transact(deps.db, [&](db::Transaction& transaction) {
               return change(transaction, deps, id.value, body.value, admin.user, client);
           }));
    deps.table.change(id.value);
    co_return user;
}

}  // namespace

void mount_users(http::Router& router, Deps& deps) {
    router.get<get_users>("/api/v1/users", deps, {.summary = "All users"});
    router.patch<patch_user>(
        "/api/v1/users/{id}", deps, {.summary = "Change a user's role, or lock a user out"}
    );
}

}  // namespace zoetrope::accounts

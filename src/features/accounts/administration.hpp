// What an operator does with accounts from the command line.
#pragma once

#include "features/accounts/accounts.hpp"

namespace zoetrope::accounts {

BOOST_DEFINE_ENUM_CLASS(UserAction, add, list, role, reset, erase)

struct UserCommand {
    UserAction action{};
    std::string username;  // or the address, but for `add`
    std::string email;
    std::string password;  // empty: one is made up
    Role role = Role::member;
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(UserCommand, (), (action, username, email, password, role))

struct UserReport {
    std::vector<User> users;  // all of them, or the one concerned
    std::string password;     // the one made up, to be shown once
    static constexpr bool keep_defaults = true;
};
BOOST_DESCRIBE_STRUCT(UserReport, (), (users, password))

// Errors: invalid, conflict, not_found, limited.
Async<Result<UserReport>> administer(Deps& deps, UserCommand command);

}  // namespace zoetrope::accounts

// What the server keeps of a user, handed out or erased. Private to accounts.
//
// Erasing blanks the user's row at once, so nobody signs in any more; the row stays as the
// pseudonym of what must be kept. A task takes away the rest, once no process can still act for the
// user, and again each hour for a day.
#pragma once

#include "features/accounts/store.hpp"

namespace zoetrope::accounts {

// A zip of everything all features keep of the user. Errors: limited.
Async<Result<http::Response>> export_data(Deps& deps, UserId user, const Client& client);

// The user's own wish. Errors: invalid (a wrong password), conflict (the last administrator, or
// there is no account), limited.
Async<Result<void>> erase_own_account(
    Deps& deps, UserId user, const std::string& password, const Client& client
);
// An administrator's. Errors: not_found, conflict.
Async<Result<void>> erase_account(Deps& deps, UserId user, const Client& client);

// Tasks for those erased within the last day: what came in since, by a request that had begun
// before, goes too. How many.
Async<std::int64_t> erase_again(Deps& deps);
void add_erase_handler(Deps& deps, queue::Handlers& handlers);

}  // namespace zoetrope::accounts

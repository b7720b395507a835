// What has ended is taken away once an hour, in bounded batches: tokens, sessions, links, counts of
// failures, old audit entries, accounts that nobody confirmed. Also renews the signing key.
#pragma once

#include "features/accounts/accounts.hpp"

namespace zoetrope::accounts {

// For the tests that look at its plan.
const db::Sql& clean_tokens_statement();
// How many rows went.
Async<std::int64_t> clean_up(Deps& deps);
void add_clean_up_handler(Deps& deps, queue::Handlers& handlers);

}  // namespace zoetrope::accounts

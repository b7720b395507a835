#include "features/accounts/accounts.hpp"

#include "features/accounts/store.hpp"

namespace zoetrope::accounts {

using std::chrono::hours;
using std::chrono::minutes;

Accounts::Accounts(
    const Config& given, const crypto::Key& master, db::Pool& pool, const Clock& time, unsigned cores
)
    : config(given),
      db(pool),
      clock(time),
      refresh_key(master.derive("refresh")),
      setup_key(master.derive("setup")),
      nobodys_hash(crypto::hash_password(crypto::random_text(), given.scheme)),
      signing(master, given.audience),
      authenticator(
          {.db = pool,
           .clock = time,
           .signing = signing,
           .table = table,
           .local_only = *local_only,
           .cache_max = given.cache_max,
           .cores = cores}
      ),
      failures(master),
      hashing(given.hash_threads, given.hash_queue_max),
      logins_by_address(given.logins_per_address, minutes(1)),
      logins_by_account(given.logins_per_account, minutes(1)),
      registrations(given.registrations_per_address, hours(1)),
      refreshes(given.refreshes_per_address, minutes(1)) {}

Async<void> refresh(Deps& deps) {
    if (*deps.local_only && co_await any_account(deps.db)) *deps.local_only = false;
    co_await deps.signing.load(deps.db, deps.clock.now());
}

}  // namespace zoetrope::accounts

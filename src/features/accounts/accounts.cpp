#include "features/accounts/accounts.hpp"

#include "features/accounts/clean_up.hpp"
#include "features/accounts/links.hpp"
#include "features/accounts/store.hpp"

namespace zoetrope::accounts {

using std::chrono::hours;
using std::chrono::minutes;

Accounts::Accounts(const Config& given, const Parts& parts)
    : config(given),
      db(parts.db),
      clock(parts.clock),
      mailer(parts.mailer),
      tasks(parts.tasks),
      refresh_key(parts.master.derive("refresh")),
      setup_key(parts.master.derive("setup")),
      link_key(parts.master.derive("links")),
      nobodys_hash(crypto::hash_password(crypto::random_text(), given.scheme)),
      signing(parts.master, given.audience),
      authenticator(
          {.db = parts.db,
           .clock = parts.clock,
           .signing = signing,
           .table = table,
           .local_only = *local_only,
           .cache_max = given.cache_max,
           .cores = parts.cores}
      ),
      failures(parts.master),
      hashing(given.hash_threads, given.hash_queue_max),
      logins_by_address(given.logins_per_address, minutes(1)),
      logins_by_account(given.logins_per_account, minutes(1)),
      registrations(given.registrations_per_address, hours(1)),
      refreshes(given.refreshes_per_address, minutes(1)),
      resets_by_address(given.resets_per_address, hours(1)),
      resets_by_account(given.resets_per_account, hours(1)) {}

Async<void> refresh(Deps& deps) {
    if (*deps.local_only && co_await any_account(deps.db)) *deps.local_only = false;
    co_await deps.signing.load(deps.db, deps.clock.now());
}

void add_handlers(Deps& deps) {
    add_mail_handlers(deps);
    add_clean_up_handler(deps);
}

Async<void> run_schedules(Deps& deps) {
    const auto schedule = clean_up_schedule();
    const Instant now = deps.clock.now();
    co_await queue::keep(deps.db, schedule, now);
    if (co_await queue::run_if_due(deps.db, schedule, now)) deps.tasks.wake();
}

}  // namespace zoetrope::accounts

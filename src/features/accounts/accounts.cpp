#include "features/accounts/accounts.hpp"

#include <algorithm>
#include <future>

#include "features/accounts/access_changes.hpp"
#include "features/accounts/clean_up.hpp"
#include "features/accounts/links.hpp"
#include "features/accounts/personal_data.hpp"

namespace zoetrope::accounts {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// On a thread of its own, which gives back the memory that hashing takes.
static Accounts::Trial try_hashing(const crypto::PasswordScheme& scheme) {
    return std::async(
               std::launch::async,
               [&]() -> Accounts::Trial {
                   (void
                   )crypto::hash_password(crypto::random_text(), scheme);  // the first is slower
                   const auto began = thread_time();
                   std::string hash = crypto::hash_password(crypto::random_text(), scheme);
                   return {std::move(hash), thread_time() - began};
               }
    ).get();
}

Accounts::Accounts(const Config& given, const Parts& parts)
    : config(given),
      db(parts.db),
      clock(parts.clock),
      mailer(parts.mailer),
      pools(parts.pools),
      files(parts.files),
      refresh_key(parts.master.derive("refresh")),
      setup_key(parts.master.derive("setup")),
      link_key(parts.master.derive("links")),
      trial(try_hashing(given.scheme)),
      process(crypto::random_text(12)),
      admission(std::make_shared<const Admission>(given.admission)),
      signing(parts.master, given.audience),
      local(parts.master, parts.files),
      shown_tokens(remembered_tokens, std::max<std::chrono::seconds>(given.cache_max, seconds(1))),
      authenticator(
          {.db = parts.db,
           .clock = parts.clock,
           .signing = signing,
           .table = table,
           .local_only = *local_only,
           .local = local,
           .admission = admission,
           .cache_max = given.cache_max,
           .secure_cookies = given.secure_cookies,
           .cores = parts.cores}
      ),
      devices(parts.master),
      failures(parts.master),
      hashing(given.hash_threads, given.hash_queue_max, trial.took),
      logins_by_address(given.logins_per_address),
      logins_by_account(given.logins_per_account),
      registrations(given.registrations_per_address, hours(1)),
      refreshes(given.refreshes_per_address, minutes(1)),
      refreshes_by_account(given.refreshes_per_account, minutes(1)),
      resets_by_address(given.resets_per_address, hours(1)),
      resets_by_account(given.resets_per_account, hours(1)),
      exports(given.exports_per_account, hours(1)),
      keys_made(given.keys_per_account, hours(1)) {}

void Accounts::admit(const Admission& wanted) {
    if (wanted == *admission.load()) return;
    admission = std::make_shared<const Admission>(wanted);
    table.change_all();
}

void Accounts::divide_limits(unsigned processes) {
    logins_by_address.divide(processes);
    for (auto* each : {&registrations, &refreshes, &resets_by_address}) each->divide(processes);
}

Async<void> refresh(Deps& deps) {
    co_await look_for_accounts(deps);
    co_await deps.signing.load(deps.db, deps.clock.now());
}

void add_handlers(Deps& deps, queue::Handlers& handlers) {
    add_mail_handlers(deps, handlers);
    add_clean_up_handler(deps, handlers);
    add_erase_handler(deps, handlers);
}

}  // namespace zoetrope::accounts

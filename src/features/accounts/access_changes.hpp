// Makes a change to a user's access (signed out, disabled, another role, a key revoked) count at
// once in every process on a PostgreSQL database. On SQLite one process does everything, and
// nothing is written.
//
// The transaction that changes something adds a row to access_changes and a notification, which
// PostgreSQL delivers with the commit. The other processes read the rows they have not seen: at the
// notification, and once a second, because a notification may be lost and a pooler in transaction
// mode delivers none.
#pragma once

#include <unordered_set>

#include "features/accounts/accounts.hpp"
#include "platform/base/recurring.hpp"
#include "platform/db/notices.hpp"

namespace zoetrope::accounts {

// In the transaction of the change, as its last statement. After the commit call
// Deps::table.change(), which is for this process.
Async<void> publish_change(db::Session& db, const Deps& deps, UserId user);

// Ends the local mode when another process made the first account.
Async<void> look_for_accounts(Deps& deps);

class AccessFollower {
  public:
    AccessFollower(Deps& deps, db::Notices& notices, asio::io_context& io);

    void start();
    // From outside the I/O threads.
    void stop() { looks_.stop(); }

  private:
    Async<void> look();
    Async<void> read();

    Deps& deps_;
    Recurring looks_;
    std::chrono::steady_clock::time_point read_at_;
    std::unordered_set<std::int64_t> seen_;  // ids of the rows that the last read found
};

}  // namespace zoetrope::accounts

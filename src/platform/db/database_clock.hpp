// The clock of the database. What processes on several machines write and compare (when a task is
// due, when a session ends) are instants of one clock, whatever their own say.
#pragma once

#include <atomic>

#include "platform/base/time.hpp"
#include "platform/db/session.hpp"

namespace zoetrope::db {

class DatabaseClock final : public Clock {
  public:
    // This machine's clock, corrected by what was seen last. Any thread.
    Instant now() const override;
    // Sees how far they are apart: to be called at the start and now and then. On SQLite both are
    // of one machine, and nothing is asked.
    Async<void> look(Pool& db);

  private:
    std::atomic<std::int64_t> ahead_us_ = 0;  // of the database's clock
};

}  // namespace zoetrope::db

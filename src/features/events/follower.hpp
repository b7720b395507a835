// Reads what all processes on a PostgreSQL database append to the log, and hands it to the
// listeners of this one. Told by the others at once, and looking from time to time, so that nothing
// told is lost. On SQLite one process does everything, and nothing is followed.
#pragma once

#include "features/events/events.hpp"
#include "platform/base/recurring.hpp"
#include "platform/db/notices.hpp"

namespace zoetrope::events {

class Follower {
  public:
    Follower(db::Pool& db, db::Notices& notices, Hub& hub, asio::io_context& io);

    // From now on the hub's publish() is this: what is written is read here as anywhere.
    void start();
    // From outside the I/O threads.
    void stop() { looks_.stop(); }

  private:
    Async<void> look();
    Async<void> read();

    db::Pool& db_;
    db::Notices& notices_;
    Hub& hub_;
    Recurring looks_;
    std::int64_t read_to_ = 0;  // every transaction before has been read; 0: nothing is known yet
};

}  // namespace zoetrope::events

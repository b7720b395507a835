// Finished tasks are kept for a while, by how they ended, and dropped a few at a time.
#pragma once

#include <functional>

#include "platform/queue/handlers.hpp"
#include "platform/queue/schedules.hpp"

namespace zoetrope::queue {

struct Retention {
    std::chrono::seconds done{24 * 3600};   // completed and cancelled: to look back at a day
    std::chrono::seconds nodes{24 * 3600};  // that fell silent: the same
    std::chrono::seconds failed{
        30 * 24 * 3600
    };  // discarded and unknown: somebody may look into it
};

// The handler of a schedule that removes rows which have ended: `remove` says how many it removed.
void add_clean_up(
    Handlers& handlers, std::string kind, std::function<Async<std::int64_t>()> remove
);
// Runs a statement that deletes rows from before an instant ($1), at most so many ($2), until it
// finds none: no single one holds others up for long. Returns how many rows it deleted.
Async<std::int64_t> delete_before(db::Session& db, const db::Sql& sql, Instant before);

Schedule clean_up_schedule();
// `db` and `clock` must outlive it.
void add_clean_up_handler(
    Handlers& handlers, db::Pool& db, const Clock& clock, const Retention& retention
);
// What the handler does. Returns how many were dropped.
Async<std::int64_t> clean_up(db::Session& db, const Retention& retention, Instant now);

}  // namespace zoetrope::queue

// Tasks that were given up, tried again when somebody who looked into it says so.
#pragma once

#include "platform/queue/handlers.hpp"
#include "platform/queue/inspect.hpp"

namespace zoetrope::queue {

// With as many attempts more, under its old id. Wake its workers afterwards. Errors: not_found;
// conflict when it was not given up, or is for something that is gone or went on without it.
// One that ended `unknown` may repeat an effect that happened: whoever asks has looked.
Async<Result<TaskReport>> retry(db::Pool& db, const Handlers& handlers, TaskId id, Instant now);

struct RetryWanted {
    std::optional<std::string> queue;  // nothing: of every one
    std::optional<std::string> kind;
    std::int64_t limit = 100;
};
// The same for the latest that were discarded, never for `unknown` ones. Returns how many of
// `limit` were brought back: those that cannot be tried again stay.
Async<std::int64_t> retry_discarded(
    db::Pool& db, const Handlers& handlers, const RetryWanted& wanted, Instant now
);

}  // namespace zoetrope::queue

// Idempotency keys: a request sent again with the same key gets the first one's answer and changes
// nothing. The key is taken in the transaction of the effect, so there is no moment in which one
// exists without the other.
#pragma once

#include <optional>
#include <string>

#include "platform/base/ids.hpp"
#include "platform/base/result.hpp"
#include "platform/base/time.hpp"
#include "platform/db/session.hpp"
#include "platform/queue/handlers.hpp"
#include "platform/queue/schedules.hpp"

namespace zoetrope::idempotency {

struct Key {
    UserId owner;
    std::string route;        // `POST /api/v1/generations`
    std::string key;          // empty: the client sent none, and nothing is remembered
    std::string body_digest;  // the same key with another body is a mistake of the client's
};

// The answer given the first time, or nullopt when this is the first time.
// Errors: invalid when the key was used with another body.
Async<Result<std::optional<std::string>>> find_answer(db::Session& db, const Key& key, Instant now);
Async<void> remember(db::Session& db, const Key& key, std::string answer, Instant now);
// Removes the keys that are too old to be found.
queue::Schedule clean_up_schedule();
void add_clean_up_handler(queue::Handlers& handlers, db::Pool& db, const Clock& clock);
// Everything of one owner.
Async<void> forget(db::Session& db, UserId owner);

}  // namespace zoetrope::idempotency

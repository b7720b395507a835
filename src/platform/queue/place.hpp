// Why a task waits.
#pragma once

#include <vector>

#include "platform/queue/queue.hpp"

namespace zoetrope::queue {

inline constexpr std::int64_t place_max = 1000;  // nobody counts further: that many are only read

// Of a task that is not over.
struct Place {
    TaskId id;
    TaskState state{};
    Instant run_at;
    std::int64_t before = 0;         // tasks that go first; place_max: or more
    std::int64_t before_yours = 0;   // those of the same owner among them
    std::int64_t running_yours = 0;  // of the same owner
    std::int64_t running = 0;        // in its queue
    std::int64_t capacity = 0;       // of its queue's pool; 0: none is known
    std::int64_t paused = 0;         // 1: its queue is
    std::int64_t served = 0;         // nodes that are heard of and serve its queue
};
BOOST_DESCRIBE_STRUCT(
    Place,
    (),
    (id, state, run_at, before, before_yours, running_yours, running, capacity, paused, served)
)

// Of those that are not over; in any order.
Async<std::vector<Place>> find_places(db::Session& db, const std::vector<TaskId>& tasks);

// For its owner, in a few words: "3rd of yours". `each_max`: WorkersConfig::running_per_owner.
std::string why_it_waits(const Place& place, std::int64_t each_max);

}  // namespace zoetrope::queue

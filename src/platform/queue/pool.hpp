// How many tasks of a queue run at a time: workers of some slots each, and more of them the more
// waits. A queue's pool spans all nodes; what a node has of it is its share.
#pragma once

#include <boost/describe/class.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "platform/base/result.hpp"
#include "platform/base/time.hpp"

namespace zoetrope::queue {

struct PoolSettings {
    std::string name;           // its queue's
    std::int64_t size_min = 2;  // workers, on all nodes together
    std::int64_t size_desired = 5;
    std::int64_t size_max = 10;
    std::int64_t concurrency = 4;  // tasks at a time of each
    std::int64_t prefetch =
        1;  // so many times its slots are held by a node, to have the next at hand
    std::int64_t tasks_per_child = 100;  // after which the engine's process is made anew
    static constexpr std::string_view schema_name = "PoolSettings";
    static constexpr bool is_request = true;
};
BOOST_DESCRIBE_STRUCT(
    PoolSettings,
    (),
    (name, size_min, size_desired, size_max, concurrency, prefetch, tasks_per_child)
)

// Errors: invalid, with each field that is off.
Result<void> check(const PoolSettings& settings);

// The size by what waits. Growing is at once; shrinking waits until the present size has not been
// asked for during `cool_down`, so that a queue about a threshold does not flap.
struct DepthRule {
    std::int64_t deep = 1000;   // more waiting: size_max
    std::int64_t filled = 500;  // more waiting: size_desired; else size_min
    std::chrono::seconds cool_down{60};
    bool is_on = true;  // false: always size_desired
};

struct PoolState {
    std::int64_t size = 0;
    Instant busy_at;  // when this size was last asked for
};

struct PoolDecision {
    std::int64_t size = 0;
    std::string reason;
};

// What the rule asks for, whatever the size is now.
std::int64_t wanted_size(const PoolSettings& settings, const DepthRule& rule, std::int64_t waiting);
// Nothing: it stays as it is.
std::optional<PoolDecision> decide(
    const PoolSettings& settings,
    const DepthRule& rule,
    const PoolState& state,
    std::int64_t waiting,
    Instant now
);

// The workers that the node at `index` of `nodes` has of `size`.
std::int64_t share_of(std::int64_t size, std::size_t index, std::size_t nodes);

}  // namespace zoetrope::queue

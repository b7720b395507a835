// The setting `pools`: the queues of the house and an operator's own, and how their pools are
// sized.
#pragma once

#include <string_view>
#include <vector>

#include "platform/queue/pools.hpp"

namespace zoetrope::app {

// `model_generation=5/20/50,concurrency=8,prefetch=2,tasks_per_child=100; thumbnails=1/2/4`: the
// least, the desired and the most workers, then what differs from the usual. Those of the house
// that are not named are as they are by default. Errors: invalid, naming the entry.
Result<std::vector<queue::PoolSettings>> read_pools(std::string_view text);

// `model_generation=8,priority`: the queues that a worker serves, with slots of its own or a share
// of the pool. Errors: invalid, naming the entry.
Result<std::vector<queue::OwnSlots>> read_served(
    std::string_view text, const std::vector<queue::PoolSettings>& pools
);

}  // namespace zoetrope::app

// What an operator looks at: health, readiness, the database pool, feature flags, queues,
// capacity.
#pragma once

#include <atomic>
#include <limits>
#include <mutex>
#include <string>

#include "features/accounts/accounts.hpp"
#include "features/operations/capacity.hpp"
#include "platform/db/session.hpp"
#include "platform/disk/disk.hpp"
#include "platform/flags/flags.hpp"
#include "platform/http/router.hpp"
#include "platform/queue/handlers.hpp"
#include "platform/queue/inspect.hpp"
#include "platform/queue/pools.hpp"
#include "platform/queue/schedules.hpp"

namespace zoetrope::operations {

// What the API's own page says, as JSON.
struct Description {
    std::once_flag made{};
    std::string plain{}, zipped{};
};

// Whether the database took a commit when it was last tried. Tried once a second at most: anybody
// may ask whether the server is ready.
struct LastCommit {
    std::atomic<std::int64_t> tried_s = std::numeric_limits<std::int64_t>::min();  // steady clock
    std::atomic<bool> worked = true;
};

struct Deps {
    db::Pool& db;
    flags::Flags& flags;
    const Clock& clock;
    const http::Router& router;
    const accounts::Accounts& accounts;
    const queue::Handlers& handlers;
    queue::Pools& pools;
    const Load& load;
    const disk::Disk& disk;
    unsigned engines = 1;  // at a time, of this process
    Description description{};
    LastCommit last_commit{};
};
Async<Measured> measure(Deps& deps);
void mount_capacity(http::Router& router, Deps& deps);
void mount_pools(http::Router& router, Deps& deps);
void mount_queues(http::Router& router, Deps& deps);
void mount(http::Router& router, Deps& deps);

}  // namespace zoetrope::operations

// What an operator looks at: health, readiness, the database pool, feature flags.
#pragma once

#include "platform/db/session.hpp"
#include "platform/flags/flags.hpp"
#include "platform/http/router.hpp"
#include "platform/queue/schedules.hpp"

namespace zoetrope::operations {

struct Deps {
    db::Pool& db;
    flags::Flags& flags;
    const Clock& clock;
    const http::Router& router;
};
void mount(http::Router& router, Deps& deps);

}  // namespace zoetrope::operations

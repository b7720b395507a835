// Every mount on one screen.
#pragma once

#include "app/studio.hpp"
#include "features/accounts/accounts.hpp"
#include "features/generation/generation.hpp"
#include "features/operations/operations.hpp"
#include "features/pipelines/pipelines.hpp"
#include "features/todos/todos.hpp"
#include "features/workers/workers.hpp"

namespace zoetrope::app {

void mount_routes(
    http::Router& router,
    Studio& studio,
    accounts::Deps& accounts,
    events::Deps& events,
    library::Deps& library,
    generation::Deps& generation,
    pipelines::Deps& pipelines,
    workers::Deps& workers,
    todos::Deps& todos,
    operations::Deps& operations
);

}  // namespace zoetrope::app

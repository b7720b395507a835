// Every mount on one screen.
#pragma once

#include "app/studio.hpp"
#include "features/generation/generation.hpp"

namespace zoetrope::app {

void mount_routes(
    http::Router& router,
    Studio& studio,
    events::Deps& events,
    library::Deps& library,
    generation::Deps& generation
);

}  // namespace zoetrope::app

// The tasks that run generations. Private to the feature.
#pragma once

#include "features/generation/store.hpp"

namespace zoetrope::generation {

// In the order of the ids, which is that of their turns.
Async<std::vector<TaskId>> insert_tasks(
    db::Session& db,
    const std::string& queue,
    queue::Share share,
    const std::vector<GenerationId>& ids,
    Instant now
);

void add_orphans_handler(Deps& deps, queue::Handlers& handlers);

}  // namespace zoetrope::generation

// The local provider: turns one generation into operations of the engine. Its outputs are staged,
// not yet kept.
#pragma once

#include <mutex>

#include "features/generation/store.hpp"

namespace zoetrope::generation {

using OnProgress = std::function<void(double progress, const std::string& stage)>;

// How one is made: what the engine is told of who asks, whom its progress is told, when to stop.
struct Course {
    engine_host::Standing standing;
    OnProgress on_progress;
    std::stop_token stop;
    queue::Usage* usage = nullptr;  // the caller's, added to; there until it is made

    // A part of the whole.
    Course part(double from, double to) const;
};

// Errors: invalid (the picture's fault, in plain words), cancelled, timeout, unavailable,
// storage_full.
Async<Result<MadeAll>> make_locally(Deps& deps, const Job& job, Course course);

}  // namespace zoetrope::generation

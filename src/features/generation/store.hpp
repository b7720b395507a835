#pragma once

#include "features/generation/generation.hpp"

namespace zoetrope::generation {

// A generation's row as the runner needs it.
struct Job {
    GenerationId id;
    UserId owner_id;
    std::string model;
    State state{};
    json::Raw inputs;
};
BOOST_DESCRIBE_STRUCT(Job, (), (id, owner_id, model, state, inputs))

struct Matte {
    bool accepted = false;
    std::string mask_digest;
};
BOOST_DESCRIBE_STRUCT(Matte, (), (accepted, mask_digest))

// Fills in the progress of a row that runs.
void add_progress(const ProgressBoard& board, Generation& to);

Async<void> insert(db::Session& db, UserId owner, const Generation& generation, TaskId task);
Async<Result<Generation>> find_row(db::Session& db, UserId owner, GenerationId id);  // with outputs
// Newest first, with outputs, in two statements however long the page.
Async<std::vector<Generation>> list(
    db::Session& db,
    UserId owner,
    std::optional<State> state,
    const std::optional<std::string>& before,
    std::int64_t limit
);
Async<std::optional<Job>> find_job(db::Session& db, GenerationId id);
// These move a generation only out of the states that may be left so; false when it was in another.
Async<bool> mark_running(db::Session& db, GenerationId id, Instant now);
Async<bool> mark_succeeded(
    db::Session& db, GenerationId id, const std::optional<std::string>& note, Instant now
);
Async<bool> mark_failed(db::Session& db, GenerationId id, const std::string& error, Instant now);
Async<std::optional<TaskId>> mark_cancelled(
    db::Session& db, UserId owner, GenerationId id, Instant now
);
Async<void> add_output(
    db::Session& db, GenerationId id, std::int64_t position, Role role, AssetId asset
);

Async<std::optional<Matte>> find_matte(db::Session& db, const std::string& image_digest);
Async<void> remember_matte(db::Session& db, const std::string& image_digest, const Matte& matte);

}  // namespace zoetrope::generation

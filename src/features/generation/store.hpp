#pragma once

#include <span>

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

// Fills in the progress of those that run, and why others wait.
Async<void> add_progress(Deps& deps, std::span<Generation> to);

Async<void> insert(db::Session& db, UserId owner, const Generation& generation, TaskId task);
Async<Result<Generation>> find_row(db::Session& db, UserId owner, GenerationId id);  // with outputs
BOOST_DEFINE_ENUM_CLASS(Order, newest, oldest)
// With outputs, in two statements however long the page. `behind`: the id of the last one seen.
Async<std::vector<Generation>> list(
    db::Session& db,
    UserId owner,
    std::optional<State> state,
    const std::optional<std::string>& behind,
    std::int64_t limit,
    Order order = Order::newest
);
Async<std::optional<Job>> find_job(db::Session& db, GenerationId id);
// These move a generation only out of the states that may be left so, and only for the task it has
// now; else they answer false.
Async<bool> mark_running(db::Session& db, GenerationId id, TaskId task, Instant now);
Async<bool> mark_succeeded(
    db::Session& db,
    GenerationId id,
    TaskId task,
    const std::optional<std::string>& note,
    Instant now
);
Async<bool> mark_failed(
    db::Session& db, GenerationId id, TaskId task, const std::string& error, Instant now
);
Async<std::optional<TaskId>> mark_cancelled(
    db::Session& db, UserId owner, GenerationId id, Instant now
);
// Queued again: with the task it has, or with a new one. Only what failed, or was cancelled by its
// owner.
Async<bool> mark_revived(db::Session& db, GenerationId id, TaskId task);
Async<bool> mark_retried(db::Session& db, UserId owner, GenerationId id, TaskId task);
// `type`: `generation.queued`.
Async<events::Event> append_event(
    db::Session& db, UserId owner, GenerationId id, const char* type, Instant now
);

// The tasks of those of them that are queued.
struct Queued {
    GenerationId id;
    TaskId task_id;
};
BOOST_DESCRIBE_STRUCT(Queued, (), (id, task_id))
Async<std::vector<Queued>> list_queued(db::Session& db, const std::vector<GenerationId>& ids);

Async<void> add_output(
    db::Session& db, GenerationId id, std::int64_t position, Role role, AssetId asset
);

Async<std::optional<Matte>> find_matte(db::Session& db, const std::string& image_digest);
Async<void> remember_matte(db::Session& db, const std::string& image_digest, const Matte& matte);

}  // namespace zoetrope::generation

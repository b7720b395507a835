#pragma once

#include <span>

#include "features/generation/generation.hpp"

namespace zoetrope::generation {

struct Matte {
    bool accepted = false;
    std::string reason{};  // why not: an engine_protocol::Subject; empty for old rows
    std::string mask_digest;
};
BOOST_DESCRIBE_STRUCT(Matte, (), (accepted, mask_digest, reason))

// Fills in the progress of those that run, and why others wait.
Async<void> add_progress(Deps& deps, std::span<Generation> to);

Async<void> insert(db::Session& db, UserId owner, const Generation& generation, TaskId task);
Async<void> insert_all(
    db::Session& db,
    UserId owner,
    const std::vector<Generation>& generations,
    const std::vector<TaskId>& tasks
);
// Those of them that are there, with outputs, in two statements.
Async<std::vector<Generation>> find_rows(
    db::Session& db, UserId owner, const std::vector<GenerationId>& ids
);
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
const db::Sql& list_statement(bool of_state, Order order);  // for the tests that look at its plan
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
// Of those of them that were not over: their tasks.
struct Moved {
    GenerationId id;
    TaskId task_id;
    std::string queue;
};
BOOST_DESCRIBE_STRUCT(Moved, (), (id, task_id, queue))
Async<std::vector<Moved>> mark_cancelled(
    db::Session& db, UserId owner, const std::vector<GenerationId>& ids, Instant now
);
// Queued again, with the task it has. Only what failed.
Async<bool> mark_revived(db::Session& db, GenerationId id, TaskId task);
// The same of those of them that failed or were cancelled; they wait for tasks.
Async<std::vector<Moved>> mark_retried(
    db::Session& db, UserId owner, const std::vector<GenerationId>& ids
);
Async<void> set_task(db::Session& db, GenerationId id, TaskId task);

// What is told of generations: written in the transaction that changes them, published after it.
struct News {
    UserId owner;
    std::vector<events::Event> events;
};
// `type`: `generation.queued`.
Async<News> write_news(
    Deps& deps,
    db::Transaction& db,
    UserId owner,
    const std::vector<GenerationId>& ids,
    const char* type,
    Instant now
);
void publish(Deps& deps, const News& news);

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

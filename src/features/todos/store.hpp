#pragma once

#include <span>

#include "features/todos/todos.hpp"

namespace zoetrope::todos {

struct Filter {
    std::optional<bool> completed;
    std::optional<std::int64_t> priority;
    std::optional<Instant> due_before;
    std::optional<std::string> q;
};

// Where a page begins: behind this row.
struct Place {
    Instant created_at{std::numeric_limits<std::int64_t>::max()};
    TodoId id{std::numeric_limits<std::int64_t>::max()};
};

Async<db::Rows> insert(db::Session& db, UserId owner, const Todo& todo);
Async<void> insert_all(db::Session& db, UserId owner, const std::vector<Todo>& todos);
Async<Result<Todo>> find(db::Session& db, UserId owner, TodoId id);
// For the tests that look at their plans.
const db::Sql& update_statement();
const db::Sql& delete_statement();
// Whether a list may have to look through all of its owner's todos.
bool is_long(const Filter& filter);
// The statement that serves a filter.
struct Question {
    const db::Sql& sql;
    std::vector<db::Value> params;
};
Question question_of(
    db::Dialect dialect,
    UserId owner,
    const Filter& filter,
    const Place& after,
    std::int64_t limit,
    std::int64_t offset
);
// Throws db::TimedOut, in good time if the list is long.
Async<std::vector<Todo>> list(
    db::Session& db,
    UserId owner,
    const Filter& filter,
    const Place& after,
    std::int64_t limit,
    std::int64_t offset
);
// Changes what is given and counts the version up; those that are not there are left out.
// `version`: only a row that still has it.
Async<std::vector<Todo>> update(
    db::Session& db,
    UserId owner,
    std::span<const TodoId> ids,
    const TodoChanges& changes,
    std::optional<std::int64_t> version
);
// How many there were.
Async<std::int64_t> remove(
    db::Session& db, UserId owner, std::span<const TodoId> ids, std::optional<std::int64_t> version
);

}  // namespace zoetrope::todos

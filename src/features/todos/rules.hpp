#pragma once

#include "features/todos/todos.hpp"
#include "platform/base/json/read.hpp"

namespace zoetrope::todos {

// Trims the title, and reports every field that is off; `at` is where the todo stands in the body.
void check(NewTodo& todo, const json::Path& at, json::Problems& problems);
void check(TodoChanges& changes, const json::Path& at, json::Problems& problems);
// The server's own fields, in a todo that does not exist yet.
void check_not_given(const NewTodo& todo, const json::Path& at, json::Problems& problems);
// The same of one that does: they must be as they are.
template <class T>
void check_unchanged(const T& given, const Todo& now, json::Problems& problems) {
    const auto same = [&](const auto& field, const auto& is, const char* name) {
        if (field && *field != is) problems.add(json::Path{.key = name}, "cannot be changed");
    };
    same(given.id, now.id, "id");
    same(given.created_at, now.created_at, "created_at");
    same(given.version, now.version, "version");
}

}  // namespace zoetrope::todos

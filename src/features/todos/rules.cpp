#include "features/todos/rules.hpp"

#include "platform/base/text.hpp"

namespace zoetrope::todos {

namespace {

void check_title(std::string& title, const json::Path& at, json::Problems& problems) {
    const std::string_view trimmed = trim_text(title);
    if (trimmed.size() != title.size()) title = std::string(trimmed);
    // No more code points than bytes, so most need not be counted.
    const bool too_long = title.size() > title_max && code_points(title) > title_max;
    if (title.empty() || too_long) {
        problems.add(
            json::Path{.parent = &at, .key = "title"},
            "must have 1 to " + std::to_string(title_max) + " characters"
        );
    } else if (!is_printable(title)) {
        problems.add(
            json::Path{.parent = &at, .key = "title"},
            "must be one line, without characters for control or the direction of writing"
        );
    }
}

void check_description(const std::string& text, const json::Path& at, json::Problems& problems) {
    if (text.size() <= description_max || code_points(text) <= description_max) return;
    problems.add(
        json::Path{.parent = &at, .key = "description"},
        "must have at most " + std::to_string(description_max) + " characters"
    );
}

void check_priority(std::int64_t priority, const json::Path& at, json::Problems& problems) {
    if (priority >= 0 && priority <= priority_max) return;
    problems.add(
        json::Path{.parent = &at, .key = "priority"}, "must be 0 to " + std::to_string(priority_max)
    );
}

}  // namespace

void check(NewTodo& todo, const json::Path& at, json::Problems& problems) {
    check_title(todo.title, at, problems);
    if (todo.description) check_description(*todo.description, at, problems);
    if (todo.priority) check_priority(*todo.priority, at, problems);
}

void check(TodoChanges& changes, const json::Path& at, json::Problems& problems) {
    if (changes.title) check_title(*changes.title, at, problems);
    if (changes.description) check_description(*changes.description, at, problems);
    if (changes.priority) check_priority(*changes.priority, at, problems);
}

void check_not_given(const NewTodo& todo, const json::Path& at, json::Problems& problems) {
    const auto refuse = [&](bool given, const char* name) {
        if (given) problems.add(json::Path{.parent = &at, .key = name}, "is the server's to give");
    };
    refuse(bool(todo.id), "id");
    refuse(bool(todo.created_at), "created_at");
    refuse(bool(todo.version), "version");
}

}  // namespace zoetrope::todos

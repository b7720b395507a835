#include "features/todos/store.hpp"

#include "platform/base/json/write.hpp"
#include "platform/base/text.hpp"

namespace zoetrope::todos {

#define TODO "id, title, description, priority, due_date, completed, created_at, version"

constexpr db::Sql insert_sql{
    "todos.insert",
    R"sql(
    INSERT INTO todos (id, owner_id, title, description, priority, due_date, completed, created_at, version,
                       folded_title, folded_description)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
)sql",
    db::Coalesce::together
};

static std::vector<db::Value> row_of(UserId owner, const Todo& todo) {
    return db::Session::params(
        todo.id,
        owner,
        todo.title,
        todo.description,
        todo.priority,
        todo.due_date,
        todo.completed,
        todo.created_at,
        todo.version,
        fold_case(todo.title),
        fold_case(todo.description)
    );
}

Async<db::Rows> insert(db::Session& db, UserId owner, const Todo& todo) {
    return db.run(insert_sql, row_of(owner, todo));
}

Async<void> insert_all(db::Session& db, UserId owner, const std::vector<Todo>& todos) {
    std::vector<std::vector<db::Value>> rows;
    rows.reserve(todos.size());
    for (const Todo& todo : todos) rows.push_back(row_of(owner, todo));
    co_await db.run_many(insert_sql, std::move(rows));
}

constexpr db::Sql find_sql{
    "todos.find",
    "SELECT " TODO " FROM todos WHERE owner_id = $1 AND id = $2",
    db::Coalesce::together
};

Async<Result<Todo>> find(db::Session& db, UserId owner, TodoId id) {
    auto todo = co_await db.one<Todo>(find_sql, owner, id);
    if (!todo) co_return not_found("There is no such todo.");
    co_return *std::move(todo);
}

// A statement for each pair of filters that an index leads with: an index cannot serve `or`.
#define TODO_LIST(where)                                                                           \
    "SELECT " TODO " FROM todos WHERE owner_id = $1 " where                                        \
    " AND (created_at, id) < ($2, $3) "                                                            \
    "AND (CAST($4 AS BIGINT) IS NULL OR due_date < $4) "                                           \
    "AND (CAST($5 AS TEXT) IS NULL OR folded_title LIKE $5 ESCAPE '!' "                            \
    "OR folded_description LIKE $5 ESCAPE '!') ORDER BY created_at DESC, id DESC LIMIT $6 OFFSET " \
    "$7"

constexpr db::Sql list_sql{"todos.list", TODO_LIST("")};
constexpr db::Sql list_completed_sql{"todos.list_completed", TODO_LIST("AND completed = $8")};
constexpr db::Sql list_priority_sql{"todos.list_priority", TODO_LIST("AND priority = $8")};
constexpr db::Sql list_completed_priority_sql{
    "todos.list_completed_priority", TODO_LIST("AND completed = $8 AND priority = $9")
};

const db::Sql& list_statement(const Filter& filter) {
    if (filter.completed) return filter.priority ? list_completed_priority_sql : list_completed_sql;
    return filter.priority ? list_priority_sql : list_sql;
}

// `%text%`, with what LIKE takes for more than itself taken back.
static std::optional<std::string> pattern_of(const std::optional<std::string>& q) {
    if (!q || q->empty()) return std::nullopt;
    std::string out = "%";
    for (const char c : fold_case(*q)) {
        if (c == '%' || c == '_' || c == '!') out += '!';
        out += c;
    }
    return out += '%';
}

Async<std::vector<Todo>> list(
    db::Session& db,
    UserId owner,
    const Filter& filter,
    const Place& after,
    std::int64_t limit,
    std::int64_t offset
) {
    auto params = db::Session::params(
        owner, after.created_at, after.id, filter.due_before, pattern_of(filter.q), limit, offset
    );
    if (filter.completed) params.push_back(db::to_value(*filter.completed));
    if (filter.priority) params.push_back(db::to_value(*filter.priority));
    co_return db::read_rows<Todo>(co_await db.run(list_statement(filter), std::move(params)));
}

// `+owner_id` on SQLite: without statistics it takes any index that begins with the owner for
// better than the ids' own, and walks all rows of the owner.
#define TODO_UPDATE(mine, ids)                                                                     \
    "UPDATE todos SET title = coalesce($3, title), folded_title = coalesce($4, folded_title), "    \
    "description = coalesce($5, description), folded_description = coalesce($6, "                  \
    "folded_description), "                                                                        \
    "priority = coalesce($7, priority), completed = coalesce($8, completed), "                     \
    "due_date = CASE WHEN $9 = 1 THEN CAST($10 AS BIGINT) ELSE due_date END, version = version + " \
    "1 "                                                                                           \
    "WHERE " mine " = $1 AND id IN (" ids ") AND version = coalesce($11, version) RETURNING " TODO
#define IDS_SQLITE "SELECT value FROM json_each($2)"
#define IDS_POSTGRES "SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST($2 AS json))"

constexpr db::Sql update_sql{
    "todos.update",
    TODO_UPDATE("+owner_id", IDS_SQLITE),
    db::Coalesce::singly,
    TODO_UPDATE("owner_id", IDS_POSTGRES)
};

const db::Sql& update_statement() { return update_sql; }

Async<std::vector<Todo>> update(
    db::Session& db,
    UserId owner,
    std::span<const TodoId> ids,
    const TodoChanges& changes,
    std::optional<std::int64_t> version
) {
    const auto folded = [](const json::Change<std::string>& text) {
        return text ? std::optional(fold_case(*text)) : std::nullopt;
    };
    const auto due = changes.due_date ? *changes.due_date : std::nullopt;
    co_return co_await db.all<Todo>(
        update_sql,
        owner,
        json::Raw{json::to_string(std::vector(ids.begin(), ids.end()))},
        changes.title.value,
        folded(changes.title),
        changes.description.value,
        folded(changes.description),
        changes.priority.value,
        changes.completed.value,
        int(bool(changes.due_date)),
        due,
        version
    );
}

#define TODO_DELETE(mine, ids)                              \
    "DELETE FROM todos WHERE " mine " = $1 AND id IN (" ids \
    ") AND version = coalesce($3, "                         \
    "version)"

constexpr db::Sql delete_sql{
    "todos.delete",
    TODO_DELETE("+owner_id", IDS_SQLITE),
    db::Coalesce::singly,
    TODO_DELETE("owner_id", IDS_POSTGRES)
};

const db::Sql& delete_statement() { return delete_sql; }

Async<std::int64_t> remove(
    db::Session& db, UserId owner, std::span<const TodoId> ids, std::optional<std::int64_t> version
) {
    co_return co_await db.execute(
        delete_sql, owner, json::Raw{json::to_string(std::vector(ids.begin(), ids.end()))}, version
    );
}

}  // namespace zoetrope::todos

#include "features/todos/store.hpp"

#include "features/todos/search.hpp"
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
        fold_for_search(todo.title),
        fold_for_search(todo.description)
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
#define TODO_LIST(where) \
    "SELECT " TODO " FROM todos WHERE owner_id = $1 AND (created_at, id) < ($2, $3) " where IN_ORDER
#define IN_ORDER " ORDER BY created_at DESC, id DESC LIMIT $4 OFFSET $5"

constexpr db::Sql list_sql{"todos.list", TODO_LIST("")};
constexpr db::Sql list_completed_sql{"todos.list_completed", TODO_LIST("AND completed = $6")};
constexpr db::Sql list_priority_sql{"todos.list_priority", TODO_LIST("AND priority = $6")};
constexpr db::Sql list_completed_priority_sql{
    "todos.list_completed_priority", TODO_LIST("AND completed = $6 AND priority = $7")
};

// Lists that look through all of the owner's: no index has due dates, or texts of under three code
// points. LIKE would take a hundred times as long for the worst of texts.
#define IS_DUE "(CAST($6 AS BIGINT) IS NULL OR due_date < $6)"
#define HAS(find, q) \
    "(" find "(folded_title, " q ") > 0 OR " find "(folded_description, " q ") > 0)"
#define TODO_SCAN(where, find) \
    TODO_LIST("AND " IS_DUE " AND (CAST($7 AS TEXT) IS NULL OR " HAS(find, "$7") ") " where)
#define TODO_SCANS(where) \
    TODO_SCAN(where, "instr"), db::Coalesce::singly, TODO_SCAN(where, "strpos"), db::Limit::list

constexpr db::Sql scan_sql{"todos.scan", TODO_SCANS("")};
constexpr db::Sql scan_completed_sql{"todos.scan_completed", TODO_SCANS("AND completed = $8")};
constexpr db::Sql scan_priority_sql{"todos.scan_priority", TODO_SCANS("AND priority = $8")};
constexpr db::Sql scan_completed_priority_sql{
    "todos.scan_completed_priority", TODO_SCANS("AND completed = $8 AND priority = $9")
};

// All that may match by the index and those that are not in it, put in order. On SQLite
// `+owner_id`, because it would rather walk the owner's rows in order and ask of each.
#define FILTERS \
    IS_DUE " AND completed = coalesce($7, completed) AND priority = coalesce($8, priority)"
#define TODO_MATCHES(where, find)                                                             \
    "SELECT " TODO " FROM todos WHERE " where " AND (created_at, id) < ($2, $3) AND " FILTERS \
    " AND " HAS(find, "$9")
constexpr db::Sql search_sql{
    "todos.search",
    TODO_MATCHES("+owner_id = $1 AND " TODO_MAY_MATCH("$10"), "instr") IN_ORDER,
    db::Coalesce::singly,
    TODO_MATCHES(
        "is_indexed AND ARRAY[owner_id] @> ARRAY[CAST($1 AS BIGINT)] "
        "AND " TODO_GRAMS " LIKE $10",
        "strpos"
    ) " UNION ALL " TODO_MATCHES("NOT is_indexed AND owner_id = $1", "strpos") IN_ORDER,
    db::Limit::list
};

// Scans the latest todos first: a common text fills the page there, while the index would list
// every match.
#define TODO_LATEST(find)                                                             \
    "SELECT " TODO                                                                    \
    " FROM (SELECT * FROM todos WHERE owner_id = $1 AND (created_at, id) < "          \
    "($2, $3) ORDER BY created_at DESC, id DESC LIMIT 2000) AS latest WHERE " FILTERS \
    " AND " HAS(find, "$9") IN_ORDER
constexpr db::Sql search_latest_sql{
    "todos.search_latest",
    TODO_LATEST("instr"),
    db::Coalesce::singly,
    TODO_LATEST("strpos"),
    db::Limit::list
};

bool is_long(const Filter& filter) { return filter.due_before || (filter.q && !filter.q->empty()); }

static const db::Sql& list_statement(const Filter& filter) {
    const bool scans = is_long(filter);
    if (filter.completed && filter.priority)
        return scans ? scan_completed_priority_sql : list_completed_priority_sql;
    if (filter.completed) return scans ? scan_completed_sql : list_completed_sql;
    if (filter.priority) return scans ? scan_priority_sql : list_priority_sql;
    return scans ? scan_sql : list_sql;
}

Question question_of(
    db::Dialect dialect,
    UserId owner,
    const Filter& filter,
    const Place& after,
    std::int64_t limit,
    std::int64_t offset
) {
    auto params = db::Session::params(owner, after.created_at, after.id, limit, offset);
    const auto add = [&](const auto& value) { params.push_back(db::to_value(value)); };
    const std::string folded = fold_for_search(filter.q.value_or(""));
    if (is_indexable(folded)) {
        add(filter.due_before);
        add(filter.completed);
        add(filter.priority);
        add(folded);
        const bool on_postgres = dialect == db::Dialect::postgres;
        add(on_postgres ? like_pattern(folded) : match_terms(folded));
        return {search_sql, std::move(params)};
    }
    if (is_long(filter)) {
        add(filter.due_before);
        add(folded.empty() ? std::nullopt : std::optional(folded));
    }
    if (filter.completed) add(*filter.completed);
    if (filter.priority) add(*filter.priority);
    return {list_statement(filter), std::move(params)};
}

Async<std::vector<Todo>> list(
    db::Session& db,
    UserId owner,
    const Filter& filter,
    const Place& after,
    std::int64_t limit,
    std::int64_t offset
) {
    auto [sql, params] = question_of(db.dialect(), owner, filter, after, limit, offset);
    if (sql.name == search_sql.name) {
        const std::vector<db::Value> but_the_last(params.begin(), params.end() - 1);
        db::Rows latest = co_await db.run(search_latest_sql, but_the_last);
        if (std::int64_t(latest.size()) == limit) co_return db::read_rows<Todo>(std::move(latest));
    }
    co_return db::read_rows<Todo>(co_await db.run(sql, std::move(params)));
}

// `+owner_id` on SQLite: without statistics it takes any index that begins with the owner for
// better than the ids' own, and walks all rows of the owner.
#define TODO_UPDATE(mine, ids)                                                                  \
    "UPDATE todos SET title = coalesce($3, title), folded_title = coalesce($4, folded_title), " \
    "description = coalesce($5, description), folded_description = coalesce($6, "               \
    "folded_description), "                                                                     \
    "priority = coalesce($7, priority), completed = coalesce($8, completed), "                  \
    "due_date = CASE WHEN $9 = 1 THEN CAST($10 AS BIGINT) ELSE due_date END, "                  \
    "is_indexed = is_indexed AND coalesce($4, $6) IS NULL, version = version + 1 WHERE " mine   \
    " = $1 AND id IN (" ids ") AND version = coalesce($11, version) RETURNING " TODO
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
        return text ? std::optional(fold_for_search(*text)) : std::nullopt;
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

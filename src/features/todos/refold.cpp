// Todos that were stored before a search found composed and decomposed accents alike. Databases
// know neither rule, so no migration can do this: it is done a few todos at a time, and goes on
// after a restart where it stopped.
#include "features/todos/search.hpp"
#include "platform/base/text.hpp"

namespace zoetrope::todos {

namespace {

constexpr std::int64_t refold_rows = 100;  // at a time: a millisecond of ASCII
constexpr const char* place_name = "todos.refolded";
constexpr const char* all_done = "all";

struct Refolded {
    std::string value;  // the last id that was looked at, or `all`
};
BOOST_DESCRIBE_STRUCT(Refolded, (), (value))

struct Stored {
    TodoId id;
    std::string title, description, folded_title, folded_description;
};
BOOST_DESCRIBE_STRUCT(Stored, (), (id, title, description, folded_title, folded_description))

}  // namespace

constexpr db::Sql find_refold_place_sql{
    "todos.find_refold_place", "SELECT value FROM settings WHERE name = $1"
};
constexpr db::Sql keep_refold_place_sql{
    "todos.keep_refold_place",
    "INSERT INTO settings (name, value, changed_at) VALUES ($1, $2, $3) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at"
};
constexpr db::Sql list_to_refold_sql{
    "todos.list_to_refold",
    "SELECT id, title, description, folded_title, folded_description FROM todos WHERE id > $1 "
    "ORDER BY id LIMIT $2"
};
// Unless somebody has changed it since it was read.
constexpr db::Sql refold_sql{
    "todos.refold",
    "UPDATE todos SET folded_title = $2, folded_description = $3, is_indexed = false "
    "WHERE id = $1 AND title = $4 AND description = $5"
};

Async<bool> refold_some(db::Pool& db, Instant now) {
    const auto place = co_await db.one<Refolded>(find_refold_place_sql, place_name);
    if (place && place->value == all_done) co_return false;
    const std::int64_t after = place ? std::stoll(place->value) : 0;
    const auto rows = co_await db.all<Stored>(list_to_refold_sql, after, refold_rows);
    const auto transaction = co_await db.begin();
    for (const Stored& row : rows) {
        const std::string title = fold_for_search(row.title);
        const std::string description = fold_for_search(row.description);
        if (title == row.folded_title && description == row.folded_description) continue;
        co_await transaction->execute(
            refold_sql, row.id, title, description, row.title, row.description
        );
    }
    const std::string next = rows.empty() ? all_done : std::to_string(rows.back().id.value);
    co_await transaction->send(keep_refold_place_sql, place_name, next, now);
    co_await transaction->commit();
    co_return !rows.empty();
}

}  // namespace zoetrope::todos

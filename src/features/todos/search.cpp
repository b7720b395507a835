#include "features/todos/search.hpp"

#include <chrono>

#include "platform/base/json/write.hpp"
#include "platform/base/text.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::todos {

namespace {

constexpr std::size_t gram = 3;  // code points; what both indexes are made of

// Written together: a few milliseconds in which nobody else writes.
constexpr std::int64_t rows_max = 128;
constexpr std::int64_t characters_max = 64 * 1024;

struct Unindexed {
    TodoId id;
    UserId owner_id;
    std::int64_t characters = 0;
};
BOOST_DESCRIBE_STRUCT(Unindexed, (), (id, owner_id, characters))

struct Removed {
    TodoId id;
};
BOOST_DESCRIBE_STRUCT(Removed, (), (id))

bool begins_code_point(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

}  // namespace

bool is_indexable(std::string_view folded) { return code_points(folded) >= gram; }

std::string match_terms(std::string_view folded) {
    std::vector<std::size_t> begins;
    for (std::size_t i = 0; i < folded.size(); ++i)
        if (begins_code_point(folded[i])) begins.push_back(i);
    begins.push_back(folded.size());
    std::string out;
    for (std::size_t i = 0; i + gram < begins.size(); ++i) {
        out += " AND \"";
        for (const char c : folded.substr(begins[i], begins[i + gram] - begins[i])) {
            if (c == '"') out += '"';
            out += c;
        }
        out += '"';
    }
    return out;
}

std::string like_pattern(std::string_view folded) {
    constexpr std::string_view gaps = "\t\n\r !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    static_assert(gaps.size() == 36);
    std::string out = "%";
    for (const char c : folded) out += gaps.contains(c) ? 'q' : c;
    return out += '%';
}

#define UNINDEXED(by)                                                                       \
    "SELECT id, owner_id, length(folded_title) + length(folded_description) AS characters " \
    "FROM todos " by " WHERE NOT is_indexed AND owner_id > $2 ORDER BY owner_id, id LIMIT $1"
constexpr db::Sql list_unindexed_sql{
    "todos.list_unindexed",
    UNINDEXED("INDEXED BY idx_todos_unindexed"),
    db::Coalesce::singly,
    UNINDEXED("")
};

// PostgreSQL's index is of those that are marked, so this is what it is written by. Rows that
// somebody is changing are left for the next time: waiting for them could be a deadlock.
#define THESE "id IN (SELECT value FROM json_each($1))"
constexpr db::Sql mark_indexed_sql{
    "todos.mark_indexed",
    "UPDATE todos SET is_indexed = true WHERE " THESE,
    db::Coalesce::singly,
    "UPDATE todos SET is_indexed = true WHERE id IN (SELECT id FROM todos WHERE id IN (SELECT "
    "CAST(value AS BIGINT) FROM json_array_elements_text(CAST($1 AS json))) AND NOT is_indexed FOR "
    "UPDATE SKIP LOCKED)"
};

// The rest is SQLite's.
constexpr db::Sql list_removed_sql{
    "todos.list_removed", "SELECT id FROM todo_search_removed LIMIT $1"
};

// The owner's mark is one trigram that no text has: its first code point is taken out of texts.
constexpr db::Sql index_sql{
    "todos.index",
    "INSERT OR REPLACE INTO todo_search (rowid, text) SELECT id, " TODO_OWNER_MARK("owner_id"
    ) " || replace(folded_title || char(10) || folded_description, char(1114111), char(65533)) "
      "FROM todos WHERE " THESE
};
constexpr db::Sql remove_from_index_sql{
    "todos.remove_from_index",
    "DELETE FROM todo_search WHERE rowid IN (SELECT value FROM json_each($1))"
};
constexpr db::Sql forget_removed_sql{
    "todos.forget_removed", "DELETE FROM todo_search_removed WHERE " THESE
};

static json::Raw ids_of(const auto& rows) {
    std::vector<TodoId> ids;
    ids.reserve(rows.size());
    for (const auto& row : rows) ids.push_back(row.id);
    return {json::to_string(ids)};
}

// Of what is read first, as much as is written together, and at least one.
static void cut(std::vector<Unindexed>& rows) {
    std::int64_t characters = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        characters += rows[i].characters;
        if (characters > characters_max) return rows.resize(std::max<std::size_t>(i, 1));
    }
}

Async<std::size_t> index_some(db::Pool& db, UserId& last_owner) {
    auto added = co_await db.all<Unindexed>(list_unindexed_sql, rows_max, last_owner);
    if (added.empty() && last_owner.value > 0) {
        last_owner = {};
        added = co_await db.all<Unindexed>(list_unindexed_sql, rows_max, last_owner);
    }
    cut(added);
    if (!added.empty()) last_owner = added.back().owner_id;
    if (db.dialect() == db::Dialect::postgres) {
        if (!added.empty()) co_await db.execute(mark_indexed_sql, ids_of(added));
        co_return added.size();
    }
    const auto removed = co_await db.all<Removed>(list_removed_sql, rows_max);
    if (added.empty() && removed.empty()) co_return 0;
    const json::Raw added_ids = ids_of(added), removed_ids = ids_of(removed);
    // What changed since it was read is indexed as it is now.
    const auto transaction = co_await db.begin();
    co_await transaction->send(index_sql, added_ids);
    co_await transaction->send(mark_indexed_sql, added_ids);
    co_await transaction->send(remove_from_index_sql, removed_ids);
    co_await transaction->send(forget_removed_sql, removed_ids);
    co_await transaction->commit();
    co_return added.size() + removed.size();
}

Async<void> index_for_search(Deps& deps) {
    using Clock = std::chrono::steady_clock;
    const auto until = Clock::now() + index_pause / 10;  // the rest of the time is the others'
    try {
        while (!deps.are_old_folded && Clock::now() < until)
            deps.are_old_folded = !co_await refold_some(deps.db, deps.clock.now());
        while (co_await index_some(deps.db, deps.indexed_owner) > 0 && Clock::now() < until)
            continue;
    } catch (const std::exception& error) {
        telemetry::warn("todos cannot be indexed for the search: {}", error.what());
    }
}

}  // namespace zoetrope::todos

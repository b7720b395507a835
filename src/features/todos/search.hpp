// The index of the search for text in todos. A search finds what it would find by looking through
// all of the owner's todos; the index only says which of them cannot hold the text, by its trigrams
// (three code points in a row). Design: docs/decisions/0016-text-search.md.
#pragma once

#include <string>
#include <string_view>

#include "features/todos/todos.hpp"

namespace zoetrope::todos {

// Whether the index can say anything: there are three code points. `folded`: by fold_for_search().
bool is_indexable(std::string_view folded);

// The SQLite condition that leaves what may hold the text: $1 is the owner, `terms` a parameter
// that match_terms() makes.
#define TODO_OWNER_MARK(owner) \
    "char(1114111, 983040 + (" owner " >> 15 & 32767), 983040 + (" owner " & 32767))"
#define TODO_MAY_MATCH(terms)                                                                    \
    "id IN (SELECT rowid FROM todo_search WHERE todo_search MATCH '\"' || " TODO_OWNER_MARK("$1" \
    ) " || '\"' || replace(" terms                                                               \
      ", char(1114111), char(65533)) UNION ALL SELECT id FROM todos INDEXED BY "                 \
      "idx_todos_unindexed WHERE owner_id = $1 AND NOT is_indexed)"
// ` AND "abc" AND "bcd"`: all trigrams of the text.
std::string match_terms(std::string_view folded);

// PostgreSQL: what its index is of, and the pattern that finds it there. Its trigrams reach over no
// space and no sign, so that a `q` stands for each in both.
#define TODO_GRAMS                                              \
    "translate(folded_title || chr(10) || folded_description, " \
    "E'\\t\\n\\r !\"#$%&''()*+,-./:;<=>?@[\\\\]^_`{|}~', repeat('q', 36))"
std::string like_pattern(std::string_view folded);

// Indexes some todos that are new or changed, and removes some that are gone. Returns how many; 0
// when all is done. Owners take turns, so that nobody with many todos keeps others' from the index:
// `last_owner` is whose were indexed last; 0 at first.
Async<std::size_t> index_some(db::Pool& db, UserId& last_owner);

// Folds some todos again that were stored by an older rule. False: all are as they should be.
Async<bool> refold_some(db::Pool& db, Instant now);

}  // namespace zoetrope::todos

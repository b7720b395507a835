// Todos: the smallest whole feature. One row, its routes, its rules.
#pragma once

#include "platform/base/json/traits.hpp"
#include "platform/base/time.hpp"
#include "platform/db/session.hpp"
#include "platform/flags/flags.hpp"
#include "platform/http/router.hpp"
#include "platform/limits/one_at_a_time.hpp"
#include "platform/limits/open_per_user.hpp"

namespace zoetrope::accounts {
struct OwnedData;
}

namespace zoetrope::todos {

inline constexpr std::size_t title_max = 200;           // code points, after trimming
inline constexpr std::size_t description_max = 10'000;  // code points
inline constexpr std::int64_t priority_max = 9;
inline constexpr std::size_t bulk_max = 1000;  // rows in one request
// Of a bulk's body, and of the texts that it writes: reading, folding and answering them takes an
// I/O thread some 15 ms for each MiB, and others wait meanwhile. 1000 todos of 16 KB fit.
inline constexpr std::size_t bulk_bytes_max = 16 * 1024 * 1024;
inline constexpr std::size_t search_max = 100;      // code points that are searched for
inline constexpr std::int64_t offset_max = 10'000;  // rows skipped: each is walked over

struct Todo {
    TodoId id;
    std::string title;
    std::string description;
    std::int64_t priority = 0;
    std::optional<Instant> due_date;
    bool completed = false;
    Instant created_at;
    std::int64_t version = 1;
    static constexpr std::string_view schema_name = "Todo";
};
BOOST_DESCRIBE_STRUCT(
    Todo, (), (id, title, description, priority, due_date, completed, created_at, version)
)

// What a client says of a whole todo. The last three are the server's: accepted when they are as
// they were, so that what was read can be sent back.
struct NewTodo {
    std::string title;
    json::Change<std::string> description;
    json::Change<std::int64_t> priority;
    std::optional<Instant> due_date;
    json::Change<bool> completed;
    json::Change<TodoId> id;
    json::Change<Instant> created_at;
    json::Change<std::int64_t> version;
    static constexpr std::string_view schema_name = "NewTodo";
    static constexpr bool is_request = true;
};
BOOST_DESCRIBE_STRUCT(
    NewTodo, (), (title, description, priority, due_date, completed, id, created_at, version)
)

struct TodoChanges {
    json::Change<std::string> title;
    json::Change<std::string> description;
    json::Change<std::int64_t> priority;
    json::Change<std::optional<Instant>> due_date;
    json::Change<bool> completed;
    json::Change<TodoId> id;
    json::Change<Instant> created_at;
    json::Change<std::int64_t> version;
    static constexpr std::string_view schema_name = "TodoChanges";
};
BOOST_DESCRIBE_STRUCT(
    TodoChanges, (), (title, description, priority, due_date, completed, id, created_at, version)
)

struct Deps {
    db::Pool& db;
    const flags::Flag& bulk;
    const Clock& clock;
    limits::OneAtATime searches{};
    UserId indexed_owner{};       // of index_for_search() alone
    bool are_old_folded = false;  // the same
    // Bulk changes of one user at a time: each is a transaction of up to 1,000 rows that others'
    // writes wait for.
    limits::OpenPerUser bulk_changes{2};
};
void mount(http::Router& router, Deps& deps);
accounts::OwnedData owned_data(Deps& deps);

// To be called again and again after this pause: new todos become quicker to search. Throws
// nothing.
inline constexpr std::chrono::milliseconds index_pause{1000};
Async<void> index_for_search(Deps& deps);

}  // namespace zoetrope::todos

#include "features/accounts/accounts.hpp"
#include "features/todos/store.hpp"

namespace zoetrope::todos {

constexpr db::Sql erase_sql{
    "todos.erase",
    "DELETE FROM todos WHERE id IN (SELECT id FROM todos WHERE owner_id = $1 LIMIT $2)"
};

static Async<std::vector<Todo>> page_behind(Deps& deps, UserId owner, const Todo* last) {
    const Place after = last ? Place{last->created_at, last->id} : Place{};
    co_return co_await list(deps.db, owner, Filter{}, after, accounts::exported_at_once, 0);
}

static Async<void> write_all(Deps& deps, UserId owner, accounts::Export& to) {
    co_await to.list("todos.json", [&](const Todo* last) {
        return page_behind(deps, owner, last);
    });
}

accounts::OwnedData owned_data(Deps& deps) {
    return {
        .tables = {"todos"},
        .write = [&deps](UserId owner, accounts::Export& to) { return write_all(deps, owner, to); },
        .erase = [&deps](UserId owner) { return accounts::erase_rows(deps.db, erase_sql, owner); }
    };
}

}  // namespace zoetrope::todos

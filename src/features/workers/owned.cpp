#include "features/accounts/accounts.hpp"
#include "features/workers/tasks.hpp"

namespace zoetrope::workers {

namespace {

// What the models made is others'; the next worker that declares one has it.
constexpr db::Sql disown_models_sql{
    "workers.disown_models",
    "UPDATE remote_models SET owner_id = NULL WHERE id IN "
    "(SELECT id FROM remote_models WHERE owner_id = $1 LIMIT $2)"
};
// Their tasks go to others, as those of any node that is gone.
constexpr db::Sql erase_sql{
    "workers.erase",
    "DELETE FROM nodes WHERE id IN (SELECT id FROM nodes WHERE owner_id = $1 LIMIT $2)"
};

Async<void> write_all(Deps& deps, UserId owner, accounts::Export& to) {
    auto all = shown(co_await queue::list_remote(db_of(deps)));
    std::erase_if(all, [&](const Worker& each) { return each.owner_id != owner; });
    co_await to.value("workers.json", all);
}

Async<void> erase_all(Deps& deps, UserId owner) {
    co_await accounts::erase_rows(db_of(deps), disown_models_sql, owner);
    co_await accounts::erase_rows(db_of(deps), erase_sql, owner);
}

}  // namespace

accounts::OwnedData owned_data(Deps& deps) {
    return {
        .tables = {"nodes", "remote_models"},
        .write = [&deps](UserId owner, accounts::Export& to) { return write_all(deps, owner, to); },
        .erase = [&deps](UserId owner) { return erase_all(deps, owner); }
    };
}

}  // namespace zoetrope::workers

#include "features/accounts/accounts.hpp"
#include "features/events/store.hpp"

namespace zoetrope::events {

constexpr db::Sql erase_sql{
    "events.erase",
    "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE owner_id = $1 LIMIT $2)"
};

static Async<void> write_all(Deps& deps, UserId owner, accounts::Export& to) {
    co_await to.list("events.json", [&](const Event* last) {
        const EventId after = last ? last->id : EventId{0};
        return list_after(deps.db, owner, after, accounts::exported_at_once);
    });
}

accounts::OwnedData owned_data(Deps& deps) {
    return {
        .tables = {"events"},
        .write = [&deps](UserId owner, accounts::Export& to) { return write_all(deps, owner, to); },
        .erase = [&deps](UserId owner) { return accounts::erase_rows(deps.db, erase_sql, owner); }
    };
}

}  // namespace zoetrope::events

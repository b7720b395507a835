#include "features/accounts/owned_data.hpp"

namespace zoetrope::accounts {

Async<void> erase_rows(db::Session& db, const db::Sql& sql, UserId owner) {
    while (co_await db.execute(sql, owner, erased_at_once) >= erased_at_once) {
    }
}

}  // namespace zoetrope::accounts

#include "features/accounts/access_changes.hpp"

#include "features/accounts/store.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::accounts {

namespace {

constexpr std::chrono::milliseconds look_pause{1000};
constexpr std::string_view notice = "access";
// Rows appear when their transaction commits, so a read goes back by more than any transaction
// lasts.
constexpr std::chrono::seconds overlap{60};
constexpr std::chrono::minutes kept_min{30};  // of rows; the clean-up leaves them for an hour

struct Change {
    std::int64_t id = 0;
    UserId owner_id;
};
BOOST_DESCRIBE_STRUCT(Change, (), (id, owner_id))

}  // namespace

// The database's clock, because those of the processes may differ.
#define CLOCK "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
constexpr db::Sql insert_access_change_sql{
    "accounts.insert_access_change",
    "INSERT INTO access_changes (owner_id, process, created_at) VALUES ($1, $2, " CLOCK ")"
};

Async<void> publish_change(db::Session& db, const Deps& deps, UserId user) {
    if (db.dialect() == db::Dialect::sqlite) co_return;
    co_await db.send(insert_access_change_sql, user, deps.process);
    co_await db::notify(db, notice);
}

Async<void> look_for_accounts(Deps& deps) {
    if (!*deps.local_only || !co_await any_account(deps.db)) co_return;
    *deps.local_only = false;
    deps.table.change(local_user);  // what anybody at this machine began ends
}

AccessFollower::AccessFollower(Deps& deps, db::Notices& notices, asio::io_context& io)
    : deps_(deps),
      looks_(io, look_pause) {
    notices.listen(std::string(notice), [this](std::string_view) { looks_.hurry(); });
}

void AccessFollower::start() {
    read_at_ = std::chrono::steady_clock::now();
    looks_.start([this] { return look(); });
}

Async<void> AccessFollower::look() {
    try {
        co_await read();
    } catch (const std::exception& error) {
        telemetry::debug("changes of access cannot be read: {}", error.what());
    }
}

// The inner SELECT runs once; without it the clock would be read for every row, past the index.
constexpr db::Sql list_access_changes_sql{
    "accounts.list_access_changes",
    "SELECT id, owner_id FROM access_changes WHERE created_at > (SELECT " CLOCK
    " - $1) "
    "AND process <> $2"
};

Async<void> AccessFollower::read() {
    co_await look_for_accounts(deps_);
    const auto now = std::chrono::steady_clock::now();
    // The rows of so long ago may be gone.
    if (now - read_at_ > kept_min) deps_.table.change_all();
    const std::chrono::microseconds back =
        overlap + std::chrono::duration_cast<std::chrono::microseconds>(now - read_at_);
    const auto changes = co_await deps_.db.all<Change>(
        list_access_changes_sql, std::int64_t(back.count()), deps_.process
    );
    std::unordered_set<std::int64_t> seen;
    for (const Change& each : changes) {
        if (!seen_.contains(each.id)) deps_.table.change(each.owner_id);
        seen.insert(each.id);
    }
    seen_ = std::move(seen);
    read_at_ = now;
}

}  // namespace zoetrope::accounts

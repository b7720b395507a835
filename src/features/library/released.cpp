#include "features/library/store.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::library {

namespace {

constexpr std::int64_t batch = 200;
constexpr std::chrono::minutes interval{10};

struct Released {
    std::int64_t id = 0;
    std::string digest;
    std::optional<UserId> counted_for;
    std::int64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(Released, (), (id, digest, counted_for, bytes))

constexpr db::Sql release_sql{
    "library.release", "INSERT INTO released_blobs (digest, released_at) VALUES ($1, $2)"
};
constexpr db::Sql release_counted_sql{
    "library.release_counted",
    "INSERT INTO released_blobs (digest, counted_for, bytes, released_at) VALUES ($1, $2, $3, $4)"
};
constexpr db::Sql released_sql{
    "library.released",
    "SELECT id, digest, counted_for, bytes FROM released_blobs "
    "WHERE id > $1 AND released_at < $2 ORDER BY id LIMIT $3"
};
constexpr db::Sql forget_released_sql{
    "library.forget_released", "DELETE FROM released_blobs WHERE id = $1"
};
constexpr db::Sql holds_blob_sql{
    "library.holds_blob", "SELECT digest FROM assets WHERE digest = $1 LIMIT 1"
};

Async<bool> is_held(Deps& deps, const std::string& digest) {
    if (!(co_await deps.db.run(holds_blob_sql, db::Session::params(digest))).empty())
        co_return true;
    for (const db::Sql* holds : deps.blob_holders) {
        if (!(co_await deps.db.run(*holds, db::Session::params(digest))).empty()) co_return true;
    }
    co_return false;
}

Async<Result<void>> forget(db::Transaction& db, const Released& released) {
    const bool was_there = co_await db.execute(forget_released_sql, released.id) == 1;
    if (was_there && released.counted_for)
        co_await give_back(db, *released.counted_for, released.bytes);
    co_return Result<void>{};
}

Async<queue::Outcome> run(Deps& deps) {
    const std::int64_t gone = co_await remove_released(deps);
    if (gone > 0) telemetry::info("library: {} files that nobody needs were removed", gone);
    co_return queue::Done{};
}

Async<void> gave_up(std::string error) {
    telemetry::warn("released files stay until the next turn: {}", error);
    co_return;
}

}  // namespace

Async<void> release(db::Session& db, std::vector<std::string> digests, Instant now) {
    if (digests.empty()) co_return;
    std::vector<std::vector<db::Value>> rows;
    rows.reserve(digests.size());
    for (const std::string& digest : digests) rows.push_back(db::Session::params(digest, now));
    co_await db.run_many(release_sql, std::move(rows));
}

Async<void> release_counted(db::Session& db, UserId owner, const Gone& asset, Instant now) {
    co_await db.execute(release_counted_sql, asset.digest, owner, asset.bytes, now);
}

// A blob whose row was looked for and not found may have got one since; then it was kept since, and
// Blobs::remove leaves it.
Async<std::int64_t> remove_released(Deps& deps) {
    const Instant before = deps.clock.now() - release_grace;
    std::int64_t gone = 0;
    std::int64_t last = 0;
    while (true) {
        const auto released = co_await deps.db.all<Released>(released_sql, last, before, batch);
        for (const Released& each : released) {
            last = each.id;
            const bool held = co_await is_held(deps, each.digest);
            if (!held && !co_await deps.blobs.remove(each.digest, release_grace)) continue;
            (void)co_await db::transact(deps.db, [&](db::Transaction& transaction) {
                return forget(transaction, each);
            });
            gone += held ? 0 : 1;
        }
        if (std::ssize(released) < batch) co_return gone;
    }
}

queue::Schedule release_schedule() {
    return {"library.remove_released", interval, std::string(queue::maintenance)};
}

void add_handlers(Deps& deps, queue::Handlers& handlers) {
    handlers.add(
        release_schedule().name,
        {.run = [&deps](queue::Task, std::stop_token) { return run(deps); },
         .gave_up = [](queue::Task, std::string error) { return gave_up(std::move(error)); }}
    );
}

}  // namespace zoetrope::library

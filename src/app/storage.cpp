#include "app/storage.hpp"

#include "platform/db/migrate.hpp"
#include "platform/db/sqlite.hpp"

namespace zoetrope::app {

// SQLite is brought up to date as it is opened; a PostgreSQL database may belong to many processes,
// so somebody has to say when.
Result<void> prepare_database(const Config& config) {
    if (!config.on_postgres()) {
        CHECK(db::migrate_sqlite(config.sqlite_file()));
        return {};
    }
    if (config.migrate) {
        CHECK(db::migrate_postgres(config.postgres.url));
        return {};
    }
    TRY(const db::Schema schema, db::look_at_postgres(config.postgres.url));
    if (schema.left() == 0) return {};
    return conflict(
        "The database is at schema version " + std::to_string(schema.version) +
        ", and this zoetrope needs " + std::to_string(schema.newest) +
        ". Run `zoetrope migrate` with the same --database first, or start with --migrate."
    );
}

disk::Config disk_of(const Config& config) {
    return {
        .folder = config.data,
        .reserve_bytes = config.disk_reserve,
        .holds_database = !config.on_postgres()
    };
}

Result<void> room_on(
    const disk::Disk& disk, disk::ScarceShares& shares, UserId user, std::uint64_t bytes
) {
    if (!disk.is_short()) {
        if (!disk.is_scarce() || shares.take(user, bytes, std::chrono::steady_clock::now()))
            return {};
        return failure(
            Code::storage_full,
            "The server's disk is nearly full: until there is room, each user may add 1 MB an "
            "hour. Delete what you do not need; the administrator has to free space."
        );
    }
    return failure(
        Code::storage_full,
        "The server's disk is full, so nothing new is stored for now; what is there can be read "
        "and deleted. The administrator has to free space."
    );
}

namespace {

constexpr std::int64_t ample_bytes = std::int64_t(128) << 20;  // the file may keep its free pages

struct FreePages {
    std::int64_t pages = 0;
};
BOOST_DESCRIBE_STRUCT(FreePages, (), (pages))

constexpr db::Sql free_pages_sql{
    "app.free_pages", "SELECT freelist_count AS pages FROM pragma_freelist_count"
};
// 2 MB, because the pages that move into their places go through the log.
constexpr db::Sql shrink_sql{"app.shrink", "PRAGMA incremental_vacuum(512)"};

}  // namespace

Async<void> shrink_database(const disk::Disk& disk, db::Pool& db) {
    constexpr int pieces_max = 16;
    if (db.dialect() != db::Dialect::sqlite) co_return;
    for (int i = 0; i < pieces_max && disk.seen_free_bytes() < ample_bytes; ++i) {
        const auto left = co_await db.one<FreePages>(free_pages_sql);
        if (!left || left->pages == 0) co_return;
        co_await db.execute(shrink_sql);
    }
}

std::unique_ptr<db::Pool> open_database(
    const Config& config, disk::Disk& disk, IoThreads& threads, Offload& blocking
) {
    if (!config.on_postgres()) {
        return db::open_sqlite(
            {.file = config.sqlite_file(),
             .readers = config.sqlite_readers,
             .statement_max = config.postgres.statement_max,
             .list_max = config.postgres.list_max,
             .free_bytes = [&disk] { return disk.watch(); },
             .make_room = [&disk] { return disk.release(); }}
        );
    }
    std::vector<asio::io_context*> cores;
    cores.reserve(threads.count());
    for (unsigned i = 0; i < threads.count(); ++i) cores.push_back(&threads.context(i));
    return db::open_postgres(config.postgres, cores, blocking);
}

}  // namespace zoetrope::app

#include <gmock/gmock.h>
#include <future>

#include "platform/db/migrate.hpp"
#include "platform/db/sqlite.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::db {
namespace {

struct Row {
    std::int64_t id = 0;
    std::string name;
    std::optional<Instant> due_at;
};
BOOST_DESCRIBE_STRUCT(Row, (), (id, name, due_at))

constexpr Sql create_sql{
    "test.create",
    "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, due_at BIGINT)"
};
constexpr Sql insert_sql{
    "test.insert", "INSERT INTO things (name, due_at) VALUES ($1, $2) RETURNING id, name, due_at"
};
constexpr Sql swapped_sql{
    "test.swapped", "SELECT id, name, due_at FROM things WHERE due_at = $2 AND name = $1"
};
constexpr Sql count_sql{
    "test.count", "SELECT count(*) AS id, 'all' AS name, NULL AS due_at FROM things"
};

class DbTest : public testing::Test {
  protected:
    DbTest()
        : db_(open_sqlite(
              {.file = folder_ / "t.sqlite",
               .readers = 2,
               .transaction_max = std::chrono::milliseconds(100)}
          )) {
        io_.wait(db_->execute(create_sql));
    }
    std::int64_t count() { return io_.wait(db_->one<Row>(count_sql))->id; }

    test::Folder folder_;
    test::Io io_;
    std::unique_ptr<Pool> db_;
};

TEST_F(DbTest, maps_rows_to_structs_and_parameters_by_number) {
    const auto made = io_.wait(db_->one<Row>(insert_sql, "a", Instant{42}));
    EXPECT_EQ(made->name, "a");
    const auto found = io_.wait(db_->one<Row>(swapped_sql, "a", Instant{42}));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->due_at, Instant{42});
    EXPECT_FALSE(io_.wait(db_->one<Row>(swapped_sql, "b", Instant{42})));
}

Async<std::string> try_insert(Session& db, std::string name) {
    std::string outcome = "in";
    try {
        co_await db.one<Row>(insert_sql, name, std::optional<Instant>{});
    } catch (const Violation&) {
        outcome = "refused";
    }
    co_return outcome;
}

TEST_F(DbTest, says_that_the_disk_is_full_or_the_file_read_only_and_goes_on) {
    const auto refusal = [&] {
        try {
            io_.wait(db_->one<Row>(insert_sql, std::string(100'000, 'x'), Instant{}));
        } catch (const StorageRefused& refused) {
            return refused.error.code;
        }
        return Code::conflict;
    };
    io_.wait(db_->execute({"test.full", "PRAGMA max_page_count = 20"}));
    EXPECT_EQ(refusal(), Code::storage_full);
    io_.wait(db_->execute({"test.room", "PRAGMA max_page_count = 2000"}));
    EXPECT_TRUE(io_.wait(db_->one<Row>(insert_sql, "a", Instant{})));
    io_.wait(db_->execute({"test.lock", "PRAGMA query_only = 1"}));
    EXPECT_EQ(refusal(), Code::unavailable);
    EXPECT_EQ(count(), 1);
}

// The disk of these is full as long as the database may have so few pages.
class FullDisk : public DbTest {
  protected:
    FullDisk() {
        db_.reset();
        db_ = open_sqlite(
            {.file = folder_ / "t.sqlite",
             .readers = 1,
             .free_bytes = [this] { return free_.load(); },
             .make_room = [this] { return made_.fetch_add(1), has_ballast_.exchange(false); }}
        );
        io_.wait(db_->execute({"test.full", "PRAGMA max_page_count = 20"}));
    }
    Async<std::optional<Code>> add(std::string name) {
        std::optional<Code> refused;
        try {
            co_await db_->one<Row>(insert_sql, name, Instant{});
        } catch (const Refusal& refusal) {
            refused = refusal.error.code;
        }
        co_return refused;
    }
    const std::string large_ = std::string(100'000, 'x');
    std::atomic<std::int64_t> free_ = std::int64_t(1) << 40;
    std::atomic<bool> has_ballast_ = true;
    std::atomic<int> made_ = 0;
};

TEST_F(FullDisk, is_given_room_and_a_write_goes_once_more) {
    EXPECT_EQ(io_.wait(add(large_)), Code::storage_full) << "the ballast was too small";
    EXPECT_EQ(made_, 1);
    EXPECT_EQ(io_.wait(add(large_)), Code::storage_full);
    EXPECT_EQ(made_, 2) << "asked again, though there is none";
    EXPECT_EQ(io_.wait(add("small")), std::nullopt);
    EXPECT_EQ(made_, 2);
}

TEST_F(FullDisk, keeps_the_log_small_while_little_is_free) {
    const auto log_bytes = [&] { return std::filesystem::file_size(folder_ / "t.sqlite-wal"); };
    io_.wait(db_->execute({"test.room", "PRAGMA max_page_count = 20000"}));
    const auto add_some = [&] {
        for (int i = 0; i < 40; ++i)
            EXPECT_EQ(io_.wait(add(std::to_string(made_++) + large_)), std::nullopt);
    };
    add_some();
    EXPECT_GT(log_bytes(), 3'000'000U);
    free_ = 1'000'000;
    add_some();
    EXPECT_GT(log_bytes(), 6'000'000U) << "to copy it back the file needs more than is free";
    free_ = 50'000'000;
    add_some();
    EXPECT_LT(log_bytes(), 1'500'000U);
    free_ = std::int64_t(1) << 40;
    add_some();
    EXPECT_GT(log_bytes(), 3'000'000U);
}

TEST_F(DbTest, keeps_a_bad_statement_from_its_neighbours_in_the_group) {
    std::vector<std::future<std::string>> waiting;
    waiting.reserve(200);
    for (int i = 0; i < 200; ++i) {
        waiting.push_back(asio::co_spawn(
            io_.context().get_executor(),
            try_insert(*db_, i % 2 ? "same" : std::to_string(i)),
            asio::use_future
        ));
    }
    int in = 0;
    for (auto& each : waiting) in += each.get() == "in";
    EXPECT_EQ(in, 101);
    EXPECT_EQ(count(), 101);
}

Async<void> insert_and_leave(Pool& db, bool commit) {
    auto transaction = co_await db.begin();
    co_await transaction->one<Row>(insert_sql, "x", std::optional<Instant>{});
    if (commit) co_await transaction->commit();
}

TEST_F(DbTest, rolls_back_what_was_not_committed) {
    io_.wait(insert_and_leave(*db_, false));
    EXPECT_EQ(count(), 0);
    io_.wait(insert_and_leave(*db_, true));
    EXPECT_EQ(count(), 1);
}

Async<std::string> outlive_the_deadline(Pool& db) {
    auto transaction = co_await db.begin();
    co_await transaction->one<Row>(insert_sql, "late", std::optional<Instant>{});
    // Another writer gets through once the deadline has passed: no sleep needed to know that it
    // has.
    co_await db.one<Row>(insert_sql, "other", std::optional<Instant>{});
    std::string outcome = "committed";
    try {
        co_await transaction->commit();
    } catch (const Failure& failure) {
        outcome = failure.what();
    }
    co_return outcome;
}

TEST_F(DbTest, ends_a_transaction_that_holds_the_writer_too_long) {
    EXPECT_THAT(io_.wait(outlive_the_deadline(*db_)), testing::HasSubstr("deadline"));
    EXPECT_EQ(count(), 1);
}

TEST_F(DbTest, refuses_rows_that_do_not_fit_their_struct) {
    constexpr Sql extra{"test.extra", "SELECT 1 AS id, 'a' AS name, 2 AS unknown"};
    EXPECT_THROW(io_.wait(db_->one<Row>(extra)), Mismatch);
}

TEST(Migrations, apply_once_and_refuse_a_newer_schema) {
    test::Folder folder;
    const auto file = folder / "m.sqlite";
    EXPECT_EQ(migrate_sqlite(file), int(migrations().size()));
    EXPECT_EQ(migrate_sqlite(file), 0);
    test::Io io;
    {
        auto db = open_sqlite({.file = file});
        constexpr Sql newer{
            "test.newer", "INSERT INTO schema_migrations VALUES (9999, 'x', 'y', 0)"
        };
        io.wait(db->execute(newer));
    }
    const auto refused = migrate_sqlite(file);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("9999"));
}

TEST(Migrations, refuse_one_that_was_changed) {
    test::Folder folder;
    const auto file = folder / "m.sqlite";
    ASSERT_TRUE(migrate_sqlite(file));
    test::Io io;
    {
        auto db = open_sqlite({.file = file});
        constexpr Sql forged{
            "test.forged", "UPDATE schema_migrations SET checksum = 'x' WHERE version = 1"
        };
        io.wait(db->execute(forged));
    }
    EXPECT_THAT(migrate_sqlite(file).error().message, testing::HasSubstr("0001_local_user"));
}

}  // namespace
}  // namespace zoetrope::db

// What a store may count on, whichever database is behind it.
#include "tests/conformance/databases.hpp"

namespace zoetrope::db {
namespace {

struct Row {
    std::int64_t id = 0;
    std::string name;
    std::optional<std::int64_t> number;
    std::optional<Instant> due_at;
    bool done = false;
};
BOOST_DESCRIBE_STRUCT(Row, (), (id, name, number, due_at, done))

constexpr Sql create_sql{"test.create", R"sql(
    CREATE TABLE things (
        id BIGINT PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE, number BIGINT CHECK (number < 1000 OR number > 2000),
        due_at BIGINT, done BOOLEAN NOT NULL DEFAULT FALSE, owner_id BIGINT NOT NULL DEFAULT 1 REFERENCES users)
)sql"};
constexpr Sql insert_sql{
    "test.insert",
    R"sql(
    INSERT INTO things (id, name, number, due_at, done) VALUES ($1, $2, $3, $4, $5)
)sql",
    Coalesce::together
};
constexpr Sql insert_alone_sql{"test.insert_alone", R"sql(
    INSERT INTO things (id, name, number, due_at, done) VALUES ($1, $2, $3, $4, $5)
    RETURNING id, name, number, due_at, done
)sql"};
constexpr Sql find_sql{
    "test.find",
    R"sql(
    SELECT id, name, number, due_at, done FROM things WHERE owner_id = $1 AND id = $2
)sql",
    Coalesce::together
};
constexpr Sql list_sql{"test.list", R"sql(
    SELECT id, name, number, due_at, done FROM things WHERE CAST($2 AS BIGINT) IS NULL OR number = $2
    ORDER BY id LIMIT $1
)sql"};
constexpr Sql swapped_sql{
    "test.swapped", "SELECT id, name, number, due_at, done FROM things WHERE id = $2 AND name = $1"
};
constexpr Sql raise_sql{"test.raise", "UPDATE things SET number = number + 1 WHERE id = $1"};

class Database : public test::OnBoth {
  protected:
    Database() { wait(db_->execute(create_sql)); }

    Async<void> insert(Session& db, Row row) {
        co_await db.execute(insert_sql, row.id, row.name, row.number, row.due_at, row.done);
    }
    std::optional<Row> find(std::int64_t id) { return wait(db_->one<Row>(find_sql, 1, id)); }
    std::size_t count() {
        return wait(db_->all<Row>(list_sql, 10'000, std::optional<std::int64_t>{})).size();
    }
    // How many each caller of insert_many() has.
    std::map<std::int64_t, int> rows_of_callers() {
        std::map<std::int64_t, int> out;
        for (const Row& row : wait(db_->all<Row>(list_sql, 10'000, std::optional<std::int64_t>{})))
            ++out[row.id / 1000];
        return out;
    }
    // PostgreSQL marks each row with its own.
    std::int64_t transactions_of_things() {
        static constexpr Sql marks_sql{"test.marks", R"sql(
            SELECT count(DISTINCT xmin::text) AS id, '' AS name, NULL AS number, NULL AS due_at, true AS done
            FROM things
        )sql"};
        return wait(db_->one<Row>(marks_sql))->id;
    }
    std::size_t pages_in_log() const {
        constexpr std::size_t page_bytes = 4096;
        return std::filesystem::file_size(sqlite_config_.file.string() + "-wal") / page_bytes;
    }
    template <class Work>
    std::vector<std::string> all_at_once(int count, Work work) {
        std::vector<std::future<std::string>> waiting;
        for (int i = 0; i < count; ++i)
            waiting.push_back(
                asio::co_spawn(io_.context().get_executor(), work(i), asio::use_future)
            );
        std::vector<std::string> out;
        for (auto& each : waiting) out.push_back(each.get());
        return out;
    }
};

Async<std::string> outcome(Async<void> work) {
    std::string said = "done";
    try {
        co_await std::move(work);
    } catch (const Violation& violation) {
        said = "violation of " + violation.field;
    } catch (const std::exception& error) {
        said = error.what();
    }
    co_return said;
}

TEST_P(Database, keeps_every_value_as_it_was) {
    const Row row{
        .id = 9'007'199'254'740'991,
        .name = "ünï \"quoted\" \\ {curly}, 'single' \t\n\xF0\x9F\x8C\xBC",
        .number = std::numeric_limits<std::int64_t>::min(),
        .due_at = Instant{std::numeric_limits<std::int64_t>::max()},
        .done = true
    };
    const auto made =
        wait(db_->one<Row>(insert_alone_sql, row.id, row.name, row.number, row.due_at, row.done));
    for (const auto& each : {made, find(row.id)}) {
        ASSERT_TRUE(each);
        EXPECT_EQ(each->id, row.id);
        EXPECT_EQ(each->name, row.name);
        EXPECT_EQ(each->number, row.number);
        EXPECT_EQ(each->due_at, row.due_at);
        EXPECT_TRUE(each->done);
    }
    wait(insert(*db_, {.id = 2, .name = ""}));
    const auto empty = find(2);
    EXPECT_EQ(empty->name, "");
    EXPECT_EQ(empty->number, std::nullopt);
    EXPECT_EQ(empty->due_at, std::nullopt);
    EXPECT_FALSE(empty->done);
}

TEST_P(Database, takes_parameters_by_number) {
    wait(insert(*db_, {.id = 7, .name = "seven"}));
    EXPECT_TRUE(wait(db_->one<Row>(swapped_sql, "seven", 7)));
    EXPECT_FALSE(wait(db_->one<Row>(swapped_sql, "six", 7)));
}

TEST_P(Database, refuses_text_with_a_nul) {
    EXPECT_NE(wait(outcome(insert(*db_, {.id = 1, .name = std::string("a\0b", 3)}))), "done");
    EXPECT_EQ(count(), 0U);
}

TEST_P(Database, ends_a_statement_that_takes_too_long) {
    constexpr Sql endless_sql{
        "test.endless",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) "
        "SELECT count(*) AS id "
        "FROM n"
    };
    if (GetParam() == test::Way::pooled) {  // where the limit is the role's, or a transaction's own
        const auto transaction = wait(db_->begin());
        wait(transaction->execute({"test.limit", "SET LOCAL statement_timeout = '100ms'"}));
        EXPECT_THROW(wait(transaction->one<Row>(endless_sql)), TimedOut);
        EXPECT_FALSE(wait(db_->one<Row>(find_sql, 1, 1)));
        return;
    }
    postgres_config_.statement_max = sqlite_config_.statement_max = std::chrono::milliseconds(100);
    const auto impatient = open();
    EXPECT_THROW(wait(impatient->one<Row>(endless_sql)), TimedOut);
    EXPECT_FALSE(wait(impatient->one<Row>(find_sql, 1, 1)));
}

constexpr Sql endless_list_sql{
    "test.endless_list",
    "SELECT count(*) AS id FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
    "WHERE i < 2000000000) SELECT i FROM n) AS numbers",
    Coalesce::singly,
    {},
    Limit::list
};

TEST_P(Database, ends_a_list_sooner_than_other_statements) {
    postgres_config_.statement_max = sqlite_config_.statement_max = std::chrono::seconds(3);
    postgres_config_.list_max = sqlite_config_.list_max = std::chrono::milliseconds(100);
    const auto impatient = open();
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_THROW(wait(impatient->one<Row>(endless_list_sql)), TimedOut);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3));
    EXPECT_FALSE(wait(impatient->one<Row>(find_sql, 1, 1)));
}

// More of them than there are threads, or connections for single statements.
TEST_P(Database, lets_no_other_statement_wait_behind_long_lists) {
    postgres_config_.statement_max = sqlite_config_.statement_max = std::chrono::seconds(3);
    postgres_config_.list_max = sqlite_config_.list_max = std::chrono::milliseconds(500);
    const auto db = open();
    std::vector<std::future<std::string>> lists;
    for (int i = 0; i < 6; ++i)
        lists.push_back(asio::co_spawn(
            io_.context().get_executor(),
            outcome([](Pool& pool) -> Async<void> {
                co_await pool.one<Row>(endless_list_sql);
            }(*db)),
            asio::use_future
        ));
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(wait(db->one<Row>(find_sql, 1, i)));
    wait(insert(*db, {.id = 1, .name = "a"}));
    EXPECT_TRUE(wait(db->begin()));
    EXPECT_EQ(lists.back().wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    for (auto& list : lists) EXPECT_NE(list.get(), "done");
}

TEST_P(Database, counts_rows_without_those_that_triggers_change) {
    if (on_postgres()) return;  // which has no trigger; SQLite's other count has both
    run("CREATE TRIGGER counted AFTER DELETE ON things BEGIN UPDATE users SET created_at = 7; END");
    wait(insert(*db_, {.id = 1, .name = "a"}));
    EXPECT_EQ(wait(db_->execute({"test.delete_all", "DELETE FROM things"})), 1);
}

TEST_P(Database, names_the_column_that_a_constraint_refused) {
    wait(insert(*db_, {.id = 1, .name = "taken"}));
    EXPECT_EQ(wait(outcome(insert(*db_, {.id = 2, .name = "taken"}))), "violation of name");
    EXPECT_EQ(wait(outcome(insert(*db_, {.id = 1, .name = "other"}))), "violation of id");
    constexpr Sql orphan_sql{
        "test.orphan", "INSERT INTO things (id, name, owner_id) VALUES (5, 'x', 99)"
    };
    try {
        wait(db_->execute(orphan_sql));
        FAIL();
    } catch (const Violation& violation) {
        EXPECT_EQ(violation.kind, Violation::Kind::foreign_key);
        EXPECT_EQ(violation.error.code, Code::invalid);
    }
    try {
        wait(insert(*db_, {.id = 6, .name = "x", .number = 1500}));
        FAIL();
    } catch (const Violation& violation) {
        EXPECT_EQ(violation.kind, Violation::Kind::check);
    }
}

TEST_P(Database, gives_each_of_many_inserts_its_own_row_or_its_own_error) {
    const auto said = all_at_once(300, [this](int i) {
        return outcome(insert(*db_, {.id = i + 1, .name = i % 3 ? std::to_string(i) : "same"}));
    });
    EXPECT_EQ(std::ranges::count(said, "done"), 201);
    EXPECT_EQ(std::ranges::count(said, "violation of name"), 99);
    EXPECT_EQ(count(), 201U);
}

// The last row of a bad one has the name of its first.
Async<void> insert_many(Session& db, int caller, int count, bool bad, std::string_view tail = "") {
    const std::optional<int> none;
    std::vector<std::vector<Value>> rows;
    rows.reserve(std::size_t(count));
    for (int i = 0; i < count; ++i) {
        const int same = bad && i == count - 1 ? 0 : i;
        std::string name = std::to_string(caller) + "." + std::to_string(same);
        name += tail;
        rows.push_back(Session::params(caller * 1000 + i, std::move(name), none, none, false));
    }
    co_await db.run_many(insert_sql, std::move(rows));
}

TEST_P(Database, keeps_bulks_that_arrive_together_whole_and_apart) {
    const auto said =
        all_at_once(60, [this](int i) { return outcome(insert_many(*db_, i, 20, i % 3 == 1)); });
    auto rows = rows_of_callers();
    for (int i = 0; i < 60; ++i) {
        EXPECT_EQ(said[std::size_t(i)], i % 3 == 1 ? "violation of name" : "done");
        EXPECT_EQ(rows[i], i % 3 == 1 ? 0 : 20);
    }
}

// The large ones are more than goes together.
TEST_P(Database, keeps_small_bulks_apart_from_a_large_one) {
    const auto rows_of = [](int i) { return i % 4 == 2 ? 600 : 20; };
    const auto is_bad = [](int i) { return i % 8 == 2 || i % 8 == 3; };
    const auto said = all_at_once(32, [&](int i) {
        return outcome(insert_many(*db_, i, rows_of(i), is_bad(i)));
    });
    auto rows = rows_of_callers();
    for (int i = 0; i < 32; ++i) {
        EXPECT_EQ(said[std::size_t(i)], is_bad(i) ? "violation of name" : "done");
        EXPECT_EQ(rows[i], is_bad(i) ? 0 : rows_of(i));
    }
}

// SQLite writes the pages of each commit to its log: at least one of the table and of both indexes.
TEST_P(Database, commits_bulks_that_arrive_together_as_few) {
    all_at_once(60, [this](int i) { return outcome(insert_many(*db_, i, 20, false)); });
    EXPECT_EQ(count(), 60 * 20);
    if (on_postgres()) {
        EXPECT_LE(transactions_of_things(), 20);
    } else {
        EXPECT_LT(pages_in_log(), 60 * 3);
    }
}

TEST_P(Database, commits_inserts_that_arrive_together_as_one) {
    all_at_once(200, [this](int i) {
        return outcome(insert(*db_, {.id = i, .name = std::to_string(i)}));
    });
    EXPECT_EQ(count(), 200);
    if (on_postgres()) {
        EXPECT_LE(transactions_of_things(), 20);
    } else {
        EXPECT_LT(pages_in_log(), 200);  // of 200 commits: twice that
    }
}

TEST_P(Database, answers_each_of_many_look_ups_with_its_own_row) {
    for (int id = 1; id <= 20; ++id) wait(insert(*db_, {.id = id, .name = std::to_string(id)}));
    const auto found = all_at_once(200, [this](int i) -> Async<std::string> {
        const auto row = co_await db_->one<Row>(find_sql, 1, i % 25);
        co_return row ? row->name : "none";
    });
    for (int i = 0; i < 200; ++i) {
        const int id = i % 25;
        EXPECT_EQ(found[std::size_t(i)], id >= 1 && id <= 20 ? std::to_string(id) : "none");
    }
}

Async<void> insert_and_leave(Pool& db, bool commit) {
    auto transaction = co_await db.begin();
    co_await transaction->execute(
        insert_sql, 1, "x", std::optional<int>{}, std::optional<int>{}, false
    );
    if (commit) co_await transaction->commit();
}

TEST_P(Database, rolls_back_what_was_not_committed) {
    wait(insert_and_leave(*db_, false));
    EXPECT_EQ(count(), 0U);
    wait(insert_and_leave(*db_, true));
    EXPECT_EQ(count(), 1U);
}

// Twice what SQLite keeps of the file in memory; it writes none of it before the commit.
Async<void> insert_much(Pool& db, bool commit) {
    const std::string tail(2'000, 'x');
    auto transaction = co_await db.begin();
    for (int i = 0; i < 4; ++i) co_await insert_many(*transaction, i, 1'000, false, tail);
    if (commit) co_await transaction->commit();
}

TEST_P(Database, rolls_back_a_large_transaction) {
    db_.reset();
    sqlite_config_.transaction_max = std::chrono::minutes(1);
    db_ = open();
    wait(insert(*db_, {.id = 90'001, .name = "before"}));
    wait(insert_much(*db_, false));
    EXPECT_EQ(count(), 1U);
    wait(insert(*db_, {.id = 90'002, .name = "after"}));
    db_.reset();
    db_ = open();
    EXPECT_EQ(count(), 2U);
    wait(insert_much(*db_, true));
    EXPECT_EQ(count(), 4'002U);
}

Async<std::string> go_on_after_an_error(Pool& db) {
    auto transaction = co_await db.begin();
    co_await transaction->execute(
        insert_sql, 1, "x", std::optional<int>{}, std::optional<int>{}, false
    );
    bool refused = false;
    try {
        co_await transaction->execute(
            insert_sql, 2, "x", std::optional<int>{}, std::optional<int>{}, false
        );
    } catch (const Violation&) {
        refused = true;
    }
    std::string said = refused ? "refused" : "taken";
    try {
        co_await transaction->commit();
    } catch (const Failure&) {
        said += ", not committed";
    }
    co_return said;
}

TEST_P(Database, ends_a_transaction_in_which_a_statement_failed) {
    EXPECT_EQ(wait(go_on_after_an_error(*db_)), "refused, not committed");
    EXPECT_EQ(count(), 0U);
    wait(insert(*db_, {.id = 3, .name = "after"}));
    EXPECT_EQ(count(), 1U);
}

// Two rows that are sent and not waited for; then something that is, or the end.
Async<void> send_two(Pool& db, const std::string& second, bool and_look) {
    const std::optional<int> none;
    const auto transaction = co_await db.begin();
    co_await transaction->send(insert_sql, 1, "first", none, none, false);
    co_await transaction->send(insert_sql, 2, second, none, none, false);
    if (and_look) co_await transaction->execute(insert_sql, 3, "third", none, none, false);
    co_await transaction->commit();
}

TEST_P(Database, says_what_a_sent_statement_failed_of_when_something_is_waited_for) {
    for (const bool and_look : {false, true}) {
        EXPECT_EQ(wait(outcome(send_two(*db_, "first", and_look))), "violation of name");
        EXPECT_EQ(count(), 0U);
    }
    EXPECT_EQ(wait(outcome(send_two(*db_, "second", false))), "done");
    EXPECT_EQ(count(), 2U);
}

TEST_P(Database, sees_its_own_writes_inside_a_transaction_only) {
    const auto inside = wait(transact(*db_, [](Transaction& transaction) -> Async<bool> {
        co_await transaction.execute(
            insert_sql, 1, "x", std::optional<int>{}, std::optional<int>{}, false
        );
        co_return (co_await transaction.one<Row>(find_sql, 1, 1)).has_value();
    }));
    EXPECT_TRUE(inside);
    EXPECT_EQ(count(), 1U);
}

TEST_P(Database, does_not_commit_a_body_that_answers_an_error) {
    const auto answered = wait(transact(*db_, [](Transaction& transaction) -> Async<Result<int>> {
        co_await transaction.execute(
            insert_sql, 1, "x", std::optional<int>{}, std::optional<int>{}, false
        );
        co_return conflict("on second thoughts");
    }));
    EXPECT_FALSE(answered);
    EXPECT_EQ(count(), 0U);
}

TEST_P(Database, loses_no_update_of_many_transactions) {
    wait(insert(*db_, {.id = 1, .name = "counter", .number = 0}));
    const auto said = all_at_once(50, [this](int) -> Async<std::string> {
        co_await transact(*db_, [](Transaction& transaction) -> Async<bool> {
            co_await transaction.execute(raise_sql, 1);
            co_return true;
        });
        co_return "done";
    });
    EXPECT_EQ(std::ranges::count(said, "done"), 50);
    EXPECT_EQ(find(1)->number, 50);
}

TEST_P(Database, runs_a_contended_body_again_three_times_in_all) {
    int runs = 0;
    const auto contended = [&](int failures) {
        return transact(*db_, [&runs, failures](Transaction& transaction) -> Async<int> {
            co_await transaction.execute(raise_sql, 1);
            if (++runs <= failures) throw Contended();
            co_return runs;
        });
    };
    EXPECT_EQ(wait(contended(2)), 3);
    runs = 0;
    EXPECT_THROW(wait(contended(9)), Contended);
    EXPECT_EQ(runs, 3);
}

TEST_P(Database, draws_ids_that_are_unique_and_grow) {
    constexpr Sql counted_sql{
        "test.counted", "INSERT INTO users (id, username, created_at) VALUES ($1, 'x', 0)"
    };
    std::int64_t last = 0;
    for (int i = 0; i < 300; ++i) {
        const std::int64_t id = wait(db_->next_id("users"));
        EXPECT_GT(id, last);
        last = id;
    }
    wait(db_->execute(counted_sql, last));
    EXPECT_GT(wait(open()->next_id("users")), last);
}

TEST_P(Database, reads_lists_with_optional_filters) {
    for (int id = 1; id <= 10; ++id)
        wait(insert(*db_, {.id = id, .name = std::to_string(id), .number = id % 2}));
    EXPECT_EQ(wait(db_->all<Row>(list_sql, 100, std::optional<std::int64_t>(1))).size(), 5U);
    EXPECT_EQ(wait(db_->all<Row>(list_sql, 3, std::optional<std::int64_t>{})).size(), 3U);
}

TEST(Pooler, lets_an_empty_database_be_migrated) {
    const test::PostgresDatabase database;
    const std::string url = database.url("ZOETROPE_TEST_PGBOUNCER");
    const auto first = migrate_postgres(url);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_GT(*first, 0);
    EXPECT_EQ(migrate_postgres(url).value_or(-1), 0);
}

INSTANTIATE_TEST_SUITE_P(On, Database, test::both_databases(), test::database_name);

}  // namespace
}  // namespace zoetrope::db

// What only PostgreSQL can do wrong: connections that end, pools that are empty, transactions that
// clash.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "platform/db/postgres_batch.hpp"
#include "platform/db/postgres_blocking.hpp"
#include "tests/conformance/databases.hpp"

namespace zoetrope::db {
namespace {

using namespace std::chrono_literals;

struct CounterRow {
    std::int64_t id = 0;
};
BOOST_DESCRIBE_STRUCT(CounterRow, (), (id))

constexpr Sql one_sql{"test.one", "SELECT CAST(1 AS BIGINT) AS id"};
constexpr Sql own_pid_sql{"test.own_pid", "SELECT pg_backend_pid() AS id"};
constexpr Sql sleep_sql{"test.sleep", "SELECT CAST(1 AS BIGINT) AS id FROM pg_sleep(60)"};
constexpr Sql kill_others_sql{"test.kill_others", R"sql(
    SELECT CAST(count(pg_terminate_backend(pid, 10000)) AS BIGINT) AS id FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
)sql"};
constexpr Sql sleepers_sql{"test.sleepers", R"sql(
    SELECT count(*) AS id FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'PgSleep'
)sql"};

class Postgres : public testing::Test {
  protected:
    Postgres() {
        config_.url = database_.url();
        EXPECT_TRUE(migrate_postgres(config_.url));
        admin_ = open();
    }
    std::unique_ptr<Pool> open() { return open_postgres(config_, {&io_.context()}, blocking_); }
    template <class T>
    T wait(Async<T> work) {
        return io_.wait(std::move(work));
    }
    template <class T>
    std::future<T> start(Async<T> work) {
        return asio::co_spawn(io_.context().get_executor(), std::move(work), asio::use_future);
    }
    // A transaction ends on the I/O thread that it belongs to.
    template <class T>
    void drop(T& what) {
        wait([](T& of) -> Async<bool> {
            of = T{};
            co_return true;
        }(what));
    }
    // Ends every other connection once somebody sleeps on one.
    void kill_once_asleep() {
        while (wait(admin_->one<CounterRow>(sleepers_sql))->id == 0) std::this_thread::yield();
        wait(admin_->one<CounterRow>(kill_others_sql));
    }

    test::Io io_;
    Offload blocking_{4};
    test::PostgresDatabase database_;
    PostgresConfig config_{.size = 2, .overflow = 0, .shared = 1, .acquire_max = 200ms};
    std::unique_ptr<Pool> admin_;
};

TEST_F(Postgres, says_that_the_connection_was_lost_and_goes_on_with_another) {
    const auto db = open();
    auto lost = start(db->one<CounterRow>(sleep_sql));
    kill_once_asleep();
    EXPECT_THROW(lost.get(), Failure);
    EXPECT_EQ(wait(db->one<CounterRow>(one_sql))->id, 1);
}

TEST_F(Postgres, replaces_connections_that_ended_while_nobody_looked) {
    const auto db = open();
    wait(db->one<CounterRow>(one_sql));
    wait(transact(*db, [](Transaction& transaction) -> Async<bool> {
        co_await transaction.one<CounterRow>(one_sql);
        co_return true;
    }));
    EXPECT_GE(wait(admin_->one<CounterRow>(kill_others_sql))->id, 2);
    EXPECT_EQ(wait(db->one<CounterRow>(one_sql))->id, 1);
    EXPECT_TRUE(wait(transact(*db, [](Transaction& transaction) -> Async<bool> {
        co_return (co_await transaction.one<CounterRow>(one_sql)).has_value();
    })));
}

TEST_F(Postgres, says_that_a_lost_commit_may_have_been_applied) {
    PostgresBlocking plain(config_.url);
    plain.execute(
        "CREATE TABLE slow (id BIGINT);"
        "CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); "
        "RETURN NULL; END';"
        "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE "
        "FUNCTION doze()"
    );
    constexpr Sql insert_slow_sql{"test.insert_slow", "INSERT INTO slow (id) VALUES (1)"};
    const auto db = open();
    auto lost = start(transact(*db, [insert_slow_sql](Transaction& transaction) -> Async<bool> {
        co_await transaction.execute(insert_slow_sql);
        co_return true;
    }));
    kill_once_asleep();
    try {
        lost.get();
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_THAT(failure.shown, testing::HasSubstr("may have been applied"));
    }
}

// Both read what the other writes: whoever commits second must run again.
TEST_F(Postgres, runs_a_body_again_that_lost_against_another) {
    PostgresBlocking(config_.url)
        .execute("CREATE TABLE counters (id BIGINT); INSERT INTO counters VALUES (0)");
    constexpr Sql serializable_sql{
        "test.serializable", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"
    };
    constexpr Sql read_sql{"test.read", "SELECT id FROM counters"};
    constexpr Sql write_sql{"test.write", "UPDATE counters SET id = $1"};
    const auto db = open();
    const auto raise = [&] {
        return transact(
            *db,
            [&](Transaction& transaction) -> Async<bool> {
                co_await transaction.execute(serializable_sql);
                const auto row = co_await transaction.one<CounterRow>(read_sql);
                co_await transaction.execute(write_sql, row->id + 1);
                co_return true;
            },
            10
        );
    };
    auto first = start(raise());
    auto second = start(raise());
    first.get();
    second.get();
    EXPECT_EQ(wait(db->one<CounterRow>(read_sql))->id, 2);
}

// Who runs a transaction without transact() is told, and decides.
TEST_F(Postgres, tells_a_bare_transaction_that_another_was_first) {
    PostgresBlocking(config_.url)
        .execute("CREATE TABLE counters (id BIGINT); INSERT INTO counters VALUES (0)");
    constexpr Sql repeatable_sql{
        "test.repeatable", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
    };
    constexpr Sql read_sql{"test.read_bare", "SELECT id FROM counters"};
    constexpr Sql write_sql{"test.write_bare", "UPDATE counters SET id = id + 1"};
    const auto db = open();
    auto late = wait(db->begin());
    wait(late->execute(repeatable_sql));
    wait(late->one<CounterRow>(read_sql));  // from here on it sees the table as it is now
    wait(db->execute(write_sql));
    try {
        wait(late->execute(write_sql));
        ADD_FAILURE() << "it wrote over what it had not seen";
    } catch (const Contended& contended) {
        EXPECT_EQ(contended.error.code, Code::conflict);
    }
    drop(late);
    EXPECT_EQ(wait(db->one<CounterRow>(read_sql))->id, 1);
}

TEST_F(Postgres, replaces_connections_that_are_too_old) {
    const auto pid_of_a_transaction = [this](Pool& db) {
        return wait(transact(db, [](Transaction& transaction) -> Async<std::int64_t> {
            co_return (co_await transaction.one<CounterRow>(own_pid_sql))->id;
        }));
    };
    const auto young = open();
    EXPECT_EQ(pid_of_a_transaction(*young), pid_of_a_transaction(*young));
    config_.recycle = 0s;
    const auto old = open();
    EXPECT_NE(pid_of_a_transaction(*old), pid_of_a_transaction(*old));
}

TEST_F(Postgres, answers_within_the_acquire_timeout_when_all_connections_are_taken) {
    const auto db = open();
    auto first = wait(db->begin());
    auto second = wait(db->begin());
    EXPECT_EQ(db->status().checked_out, 2);
    EXPECT_THROW(wait(db->begin()), Failure);
    auto third = start(db->begin());
    drop(first);
    EXPECT_NE(third.get(), nullptr);
    EXPECT_EQ(
        wait(db->one<CounterRow>(one_sql))->id, 1
    );  // single statements have connections of their own
}

TEST_F(Postgres, opens_a_connection_for_who_waits_when_one_breaks) {
    config_.size = 1;
    config_.acquire_max = 60s;
    const auto db = open();
    auto first = wait(db->begin());
    auto second = start(db->begin());
    while (db->status().waiting == 0) std::this_thread::yield();
    wait(admin_->one<CounterRow>(kill_others_sql));
    EXPECT_THROW(wait(first->one<CounterRow>(one_sql)), Failure);
    drop(first);
    auto given = second.get();
    EXPECT_EQ(wait(given->one<CounterRow>(one_sql))->id, 1);
    EXPECT_EQ(db->status().checked_out, 1);
    drop(given);
}

TEST_F(Postgres, refuses_who_waits_when_one_breaks_and_the_database_is_away) {
    config_.size = 1;
    config_.acquire_max = 60s;
    const auto db = open();
    auto first = wait(db->begin());
    auto second = start(db->begin());
    while (db->status().waiting == 0) std::this_thread::yield();
    database_.close();
    EXPECT_THROW(wait(first->one<CounterRow>(one_sql)), Failure);
    drop(first);
    EXPECT_THROW(second.get(), Failure);
    EXPECT_EQ(db->status().waiting, 0);
}

TEST_F(Postgres, warns_when_processes_may_open_more_connections_than_the_server_allows) {
    EXPECT_EQ(wait(too_many_connections(*admin_, config_, 2)), std::nullopt);
    config_.size = 5000;
    const auto warning = wait(too_many_connections(*admin_, config_, 2));
    ASSERT_TRUE(warning);
    EXPECT_THAT(*warning, testing::HasSubstr("may open 5002 connections each"));
    config_.behind_pooler = true;
    EXPECT_EQ(wait(too_many_connections(*admin_, config_, 2)), std::nullopt);
}

TEST_F(Postgres, keeps_size_connections_and_closes_the_overflow) {
    config_.size = 1;
    config_.overflow = 2;
    const auto db = open();
    {
        std::vector<std::unique_ptr<Transaction>> all;
        for (int i = 0; i < 3; ++i) all.push_back(wait(db->begin()));
        EXPECT_EQ(db->status().checked_out, 3);
        EXPECT_EQ(db->status().overflow, 2);
        drop(all);
    }
    while (db->status().checked_out > 0) std::this_thread::yield();
    EXPECT_EQ(db->status().checked_in, 1);
    EXPECT_EQ(db->status().overflow, 0);
}

// What was not sent cannot have been applied.
TEST_F(Postgres, sends_one_statement_at_a_time_behind_a_pooler) {
    config_.shared_behind_pooler = 1;
    for (const bool behind_pooler : {false, true}) {
        config_.behind_pooler = behind_pooler;
        const auto db = open();
        wait(db->one<CounterRow>(one_sql));
        auto first = start(db->one<CounterRow>(sleep_sql));
        auto second = start(db->one<CounterRow>(one_sql));
        kill_once_asleep();
        EXPECT_THROW(first.get(), Failure);
        try {
            second.get();
            FAIL();
        } catch (const Failure& failure) {
            const auto in_doubt = testing::HasSubstr("may have been applied");
            if (behind_pooler) {
                EXPECT_THAT(failure.shown, testing::Not(in_doubt));
            } else {
                EXPECT_THAT(failure.shown, in_doubt);
            }
        }
    }
}

// A server, or a pooler, that is ready for the next statement without a word on the last.
class Silent {
  public:
    std::string url() const {
        return "postgres://zoetrope@127.0.0.1:" +
               std::to_string(acceptor_.local_endpoint().port()) +
               "/none?sslmode=disable&gssencmode=disable";
    }

  private:
    using Tcp = asio::ip::tcp;
    static constexpr std::string_view ready{"Z\0\0\0\5I", 6}, welcome{"R\0\0\0\10\0\0\0\0", 9};

    static std::string read(Tcp::socket& from, std::size_t bytes) {
        std::string out(bytes, '\0');
        asio::read(from, asio::buffer(out));
        return out;
    }
    // A message, whose first four bytes say how long it is with them.
    static void skip(Tcp::socket& from) {
        std::size_t bytes = 0;
        for (const char byte : read(from, 4)) bytes = bytes << 8 | static_cast<unsigned char>(byte);
        read(from, bytes - 4);
    }
    void serve() {
        Tcp::socket socket = acceptor_.accept();
        skip(socket);
        asio::write(socket, asio::buffer(welcome));
        asio::write(socket, asio::buffer(ready));
        try {
            while (true) {
                const std::string kind = read(socket, 1);
                skip(socket);
                if (kind == "S") asio::write(socket, asio::buffer(ready));
            }
        } catch (const boost::system::system_error&) {  // the client has gone
        }
    }

    asio::io_context io_;
    Tcp::acceptor acceptor_{io_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::jthread thread_{[this] { serve(); }};
};

TEST_F(Postgres, takes_no_answer_for_no_success) {
    const Silent silent;
    config_.url = silent.url();
    config_.behind_pooler = true;
    const auto db = open();
    try {
        wait(db->execute(one_sql));
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_THAT(failure.shown, testing::HasSubstr("may have been applied"));
    }
}

TEST_F(Postgres, fails_at_once_while_the_database_is_away) {
    config_.url = "postgres://zoetrope@127.0.0.1:1/none";
    const auto db = open();
    EXPECT_THROW(wait(db->one<CounterRow>(one_sql)), Failure);
    EXPECT_THROW(wait(db->begin()), Failure);
}

TEST_F(Postgres, refuses_what_cannot_run_together) {
    const std::vector<std::string> types{"bigint", "text"};
    const auto together = [&](std::string_view text) { return text_together({"t", text}, types); };
    EXPECT_EQ(
        together("INSERT INTO t (a, b)\n  VALUES ($1, $2)"),
        "INSERT INTO t (a, b) SELECT unnest($1::bigint[]), unnest($2::text[])"
    );
    EXPECT_EQ(
        together("SELECT a, b FROM t WHERE k = $1 AND l = $2"),
        "SELECT asked.n, t.a, t.b FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS asked "
        "(k1, k2, n) JOIN t ON "
        "t.k = asked.k1 AND t.l = asked.k2"
    );
    for (const char* text :
         {"INSERT INTO t (a, b) VALUES ($1, $2) RETURNING a",
          "INSERT INTO t (a, b) VALUES ($2, $1)",
          "INSERT INTO t (a, b) VALUES ($1, 5)",
          "SELECT a FROM t WHERE k > $1 AND l = $2",
          "SELECT a FROM t WHERE k = $1 AND l = $2 ORDER BY a",
          "SELECT a FROM t"})
        EXPECT_THROW(together(text), std::logic_error) << text;
}

}  // namespace
}  // namespace zoetrope::db

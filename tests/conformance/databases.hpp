// One suite, two databases: each test gets a fresh, migrated one of either kind.
#pragma once

#include <gmock/gmock.h>

#include "platform/db/migrate.hpp"
#include "platform/db/postgres.hpp"
#include "platform/db/sqlite.hpp"
#include "tests/support/support.hpp"

namespace zoetrope::test {

// The server that ./test started; a suite without it fails, it is never skipped.
std::string postgres_url(const char* variable = "ZOETROPE_TEST_POSTGRES");

// A database of its own on that server, gone with the object.
class PostgresDatabase {
  public:
    // `like`: the database it is a copy of; empty: none.
    explicit PostgresDatabase(const std::string& like = "");
    ~PostgresDatabase();
    // The same database by another way to the server: `ZOETROPE_TEST_PGBOUNCER`.
    std::string url(const char* variable = "ZOETROPE_TEST_POSTGRES") const;
    const std::string& name() const { return name_; }
    void close();  // to everybody: connections end, and no new ones are let in

  private:
    std::string name_;
};

// pooled: PostgreSQL behind pgbouncer in transaction mode.
enum class Way : std::uint8_t { sqlite, postgres, pooled };

class OnBoth : public testing::TestWithParam<Way> {
  protected:
    OnBoth();
    bool on_postgres() const { return GetParam() != Way::sqlite; }
    std::unique_ptr<db::Pool> open();  // another pool on the same database
    template <class T>
    T wait(Async<T> work) {
        return io_.wait(std::move(work));
    }
    // Statements that are not the suite's subject: tables, clean-up.
    void run(const std::string& text);

    Folder folder_;
    Io io_;
    Offload blocking_{4};
    std::unique_ptr<PostgresDatabase> postgres_;
    db::PostgresConfig postgres_config_;
    db::SqliteConfig sqlite_config_;
    std::unique_ptr<db::Pool> db_;
};

inline auto both_databases() { return testing::Values(Way::sqlite, Way::postgres, Way::pooled); }
inline std::string database_name(const testing::TestParamInfo<Way>& info) {
    constexpr const char* names[] = {"sqlite", "postgres", "pooled"};
    return names[int(info.param)];
}

}  // namespace zoetrope::test

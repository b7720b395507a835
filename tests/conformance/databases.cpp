#include "tests/conformance/databases.hpp"

#include <list>

#include "platform/db/postgres_blocking.hpp"

namespace zoetrope::test {

namespace {

std::string with_name(const std::string& url, const std::string& name) {
    return url.substr(0, url.rfind('/') + 1) + name;
}

}  // namespace

std::string postgres_url(const char* variable) {
    const char* url = std::getenv(variable);
    if (!url)
        throw std::runtime_error(std::string(variable) + " is not set; ./test conformance sets it");
    return url;
}

PostgresDatabase::PostgresDatabase(const std::string& like) {
    static int count = 0;
    name_ = "t" + std::to_string(getpid()) + "_" + std::to_string(++count);
    const std::string copied = like.empty() ? "" : " TEMPLATE " + like;
    db::PostgresBlocking(postgres_url()).execute(("CREATE DATABASE " + name_ + copied).c_str());
}

// A copy is quicker than all migrations again.
static const std::string& migrated() {
    static const PostgresDatabase database;
    static const bool done = db::migrate_postgres(database.url()).has_value();
    EXPECT_TRUE(done);
    return database.name();
}

PostgresDatabase::~PostgresDatabase() {
    db::PostgresBlocking(postgres_url())
        .execute(("DROP DATABASE " + name_ + " WITH (FORCE)").c_str());
}

std::string PostgresDatabase::url(const char* variable) const {
    return with_name(postgres_url(variable), name_);
}

void PostgresDatabase::close() {
    db::PostgresBlocking admin(postgres_url());
    admin.execute(("ALTER DATABASE " + name_ + " ALLOW_CONNECTIONS false").c_str());
    const std::string end =
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '" + name_ +
        "'";
    admin.execute(end.c_str());
}

OnBoth::OnBoth() {
    if (on_postgres()) {
        postgres_ = std::make_unique<PostgresDatabase>(migrated());
        postgres_config_ = {.url = postgres_->url(), .size = 4, .overflow = 2};
        if (GetParam() == Way::pooled) {
            postgres_config_.url = postgres_->url("ZOETROPE_TEST_PGBOUNCER");
            postgres_config_.behind_pooler = true;
        }
    } else {
        sqlite_config_.file = folder_ / "t.sqlite";
        EXPECT_TRUE(db::migrate_sqlite(sqlite_config_.file));
    }
    db_ = open();
}

std::unique_ptr<db::Pool> OnBoth::open() {
    if (on_postgres()) return db::open_postgres(postgres_config_, {&io_.context()}, blocking_);
    return db::open_sqlite(sqlite_config_);
}

void OnBoth::run(const std::string& text) {
    static std::list<std::string> kept;  // a statement's text lives as long as its connection
    kept.push_back(text);
    const db::Sql sql{kept.back(), kept.back()};
    wait(db_->execute(sql));
}

}  // namespace zoetrope::test

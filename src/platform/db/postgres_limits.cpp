#include <unistd.h>

#include "platform/db/postgres.hpp"

namespace zoetrope::db {

namespace {

struct Limits {
    std::int64_t allowed = 0, processes = 0;
};
BOOST_DESCRIBE_STRUCT(Limits, (), (allowed, processes))

constexpr Sql limits_sql{"db.limits", R"sql(
    SELECT CAST(current_setting('max_connections') AS bigint)
               - CAST(current_setting('superuser_reserved_connections') AS bigint) AS allowed,
           (SELECT count(DISTINCT application_name) FROM pg_stat_activity
            WHERE application_name LIKE 'zoetrope %') AS processes
)sql"};

}  // namespace

std::string application_name() {
    char host[48] = {};  // PostgreSQL keeps 63 bytes
    ::gethostname(host, sizeof host - 1);
    return std::string("zoetrope ") + host + ":" + std::to_string(::getpid());
}

Async<std::optional<std::string>> too_many_connections(
    Session& db, PostgresConfig config, unsigned cores
) {
    if (config.behind_pooler) co_return std::nullopt;  // the pooler opens them
    const Limits limits = (co_await db.one<Limits>(limits_sql)).value();
    const std::int64_t each =
        std::int64_t(config.size) + config.overflow + std::int64_t(config.shared) * cores;
    if (limits.processes * each <= limits.allowed) co_return std::nullopt;
    co_return std::to_string(limits.processes) + " zoetrope processes may open " +
        std::to_string(each) + " connections each, but PostgreSQL allows " +
        std::to_string(limits.allowed) +
        " in all. Lower --db-pool-size or --db-pool-overflow, or raise its max_connections.";
}

}  // namespace zoetrope::db

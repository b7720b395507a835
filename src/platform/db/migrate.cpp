#include "platform/db/migrate.hpp"

#include "platform/base/time.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/db/sqlite_connection.hpp"

namespace zoetrope::db {

namespace {

// `{{id}}`: an id the database gives. On SQLite only this exact phrase refuses NULL and never uses
// a number twice.
std::string expand_for_sqlite(std::string_view text) {
    std::string out(text);
    constexpr std::string_view mark = "{{id}}";
    for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at)) {
        out.replace(at, mark.size(), "INTEGER PRIMARY KEY AUTOINCREMENT");
    }
    return out;
}

constexpr std::string_view ledger =
    "CREATE TABLE IF NOT EXISTS schema_migrations "
    "(version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT "
    "NOT NULL)";

}  // namespace

Result<int> migrate_sqlite(const std::filesystem::path& file) {
    SqliteConnection connection(file, false);
    connection.execute("BEGIN IMMEDIATE");  // two processes that start at once take turns
    connection.run(ledger, {});
    const Rows applied = connection.run(
        "SELECT version, name, checksum FROM schema_migrations ORDER BY version", {}
    );
    std::size_t done = 0;
    for (const auto& row : applied.rows) {
        const auto version = std::get<std::int64_t>(row[0]);
        if (done >= migrations().size()) {
            return conflict(
                "The database has schema version " + std::to_string(version) +
                ", and this zoetrope knows only up to " +
                std::to_string(migrations().back().version) +
                ". Use the newer program that wrote it."
            );
        }
        const Migration& known = migrations()[done++];
        if (known.version != version ||
            crypto::digest(known.text) != std::get<std::string>(row[2])) {
            return conflict(
                "Migration " + std::string(known.name) +
                " is not the one that was applied to this database."
            );
        }
    }
    connection.execute("COMMIT");
    int count = 0;
    for (; done < migrations().size(); ++done, ++count) {
        const Migration& next = migrations()[done];
        connection.execute("BEGIN IMMEDIATE");
        connection.execute(expand_for_sqlite(next.text).c_str());
        connection.run(
            "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, "
            "$3, $4)",
            {std::int64_t(next.version),
             std::string(next.name),
             crypto::digest(next.text),
             SystemClock{}.now().us}
        );
        connection.execute("COMMIT");
    }
    return count;
}

}  // namespace zoetrope::db

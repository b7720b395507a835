// Migrations: numbered, embedded, forward only, one transaction each, checksums kept.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.hpp"

namespace zoetrope::db {

struct Migration {
    int version;            // the number in front of its file name
    std::string_view name;  // `0001_local_user`
    // One text for both, or one each where they must fork (NAME.sqlite.sql, NAME.postgres.sql);
    // empty: nothing to do there.
    std::string_view sqlite;
    std::string_view postgres;
};

// Every migration that was built in, by number.
const std::vector<Migration>& migrations();

// Where a database stands.
struct Schema {
    int version = 0;  // 0: empty
    int newest = 0;   // what this binary knows
    int left() const { return newest - version; }
};

// These block; they run before the server starts. Errors: conflict when the schema is newer than
// this binary, or a migration was changed after it was applied. Throw Failure when the database is
// away.
Result<Schema> look_at_sqlite(const std::filesystem::path& file);
Result<Schema> look_at_postgres(const std::string& url);
// Bring it up to date, all in one transaction, one process at a time, and return how many were
// applied. An existing SQLite file is copied to FILE.before-VERSION first.
Result<int> migrate_sqlite(const std::filesystem::path& file);
Result<int> migrate_postgres(const std::string& url);

}  // namespace zoetrope::db

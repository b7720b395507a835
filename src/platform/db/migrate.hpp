// Migrations: numbered, embedded, forward only, one transaction each, checksums kept.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "platform/base/result.hpp"

namespace zoetrope::db {

struct Migration {
    int version;            // the number in front of its file name
    std::string_view name;  // `0001_local_user`
    std::string_view text;
};

// Every migration that was built in, by number.
const std::vector<Migration>& migrations();

// Brings a SQLite file up to date and returns how many were applied. Blocks; runs before the server
// starts. Errors: conflict when the file is newer than this binary, or a migration was changed
// after it was applied.
Result<int> migrate_sqlite(const std::filesystem::path& file);

}  // namespace zoetrope::db

// SQLite: WAL, synchronous=FULL, one writer thread that commits waiting writes in groups, some
// reader threads. A Transaction has the writer for itself, up to a deadline.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include "platform/db/session.hpp"

namespace zoetrope::db {

struct SqliteConfig {
    std::filesystem::path file;
    unsigned readers = 2;  // reads are short; two keep one long list from blocking the rest
    std::chrono::milliseconds statement_max{30'000};  // then timeout; 0: none
    std::chrono::milliseconds list_max{1000};         // the same for Limit::list; 0: as the others
    std::chrono::milliseconds transaction_max{1000
    };  // a transaction that waits for anything else is a defect
    // Of its disk, both called on the writer's thread: how much is free, asked ahead of each
    // commit, because the log is kept small when that is little; and what makes room when a commit
    // found the disk full. Whether there is more then.
    std::function<std::int64_t()> free_bytes;
    std::function<bool()> make_room;
};

// Opens (creating the file) or throws Failure with a sentence that says what to do.
std::unique_ptr<Pool> open_sqlite(const SqliteConfig& config);

}  // namespace zoetrope::db

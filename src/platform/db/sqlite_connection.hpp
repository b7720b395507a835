// One SQLite handle with its prepared statements; used by one thread. Private to the part.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/db/session.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace zoetrope::db {

// `writes`: small commits, each to the log in few pieces (sqlite_wal.hpp), held in memory until
// then. `migrates`: commits of any size, which may not fit there.
enum class SqliteUse : std::uint8_t { reads, writes, migrates };

// How long a statement may run; 0: for ever.
struct SqliteLimits {
    std::chrono::milliseconds statement{}, list{};
};

class SqliteConnection {
  public:
    SqliteConnection(
        const std::filesystem::path& file, SqliteUse use, const SqliteLimits& limits = {}
    );
    ~SqliteConnection();
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;

    Rows run(
        std::string_view text, const std::vector<Value>& params, Limit limit = Limit::statement
    );
    void execute(const char* text);    // no parameters, no rows; may be several statements
    void step(std::string_view text);  // one such statement, a constant, prepared once
    bool in_transaction() const;

  private:
    struct Prepared {
        sqlite3_stmt* statement;
        std::vector<int> places;  // of $1, $2 ... in SQLite's own numbering; 0: not used
    };
    Prepared& prepared(std::string_view text);
    [[noreturn]] void fail(int code, std::string_view text) const;
    void set_deadline(Limit limit);

    sqlite3* handle_ = nullptr;
    SqliteLimits limits_;
    std::chrono::steady_clock::time_point deadline_{};
    std::unordered_map<const char*, Prepared> statements_;  // by the constants' own places
};

}  // namespace zoetrope::db

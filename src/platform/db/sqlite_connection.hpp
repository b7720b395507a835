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

    // How large the log may grow before it is copied back to the file: about 64 MB, because the
    // same few index pages are written again and again, as long as there is room for it and for
    // what the file grows by then; or 400 kB, begun with an empty one. A reader that is still busy
    // with the old log delays that, so it is waited for a moment.
    static constexpr const char* large_log = "PRAGMA wal_autocheckpoint=16000;";
    static constexpr std::int64_t large_log_room = std::int64_t(128) << 20;
    static constexpr const char* small_log =
        "PRAGMA wal_autocheckpoint=100; PRAGMA busy_timeout=200; "
        "PRAGMA wal_checkpoint(TRUNCATE);";
    static constexpr const char* usual_wait = "PRAGMA busy_timeout=5000;";  // after small_log
    static constexpr const char* copy_back = "PRAGMA wal_checkpoint(PASSIVE);";

    // Of Limit::list: each of so many has its part, from the next statement on.
    void divide_list_time(std::size_t sharing) { sharing_ = sharing; }
    Rows run(
        std::string_view text, const std::vector<Value>& params, Limit limit = Limit::statement
    );
    void execute(const char* text);    // no parameters, no rows; may be several statements
    void step(std::string_view text);  // one such statement, a constant, prepared once
    bool in_transaction() const;
    // What the file grows by when the log is copied back to it.
    std::int64_t bytes_to_grow();

  private:
    struct Prepared {
        sqlite3_stmt* statement;
        std::vector<int> places;  // of $1, $2 ... in SQLite's own numbering; 0: not used
    };
    Prepared& prepared(std::string_view text);
    [[noreturn]] void fail(int code, std::string_view text) const;
    void set_deadline(Limit limit);

    const std::filesystem::path file_;
    sqlite3* handle_ = nullptr;
    SqliteLimits limits_;
    std::size_t sharing_ = 1;
    std::chrono::steady_clock::time_point deadline_{};
    std::unordered_map<const char*, Prepared> statements_;  // by the constants' own places
};

}  // namespace zoetrope::db

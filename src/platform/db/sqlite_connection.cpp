#include "platform/db/sqlite_connection.hpp"

#include <sqlite3.h>
#include <algorithm>

#include "platform/db/sqlite_wal.hpp"

namespace zoetrope::db {

namespace {

void bind(
    sqlite3_stmt* statement, const std::vector<int>& places, const std::vector<Value>& params
) {
    for (std::size_t i = 0; i < params.size() && i < places.size(); ++i) {
        const int at = places[i];
        if (at == 0) continue;  // PostgreSQL's text may use a parameter that SQLite's does not
        std::visit(
            [&](const auto& value) {
                using T = std::remove_cvref_t<decltype(value)>;
                if constexpr (std::is_same_v<T, Null>) {
                    sqlite3_bind_null(statement, at);
                } else if constexpr (std::is_same_v<T, std::int64_t>) {
                    sqlite3_bind_int64(statement, at, value);
                } else if constexpr (std::is_same_v<T, double>) {
                    sqlite3_bind_double(statement, at, value);
                } else {
                    sqlite3_bind_text64(
                        statement, at, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8
                    );
                }
            },
            params[i]
        );
    }
}

// SQLite numbers `$n` by order of appearance, not by n.
std::vector<int> places_in(sqlite3_stmt* statement) {
    std::vector<int> places;
    for (int at = 1; at <= sqlite3_bind_parameter_count(statement); ++at) {
        const char* name = sqlite3_bind_parameter_name(statement, at);
        const auto number = std::size_t(std::atoi(name + 1));
        if (places.size() < number) places.resize(number);
        places[number - 1] = at;
    }
    return places;
}

Value column(sqlite3_stmt* statement, int at) {
    switch (sqlite3_column_type(statement, at)) {
        case SQLITE_INTEGER:
            return std::int64_t(sqlite3_column_int64(statement, at));
        case SQLITE_FLOAT:
            return sqlite3_column_double(statement, at);
        case SQLITE_NULL:
            return Null{};
        default: {
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, at));
            return std::string(text, std::size_t(sqlite3_column_bytes(statement, at)));
        }
    }
}

// `UNIQUE constraint failed: users.email, users.name` names the columns.
std::string columns_in(std::string_view message) {
    std::string out;
    const std::size_t colon = message.find(": ");
    if (colon == std::string_view::npos) return out;
    std::string_view left = message.substr(colon + 2);
    while (!left.empty()) {
        std::string_view item = left.substr(0, left.find(", "));
        left.remove_prefix(std::min(left.size(), item.size() + 2));
        if (const std::size_t dot = item.find('.'); dot != std::string_view::npos)
            item.remove_prefix(dot + 1);
        if (!out.empty()) out += ", ";
        out += item;
    }
    return out;
}

Violation violation(int code, std::string_view message) {
    switch (code) {
        case SQLITE_CONSTRAINT_FOREIGNKEY:
            return {Violation::Kind::foreign_key, {}};
        case SQLITE_CONSTRAINT_NOTNULL:
            return {Violation::Kind::not_null, columns_in(message)};
        case SQLITE_CONSTRAINT_CHECK:
            return {Violation::Kind::check, columns_in(message)};
        default:
            return {Violation::Kind::unique, columns_in(message)};
    }
}

// Resets the statement however the run ends, so that it holds no lock.
struct Reset {
    sqlite3_stmt* statement;
    ~Reset() {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }
};

}  // namespace

SqliteConnection::SqliteConnection(
    const std::filesystem::path& file, SqliteUse use, const SqliteLimits& limits
)
    : file_(file),
      limits_(limits) {
    const int flags = (use == SqliteUse::reads ? SQLITE_OPEN_READONLY
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                      SQLITE_OPEN_NOMUTEX;
    // Counting the memory it uses costs SQLite a lock for each allocation.
    [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    const char* const vfs = use == SqliteUse::writes ? collecting_vfs() : nullptr;
    if (const int code = sqlite3_open_v2(file.c_str(), &handle_, flags, vfs); code != SQLITE_OK) {
        const std::string why = sqlite3_errstr(code);
        sqlite3_close(handle_);
        throw Failure("The database " + file.string() + " cannot be opened: " + why + ".");
    }
    sqlite3_busy_timeout(handle_, 5000);  // an admin's sqlite3 shell may hold the file for a moment
    sqlite3_extended_result_codes(handle_, 1);
    if (limits_.statement.count() > 0 || limits_.list.count() > 0) {
        // Between two looks at the clock: about 20 us, or some milliseconds when each of the rows
        // that are looked through has the longest text.
        constexpr int steps = 1000;
        sqlite3_progress_handler(
            handle_,
            steps,
            [](void* self) -> int {
                const auto deadline = static_cast<SqliteConnection*>(self)->deadline_;
                return std::chrono::steady_clock::now() > deadline;
            },
            this
        );
    }
    try {
        execute("PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;");
        if (use == SqliteUse::reads) {
            execute("PRAGMA cache_size=-2048;");
        } else {
            // Of a new file: pages of deleted rows can be given back (app/storage.cpp).
            execute("PRAGMA auto_vacuum=INCREMENTAL;");
            execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192;");
            execute(large_log);
        }
        // As collecting_vfs() needs it.
        if (use == SqliteUse::writes) execute("PRAGMA cache_spill=OFF;");
    } catch (...) {
        sqlite3_close(handle_);
        throw;
    }
}

SqliteConnection::~SqliteConnection() {
    for (const auto& [text, each] : statements_) sqlite3_finalize(each.statement);
    sqlite3_close(handle_);
}

void SqliteConnection::fail(int code, std::string_view text) const {
    const std::string message = sqlite3_errmsg(handle_);
    // Its files beside the database say a full disk only by the system's own word.
    if ((code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(handle_) == ENOSPC)
        code = SQLITE_FULL;
    switch (code & 0xff) {
        case SQLITE_CONSTRAINT:
            throw violation(code, message);
        case SQLITE_FULL:
            throw StorageRefused(Code::storage_full, "The disk that holds the database is full.");
        case SQLITE_READONLY:
            throw StorageRefused(Code::unavailable, "The database file is read-only.");
        case SQLITE_INTERRUPT:
            throw TimedOut();
        default:
            throw Failure("SQLite: " + message + " in: " + std::string(text.substr(0, 200)));
    }
}

void SqliteConnection::execute(const char* text) {
    deadline_ = std::chrono::steady_clock::time_point::max();
    const int code = sqlite3_exec(handle_, text, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail(code, text);
}

std::int64_t SqliteConnection::bytes_to_grow() {
    constexpr std::string_view size =
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    std::error_code unknown;
    const auto has = std::int64_t(std::filesystem::file_size(file_, unknown));
    return std::get<std::int64_t>(run(size, {}).at(0, 0)) - has;
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

SqliteConnection::Prepared& SqliteConnection::prepared(std::string_view text) {
    if (const auto known = statements_.find(text.data()); known != statements_.end())
        return known->second;
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(
        handle_, text.data(), int(text.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr
    );
    if (code != SQLITE_OK) fail(code, text);
    return statements_.emplace(text.data(), Prepared{statement, places_in(statement)})
        .first->second;
}

void SqliteConnection::step(std::string_view text) {
    deadline_ = std::chrono::steady_clock::time_point::max();
    sqlite3_stmt* statement = prepared(text).statement;
    const Reset reset{statement};
    const int code = sqlite3_step(statement);
    if (code != SQLITE_DONE) fail(code, text);
}

void SqliteConnection::set_deadline(Limit limit) {
    const bool is_list = limit == Limit::list && limits_.list.count() > 0;
    constexpr std::chrono::milliseconds usual{50};  // ten times what an indexed search takes
    const auto part =
        std::max(limits_.list / std::int64_t(sharing_), std::min(usual, limits_.list));
    const auto longest = is_list ? part : limits_.statement;
    deadline_ = longest.count() > 0 ? std::chrono::steady_clock::now() + longest
                                    : std::chrono::steady_clock::time_point::max();
}

Rows SqliteConnection::run(std::string_view text, const std::vector<Value>& params, Limit limit) {
    constexpr std::size_t rows_of_a_page = 64;
    const auto& [statement, places] = prepared(text);
    const Reset reset{statement};
    bind(statement, places, params);
    set_deadline(limit);
    Rows out;
    const int columns = sqlite3_column_count(statement);
    for (int c = 0; c < columns; ++c) out.columns.emplace_back(sqlite3_column_name(statement, c));
    const auto width = std::size_t(columns);
    const auto before = sqlite3_total_changes64(handle_);
    while (true) {
        const int code = sqlite3_step(statement);
        if (code == SQLITE_DONE) break;
        if (code != SQLITE_ROW) fail(code, text);
        // Most results have one row; one with a second has a page of them.
        if (out.cells.size() <= width)
            out.cells.reserve(out.cells.empty() ? width : width * rows_of_a_page);
        for (int c = 0; c < columns; ++c) out.cells.push_back(column(statement, c));
    }
    // Without what triggers changed, as on PostgreSQL; a SELECT leaves the number of the last
    // change.
    if (sqlite3_total_changes64(handle_) != before) out.changed = sqlite3_changes64(handle_);
    out.last_id = sqlite3_last_insert_rowid(handle_);
    return out;
}

}  // namespace zoetrope::db

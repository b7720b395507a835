#include "platform/db/sqlite_wal.hpp"

#include <sqlite3.h>
#include <cstddef>
#include <new>
#include <string>

namespace zoetrope::db {

namespace {

constexpr const char* vfs_name = "zoetrope";
constexpr std::size_t collected_max = 0x1ffff;  // SQLite's own file takes no more at once

// SQLite allocates so many bytes and the file of its own VFS lies behind ours.
struct Log : sqlite3_file {
    std::string collected;
    sqlite3_int64 begin = 0;  // of what is collected, in the file

    sqlite3_file* own() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    const sqlite3_io_methods& does() { return *own()->pMethods; }

    // What could not be written is let go: SQLite is told, and takes its transaction back.
    int flush() {
        if (collected.empty()) return SQLITE_OK;
        const int code = does().xWrite(own(), collected.data(), int(collected.size()), begin);
        collected.clear();
        return code;
    }
    int write(const void* bytes, int count, sqlite3_int64 at) {
        const auto end = begin + sqlite3_int64(collected.size());
        const bool fits = collected.size() + std::size_t(count) <= collected_max;
        if (collected.empty() || at != end || !fits) {
            if (const int code = flush(); code != SQLITE_OK) return code;
            begin = at;
        }
        try {
            collected.append(static_cast<const char*>(bytes), std::size_t(count));
        } catch (const std::bad_alloc&) {
            collected.clear();
            return SQLITE_IOERR_NOMEM;
        }
        return SQLITE_OK;
    }
};

Log& log_of(sqlite3_file* file) { return *static_cast<Log*>(file); }

// Flushed, then as SQLite's own file does it.
template <auto Method, class... A>
int flushed(sqlite3_file* file, A... args) {
    Log& log = log_of(file);
    if (const int code = log.flush(); code != SQLITE_OK) return code;
    return (log.does().*Method)(log.own(), args...);
}
template <auto Method, class... A>
int passed_on(sqlite3_file* file, A... args) {
    Log& log = log_of(file);
    return (log.does().*Method)(log.own(), args...);
}

int close(sqlite3_file* file) {
    Log& log = log_of(file);
    const int code = log.does().xClose(log.own());
    log.~Log();  // what was committed is written
    return code;
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
    return log_of(file).write(bytes, count, at);
}

const sqlite3_io_methods log_methods{
    .iVersion = 1,
    .xClose = close,
    .xRead = flushed<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = write,
    .xTruncate = flushed<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    .xSync = flushed<&sqlite3_io_methods::xSync, int>,
    .xFileSize = flushed<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    .xLock = passed_on<&sqlite3_io_methods::xLock, int>,
    .xUnlock = passed_on<&sqlite3_io_methods::xUnlock, int>,
    .xCheckReservedLock = passed_on<&sqlite3_io_methods::xCheckReservedLock, int*>,
    .xFileControl = passed_on<&sqlite3_io_methods::xFileControl, int, void*>,
    .xSectorSize = passed_on<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = passed_on<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr
};

sqlite3_vfs* own_vfs() {
    static sqlite3_vfs* const own = sqlite3_vfs_find(nullptr);
    return own;
}

int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* given) {
    if (!(flags & SQLITE_OPEN_WAL)) return own_vfs()->xOpen(own_vfs(), name, file, flags, given);
    auto* const log = new (file) Log{};
    const int code = own_vfs()->xOpen(own_vfs(), name, log->own(), flags, given);
    if (code == SQLITE_OK) {
        log->pMethods = &log_methods;
    } else {
        log->~Log();
        file->pMethods = nullptr;  // then SQLite does not close it
    }
    return code;
}

}  // namespace

const char* collecting_vfs() {
    static const bool registered = [] {
        static sqlite3_vfs vfs = *own_vfs();
        vfs.zName = vfs_name;
        vfs.szOsFile += int(sizeof(Log));
        vfs.xOpen = open;
        return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
    }();
    return registered ? vfs_name : nullptr;
}

}  // namespace zoetrope::db

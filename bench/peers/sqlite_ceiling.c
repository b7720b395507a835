// sqlite_ceiling FILE SECONDS: what SQLite itself does on the same table, indexes and constraints:
// rows a second in groups of 64 with one commit (WAL, synchronous=FULL), and selects by id.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void check(sqlite3* db, int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "%s\n", sqlite3_errmsg(db));
    exit(1);
}

int main(int count, char** words) {
    if (count != 3) return 2;
    const double seconds = atof(words[2]);
    sqlite3* db;
    check(NULL, sqlite3_open(words[1], &db));
    check(db, sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON", 0, 0, 0));
    sqlite3_stmt *insert, *find;
    check(db, sqlite3_prepare_v2(db,
        "INSERT INTO todos (owner_id, title, description, priority, due_date, completed, created_at, version, "
        "folded_title, folded_description) VALUES (1, ?1, ?2, ?3, NULL, 0, ?4, 1, ?1, ?2)", -1, &insert, 0));
    check(db, sqlite3_prepare_v2(db,
        "SELECT id, title, description, priority, due_date, completed, created_at, version FROM todos "
        "WHERE owner_id = 1 AND id = ?1", -1, &find, 0));
    long rows = 0;
    double begun = now();
    while (now() - begun < seconds) {
        check(db, sqlite3_exec(db, "BEGIN IMMEDIATE", 0, 0, 0));
        for (int i = 0; i < 64; ++i, ++rows) {
            sqlite3_bind_text(insert, 1, "Buy milk and bread 123", -1, SQLITE_STATIC);
            sqlite3_bind_text(insert, 2, "From the shop at the corner, before it closes.", -1, SQLITE_STATIC);
            sqlite3_bind_int64(insert, 3, rows % 10);
            sqlite3_bind_int64(insert, 4, 1795000000000000 + rows);
            check(db, sqlite3_step(insert));
            sqlite3_reset(insert);
        }
        check(db, sqlite3_exec(db, "COMMIT", 0, 0, 0));
    }
    const double inserts = (double)rows / (now() - begun);
    long reads = 0, found = 0;
    begun = now();
    while (now() - begun < seconds) {
        for (int i = 0; i < 1000; ++i, ++reads) {
            sqlite3_bind_int64(find, 1, 1 + rand() % 100000);
            if (sqlite3_step(find) == SQLITE_ROW) {
                for (int c = 0; c < 8; ++c) found += sqlite3_column_bytes(find, c) > 0;
            }
            sqlite3_reset(find);
        }
    }
    printf("{\"create\": %.0f, \"read\": %.0f, \"seen\": %ld}\n", inserts, (double)reads / (now() - begun), found);
    sqlite3_finalize(insert);
    sqlite3_finalize(find);
    return sqlite3_close(db);
}

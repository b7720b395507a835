// queue_ceiling FILE SECONDS: what SQLite itself does on the table of tasks: inserts a second in groups of 64 with one commit,
// and tasks a second that are leased fifty at a time, each group a commit, and moved to the finished ones, another (WAL,
// synchronous=FULL).
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KEPT "id, queue, kind, args, priority, attempt, attempts_max, crashes, created_at, started_at"

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

static void run(sqlite3* db, const char* sql) { check(db, sqlite3_exec(db, sql, 0, 0, 0)); }

static sqlite3_stmt* prepare(sqlite3* db, const char* sql) {
    sqlite3_stmt* statement;
    check(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, 0));
    return statement;
}

int main(int count, char** words) {
    if (count != 3) return 2;
    const double seconds = atof(words[2]);
    sqlite3* db;
    check(NULL, sqlite3_open(words[1], &db));
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON");
    sqlite3_stmt* insert = prepare(db,
        "INSERT INTO tasks (queue, kind, args, state, attempt, attempts_max, priority, run_at, created_at, order_key) "
        "VALUES ('bench', 'bench.nothing', '{}', 'available', 0, 5, 0, ?1, ?1, 0)");
    long rows = 0;
    double begun = now();
    while (now() - begun < seconds) {
        run(db, "BEGIN IMMEDIATE");
        for (int i = 0; i < 64; ++i, ++rows) {
            sqlite3_bind_int64(insert, 1, 1795000000000000 + rows);
            check(db, sqlite3_step(insert));
            sqlite3_reset(insert);
        }
        run(db, "COMMIT");
    }
    const double inserts = (double)rows / (now() - begun);

    sqlite3_stmt* lease = prepare(db,
        "UPDATE tasks SET state = 'running', attempt = attempt + 1, node_id = 1, started_at = 1 WHERE id IN (SELECT id FROM tasks "
        "WHERE queue = 'bench' AND state = 'available' ORDER BY priority DESC, order_key, id LIMIT 50) RETURNING id");
    sqlite3_stmt* move = prepare(db,
        "INSERT INTO finished_tasks (" KEPT ", state, finished_at) SELECT " KEPT ", 'completed', 1 FROM tasks WHERE id = ?1");
    sqlite3_stmt* gone = prepare(db, "DELETE FROM tasks WHERE id = ?1");
    long done = 0, ids[50];
    begun = now();
    while (now() - begun < seconds) {
        int leased = 0;
        run(db, "BEGIN IMMEDIATE");
        while (sqlite3_step(lease) == SQLITE_ROW) ids[leased++] = (long)sqlite3_column_int64(lease, 0);
        sqlite3_reset(lease);
        run(db, "COMMIT");
        if (leased == 0) break;
        run(db, "BEGIN IMMEDIATE");
        for (int i = 0; i < leased; ++i, ++done) {
            sqlite3_stmt* each[] = {move, gone};
            for (int k = 0; k < 2; ++k) {
                sqlite3_bind_int64(each[k], 1, ids[i]);
                check(db, sqlite3_step(each[k]));
                sqlite3_reset(each[k]);
            }
        }
        run(db, "COMMIT");
    }
    printf("%.0f %.0f\n", inserts, (double)done / (now() - begun));
    sqlite3_finalize(insert);
    sqlite3_finalize(lease);
    sqlite3_finalize(move);
    sqlite3_finalize(gone);
    return sqlite3_close(db);
}

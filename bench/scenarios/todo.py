"""The todo API beside pgbench (on the same tables) and SQLite itself; 100,000 rows.

The server and its PostgreSQL share core 0, the load runs on core 1; pgbench likewise: PostgreSQL on core 0, pgbench on
core 1. fsync and synchronous_commit are on everywhere. Needs postgresql-15 and wrk.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request

from scenarios.tools import BIN, LOAD_CORE, ROOT, SERVER_CORE, need, on_core, wrk

ROWS = 100_000
MEASURED = {"create": 64, "read": 64, "list": 16, "bulk": 16}  # connections
FLOORS = {"postgres": {"create": 1.5, "read": 1.2, "list": 0.5, "bulk": 0.7}, "sqlite": {"create": 0.6, "read": 0.25}}

TODO_ROW = "(1, 'Buy milk and bread 123', 'From the shop at the corner, before it closes.', :p, NULL, false, extract(epoch from now()) * 1000000, 1, 'buy milk and bread 123', 'from the shop at the corner, before it closes.')"
COLUMNS = "(owner_id, title, description, priority, due_date, completed, created_at, version, folded_title, folded_description)"
READ = "id, title, description, priority, due_date, completed, created_at, version"
PGBENCH = {
    "create": f"\\set p random(0, 9)\nINSERT INTO todos {COLUMNS} VALUES {TODO_ROW};",
    "read": f"\\set id random(1, {ROWS})\nSELECT {READ} FROM todos WHERE owner_id = 1 AND id = :id;",
    "list": f"\\set p random(0, 9)\nSELECT {READ} FROM todos WHERE owner_id = 1 AND completed = false AND priority = :p ORDER BY created_at DESC, id DESC LIMIT 50;",
    "bulk": f"\\set p random(0, 9)\nINSERT INTO todos {COLUMNS} VALUES {', '.join([TODO_ROW] * 100)};",
}
FILL = f"""INSERT INTO todos {COLUMNS}
SELECT 1, 'Buy milk and bread ' || i, 'From the shop at the corner, before it closes.', i % 10, NULL, i % 3 = 0,
1790000000000000 + i * CAST(1000000 AS BIGINT), 1, 'buy milk and bread ' || i, 'from the shop at the corner, before it closes.'
FROM """


class Postgres:
    """A server of its own on core 0."""

    def __init__(self, folder):
        script = f"""
            source {ROOT}/scripts/common.sh; source {ROOT}/scripts/servers.sh
            postgres_prefix=(taskset -c {SERVER_CORE})
            start_postgres {folder}/postgres shared_buffers=512MB max_connections=300 max_wal_size=4GB checkpoint_timeout=30min jit=off autovacuum=off
            echo "$postgres_url"
        """
        self.folder = folder
        self.url = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True).stdout.split()[-1]

    def ask(self, sql):
        subprocess.run(["psql", "-qX", self.url, "-c", sql], check=True, stdout=subprocess.DEVNULL)

    def prepare(self):
        subprocess.run([BIN / "zoetrope", "migrate", "--database", self.url, "--data", self.folder / "data"], check=True, stdout=subprocess.DEVNULL)
        self.ask("TRUNCATE todos RESTART IDENTITY")
        self.ask(FILL + f"generate_series(1, {ROWS}) AS i")
        self.ask("VACUUM ANALYZE todos")
        self.ask("CHECKPOINT")

    def pgbench(self, what, seconds):
        script = self.folder / f"{what}.sql"
        script.write_text(PGBENCH[what] + "\n")
        command = ["pgbench", "-n", "-M", "prepared", "-c", MEASURED[what], "-j", 1, "-T", seconds, "-f", script, self.url]
        said = subprocess.run(on_core(LOAD_CORE, command), check=True, capture_output=True, text=True).stdout
        return float(said.split("tps = ")[1].split()[0])

    def stop(self):
        words = ["/usr/lib/postgresql/15/bin/pg_ctl", "-D", str(self.folder / "postgres/data"), "-m", "immediate", "stop"]
        subprocess.run(["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else words, stdout=subprocess.DEVNULL)


class Zoetrope:
    def __init__(self, folder, *options):
        command = [BIN / "zoetrope", "serve", "--listen", "127.0.0.1:18090", "--data", folder / "data", "--io-threads", 1, "--workers", "none", *options]
        self.process = subprocess.Popen(on_core(SERVER_CORE, command), stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]

    def rate(self, what, seconds):
        return wrk(self.url, MEASURED.get(what, 64), seconds, "todo.lua", what, 1, ROWS).rate

    def rss_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


def table(title, rows, floors):
    print(title)
    for what, (ours, ceiling) in rows.items():
        ratio = ours / ceiling
        verdict = "" if what not in floors else f"   floor {floors[what]}" + ("" if ratio >= floors[what] else "  MISSED")
        print(f"  {what:8}{ours:10.0f}{ceiling:12.0f}   {ratio:.2f} x{verdict}", flush=True)


def on_postgres(folder, options):
    postgres = Postgres(folder)
    try:
        found = {what: ([], []) for what in MEASURED}
        for _ in range(options.rounds):
            for what, (ours, ceiling) in found.items():
                postgres.prepare()
                server = Zoetrope(folder, "--database", postgres.url)
                ours.append(server.rate(what, options.seconds))
                memory = server.rss_mb()
                server.stop()
                postgres.prepare()
                ceiling.append(postgres.pgbench(what, options.seconds))
        rows = {what: tuple(map(statistics.median, pair)) for what, pair in found.items()}
        table(f"PostgreSQL: requests a second, pgbench's transactions, ratio (medians of {options.rounds}; bulk: 100 rows each)", rows, FLOORS["postgres"])
        print(f"  the server's memory: {memory:.0f} MB")
    finally:
        postgres.stop()


def on_sqlite(folder, options):
    found = {what: ([], []) for what in ("create", "read", "list", "bulk")}
    for _ in range(options.rounds):
        for place in ("ours", "theirs"):
            data = folder / place / "data"
            shutil.rmtree(data, ignore_errors=True)
            subprocess.run([BIN / "zoetrope", "migrate", "--data", data], check=True, stdout=subprocess.DEVNULL)
            numbers = f"(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i FROM n)"
            subprocess.run(["sqlite3", data / "zoetrope.sqlite", FILL + numbers], check=True)
            file = data / "zoetrope.sqlite"
            if place == "ours":
                server = Zoetrope(folder / place)
                for what, (ours, _) in found.items():
                    ours.append(server.rate(what, options.seconds))
                server.stop()
            else:
                done = subprocess.run(on_core(SERVER_CORE, [BIN / "sqlite_ceiling", file, options.seconds]), check=True, capture_output=True, text=True)
                ceiling = json.loads(done.stdout)
                for what in ("create", "read"):
                    found[what][1].append(ceiling[what])
    rows = {what: tuple(map(statistics.median, pair)) for what, pair in found.items() if pair[1]}
    table(f"SQLite: requests a second, a C program's rows in groups of 64 and selects, ratio (medians of {options.rounds})", rows, FLOORS["sqlite"])
    for what in ("list", "bulk"):
        print(f"  {what:8}{statistics.median(found[what][0]):10.0f}")


def run(options):
    need("wrk", "pgbench", "psql", "sqlite3", "taskset", package="wrk postgresql-15 sqlite3")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        on_postgres(folder, options)
        on_sqlite(folder, options)

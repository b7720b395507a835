"""The todo API beside pgbench and three other servers (on the same table) and SQLite itself; 100,000 rows.

The server and its PostgreSQL share core 0, the load runs on core 1; pgbench likewise: PostgreSQL on core 0, pgbench on
core 1. fsync and synchronous_commit are on everywhere. The other servers are in bench/peers; those whose packages are
missing are left out. Then 5,000 connections at once, and the old system's own tests. Needs postgresql-15, sqlite3, wrk.
A part of it alone: compare todo --only postgres | sqlite.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from peers import start as peers
from scenarios.tools import BIN, LOAD, LOAD_CORE, SERVER_CORE, Postgres, allow_open_files, need, on_core, wait_for, wrk

ROWS = 100_000
# Connections. A bulk is one statement: of the peers as their libraries' guides write it, a list of VALUES; and, for
# comparison, with one array for each column, as ours.
MEASURED = {"create": 64, "read": 64, "list": 16, "bulk": 16, "bulk, unnest": 16}
FLOORS = {  # ours over theirs
    "pgbench": {"create": 1.5, "read": 1.2, "list": 0.5, "bulk": 0.7},
    "Go, fasthttp, pgx": {"create": 2, "read": 2, "list": 1.4, "bulk": 1.4},
    "Fastify, postgres.js": {"create": 3.5, "read": 3.5},
    "FastAPI, SQLAlchemy": {"create": 7, "read": 7, "list": 7, "bulk": 7},
    "a C program": {"create": 0.6, "read": 0.25},
}
# Turns on SQLite for each round: the two programs run one after the other, and the machine's pace changes by half between.
SQLITE_TURNS = 3
CROWD, CROWD_SECONDS, CROWD_RSS_MIB = 5000, 30, 200
SEARCH_MS = 50
UNINDEXED = "SELECT count(*) FROM todos WHERE NOT is_indexed"

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


class TodoRows(Postgres):
    def prepare(self):
        self.migrate()
        self.ask("TRUNCATE todos RESTART IDENTITY")
        self.ask(FILL + f"generate_series(1, {ROWS}) AS i")
        self.ask("VACUUM ANALYZE todos")
        self.ask("CHECKPOINT")

    def pgbench(self, what, seconds):
        script = self.folder / "script.sql"
        script.write_text(PGBENCH[what] + "\n")
        command = ["pgbench", "-n", "-M", "prepared", "-c", MEASURED[what], "-j", 1, "-T", seconds, "-f", script, self.url]
        said = subprocess.run(on_core(LOAD_CORE, command), check=True, capture_output=True, text=True).stdout
        return float(said.split("tps = ")[1].split()[0])


class Server:
    """One at a time on core 0, asked by wrk from core 1. `with` stops it."""

    def __init__(self, folder, command, url, **environment):
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(on_core(SERVER_CORE, command), stdout=log, stderr=log, env={**os.environ, "ZOETROPE_SECRET_KEY": "5a" * 32, **environment})
        self.url = url
        wait_for(url + "/api/todo?limit=1", self.process)

    def rate(self, what, seconds):
        return wrk(self.url, MEASURED[what], seconds, "todo.lua", what.split(",")[0], 1, ROWS).rate

    def memory_mib(self, which="VmRSS"):  # VmHWM: the most it ever was
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(which + ":")[1].split()[0]) / 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def zoetrope(folder, *options):
    places = ["--listen", "127.0.0.1:18090", "--data", folder / "data"]
    # All clients are at one address, which otherwise gets half of the connections that there are files for.
    places += ["--connections-per-address", 16384]
    return Server(folder, [BIN / "zoetrope", "serve", *places, "--io-threads", 1, "--workers", "none", *options], "http://127.0.0.1:18090")


def peer(folder, command, database, what):
    bulk = "unnest" if what.endswith("unnest") else "values"
    return Server(folder, command, f"http://127.0.0.1:{peers.PORT}", DATABASE_URL=database, NODE_ENV="production", TODO_BULK=bulk)


def table(title, found):
    """Of found[what][name], a list of rates, the medians; ours is the first name."""
    print(title)
    for what, rates in found.items():
        medians = {name: statistics.median(each) for name, each in rates.items() if each}
        ours = next(iter(medians.values()))
        for name, rate in medians.items():
            line = f"  {what if rate is ours else '':14}{name:24}{rate:10.0f}"
            if rate is not ours:
                floor = FLOORS[name].get(what)
                line += f"{ours / rate:8.2f} x" + (f"   floor {floor}" + ("  MISSED" if ours / rate < floor else "") if floor else "")
            print(line, flush=True)


def searched(server, left_to_index):
    """One search after another in all rows, once they are indexed: for what all of them have, few, and none."""
    while left_to_index():
        time.sleep(1)
    for words in ("milk", "bread 7777", "bread and milk"):
        times = []
        for _ in range(20):
            began = time.perf_counter()
            urllib.request.urlopen(server.url + "/api/todo?q=" + urllib.parse.quote(words)).read()
            times.append((time.perf_counter() - began) * 1000)
        median = statistics.median(times)
        print(f"  a search for {words!r}: {median:.1f} ms, limit {SEARCH_MS}" + ("" if median <= SEARCH_MS else "  MISSED"), flush=True)


def crowded(server):
    """Many keep-alive connections, four reads to a create; then the old system's tests."""
    load = wrk(server.url, CROWD, CROWD_SECONDS, "todo.lua", "mix", 1, ROWS, errors_allowed=True)
    memory = server.memory_mib("VmHWM")
    print(f"{CROWD} connections, 80 % reads and 20 % creates for {CROWD_SECONDS} s")
    print(f"  {load.rate:.0f} requests a second, p99 {load.p99_ms():.0f} ms")
    print(f"  succeeded {load.success():.3f} %, all must" + ("" if load.success() == 100 else "  MISSED"))
    print(f"  the server's memory at its most: {memory:.0f} MiB, limit {CROWD_RSS_MIB}" + ("" if memory <= CROWD_RSS_MIB else "  MISSED"))
    subprocess.run(on_core(LOAD_CORE, [sys.executable, LOAD / "crowd.py", server.url]))


def on_postgres(folder, options):
    others = peers.commands(peers.TODO)
    postgres = TodoRows(folder)
    try:
        found = {what: {name: [] for name in ("zoetrope", *(["pgbench"] if what in PGBENCH else []), *others)} for what in MEASURED}
        for _ in range(options.rounds):
            for what, rates in found.items():
                for name in rates:
                    postgres.prepare()
                    if name == "pgbench":
                        rates[name].append(postgres.pgbench(what, options.seconds))
                    elif name in others:
                        with peer(folder, others[name], postgres.url, what) as server:
                            rates[name].append(server.rate(what, options.seconds))
                    else:
                        with zoetrope(folder, "--database", postgres.url) as server:
                            rates[name].append(server.rate(what, options.seconds))
                            memory = server.memory_mib()
        table(f"PostgreSQL: requests a second (bulk: of 100 rows), ours over theirs; medians of {options.rounds}", found)
        print(f"  the server's memory: {memory:.0f} MiB")
        postgres.prepare()
        with zoetrope(folder, "--database", postgres.url) as server:
            searched(server, lambda: int(postgres.ask(UNINDEXED)))
            crowded(server)
    finally:
        postgres.stop()


def filled_sqlite(folder):
    """A data folder to copy, whose rows are indexed for the search."""
    data = folder / "filled" / "data"
    subprocess.run([BIN / "zoetrope", "migrate", "--data", data], check=True, stdout=subprocess.DEVNULL)
    numbers = f"(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i FROM n)"
    file = data / "zoetrope.sqlite"
    subprocess.run(["sqlite3", file, FILL + numbers], check=True)
    with zoetrope(folder / "filled") as server:
        searched(server, lambda: int(subprocess.run(["sqlite3", "-readonly", file, UNINDEXED], check=True, capture_output=True, text=True).stdout))
    return data


def on_sqlite(folder, options):
    found = {what: {"zoetrope": [], "a C program": []} for what in PGBENCH}
    turns = SQLITE_TURNS * options.rounds
    filled = filled_sqlite(folder)
    for _ in range(turns):
        for place in ("ours", "theirs"):
            data = folder / place / "data"
            shutil.rmtree(data, ignore_errors=True)
            shutil.copytree(filled, data)
            if place == "ours":
                with zoetrope(folder / place) as server:
                    for what, rates in found.items():
                        rates["zoetrope"].append(server.rate(what, options.seconds))
            else:
                command = [BIN / "sqlite_ceiling", data / "zoetrope.sqlite", options.seconds]
                done = subprocess.run(on_core(SERVER_CORE, command), check=True, capture_output=True, text=True)
                ceiling = json.loads(done.stdout)
                for what in ("create", "read"):
                    found[what]["a C program"].append(ceiling[what])
    table(f"SQLite: requests a second (C: rows in groups of 64), ours over theirs; medians of {turns}", found)
    with zoetrope(folder / "ours") as server:
        crowded(server)


def run(options):
    need("wrk", "pgbench", "psql", "sqlite3", "taskset", package="wrk postgresql-15 sqlite3")
    if allow_open_files() < CROWD + 100:
        sys.exit(f"{CROWD} connections need more open files than this system allows: raise ulimit -Hn")
    parts = options.only.split(",") if options.only else ["postgres", "sqlite"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        if "postgres" in parts:
            on_postgres(folder, options)
        if "sqlite" in parts:
            on_sqlite(folder, options)

"""The queue: each figure beside what the database itself, or another queue, does in the same run.

A part of it alone: compare queue --only work | insert | sqlite | latency | memory | rows | peers.
"""
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

from peers import queues as peers
from scenarios.tools import BIN, LOAD_CORE, SERVER_CORE, Postgres, need, on_core

TASKS = 100_000
SLOTS = 32
LEASED = 50
INSERTING, BULK_CLIENTS, BULK_ROWS, SQLITE_CALLERS = 16, 4, 1000, 64
KEPT = "id, queue, kind, args, priority, attempt, attempts_max, crashes, created_at, started_at"
LEASE = f"""WITH leased AS (UPDATE tasks SET state = 'running', attempt = attempt + 1, node_id = 1, started_at = 0
WHERE id = ANY(ARRAY(SELECT id FROM tasks WHERE queue = 'bench' AND state = 'available' ORDER BY priority DESC, order_key, id LIMIT {LEASED}
FOR UPDATE SKIP LOCKED)) RETURNING id) SELECT coalesce(array_agg(id), '{{}}') AS ids FROM leased \\gset
WITH gone AS (DELETE FROM tasks WHERE id = ANY(:ids::bigint[]) AND state = 'running' RETURNING *)
INSERT INTO finished_tasks ({KEPT}, state, finished_at) SELECT {KEPT}, 'completed', 0 FROM gone;
"""
INTO = "INSERT INTO tasks (queue, kind, args, state, attempt, attempts_max, priority, run_at, created_at, order_key) "
ROW = "('bench', 'bench.nothing', '{}', 'available', 0, 5, 0, 0, 0, 0)"


class TaskRows(Postgres):
    def empty(self):
        self.ask("TRUNCATE tasks, finished_tasks RESTART IDENTITY")

    def fill(self, count=TASKS, kind="bench.nothing", queue="bench"):
        self.ask(f"{INTO} SELECT '{queue}', '{kind}', '{{}}', 'available', 0, 5, 0, 0, 0, 0 FROM generate_series(1, {count})")
        self.ask("VACUUM ANALYZE tasks, finished_tasks")
        self.ask("CHECKPOINT")

    def pgbench(self, script, clients, *words):
        file = self.folder / "script.sql"
        file.write_text(script)
        command = ["pgbench", "-n", "-M", "prepared", "-c", clients, "-j", 1, *words, "-f", file, self.url]
        said = subprocess.run(on_core(LOAD_CORE, command), check=True, capture_output=True, text=True).stdout
        return float(said.split("tps = ")[1].split()[0])

    def leased(self):
        return self.pgbench(LEASE, 4, "-t", TASKS // LEASED // 4) * LEASED

    def worked(self):
        before = int(self.ask("SELECT count(*) FROM finished_tasks"))
        rate = ours(LOAD_CORE, "work", self.url, SLOTS, TASKS)
        done = int(self.ask("SELECT count(*) FROM finished_tasks WHERE state = 'completed'")) - before
        assert done == TASKS, f"{done} of {TASKS} are done"
        return rate


def ours(core, mode, database, *words):
    command = on_core(core, [BIN / "bench_queue", mode, database, *words])
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def medians(rounds, *measures):
    """Of each; they take turns, so that the machine is the same for all."""
    rates = [[] for _ in measures]
    for _ in range(rounds):
        for rate, measure in zip(rates, measures):
            rate.append(measure())
    return [statistics.median(rate) for rate in rates]


def say(what, rate, beside, ceiling, floor):
    ratio = rate / ceiling
    print(f"{what}: {rate:,.0f} /s   {beside}: {ceiling:,.0f} /s   ratio {ratio:.2f}   floor {floor}"
          f"{'  MISSED' if ratio < floor else ''}", flush=True)


def work(rows, options):
    def again(measure):
        rows.empty()
        rows.fill()
        return measure()

    rates = medians(options.rounds, lambda: again(rows.worked), lambda: again(rows.leased))
    say(f"tasks that do nothing, PostgreSQL, {SLOTS} slots", rates[0], f"pgbench, {LEASED} at a time", rates[1], 0.5)
    return rates[0]


def insert(rows, options):
    def again(measure):
        rows.empty()
        rows.ask("CHECKPOINT")
        return measure()

    one = f"{INTO} VALUES {ROW} RETURNING id;\n"
    many = f"{INTO} VALUES {', '.join([ROW] * BULK_ROWS)} RETURNING id;\n"
    seconds = options.seconds
    single, pgbench = medians(
        options.rounds,
        lambda: again(lambda: ours(LOAD_CORE, "enqueue", rows.url, INSERTING, seconds)),
        lambda: again(lambda: rows.pgbench(one, INSERTING, "-T", seconds)),
    )
    say(f"inserts of one, PostgreSQL, {INSERTING} callers", single, "pgbench", pgbench, 0.9)
    bulk, pgbench = medians(
        options.rounds,
        lambda: again(lambda: ours(LOAD_CORE, "bulk", rows.url, BULK_CLIENTS, seconds, BULK_ROWS)),
        lambda: again(lambda: rows.pgbench(many, BULK_CLIENTS, "-T", seconds) * BULK_ROWS),
    )
    say(f"inserts of {BULK_ROWS}, PostgreSQL, {BULK_CLIENTS} callers, rows", bulk, "pgbench", pgbench, 0.5)


def new_sqlite(folder):
    for file in folder.glob("sqlite/*"):
        file.unlink()
    subprocess.run([BIN / "zoetrope", "migrate", "--data", folder / "sqlite"], check=True, stdout=subprocess.DEVNULL)
    return folder / "sqlite/zoetrope.sqlite"


def sqlite(folder, options):
    seconds = options.seconds

    def inserted():
        return ours(SERVER_CORE, "enqueue", new_sqlite(folder), SQLITE_CALLERS, seconds)

    def worked():
        file = new_sqlite(folder)
        subprocess.run([BIN / "bench_queue", "bulk", file, "1", "1", str(TASKS)], check=True, stdout=subprocess.DEVNULL)
        return ours(SERVER_CORE, "work", file, SLOTS, TASKS)

    ceilings = [[], []]
    rates = [[], []]
    for _ in range(options.rounds):
        command = on_core(SERVER_CORE, [BIN / "queue_ceiling", new_sqlite(folder), seconds])
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        for ceiling, rate, number, measure in zip(ceilings, rates, said, (inserted, worked)):
            ceiling.append(float(number))
            rate.append(measure())
    say(f"inserts of one, SQLite, {SQLITE_CALLERS} callers", statistics.median(rates[0]), "a C program, 64 a commit", statistics.median(ceilings[0]), 0.7)
    say(f"tasks that do nothing, SQLite, {SLOTS} slots", statistics.median(rates[1]), f"a C program, {LEASED} at a time", statistics.median(ceilings[1]), 0.6)


def probe_ms(folder, count=500):
    """The p99 of writing 4 KiB and having it on the disk."""
    took = []
    with open(folder / "probe", "wb", buffering=0) as file:
        for _ in range(count):
            began = time.perf_counter()
            file.write(b"\1" * 4096)
            os.fdatasync(file.fileno())
            took.append(1000 * (time.perf_counter() - began))
    return sorted(took)[count * 99 // 100]


def latency(rows, folder, options):
    rows.empty()
    for name, database, p50_max, p99_max in (("SQLite", new_sqlite(folder), 1, 5), ("PostgreSQL", rows.url, 3, 8)):
        probe = probe_ms(folder)
        words = [BIN / "bench_queue", "latency", database, "50", str(5 * options.seconds)]
        p50, p99 = map(float, subprocess.run(words, check=True, capture_output=True, text=True).stdout.split())
        missed = p50 > p50_max or p99 > max(p99_max, 4 * probe)
        print(f"from commit to start at 50/s, {name}: p50 {p50:.2f} ms (at most {p50_max}), p99 {p99:.2f} ms (at most {p99_max}, or 4 x "
              f"the p99 of an fdatasync, {probe:.2f} ms){'  MISSED' if missed else ''}", flush=True)


def memory_of(process):
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return [int(line.split()[1]) / 1024 for name in ("RssAnon", "VmRSS") for line in lines if line.startswith(name)]


def memory(rows, folder, tasks=1_000_000):
    """A real worker with nothing to do, and after a million tasks of a kind that it knows, whose generations are gone."""
    rows.empty()
    environment = {**os.environ, "ZOETROPE_SECRET_KEY": "5a" * 32}
    worker = subprocess.Popen(
        [BIN / "zoetrope", "worker", "--database", rows.url, "--data", folder / "worker", "--log-level", "error", "--queues", "maintenance=64"], env=environment,
    )
    try:
        time.sleep(5)
        before = memory_of(worker)
        rows.fill(tasks, "generation.run", "maintenance")
        while int(rows.ask("SELECT count(*) FROM (SELECT 1 FROM tasks LIMIT 1) AS any_left")) > 0:
            time.sleep(1)
        time.sleep(5)
        after = memory_of(worker)
    finally:
        worker.terminate()
        worker.wait()
    missed = max(before[0], after[0]) > 15
    print(f"an idle worker: RssAnon {before[0]:.1f} MiB, VmRSS {before[1]:.1f}; after {tasks:,} tasks: RssAnon {after[0]:.1f}, VmRSS "
          f"{after[1]:.1f}   floor: RssAnon 15{'  MISSED' if missed else ''}", flush=True)


def finished_rows(rows, options, count=10_000_000):
    rates = {}
    for finished in (0, count):
        rows.empty()
        if finished:
            rows.ask(f"INSERT INTO finished_tasks (queue, kind, args, state, priority, attempt, attempts_max, crashes, created_at, finished_at) "
                     f"SELECT 'bench', 'bench.nothing', '{{}}', 'completed', 0, 1, 5, 0, 0, 0 FROM generate_series(1, {finished})")
            rows.ask("SELECT setval(pg_get_serial_sequence('tasks', 'id'), (SELECT max(id) FROM finished_tasks))")
        rates[finished] = statistics.median(one_more(rows) for _ in range(options.rounds))
    say(f"tasks that do nothing beside {count:,} finished ones", rates[count], "beside none", rates[0], 0.8)


def one_more(rows):
    rows.fill()
    return rows.worked()


def run(options):
    need("pgbench", "psql", "taskset", package="postgresql-15")
    parts = options.only.split(",") if options.only else ["work", "insert", "sqlite", "latency", "memory", "rows", "peers"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        rows = TaskRows(folder)
        try:
            rows.migrate()
            rate = work(rows, options) if {"work", "peers"} & set(parts) else None
            if "insert" in parts:
                insert(rows, options)
            if "sqlite" in parts:
                sqlite(folder, options)
            if "latency" in parts:
                latency(rows, folder, options)
            if "memory" in parts:
                memory(rows, folder)
            if "rows" in parts:
                finished_rows(rows, options)
            if "peers" in parts:
                for peer, theirs in peers.rates(rows, folder, SLOTS, options.rounds):
                    say(f"tasks that do nothing, {SLOTS} slots", rate, peer, theirs, 1)
        finally:
            rows.stop()

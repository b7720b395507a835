"""The queue: a worker that does nothing beside a pgbench script that leases fifty and brings them to the same end."""
import statistics
import subprocess
import tempfile
import pathlib

from scenarios.tools import BIN, LOAD_CORE, Postgres, need, on_core

TASKS = 100_000
SLOTS = 32
LEASED = 50
FLOOR = 0.5
KEPT = "id, queue, kind, args, priority, attempt, attempts_max, crashes, created_at, started_at"
LEASE = f"""WITH leased AS (UPDATE tasks SET state = 'running', attempt = attempt + 1, node_id = 1, started_at = 0
WHERE id = ANY(ARRAY(SELECT id FROM tasks WHERE queue = 'bench' AND state = 'available' ORDER BY priority DESC, order_key, id LIMIT {LEASED}
FOR UPDATE SKIP LOCKED)) RETURNING id) SELECT coalesce(array_agg(id), '{{}}') AS ids FROM leased \\gset
WITH gone AS (DELETE FROM tasks WHERE id = ANY(:ids::bigint[]) AND state = 'running' RETURNING *)
INSERT INTO finished_tasks ({KEPT}, state, finished_at) SELECT {KEPT}, 'completed', 0 FROM gone;
"""


class TaskRows(Postgres):
    def fill(self):
        self.ask("TRUNCATE tasks, finished_tasks RESTART IDENTITY")
        self.ask("INSERT INTO tasks (queue, kind, args, state, attempt, attempts_max, run_at, created_at) "
                 f"SELECT 'bench', 'bench.nothing', '{{}}', 'available', 0, 5, 0, 0 FROM generate_series(1, {TASKS})")
        self.ask("VACUUM ANALYZE tasks, finished_tasks")
        self.ask("CHECKPOINT")

    def pgbench(self):
        script = self.folder / "lease.sql"
        script.write_text(LEASE)
        turns = TASKS // LEASED // 4
        words = ["pgbench", "-n", "-M", "prepared", "-c", 4, "-j", 1, "-t", turns, "-f", script, self.url]
        said = subprocess.run(on_core(LOAD_CORE, words), check=True, capture_output=True, text=True).stdout
        return float(said.split("tps = ")[1].split()[0]) * LEASED

    def ours(self):
        words = [BIN / "bench_queue", self.url, SLOTS, TASKS]
        rate = float(subprocess.run(on_core(LOAD_CORE, words), check=True, capture_output=True, text=True).stdout)
        done = int(self.ask("SELECT count(*) FROM finished_tasks WHERE state = 'completed'"))
        assert done == TASKS, f"{done} of {TASKS} are done"
        return rate


def run(options):
    need("pgbench", "psql", "taskset", package="postgresql-15")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        rows = TaskRows(folder)
        try:
            rows.migrate()
            rates = {"ours": [], "pgbench": []}
            for _ in range(options.rounds):
                for who in rates:
                    rows.fill()
                    rates[who].append(getattr(rows, who)())
        finally:
            rows.stop()
        ours, theirs = (statistics.median(each) for each in rates.values())
        ratio = ours / theirs
        print(f"tasks that do nothing, PostgreSQL, {SLOTS} slots: {ours:.0f} /s   pgbench, {LEASED} at a time: {theirs:.0f} /s   "
              f"ratio {ratio:.2f}   floor {FLOOR}{'  MISSED' if ratio < FLOOR else ''}")

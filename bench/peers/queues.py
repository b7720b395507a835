"""Other queues, each in one process on the load's core with its store on the other: tasks that do nothing, a second."""
import os
import statistics
import subprocess
import sys

from peers.start import HERE, Missing, fetched
from scenarios.tools import LOAD_CORE, SERVER_CORE, on_core

REDIS_PORT = 18093
FETCHED = 2000  # what pg-boss is quickest with; a crash leaves them all for its time-out
TASKS = {"graphile-worker": 30_000, "pg-boss": 20_000, f"pg-boss that holds {FETCHED:,}": 50_000, "BullMQ": 50_000, "Celery": 10_000}


def redis(folder):
    words = ["redis-server", "--port", REDIS_PORT, "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes"]
    process = subprocess.Popen(on_core(SERVER_CORE, words), stdout=subprocess.DEVNULL)
    for _ in range(100):
        if subprocess.run(["redis-cli", "-p", str(REDIS_PORT), "ping"], capture_output=True).stdout == b"PONG\n":
            return process
    process.kill()
    sys.exit("redis-server did not come up")


def commands(rows, slots):
    """{name: words}, without the number of tasks; those that are absent say what to install."""
    url, out = f"redis://127.0.0.1:{REDIS_PORT}/0", {}
    try:
        node, home = fetched("queue_npm")
        out["graphile-worker"] = lambda tasks: [node, home / "graphile_worker.js", rows.url, tasks, slots]
        for name, held in (("pg-boss", 2 * slots), (f"pg-boss that holds {FETCHED:,}", FETCHED)):
            out[name] = lambda tasks, held=held: [node, home / "pg_boss.js", rows.url, tasks, held]
        out["BullMQ"] = lambda tasks: [node, home / "bullmq.js", url, tasks, slots]
    except Missing as missing:
        print(f"graphile-worker, pg-boss, BullMQ: not measured ({missing})")
    if subprocess.run(["/usr/bin/python3", "-c", "import celery, redis"], capture_output=True).returncode == 0:
        out["Celery"] = lambda tasks: ["/usr/bin/python3", "-B", HERE / "celery_app.py", url, tasks, slots]
    else:
        print("Celery: not measured (apt-get install python3-celery python3-redis)")
    return out


def rates(rows, folder, slots, rounds):
    store = redis(folder)
    try:
        for name, command in commands(rows, slots).items():
            rate = []
            for _ in range(rounds):
                words = on_core(LOAD_CORE, command(TASKS[name]))
                said = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "NODE_ENV": "production"})
                rate.append(float(said.stdout.split()[-1]))
            yield name, statistics.median(rate)
    finally:
        store.terminate()
        store.wait()

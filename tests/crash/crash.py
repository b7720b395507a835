#!/usr/bin/env python3
"""crash.py [sqlite|postgres ...] [--seed N] [--seeds N]: kills what works, and counts what became of the work.

2,000 tasks of 20 ms, of which one in ten has an effect that must never begin twice. On PostgreSQL a worker is killed five times
at random moments, then the database, then the process that inserts; on SQLite one process does all of it and is killed seven
times. Whatever was known to be inserted must come to its end within five seconds and the work that was left, its effect must
have been had once, and one of those that must never begin twice may be of unknown outcome for each slot of a killed process.
"""
import argparse
import collections
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/dev/bin/crash_tasks"
ZOETROPE = ROOT / "build/dev/bin/zoetrope"
POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")
TASKS, SLOTS, TASK_S = 2000, 8, 0.02
PATIENCE_S = 60  # until anything begins
SETTLED_S = 5  # after the last kill, and the work that was left
EFFECTS = "CREATE TABLE crash_effects (number BIGINT NOT NULL, attempt BIGINT NOT NULL)"
NEXT_FEED = 100_000  # the numbers of one process that inserts


def wait_for(look, what, patience_s=PATIENCE_S):
    deadline = time.monotonic() + patience_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {patience_s:.1f} s")
        threading.Event().wait(0.02)
    return found


class Sqlite:
    name, kills = "SQLite", 7

    def __init__(self, folder):
        self.address = str(folder / "zoetrope.sqlite")
        subprocess.run([ZOETROPE, "migrate", "--data", folder], check=True, stdout=subprocess.DEVNULL)
        self.ask(EFFECTS)

    def ask(self, sql):
        with sqlite3.connect(self.address, timeout=PATIENCE_S) as file:
            rows = file.execute(sql).fetchall()
        file.close()
        return rows

    def stop(self):
        pass


class PostgreSql:
    name, kills = "PostgreSQL", 5

    def __init__(self, folder):
        self.data = folder / "postgres"
        self.data.mkdir()
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            shutil.chown(self.data, self.user)
            folder.chmod(0o755)
        self.call(POSTGRES / "initdb", "-D", self.data / "data", "-U", "zoetrope", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"postgres://zoetrope@127.0.0.1:{self.port}/postgres"
        self.start()
        subprocess.run([ZOETROPE, "migrate", "--database", self.address, "--data", folder], check=True, stdout=subprocess.DEVNULL)
        self.ask(EFFECTS)

    def call(self, *command):
        subprocess.run(list(map(str, command)), check=True, user=self.user, group=pwd.getpwnam(self.user).pw_gid if self.user else None,
                       extra_groups=[] if self.user else None, cwd=self.data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self):
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.data}"
        self.call(POSTGRES / "pg_ctl", "-D", self.data / "data", "-l", self.data / "log", "-w", "-o", options, "start")

    def kill(self):
        """The postmaster and all that it started, so that another can take its place."""
        postmaster = int((self.data / "data/postmaster.pid").read_text().split("\n")[0])
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(postmaster)], capture_output=True, text=True).stdout.split()
        for pid in (postmaster, *map(int, children)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_for(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in (postmaster, *children)), "the end of PostgreSQL")

    def ask(self, sql):
        done = subprocess.run(["psql", "-qtAX", self.address, "-c", sql], check=True, capture_output=True, text=True)
        return [tuple(line.split("|")) for line in done.stdout.splitlines()]

    def stop(self):
        self.call(POSTGRES / "pg_ctl", "-D", self.data / "data", "-m", "immediate", "stop")


class Process:
    def __init__(self, run, role, count=0, first=0):
        command = [PROGRAM, run.database.address, run.record, role, str(count), str(first)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.said = []
        threading.Thread(target=lambda: self.said.extend(self.process.stdout), daemon=True).start()
        run.processes.append(self)
        wait_for(lambda: "ready\n" in self.said, f"the start of {role}")

    def has_fed(self):
        return "fed\n" in self.said

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(PATIENCE_S)
        assert code == 0, f"it ended with {code}"


class Run:
    def __init__(self, database, folder, seed):
        self.database, self.random = database, random.Random(seed)
        self.processes = []
        self.record = folder / "record"
        self.record.touch()
        self.deaths = 0  # of processes that run tasks

    def recorded(self, word):
        return [int(line.split()[1]) for line in self.record.read_text().splitlines() if line.startswith(word + " ")]

    def left(self):
        return int(self.database.ask("SELECT count(*) FROM tasks")[0][0])

    def wait_some(self, from_s, to_s):
        threading.Event().wait(self.random.uniform(from_s, to_s))

    def feed_again(self, feeds):
        """What is still to be inserted, by a new process."""
        known = len(self.recorded("fed"))
        return max(0, TASKS - known), feeds * NEXT_FEED

    def on_sqlite(self):
        process = Process(self, "both", TASKS, 0)
        for death in range(1, self.database.kills + 1):
            self.wait_some(0.2, 1.2)
            process.kill()
            self.deaths += 1
            process = Process(self, "both", *self.feed_again(death))
        return [process]

    def on_postgres(self):
        feed, worker = Process(self, "feed", TASKS, 0), Process(self, "work")
        other = Process(self, "work")  # that lives, and takes over
        for _ in range(self.database.kills):
            self.wait_some(0.2, 1.2)
            worker.kill()
            self.deaths += 1
            worker = Process(self, "work")
        self.wait_some(0.1, 0.5)
        self.database.kill()
        self.wait_some(0.1, 0.5)
        self.database.start()
        self.wait_some(0.1, 0.5)
        feed.kill()
        feed = Process(self, "feed", *self.feed_again(1))
        return [feed, worker, other]

    def check(self):
        processes = self.on_sqlite() if isinstance(self.database, Sqlite) else self.on_postgres()
        ended = time.monotonic()
        wait_for(processes[0].has_fed, "the insert of all tasks")
        left = self.left()
        # Twice: the work of one slot is not 20 ms alone where two cores do everything.
        allowed_s = SETTLED_S + 2 * left * TASK_S / SLOTS
        wait_for(lambda: self.left() == 0, f"the end of the last of {left}", allowed_s)
        took_s = time.monotonic() - ended
        for process in processes:
            process.stop()
        self.judge()
        print(f"{self.database.name}: {len(self.recorded('fed'))} tasks, {self.deaths} deaths; over {took_s:.1f} s after the last of them; "
              f"{self.unknown} of unknown outcome, {self.again} attempts repeated", flush=True)

    def judge(self):
        fed = set(self.recorded("fed"))
        assert len(fed) >= TASKS, f"{len(fed)} were inserted"
        ended = {int(args): state for args, state in self.database.ask("SELECT args, state FROM finished_tasks WHERE kind LIKE 'crash.%'")}
        lost = [number for number in fed if number not in ended]
        assert not lost, f"lost: {lost}"
        effects = collections.Counter(int(number) for number, in self.database.ask("SELECT number FROM crash_effects"))
        begun = collections.Counter(self.recorded("once"))
        repeatable, once = [n for n in fed if n % 10], [n for n in fed if n % 10 == 0]
        wrong = [n for n in repeatable if (ended[n], effects[n]) != ("completed", 1)]
        assert not wrong, f"not done once: {[(n, ended[n], effects[n]) for n in wrong]}"
        assert max(effects.values()) == 1, f"effects had twice: {[n for n, count in effects.items() if count > 1]}"
        twice = [number for number, count in begun.items() if count > 1]
        assert not twice, f"begun twice: {twice}"
        assert {ended[n] for n in once} <= {"completed", "unknown"}, collections.Counter(ended[n] for n in once)
        undone = [n for n in once if ended[n] == "completed" and begun[n] != 1]
        assert not undone, f"said to be done and never begun: {undone}"
        self.unknown = sum(ended[n] == "unknown" for n in once)
        assert self.unknown <= (self.deaths + 2) * SLOTS, f"{self.unknown} of unknown outcome"
        self.again = len(self.recorded("began")) - len(set(self.recorded("began")))


def once(kind, seed):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="zoetrope-crash-"))
    try:
        database = kind(folder)
        try:
            run = Run(database, folder, seed)
            try:
                run.check()
            finally:
                for process in run.processes:
                    process.kill()
        finally:
            database.stop()
        return True
    except Exception as error:
        print(f"{kind.name}, seed {seed}: {error}", file=sys.stderr)
        return False
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    kinds = {"sqlite": Sqlite, "postgres": PostgreSql}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("databases", nargs="*", metavar="sqlite|postgres", help="both unless one is named")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--seeds", type=int, default=1, help="as many runs, each with a seed of its own")
    options = parser.parse_args()
    if unknown := set(options.databases) - set(kinds):
        parser.error(f"there is no {unknown.pop()}; there are sqlite and postgres")
    print(f"seeds from {options.seed}", flush=True)
    done = [once(kinds[name], seed) for seed in range(options.seed, options.seed + options.seeds) for name in options.databases or kinds]
    print(f"{done.count(True)} passed, {done.count(False)} failed")
    sys.exit(0 if all(done) else 1)


main()

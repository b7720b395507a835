"""What the scenarios share: where things are, and wrk."""
import dataclasses
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOAD = ROOT / "bench/load"
BIN = ROOT / "build/bench/bin"
SERVER_CORE, LOAD_CORE = "0", "1"


def need(*tools, package):
    for tool in tools:
        if not shutil.which(tool):
            sys.exit(f"this comparison needs {tool}: apt-get install {package}")


def build():
    for words in (["--preset", "bench"], ["--build", "--preset", "bench"]):
        subprocess.run(["cmake", *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def on_core(core, command):
    return ["taskset", "-c", core, *map(str, command)]


def allow_open_files():
    """As many as the system lets us have, for us and what we start."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def wait_for(url, process):
    """`url`: or a request, with headers."""
    why = "did not come up"
    for _ in range(400):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url).read()
            return
        except urllib.error.HTTPError as refused:
            why = f"answered {refused.code}"
            break
        except OSError:
            time.sleep(0.05)
    process.kill()
    sys.exit(f"{url} {why}: {' '.join(process.args)}")


@dataclasses.dataclass
class Load:
    rate: float  # requests a second
    said: str

    def number(self, pattern):
        found = re.search(pattern, self.said)
        return int(found[1]) if found else 0

    def success(self):
        """Percent of the requests. A refusal, a broken connection and 2 s without an answer count against it."""
        asked, refused = self.number(r"(\d+) requests in"), self.number(r"Non-2xx or 3xx responses: (\d+)")
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", self.said)
        broken = sum(map(int, errors.groups())) if errors else 0
        return 100 * (asked - refused) / max(asked + broken, 1)

    def p99_ms(self):
        value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", self.said).groups()
        return float(value) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


def wrk(url, connections, seconds, script=None, *words, errors_allowed=False):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    if script:
        command += ["-s", LOAD / script]
    command += [url, *(["--", *words] if words else [])]
    done = subprocess.run(on_core(LOAD_CORE, command), check=True, capture_output=True, text=True)
    if "Non-2xx" in done.stdout and not errors_allowed:
        sys.exit(f"{url} answered errors:\n{done.stdout}")
    return Load(float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1]), done.stdout)


class Postgres:
    """A server of its own on core 0, migrated."""

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
        return subprocess.run(["psql", "-qXAt", self.url, "-c", sql], check=True, stdout=subprocess.PIPE, text=True).stdout

    def migrate(self):
        subprocess.run([BIN / "zoetrope", "migrate", "--database", self.url, "--data", self.folder / "data"], check=True, stdout=subprocess.DEVNULL)

    def stop(self):
        words = ["/usr/lib/postgresql/15/bin/pg_ctl", "-D", str(self.folder / "postgres/data"), "-m", "immediate", "stop"]
        subprocess.run(["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else words, stdout=subprocess.DEVNULL)

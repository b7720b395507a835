"""What the scenarios share: where things are, and wrk."""
import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys

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


@dataclasses.dataclass
class Load:
    rate: float  # requests a second
    said: str


def wrk(url, connections, seconds, script=None, *words):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    if script:
        command += ["-s", LOAD / script]
    done = subprocess.run(on_core(LOAD_CORE, [*command, url, *(["--", *words] if words else [])]), check=True, capture_output=True, text=True)
    if "Non-2xx" in done.stdout:
        sys.exit(f"{url} answered errors:\n{done.stdout}")
    return Load(float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1]), done.stdout)

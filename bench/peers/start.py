"""The todo API and /auth/me as others would write them, on the tables that zoetrope migrate made: what bench/compare is
measured beside.

Each returns the command that serves it at PORT, or raises Missing with what to install. What is built or fetched for them lies
in .cache/peers.
"""
import filecmp
import os
import shutil
import subprocess

from scenarios.tools import ROOT

PORT = 18091
HERE = ROOT / "bench/peers"
CACHE = ROOT / ".cache/peers"
GO_PACKAGES = {"jackc/pgx/v4": "golang-github-jackc-pgx-v4-dev", "valyala/fasthttp": "golang-github-valyala-fasthttp-dev"}
PYTHON_PACKAGES = ("fastapi", "uvicorn", "sqlalchemy", "asyncpg", "uvloop", "httptools")


class Missing(Exception):
    pass


def go():
    gopath, program = "/usr/share/gocode", CACHE / "todo_go"
    absent = [package for path, package in GO_PACKAGES.items() if not os.path.isdir(f"{gopath}/src/github.com/{path}")]
    if absent or not shutil.which("go"):
        raise Missing("apt-get install golang-go " + " ".join(GO_PACKAGES.values()))
    only_debian = {"GOPATH": gopath, "GO111MODULE": "off", "GOPROXY": "off", "GOFLAGS": "", "GOCACHE": str(CACHE / "go-build")}
    subprocess.run(["go", "build", "-o", program, HERE / "go/main.go"], env={**os.environ, **only_debian}, check=True)
    return [program, PORT]


def fetched(name):
    """Node, and a folder with the programs of `name` and the packages that they are written with."""
    toolchain = ROOT / "web/toolchain/node_modules"
    node = next(toolchain.glob("node-linux-*/bin/node"), None)
    if not node:
        raise Missing("scripts/setup")
    source, home, lock = HERE / name, CACHE / name, "package-lock.json"
    is_there = (home / "node_modules").is_dir() and filecmp.cmp(source / lock, home / lock, shallow=False)
    home.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        shutil.copy(file, home)
    if not is_there:
        words = [node, toolchain / "npm/bin/npm-cli.js", "install", "--no-save", "--ignore-scripts", "--silent"]
        if subprocess.run(words, cwd=home).returncode != 0:
            shutil.rmtree(home)
            raise Missing(f"npm could not fetch what bench/peers/{name}/package-lock.json names")
    return node, home


def fastify(program="server.js"):
    node, home = fetched("fastify")
    return [node, home / program, PORT]


def fastapi(app="todo_app:app"):
    python = "/usr/bin/python3"  # the one that Debian's packages are for
    if subprocess.run([python, "-c", "import " + ", ".join(PYTHON_PACKAGES)], capture_output=True).returncode != 0:
        raise Missing("apt-get install " + " ".join(f"python3-{name}" for name in PYTHON_PACKAGES))
    quiet = ["--no-access-log", "--log-level", "warning"]
    return [python, "-B", "-m", "uvicorn", *quiet, "--port", PORT, "--app-dir", HERE / "fastapi", app]


TODO = {"Go, fasthttp, pgx": go, "Fastify, postgres.js": fastify, "FastAPI, SQLAlchemy": fastapi}
ME = {"Fastify, postgres.js": lambda: fastify("me.js"), "FastAPI, SQLAlchemy": lambda: fastapi("me_app:app")}


def commands(peers):
    """{name: command} of those whose packages are here; says what the others lack."""
    found = {}
    for name, prepare in peers.items():
        try:
            found[name] = prepare()
        except Missing as missing:
            print(f"{name} is left out: {missing}", flush=True)
    return found

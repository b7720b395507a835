"""HTTP beside nginx (one worker) and uvicorn: GET /health, a JSON echo, pipelined requests.

Each server has core 0 to itself, wrk core 1; rounds alternate between the servers and medians are compared. Needs the
Debian packages nginx-light, wrk, python3-uvicorn, python3-fastapi (the last two are left out of the run when missing).
"""
import re
import subprocess
import statistics
import sys
import tempfile
import time
import pathlib
import urllib.request

from scenarios.tools import LOAD, ROOT, need, wrk

PORTS = {"zoetrope": 18081, "nginx": 18082, "uvicorn": 18083}
ECHO_BODY = re.search(r"wrk\.body = '(.*)'", (LOAD / "echo.lua").read_text())[1]

NGINX = """
worker_processes 1; daemon off; pid %(folder)s/pid; error_log stderr crit;
events { worker_connections 4096; }
http {
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path %(folder)s/body; proxy_temp_path %(folder)s/p; fastcgi_temp_path %(folder)s/f;
    uwsgi_temp_path %(folder)s/u; scgi_temp_path %(folder)s/s;
    server {
        listen 127.0.0.1:%(port)d reuseport; default_type application/json;
        location = /health { return 200 '{"status":"ok"}'; }
        location = /echo { return 200 '%(echo)s'; }
    }
}
"""
FASTAPI = """
from fastapi import FastAPI
from pydantic import BaseModel
app = FastAPI()
class Order(BaseModel):
    id: str
    customer: str
    note: str
    quantity: int
    price: float
    express: bool
    tags: list[str]
@app.get("/health")
async def health(): return {"status": "ok"}
@app.post("/echo")
async def echo(order: Order): return order
"""


def start_servers(folder):
    (folder / "nginx.conf").write_text(NGINX % {"folder": folder, "port": PORTS["nginx"], "echo": ECHO_BODY})
    (folder / "bench_app.py").write_text(FASTAPI)
    commands = {
        "zoetrope": [ROOT / "build/bench/bin/bench_http", str(PORTS["zoetrope"])],
        "nginx": ["nginx", "-p", folder, "-c", folder / "nginx.conf"],
    }
    if subprocess.run(["/usr/bin/python3", "-c", "import fastapi, uvicorn"], capture_output=True).returncode == 0:
        commands["uvicorn"] = ["/usr/bin/python3", "-m", "uvicorn", "--no-access-log", "--log-level", "critical", "--port", str(PORTS["uvicorn"]), "bench_app:app"]
    running = {name: subprocess.Popen(["taskset", "-c", "0", *map(str, command)], cwd=folder) for name, command in commands.items()}
    for name in running:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORTS[name]}/health").read()
                break
            except OSError:
                time.sleep(0.05)
        else:
            sys.exit(f"{name} did not start")
    return running


def measure(name, connections, seconds, script, path):
    return wrk(f"http://127.0.0.1:{PORTS[name]}{path}", connections, seconds, script).rate


def run(options):
    need("nginx", "wrk", "taskset", package="nginx-light wrk")
    with tempfile.TemporaryDirectory() as name:
        running = start_servers(pathlib.Path(name))
        try:
            print(f"{'':28}{'zoetrope':>12}{'nginx':>12}{'ratio':>8}{'uvicorn':>12}{'ratio':>8}   (requests a second, medians of {options.rounds})")
            for title, script, path in (("GET /health", None, "/health"), ("JSON echo", "echo.lua", "/echo"), ("GET /health, 16 deep", "pipeline.lua", "/health")):
                for connections in (64, 512):
                    rates = {each: [] for each in running}
                    for _ in range(options.rounds):
                        for each in running:
                            rates[each].append(measure(each, connections, options.seconds, script, path))
                    median = {each: statistics.median(found) for each, found in rates.items()}
                    line = f"{title + ', ' + str(connections):28}"
                    ours = median["zoetrope"]
                    line += f"{ours:12.0f}{median['nginx']:12.0f}{ours / median['nginx']:8.2f}"
                    if "uvicorn" in median:
                        line += f"{median['uvicorn']:12.0f}{ours / median['uvicorn']:8.1f}"
                    print(line, flush=True)
        finally:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait()

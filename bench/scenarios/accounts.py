"""Accounts: a signed-in request beside nginx and two other servers, a storm of refreshes, and a thousand sign-ins at once
beside the hashing library alone.

The server has core 0 (with its SQLite or its PostgreSQL, and its hashing threads), the load core 1. The other servers are in
bench/peers; those whose packages are missing are left out. Needs the packages nginx-light, wrk, postgresql-15 and libsodium23.
"""
import asyncio
import base64
import ctypes
import hmac
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

from peers import start as peers
from scenarios.tools import BIN, LOAD_CORE, SERVER_CORE, Postgres, allow_open_files, need, on_core, wait_for, wrk

PORT, NGINX_PORT = 18094, 18095
URL = f"http://127.0.0.1:{PORT}"
PASSWORD = "correct horse battery staple"
CROWD = 1000
FAMILIES, TABS, ROUNDS = 100, 10, 10  # of refreshes: each tab of each session, round after round
PEER_FLOORS = {"Fastify, postgres.js": 5, "FastAPI, SQLAlchemy": 12}
PEER_SECRET = "7c" * 32
PROBE_RATE = 200  # /auth/me a second, while the crowd signs in

NGINX = """
worker_processes 1; daemon off; pid %(folder)s/pid; error_log stderr crit;
events { worker_connections 4096; }
http {
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path %(folder)s/body; proxy_temp_path %(folder)s/p; fastcgi_temp_path %(folder)s/f;
    uwsgi_temp_path %(folder)s/u; scgi_temp_path %(folder)s/s;
    server {
        listen 127.0.0.1:%(port)d reuseport; default_type application/json;
        location = /api/v1/auth/me { return 200 '%(me)s'; }
    }
}
"""


def post(path, value):
    request = urllib.request.Request(URL + path, json.dumps(value).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))


def start_server(folder, *options):
    command = [BIN / "zoetrope", "serve", "--listen", f"127.0.0.1:{PORT}", "--data", folder / "data", "--io-threads", 1,
               "--auth-hash-threads", 1, "--auth-logins-per-address", 0, "--auth-logins-per-account", 0, "--auth-refreshes-per-address", 0,
               "--auth-refreshes-per-account", 0, *options]
    out = (folder / "out").open("w+")
    environment = {**os.environ, "ZOETROPE_SECRET_KEY": "5a" * 32}
    process = subprocess.Popen(on_core(SERVER_CORE, command), stdout=out, stderr=subprocess.DEVNULL, env=environment)
    wait_for(URL + "/health", process)
    token = re.search(r"/welcome#(\S+)", (folder / "out").read_text())[1]
    post("/api/v1/auth/register", {"email": "ann@example.com", "username": "ann", "password": PASSWORD, "setup_token": token})
    return process


def bare_rate(seconds):
    """Passwords checked a second by libsodium alone, on the server's core."""
    sodium = ctypes.CDLL("libsodium.so.23")
    assert sodium.sodium_init() >= 0  # chooses what suits the processor
    os.sched_setaffinity(0, {int(SERVER_CORE)})
    text = ctypes.create_string_buffer(128)
    secret = PASSWORD.encode()
    assert sodium.crypto_pwhash_str(text, secret, ctypes.c_ulonglong(len(secret)), ctypes.c_ulonglong(2), ctypes.c_size_t(19 << 20)) == 0
    done, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        assert sodium.crypto_pwhash_str_verify(text, secret, ctypes.c_ulonglong(len(secret))) == 0
        done += 1
    rate = done / (time.monotonic() - began)
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    return rate


async def ask(reader, writer, method, path, body="", headers=""):
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n{body}".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = re.search(r"Content-Length: (\d+)", head)
    answer = await reader.readexactly(int(length[1])) if length else b""
    wait = re.search(r"Retry-After: (\d+)", head)
    return int(head[9:12]), int(wait[1]) if wait else 0, answer


async def sign_in(statuses):
    """Until it is let in, coming again when it is told to."""
    body = json.dumps({"username": "ann", "password": PASSWORD})
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    while True:
        status, wait, _ = await ask(reader, writer, "POST", "/api/v1/auth/login", body)
        statuses.append(status)
        if status != 429:
            break
        await asyncio.sleep(wait)
    writer.close()
    return time.monotonic()


async def probe(token, seconds, stop):
    """/auth/me at a steady rate, whatever the answers take; how long each took, from when it was due."""
    took, bad, tasks = [], 0, []
    connections = asyncio.Queue()
    for _ in range(20):
        connections.put_nowait(await asyncio.open_connection("127.0.0.1", PORT))
    headers = f"Authorization: Bearer {token}\r\n"

    async def one(due):
        nonlocal bad
        connection = await connections.get()
        status, _, _ = await ask(*connection, "GET", "/api/v1/auth/me", headers=headers)
        connections.put_nowait(connection)
        took.append((time.monotonic() - due) * 1000)
        bad += status != 200

    began, count = time.monotonic(), 0
    while not stop.is_set() and (seconds is None or time.monotonic() - began < seconds):
        due = began + count / PROBE_RATE
        await asyncio.sleep(max(0, due - time.monotonic()))
        tasks.append(asyncio.create_task(one(due)))
        count += 1
    await asyncio.gather(*tasks)
    took.sort()
    return took[int(len(took) * 0.99)], 100 * (len(took) - bad) / len(took)


async def storm(token):
    stop = asyncio.Event()
    idle = await probe(token, 5, stop)
    probing = asyncio.create_task(probe(token, None, stop))
    statuses, began = [], time.monotonic()
    ends = await asyncio.gather(*(sign_in(statuses) for _ in range(CROWD)))
    stop.set()
    return statuses, max(ends) - began, await probing, idle


async def tab(token):
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    status, _, answer = await ask(reader, writer, "POST", "/api/v1/auth/refresh", json.dumps({"refresh_token": token}))
    writer.close()
    return status, json.loads(answer).get("refresh_token")


async def family(token):
    """Each round all tabs show the same token at once: all are to get the same successor. What went wrong."""
    refused, split = 0, 0
    for _ in range(ROUNDS):
        answers = await asyncio.gather(*(tab(token) for _ in range(TABS)))
        successors = {successor for status, successor in answers if status == 200}
        refused += sum(status != 200 for status, _ in answers)
        split += len(successors) > 1
        token = successors.pop() if successors else token
    return refused, split


async def refreshes():
    tokens = [post("/api/v1/auth/login", {"username": "ann", "password": PASSWORD})["refresh_token"] for _ in range(FAMILIES)]
    began = time.monotonic()
    ended = await asyncio.gather(*map(family, tokens))
    took = time.monotonic() - began
    refused, split = (sum(each) for each in zip(*ended))
    asked = FAMILIES * TABS * ROUNDS
    print(f"{asked} refreshes of {FAMILIES} sessions on PostgreSQL: {asked / took:.0f} /s; refused {refused}, two successors {split} (both must be 0)", flush=True)


def peer_token(user):
    encode = lambda value: base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    signed = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, {"sub": str(user), "exp": int(time.time()) + 3600}))
    return signed + "." + encode(hmac.digest(PEER_SECRET.encode(), signed.encode(), "sha256"))


def me_rate(port, token, options):
    return wrk(f"http://127.0.0.1:{port}/api/v1/auth/me", 64, options.seconds, "me.lua", token).rate


def measure_peers(token, database, options):
    """Beside servers that read their user from PostgreSQL at every request."""
    request = urllib.request.Request(URL + "/api/v1/auth/me", headers={"Authorization": "Bearer " + token})
    shown = peer_token(json.load(urllib.request.urlopen(request))["id"])
    for name, command in peers.commands(peers.ME).items():
        environment = {**os.environ, "DATABASE_URL": database, "TOKEN_SECRET": PEER_SECRET, "NODE_ENV": "production"}
        process = subprocess.Popen(on_core(SERVER_CORE, command), env=environment, stdout=subprocess.DEVNULL)
        address = f"http://127.0.0.1:{peers.PORT}/api/v1/auth/me"
        wait_for(urllib.request.Request(address, headers={"Authorization": "Bearer " + shown}), process)
        rates = [(me_rate(PORT, token, options), me_rate(peers.PORT, shown, options)) for _ in range(options.rounds)]
        process.terminate()
        process.wait()
        ours, theirs = (statistics.median(found) for found in zip(*rates))
        print(f"GET /auth/me on PostgreSQL {ours:10.0f}   {name:20}{theirs:8.0f}   ratio {ours / theirs:5.1f}   floor {PEER_FLOORS[name]}", flush=True)


def measure_me(token, folder, options):
    request = urllib.request.Request(URL + "/api/v1/auth/me", headers={"Authorization": "Bearer " + token})
    body = urllib.request.urlopen(request).read().decode()
    (folder / "nginx.conf").write_text(NGINX % {"folder": folder, "port": NGINX_PORT, "me": body})
    nginx = subprocess.Popen(on_core(SERVER_CORE, ["nginx", "-p", folder, "-c", folder / "nginx.conf"]))
    wait_for(f"http://127.0.0.1:{NGINX_PORT}/api/v1/auth/me", nginx)
    rates = {PORT: [], NGINX_PORT: []}
    for _ in range(options.rounds):
        for port, found in rates.items():
            found.append(me_rate(port, token, options))
    nginx.terminate()
    nginx.wait()
    ours, theirs = (statistics.median(found) for found in rates.values())
    print(f"GET /auth/me, signed in    {ours:10.0f}   nginx, same bytes {theirs:10.0f}   ratio {ours / theirs:5.2f}   floor 0.50", flush=True)


def measure_crowds(token, options):
    # A machine is not as quick at all times: each crowd has the bare rate right before and after it.
    crowds = []
    for _ in range(options.rounds):
        before = bare_rate(4)
        statuses, took, (p99, success), (idle_p99, _) = asyncio.run(storm(token))
        crowds.append((CROWD / took, (before + bare_rate(4)) / 2, took, statuses, p99, success, idle_p99))
    crowds.sort(key=lambda crowd: crowd[0] / crowd[1])
    rate, bare, took, statuses, p99, success, idle_p99 = crowds[len(crowds) // 2]
    ratios = ", ".join(f"{crowd[0] / crowd[1]:.2f}" for crowd in crowds)
    print(f"{CROWD} sign-ins at once     {rate:10.1f} /s   libsodium alone {bare:8.1f} /s   ratio {rate / bare:5.2f} (all: {ratios})   floor 0.90")
    print(f"  all in {took:.1f} s (floor: within {1.5 * CROWD / bare:.1f} s); 200: {statuses.count(200)}, 429: {statuses.count(429)}, others: {len(statuses) - statuses.count(200) - statuses.count(429)}")
    print(f"  /auth/me at {PROBE_RATE}/s meanwhile: p99 {p99:.1f} ms (floor 50; idle {idle_p99:.1f}, {p99 / idle_p99:.1f} x), success {success:.1f} %")


def run(options):
    """Server and PostgreSQL on one core, all that asks on the other."""
    need("nginx", "wrk", "psql", "taskset", package="nginx-light wrk postgresql-15")
    allow_open_files()
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        postgres = Postgres(folder)
        try:
            postgres.migrate()
            server = start_server(folder, "--database", postgres.url)
            try:
                token = post("/api/v1/auth/login", {"username": "ann", "password": PASSWORD})["access_token"]
                measure_peers(token, postgres.url, options)
                asyncio.run(refreshes())
                measure_me(token, folder, options)
                measure_crowds(token, options)
            finally:
                server.terminate()
                server.wait()
        finally:
            postgres.stop()

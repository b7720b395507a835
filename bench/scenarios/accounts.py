"""Accounts: a signed-in request beside nginx, and a thousand sign-ins at once beside the hashing library alone.

The server has core 0 (with its SQLite and its hashing threads), the load core 1. Needs the packages nginx-light, wrk and
libsodium23.
"""
import asyncio
import ctypes
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

from scenarios.tools import BIN, LOAD_CORE, SERVER_CORE, allow_open_files, need, on_core, wait_for, wrk

PORT, NGINX_PORT = 18094, 18095
URL = f"http://127.0.0.1:{PORT}"
PASSWORD = "correct horse battery staple"
CROWD = 1000
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


def start_server(folder):
    command = [BIN / "zoetrope", "serve", "--listen", f"127.0.0.1:{PORT}", "--data", folder / "data", "--io-threads", 1,
               "--auth-hash-threads", 1, "--auth-logins-per-address", 0, "--auth-logins-per-account", 0]
    out = (folder / "out").open("w+")
    process = subprocess.Popen(on_core(SERVER_CORE, command), stdout=out, stderr=subprocess.DEVNULL)
    wait_for(URL + "/health", process)
    token = re.search(r"/welcome#(\S+)", (folder / "out").read_text())[1]
    post("/api/v1/auth/register", {"email": "ann@example.com", "username": "ann", "password": PASSWORD, "setup_token": token})
    return process


def bare_rate(seconds):
    """Passwords checked a second by libsodium alone, on the server's core."""
    sodium = ctypes.CDLL("libsodium.so.23")
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
    if length:
        await reader.readexactly(int(length[1]))
    wait = re.search(r"Retry-After: (\d+)", head)
    return int(head[9:12]), int(wait[1]) if wait else 0


async def sign_in(statuses):
    """Until it is let in, coming again when it is told to."""
    body = json.dumps({"username": "ann", "password": PASSWORD})
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    while True:
        status, wait = await ask(reader, writer, "POST", "/api/v1/auth/login", body)
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
        status, _ = await ask(*connection, "GET", "/api/v1/auth/me", headers=headers)
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


def measure_me(token, folder, options):
    request = urllib.request.Request(URL + "/api/v1/auth/me", headers={"Authorization": "Bearer " + token})
    body = urllib.request.urlopen(request).read().decode()
    (folder / "nginx.conf").write_text(NGINX % {"folder": folder, "port": NGINX_PORT, "me": body})
    nginx = subprocess.Popen(on_core(SERVER_CORE, ["nginx", "-p", folder, "-c", folder / "nginx.conf"]))
    wait_for(f"http://127.0.0.1:{NGINX_PORT}/api/v1/auth/me", nginx)
    rates = {PORT: [], NGINX_PORT: []}
    for _ in range(options.rounds):
        for port, found in rates.items():
            found.append(wrk(f"http://127.0.0.1:{port}/api/v1/auth/me", 64, options.seconds, "me.lua", token).rate)
    nginx.terminate()
    nginx.wait()
    ours, theirs = (statistics.median(found) for found in rates.values())
    print(f"GET /auth/me, signed in    {ours:10.0f}   nginx, same bytes {theirs:10.0f}   ratio {ours / theirs:5.2f}   floor 0.50", flush=True)


def run(options):
    need("nginx", "wrk", "taskset", package="nginx-light wrk")
    allow_open_files()
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        bare = bare_rate(4)
        server = start_server(folder)
        try:
            token = post("/api/v1/auth/login", {"username": "ann", "password": PASSWORD})["access_token"]
            measure_me(token, folder, options)
            statuses, took, (p99, success), (idle_p99, _) = asyncio.run(storm(token))
        finally:
            server.terminate()
            server.wait()
        rate, most = CROWD / took, 1.5 * CROWD / bare
        print(f"{CROWD} sign-ins at once     {rate:10.1f} /s   libsodium alone {bare:8.1f} /s   ratio {rate / bare:5.2f}   floor 0.90")
        print(f"  all in {took:.1f} s (floor: within {most:.1f} s); 200: {statuses.count(200)}, 429: {statuses.count(429)}, others: {len(statuses) - statuses.count(200) - statuses.count(429)}")
        print(f"  /auth/me at {PROBE_RATE}/s meanwhile: p99 {p99:.1f} ms (floor 50; idle {idle_p99:.1f}, {p99 / idle_p99:.1f} x), success {success:.1f} %")

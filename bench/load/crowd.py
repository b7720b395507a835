#!/usr/bin/env python3
"""crowd.py URL: the old system's own tests, with so many clients at once, each on a connection of its own.

What counts is that every request does what it should; ids 1 to 10 must exist.
"""
import asyncio
import json
import sys
import time
import urllib.parse

PATIENCE = 10  # seconds


class Client:
    async def connect(self, place):
        self.host = place.netloc
        self.reader, self.writer = await asyncio.open_connection(place.hostname, place.port)

    async def ask(self, method, path, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        self.writer.write(head.encode() + data)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.split(":")[1]) for line in answer.split("\r\n") if line.lower().startswith("content-length:"))
        return int(answer.split()[1]), json.loads(await self.reader.readexactly(length))


async def create(client, i):
    status, todo = await client.ask("POST", "/api/todo", {"title": f"Todo {i}", "priority": i % 10})
    return status == 201 and todo["title"] == f"Todo {i}"


async def change(client, i):
    status, todo = await client.ask("PATCH", f"/api/todo/{1 + i % 10}", {"priority": i % 7})
    return status == 200 and todo["priority"] == i % 7


async def read(client, i):
    status, todo = await client.ask("GET", f"/api/todo/{1 + i % 10}")
    return status == 200 and todo["id"] == 1 + i % 10


TESTS = [  # title, clients, requests in all, what each is, and what the old system managed
    ("50 creates by 50 clients", 50, 50, create, "50/50"),
    ("200 creates by 200 clients", 200, 200, create, "113/200"),
    ("100 changes by 10 clients", 10, 100, change, "100/100"),
    ("200 reads by 20 clients", 20, 200, read, "198/200"),
    ("500 creates by 500 clients", 500, 500, create, "404/500"),
]


async def one_client(place, work, numbers):
    client, good = Client(), 0
    try:
        await asyncio.wait_for(client.connect(place), PATIENCE)
        for i in numbers:
            good += await asyncio.wait_for(work(client, i), PATIENCE)
    except (OSError, EOFError, ValueError, asyncio.TimeoutError) as error:
        print(f"  a client failed: {error!r}", file=sys.stderr)
    finally:
        if hasattr(client, "writer"):
            client.writer.close()
    return good


async def main(url):
    place, perfect = urllib.parse.urlsplit(url), True
    for title, clients, requests, work, old in TESTS:
        begun = time.monotonic()
        good = sum(await asyncio.gather(*(one_client(place, work, range(i, requests, clients)) for i in range(clients))))
        rate = requests / (time.monotonic() - begun)
        perfect = perfect and good == requests
        verdict = "" if good == requests else "  MISSED"
        print(f"  {title:30}{good:6}/{requests} succeeded (the old system: {old}),{rate:7.0f} a second{verdict}", flush=True)
    return 0 if perfect else 1


sys.exit(asyncio.run(main(sys.argv[1])))

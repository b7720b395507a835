"""A real server on a port and a folder of its own, and a client for it. Only the standard library."""
import contextlib
import functools
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("ZOETROPE_BINARY", str(ROOT / "build/dev/bin/zoetrope"))
# Renders as quickly, and within as little memory, as users' does; ./test builds it.
RELEASE_ENGINE = os.environ.get("ZOETROPE_RELEASE_ENGINE", str(ROOT / "build/release/bin/zoetrope-engine"))
SAMPLE = ROOT / "share/sample/seeding.jpg"
os.environ["ZOETROPE_SECRET_KEY"] = "5a" * 32  # the same for all servers: those on one database must agree
# A start hashes twice, to know how long it takes: no more work than a test can see.
os.environ.update(ZOETROPE_AUTH_ARGON2_PASSES="1", ZOETROPE_AUTH_ARGON2_MEMORY="8")
PATIENCE_S = 60  # for anything that must happen; a test that needs it has failed


def wait_for(look, what):
    """Asks until `look` answers something true, and returns it."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        threading.Event().wait(0.02)
    raise AssertionError(f"{what} did not happen within {PATIENCE_S} s")


def small_photo():
    """A JPEG that renders quickly, made once."""
    global _small
    if _small is None:
        _small = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", SAMPLE, "-vf", "scale=320:-1", "-f", "mjpeg", "-"], check=True, stdout=subprocess.PIPE
        ).stdout
    return _small


_small = None


def staged_files(server):
    return [path for path in (server.data / "blobs/staging").rglob("*") if path.is_file()]


def url_of(name):
    return os.environ["ZOETROPE_TEST_POSTGRES"].rsplit("/", 1)[0] + "/" + name


@functools.cache
def migrated():
    """The name of the database that others are copies of: one for each process of tests."""
    database = Database(is_migrated=False)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([BINARY, "migrate", "--database", database.url, "--data", folder], check=True, stdout=subprocess.DEVNULL)
    return database.name


class Database:
    """A PostgreSQL database of its own, on the server that ./test started."""

    def __init__(self, is_migrated=True):
        self.admin = os.environ["ZOETROPE_TEST_POSTGRES"]
        self.name = "b" + uuid.uuid4().hex
        self.url = url_of(self.name)
        self.ask(f"CREATE DATABASE {self.name}" + (f" TEMPLATE {migrated()}" if is_migrated else ""), self.admin)

    def ask(self, sql, url=None):
        done = subprocess.run(["psql", "-qtAX", url or self.url, "-c", sql], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def drop(self):
        self.ask(f"DROP DATABASE {self.name} WITH (FORCE)", self.admin)


class Server:
    def __init__(self, data=None, *options, env=None, files_max=None):
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="zoetrope-test-"))
        self.owns_data = data is None
        self.options = options
        self.env = {**os.environ, **(env or {})}
        self.process = None
        self.files_max = files_max  # that it may open
        # The same suite runs on both databases: ./test says which.
        self.database = Database() if os.environ.get("ZOETROPE_TEST_DATABASE") == "postgres" else None
        if self.database:
            self.options = ("--database", self.database.url, "--migrate", *options)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self.owns_data:
            shutil.rmtree(self.data, ignore_errors=True)
        if self.database:
            self.database.drop()

    def start(self):
        self.process = subprocess.Popen(
            [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", str(self.data), *self.options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env,
            preexec_fn=self.files_max and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (self.files_max, self.files_max))),
        )
        line = self.process.stdout.readline().decode()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not found:
            raise AssertionError("the server did not start: " + self.process.stderr.read().decode())
        self.port = int(found[1])
        self.said = []
        self.printed = [line]
        threading.Thread(target=lambda: self.printed.extend(map(bytes.decode, self.process.stdout)), daemon=True).start()
        threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True).start()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(PATIENCE_S)
            assert code == 0, f"the server ended with {code}: {b''.join(self.said).decode()[-3000:]}"

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path, value, **headers):
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        return self.ask("POST", path, json.dumps(value), sent)

    def upload(self, data, name="photo.jpg", field="file", headers=None):
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()
        body = head + data + f"\r\n--{boundary}--\r\n".encode()
        return self.ask("POST", "/api/v1/assets", body, {"Content-Type": f"multipart/form-data; boundary={boundary}", **(headers or {})})

    def generate(self, model="local/parallax", photo=None, **inputs):
        """Uploads a photo and starts a generation; returns its id."""
        kept = self.upload(photo or small_photo())
        assert kept.status == 201, kept.body
        asset = kept.json()
        answer = self.post("/api/v1/generations", {"model": model, "inputs": {"image": asset["id"], **inputs}})
        assert answer.status == 202, answer.body
        return answer.json()["id"]

    def generation(self, id):
        return self.get(f"/api/v1/generations/{id}").json()

    def await_end(self, id):
        def look():
            generation = self.generation(id)
            return generation if generation["finished_at"] else None

        return wait_for(look, f"the end of generation {id}")


    def sql(self, text):
        """Its rows; of a change, none. The server may run."""
        if self.database:
            return [tuple(line.split("|")) for line in self.database.ask(text).splitlines()]
        with contextlib.closing(sqlite3.connect(self.data / "zoetrope.sqlite", timeout=PATIENCE_S)) as file:
            rows = [tuple(map(str, row)) for row in file.execute(text)]
            file.commit()
            return rows

    def setup_token(self):
        """The one of the first administrator's link."""
        return wait_for(lambda: re.search(r"/welcome#(\S+)", "".join(self.printed)), "the link")[1]


class Account:
    """A person with an account on a server, and the tokens of one device."""

    def __init__(self, server, name, password="correct horse battery staple", **given):
        self.server, self.name, self.password = server, name, password
        answer = server.post(
            "/api/v1/auth/register", {"email": f"{name}@example.com", "username": name, "password": password, **given}
        )
        assert answer.status == 201, answer.body
        self.id = answer.json()["id"]
        self.sign_in()

    @classmethod
    def first(cls, server, name="ann"):
        return cls(server, name, setup_token=server.setup_token())

    def sign_in(self):
        answer = self.server.post("/api/v1/auth/login", {"username": self.name, "password": self.password})
        assert answer.status == 200, answer.body
        self.tokens = answer.json()
        return self.tokens

    def login(self, server, password=None):
        """What a server says to a try to sign in."""
        return server.post("/api/v1/auth/login", {"username": self.name, "password": password or self.password}).status

    @property
    def bearer(self):
        return {"Authorization": "Bearer " + self.tokens["access_token"]}

    def ask(self, method, path, value=None):
        headers = dict(self.bearer)
        if value is not None:
            headers["Content-Type"] = "application/json"
        return self.server.ask(method, path, None if value is None else json.dumps(value), headers)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, {name.lower(): value for name, value in headers.items()}, body

    def json(self):
        return json.loads(self.body)


class Stream:
    """An event stream, read line by line."""

    def __init__(self, server, path, **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
        self.connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        self.answer = self.connection.getresponse()

    def next(self):
        """The next message: its id or None, and its data."""
        id = None
        deadline = time.monotonic() + PATIENCE_S  # heartbeats come all the time
        while time.monotonic() < deadline:
            line = self.answer.fp.readline() if not self.answer.chunked else self.answer.readline()
            if not line:
                raise AssertionError("the stream ended")
            text = line.decode().rstrip("\n")
            if text.startswith("id: "):
                id = int(text[4:])
            if text.startswith("data: "):
                return id, json.loads(text[6:])
        raise AssertionError(f"no message came in {PATIENCE_S} s")

    def until(self, type):
        return self.all_until(type)[-1]

    def all_until(self, type):
        heard = [self.next()]
        while heard[-1][1]["type"] != type:
            heard.append(self.next())
        return heard

    def close(self):
        self.answer.close()
        self.connection.close()


class ServerTest(unittest.TestCase):
    """Tests that share one server."""

    options = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(None, *cls.options)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

"""What the server keeps of a user: handed out whole, and erased."""
import io
import json
import os
import sqlite3
import subprocess
import time
import unittest
import zipfile

import PIL.Image

import test_batches
from support import BINARY, Account, Server, ServerTest, small_photo, wait_for

OPTIONS = ("--auth-argon2-passes", "1", "--auth-argon2-memory", "8", "--auth-cache-ttl", "1", "--auth-logins-per-account", "0",
           "--auth-logins-per-address", "0", "--auth-registrations-per-address", "0")


def upload(account, photo):
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="cup \xe6\xbc\x86.jpg"\r\n\r\n'
    headers = {**account.bearer, "Content-Type": "multipart/form-data; boundary=b"}
    asset = account.server.ask("POST", "/api/v1/assets", head + photo + b"\r\n--b--\r\n", headers)
    assert asset.status == 201, asset.body
    return asset


def fill(account):
    """Something of every kind. Returns what the library holds: a picture that others have as well, and one of one's own."""
    server = account.server
    own = io.BytesIO()
    PIL.Image.new("RGB", (64, 48), (account.id, 80, 120)).save(own, "PNG")
    upload(account, own.getvalue())
    asset = upload(account, small_photo())
    wanted = {"model": "local/relief", "inputs": {"image": asset.json()["id"]}}
    made = server.ask("POST", "/api/v1/generations", json.dumps(wanted),
                      {**account.bearer, "Content-Type": "application/json", "Idempotency-Key": "once"}).json()
    wait_for(lambda: account.ask("GET", "/api/v1/generations/" + made["id"]).json()["state"] == "succeeded", "the relief")
    for i in range(450):  # more than a page of the export and more than two statements of the rest
        assert account.ask("POST", "/api/v1/todo", {"title": f"todo {i} of {account.name}"}).status == 201
    assert account.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["todo"]}).status == 201
    assert server.post("/api/v1/auth/password/reset", {"email": f"{account.name}@example.com"}).status in (202, 204)
    return account.ask("GET", "/api/v1/assets").json()


def unpacked(answer):
    archive = zipfile.ZipFile(io.BytesIO(answer.body))
    assert archive.testzip() is None
    return archive


class Export(ServerTest):
    options = OPTIONS

    def test_it_holds_everything_one_owns_and_nothing_else(self):
        Account.first(self.server)
        ben, eve = Account(self.server, "ben"), Account(self.server, "eve")
        assets = fill(ben)
        body, headers = test_batches.form([*test_batches.QUICK.items(), ("files", ("cup.jpg", small_photo())), ("files", ("no.txt", b"no picture"))])
        started = self.server.ask("POST", "/api/v1/upload/batch", body, {**headers, **ben.bearer}).json()
        look = lambda: ben.ask("GET", started["status_url"]).json()
        wait_for(lambda: look()["finished_at"], "the batch")
        assets = ben.ask("GET", "/api/v1/assets").json()
        eve.ask("POST", "/api/v1/todo", {"title": "of eve"})
        answer = ben.ask("GET", "/api/v1/auth/export")
        self.assertEqual((answer.status, answer.headers["content-type"]), (200, "application/zip"))
        self.assertRegex(answer.headers["content-disposition"], r'attachment; filename="zoetrope-\d{4}-\d\d-\d\d\.zip"')
        archive = unpacked(answer)
        files = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
        self.assertEqual(files["account.json"]["username"], "ben")
        self.assertEqual(len({todo["id"] for todo in files["todos.json"]}), 450)
        self.assertEqual([each["state"] for each in files["generations.json"]], ["succeeded"] * 2)
        (step,) = files["pipeline_steps.json"]
        self.assertEqual((step["model"], step["inputs"]["grid"], step["queue"]), ("local/relief", 64, "model_generation"))
        cup, text = files["pipeline_files.json"]
        batch = look()
        self.assertEqual([cup[name] for name in ("id", "name", "asset_id", "generation_id")],
                         [batch["files"][0][name] for name in ("file_id", "name", "asset_id", "generation_id")])
        self.assertEqual((text["name"], text["generation_id"], text["error"]), ("no.txt", None, batch["files"][1]["error"]))
        self.assertEqual({asset["id"] for asset in files["assets.json"]}, {asset["id"] for asset in assets})
        for asset in assets:
            kept = archive.read(f"assets/{asset['id']}-{asset['name']}")
            self.assertEqual(kept, ben.ask("GET", asset["url"]).body)
        self.assertEqual(len(files["api_keys.json"]), 1)
        self.assertIn("signed_in", {entry["action"] for entry in files["audit.json"]})
        self.assertGreater(len(files["events.json"]), 2)
        self.assertGreater(len(files["sessions.json"]), 0)
        whole = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".json"))
        for secret in (b"of eve", b"argon2", ben.tokens["refresh_token"].encode(), b"password_hash"):
            self.assertNotIn(secret, whole)

    def test_asking_without_end_is_refused(self):
        with Server(None, *OPTIONS, "--auth-exports-per-account", "2") as server:
            ann = Account.first(server)
            answers = [ann.ask("GET", "/api/v1/auth/export") for _ in range(3)]
            self.assertEqual([answer.status for answer in answers], [200, 200, 429])
            self.assertGreater(int(answers[2].headers["retry-after"]), 0)

    def test_who_has_no_account_yet_gets_the_work_done_so_far(self):
        with Server(None, *OPTIONS) as server:
            server.post("/api/v1/todo", {"title": "made before"})
            archive = unpacked(server.get("/api/v1/auth/export"))
            self.assertEqual(json.loads(archive.read("todos.json"))[0]["title"], "made before")
            self.assertEqual(server.post("/api/v1/auth/erase", {"password": "x"}).status, 409)


class Erase(unittest.TestCase):
    def setUp(self):
        self.server = Server(None, *OPTIONS)
        self.database = self.server.database
        self.server.start()
        self.addCleanup(self.server.__exit__)
        self.admin = Account.first(self.server)

    def rows(self, sql):
        if self.database:
            return [line.split("|") for line in self.database.ask(sql).splitlines()]
        with sqlite3.connect(f"file:{self.server.data}/zoetrope.sqlite?mode=ro", uri=True) as db:
            return [[str(value) for value in row] for row in db.execute(sql)]

    def count(self, table, user):
        return int(self.rows(f"SELECT count(*) FROM {table} WHERE owner_id = {user}")[0][0])

    def blobs(self):
        return [path for path in (self.server.data / "blobs").rglob("*") if path.is_file() and "staging" not in path.parts]

    def test_an_account_goes_with_all_it_owns(self):
        ben, eve = Account(self.server, "ben"), Account(self.server, "eve")
        fill(ben)
        eve_assets = fill(eve)
        self.assertEqual(ben.ask("POST", "/api/v1/auth/erase", {"password": "wrong wrong"}).status, 422)
        answer = ben.ask("POST", "/api/v1/auth/erase", {"password": ben.password})
        self.assertEqual(answer.status, 204)
        # At once: nothing that was given out works, and the name is free.
        self.assertEqual(ben.ask("GET", "/api/v1/auth/me").status, 401)
        self.assertEqual(self.server.post("/api/v1/auth/login", {"username": "ben", "password": ben.password}).status, 401)
        self.assertEqual(self.server.post("/api/v1/auth/refresh", {"refresh_token": ben.tokens["refresh_token"]}).status, 401)
        again = Account(self.server, "ben")
        self.assertNotEqual(again.id, ben.id)
        # Soon: its rows. The pseudonym and what happened stay, without who and where.
        tables = ("todos", "assets", "generations", "events", "sessions", "refresh_tokens", "api_keys", "account_links",
                  "idempotency_keys")
        wait_for(lambda: not any(self.count(table, ben.id) for table in tables), "the erasure")
        users = self.rows(f"SELECT username, email, password_hash, folded_email FROM users WHERE id = {ben.id}")
        self.assertEqual(users[0][0], f"erased-{ben.id}")
        self.assertEqual(set(users[0][1:]), {""} if self.database else {"None"})
        self.assertGreater(self.count("audit", ben.id), 2)
        where = f"owner_id = {ben.id} AND (address <> '' OR agent <> '' OR detail <> '')"
        wait_for(lambda: self.rows(f"SELECT count(*) FROM audit WHERE {where}")[0][0] == "0", "the blanked audit")
        # Others keep theirs, also where the bytes are the same.
        self.assertEqual(eve.ask("GET", "/api/v1/todo?limit=1").json()[0]["title"], "todo 449 of eve")
        self.remove_what_was_released()
        for asset in eve_assets:
            self.assertEqual(eve.ask("GET", asset["url"]).status, 200)

    def remove_what_was_released(self):
        """As if the grace were over."""
        released = int(self.rows("SELECT count(*) FROM released_blobs")[0][0])
        self.assertGreater(released, 0)
        before = len(self.blobs())
        self.server.stop()
        for blob in self.blobs():
            os.utime(blob, (time.time() - 3600, time.time() - 3600))
        for sql in ("UPDATE released_blobs SET released_at = 1",
                    "UPDATE schedules SET next_run_at = 1 WHERE name = 'library.remove_released'"):
            if self.database:
                self.database.ask(sql)
            else:
                with sqlite3.connect(self.server.data / "zoetrope.sqlite") as db:
                    db.execute(sql)
        self.server.start()
        wait_for(lambda: self.rows("SELECT count(*) FROM released_blobs")[0][0] == "0", "the released files' end")
        held = self.rows("SELECT digest FROM assets UNION SELECT mask_digest FROM mattes")
        self.assertEqual({path.parent.name + path.name for path in self.blobs()}, {row[0] for row in held})
        self.assertLess(len(self.blobs()), before)

    def test_the_last_administrator_stays(self):
        answer = self.admin.ask("POST", "/api/v1/auth/erase", {"password": self.admin.password})
        self.assertEqual((answer.status, answer.json()["detail"][:27]), (409, "This is the last administra"))

    def test_an_operator_erases_from_the_command_line(self):
        ben = Account(self.server, "ben")
        words = [BINARY, "user", "erase", "ben", "--data", str(self.server.data)]
        if self.database:
            words += ["--database", self.database.url]
        refused = subprocess.run(words, capture_output=True, text=True)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("--yes", refused.stderr)
        done = subprocess.run([*words, "--yes"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_for(lambda: ben.ask("GET", "/api/v1/auth/me").status == 401, "the end of the tokens")

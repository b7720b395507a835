"""Who may fill the disk, and what goes on when it is full."""
import concurrent.futures
import contextlib
import http.client
import json
import os
import sqlite3
import struct
import subprocess
import tempfile
import unittest

from support import Account, Answer, Server, small_photo, staged_files, wait_for

MB = 1 << 20
OPTIONS = ("--workers", "none", "--auth-logins-per-account", "0", "--auth-logins-per-address", "0", "--auth-registrations-per-address", "0")


def bmp(tail, mark=0):
    """A picture of 32 by 32, and what a phone might put behind its end."""
    side = 32
    pixels = struct.pack("<I", mark) * (side * side * 3 // 4)
    head = b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54)
    return head + struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, len(pixels), 2835, 2835, 0, 0) + pixels + b"\x5a" * tail


def form(data, field="file", name="p.bmp"):
    return f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode() + data + b"\r\n--b--\r\n"


FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def upload(account, data, path="/api/v1/assets", field="file"):
    """The answer, also where the server gives it before it has all of the body and goes."""
    body = form(data, field)
    connection = http.client.HTTPConnection("127.0.0.1", account.server.port, timeout=60)
    connection.putrequest("POST", path)
    for name, value in {**account.bearer, **FORM, "Content-Length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.send(body)
    with contextlib.closing(connection):
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())


def usage(account):
    return account.ask("GET", "/api/v1/assets/usage").json()


def metric(server, admin, name):
    lines = server.ask("GET", "/metrics", headers=admin.bearer).body.decode().splitlines()
    return float(next(line for line in lines if line.startswith(name + " ")).split()[1])


class Quota(unittest.TestCase):
    def start(self, *options):
        server = Server(None, *OPTIONS, *options)
        server.start()
        self.addCleanup(server.__exit__)
        self.admin = Account.first(server)
        return server

    def test_every_byte_counts_and_deleting_gives_back(self):
        server = self.start("--storage-per-user", "5")
        ben = Account(server, "ben")
        picture = bmp(2 * MB)
        self.assertEqual(usage(ben), {"bytes_used": 0, "bytes_max": 5 * MB})
        first = upload(ben, picture)
        self.assertEqual(first.status, 201, first.body)
        self.assertEqual(first.json()["bytes"], len(picture), "what is behind the picture's end stays and counts")
        self.assertEqual(server.ask("GET", first.json()["url"], headers=ben.bearer).body, picture)
        self.assertEqual(upload(ben, bmp(2 * MB, 1)).status, 201)
        used = usage(ben)["bytes_used"]
        self.assertEqual(used, 2 * len(picture))
        refused = upload(ben, bmp(2 * MB, 2))
        self.assertEqual(refused.status, 409)
        self.assertEqual(refused.json()["type"], "urn:zoetrope:problem:over_quota")
        self.assertRegex(refused.json()["detail"], "5 MB of the 5 MB .*Delete files .*storage-per-user")
        self.assertEqual(usage(ben)["bytes_used"], used, "what was refused does not count")
        self.assertEqual(staged_files(server), [])
        self.assertEqual(upload(self.admin, picture).status, 201, "others have their own")
        # Deleted bytes count until they are gone.
        self.assertEqual(self.admin.ask("DELETE", first.json()["url"].removesuffix("/content")).status, 404)
        self.assertEqual(ben.ask("DELETE", first.json()["url"].removesuffix("/content")).status, 204)
        self.assertEqual(server.ask("GET", first.json()["url"], headers=ben.bearer).status, 404)
        self.assertEqual(usage(ben)["bytes_used"], used)
        server.sql("UPDATE released_blobs SET released_at = 1")
        server.sql("UPDATE schedules SET next_run_at = 1 WHERE name = 'library.remove_released'")
        self.clean_up(server)
        wait_for(lambda: usage(ben)["bytes_used"] == len(picture), "the deleted bytes' end")
        self.assertEqual(upload(ben, bmp(2 * MB, 2)).status, 201)

    def clean_up(self, server):
        """Only a server with workers does."""
        server.stop()
        server.options = tuple(word for word in server.options if word not in ("--workers", "none"))
        server.start()
        self.admin.sign_in()

    def test_a_length_that_cannot_fit_is_refused_before_the_body(self):
        server = self.start("--storage-per-user", "5")
        ben = Account(server, "ben")
        for path, field in (("/api/v1/assets", "file"), ("/api/v1/upload/batch", "files")):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            connection.putrequest("POST", path)
            for name, value in {**ben.bearer, **FORM, "Content-Length": str(100 * MB), "Expect": "100-continue"}.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            self.assertEqual((answer.status, json.loads(answer.read())["type"]), (409, "urn:zoetrope:problem:over_quota"))
            connection.close()

    def test_uploads_that_arrive_together_do_not_pass_the_limit_together(self):
        server = self.start("--storage-per-user", "10")
        ben = Account(server, "ben")

        def send(mark):
            return upload(ben, bmp(MB, mark), *(() if mark % 2 else ("/api/v1/upload/batch", "files"))).status

        with concurrent.futures.ThreadPoolExecutor(20) as threads:
            statuses = list(threads.map(send, range(20)))
        self.assertLessEqual(set(statuses), {201, 202, 409})
        kept, size = sum(status != 409 for status in statuses), len(bmp(MB))
        self.assertGreater(kept, 0)
        self.assertLessEqual(kept * size, 10 * MB)
        self.assertEqual(usage(ben)["bytes_used"], kept * size)
        rows = server.sql(f"SELECT count(*), sum(bytes) FROM assets WHERE owner_id = {ben.id}")
        self.assertEqual([int(value) for value in rows[0]], [kept, kept * size])
        wait_for(lambda: not staged_files(server), "the end of what was staged")

    def test_the_last_byte_is_counted_by_the_database_alone(self):
        """As if other servers had taken them in: this one's own count of what arrives does not see it."""
        server = self.start("--storage-per-user", "10")
        ben = Account(server, "ben")
        size = len(bmp(MB))
        server.sql(f"INSERT INTO storage_used (owner_id, bytes) VALUES ({ben.id}, {10 * MB - size})")
        self.assertEqual(upload(ben, bmp(MB)).status, 201)
        self.assertEqual(usage(ben)["bytes_used"], 10 * MB)
        self.assertEqual(upload(ben, bmp(0)).status, 409)

    def test_nothing_more_is_made_for_who_is_over(self):
        server = Server(None, *OPTIONS[2:], "--storage-per-user", "5")
        server.start()
        self.addCleanup(server.__exit__)
        self.admin = Account.first(server)
        ben = Account(server, "ben")
        asset = upload(ben, small_photo()).json()["id"]
        wanted = {"model": "local/relief", "inputs": {"image": asset}}
        # One that runs when the quota is used up is kept, whatever it takes.
        server.sql(f"UPDATE storage_used SET bytes = {5 * MB - 1} WHERE owner_id = {ben.id}")
        made = ben.ask("POST", "/api/v1/generations", wanted).json()["id"]
        done = wait_for(lambda: (lambda g: g["finished_at"] and g)(ben.ask("GET", f"/api/v1/generations/{made}").json()), "the end")
        self.assertEqual(done["state"], "succeeded", done)
        outputs = sum(output["bytes"] for output in done["outputs"])
        self.assertEqual(usage(ben)["bytes_used"], 5 * MB - 1 + outputs)
        for answer in (ben.ask("POST", "/api/v1/generations", wanted), upload(ben, small_photo(), "/api/v1/upload/batch", "files")):
            self.assertEqual((answer.status, answer.json()["type"]), (409, "urn:zoetrope:problem:over_quota"))
        # Queued before, begun after.
        server.sql("INSERT INTO paused_queues (name, paused_at) VALUES ('model_generation', 1)")
        server.sql(f"UPDATE storage_used SET bytes = 0 WHERE owner_id = {ben.id}")
        waits = ben.ask("POST", "/api/v1/generations", wanted)
        self.assertEqual(waits.status, 202, waits.body)
        waits = waits.json()["id"]
        server.sql(f"UPDATE storage_used SET bytes = {5 * MB} WHERE owner_id = {ben.id}")
        server.sql("DELETE FROM paused_queues")
        ended = wait_for(lambda: (lambda g: g["finished_at"] and g)(ben.ask("GET", f"/api/v1/generations/{waits}").json()), "the end")
        self.assertEqual(ended["state"], "failed")
        self.assertIn("storage-per-user", ended["error"])
        self.assertEqual(ben.ask("POST", f"/api/v1/generations/{waits}/retry").status, 409)
        server.sql(f"UPDATE storage_used SET bytes = 0 WHERE owner_id = {ben.id}")
        self.assertEqual(ben.ask("POST", f"/api/v1/generations/{waits}/retry").status, 200)
        # An output can be deleted, and so can the picture that it was made of.
        output = done["outputs"][0]["id"]
        for id in (output, asset):
            self.assertEqual(ben.ask("DELETE", f"/api/v1/assets/{id}").status, 204)
        left = ben.ask("GET", f"/api/v1/generations/{made}").json()["outputs"]
        self.assertEqual([each["id"] for each in left], [each["id"] for each in done["outputs"][1:]])

    def test_a_batch_goes_on_without_a_picture_that_was_deleted(self):
        server = self.start()
        ben = Account(server, "ben")
        batch = upload(ben, small_photo(), "/api/v1/upload/batch", "files").json()["job_id"]
        asset = ben.ask("GET", "/api/v1/assets").json()[0]["id"]
        self.assertEqual(ben.ask("DELETE", f"/api/v1/assets/{asset}").status, 204)
        server.stop()
        server.start()
        ben.sign_in()
        status = ben.ask("GET", f"/api/v1/status/{batch}")
        self.assertEqual((status.status, status.json()["status"]), (200, "queued"), status.body)


class OnSmallDisk(unittest.TestCase):
    """A disk of its own for the data folder. Without the right to mount one these tests fail: they have no other way."""

    def setUp(self):
        self.disk = tempfile.mkdtemp(prefix="zoetrope-disk-")
        self.addCleanup(os.rmdir, self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "none", self.disk], check=True)
        self.addCleanup(subprocess.run, ["umount", self.disk], check=True)

    def start(self, *options):
        server = Server(f"{self.disk}/data", *OPTIONS, *options)
        server.start()
        self.addCleanup(server.__exit__)
        self.admin = Account.first(server)
        return server

    def free(self):
        facts = os.statvfs(self.disk)
        return facts.f_bavail * facts.f_frsize

    def fill_disk(self, name="filler"):
        """Whole and at once: bit by bit the ballast would be released before the end, and be filled, too. Returns how to take
        it away."""
        with open(f"{self.disk}/{name}", "wb") as file:
            while True:
                with contextlib.suppress(OSError):  # somebody else was first to take some of it
                    os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size + self.free())
                    break  # what is free from now on is the ballast's
        return lambda: os.unlink(f"{self.disk}/{name}")

    def fill_but_ballast(self, server):
        """The server, too, may have released it before the end, and then its room was filled: once more."""
        while True:
            empty = self.fill_disk()
            if (server.data / "ballast").exists():
                return empty
            empty()
            wait_for((server.data / "ballast").exists, "the new ballast")

    def fill_by_uploads(self, account):
        """Until not even a small one is taken in. Returns the last refusal."""
        for tail in (MB, 100_000, 0):
            for mark in range(200):
                answer = upload(account, bmp(tail, mark))
                if answer.status != 201:
                    break
        self.assertEqual(answer.status, 507, "the disk took more than it has")
        return answer

    def free_what_was_released(self, server):
        """The workers do it, and the grace is over."""
        server.stop()
        server.options = tuple(word for word in server.options if word not in ("--workers", "none"))
        server.start()
        self.admin.sign_in()
        wait_for(lambda: server.sql("SELECT count(*) FROM assets")[0][0] == "0", "the erasure")
        server.stop()
        for path in (server.data / "blobs").rglob("*"):
            if path.is_file():
                os.utime(path, (1, 1))
        server.sql("UPDATE released_blobs SET released_at = 1")
        server.sql("UPDATE schedules SET next_run_at = 1 WHERE name = 'library.remove_released'")
        server.start()
        wait_for(lambda: server.sql("SELECT count(*) FROM released_blobs")[0][0] == "0", "the end of what was released")


class SmallDisk(OnSmallDisk):
    def test_uploads_leave_the_reserve_and_everybody_goes_on(self):
        server = self.start()
        filler, eve = Account(server, "filler"), Account(server, "eve")
        refused = self.fill_by_uploads(filler)
        self.assertEqual((refused.status, refused.json()["type"]), (507, "urn:zoetrope:problem:storage_full"))
        self.assertIn("disk-reserve", refused.json()["detail"])
        self.assertGreaterEqual(self.free(), 3 * MB, "what is left for the database: 5 % less its own writes")
        self.assertEqual(upload(eve, bmp(0, 1000), "/api/v1/upload/batch", "files").status, 507)
        wait_for(lambda: server.get("/health/ready").json()["status"] == "degraded", "the word of the disk")
        self.assertEqual(server.get("/health/ready").status, 200)
        reserve = metric(server, self.admin, "zoetrope_disk_reserve_bytes")
        self.assertEqual(reserve, 4 * MB)
        self.assertLess(metric(server, self.admin, "zoetrope_disk_free_bytes"), reserve + MB)
        if not server.database:
            self.assertEqual(metric(server, self.admin, "zoetrope_disk_ballast_bytes"), 16 * MB)
        # Everything else goes on, and what frees space does.
        self.assertEqual(eve.login(server), 200)
        self.assertEqual(eve.ask("POST", "/api/v1/todo", {"title": "while it is nearly full"}).status, 201)
        self.assertEqual(self.admin.ask("PATCH", f"/api/v1/users/{filler.id}", {"disabled": True}).status, 200)
        self.assertEqual(filler.login(server), 403)
        self.assertEqual(self.admin.ask("DELETE", f"/api/v1/users/{filler.id}").status, 204)
        self.free_what_was_released(server)
        self.assertEqual(upload(eve, bmp(MB, 2000)).status, 201)
        wait_for(lambda: server.get("/health/ready").json()["status"] == "ready", "the word of the disk")

    def test_uploads_that_arrive_together_leave_the_reserve(self):
        server = self.start()
        filler = Account(server, "filler")
        with concurrent.futures.ThreadPoolExecutor(32) as threads:
            statuses = list(threads.map(lambda mark: upload(filler, bmp(4 * MB, mark)).status, range(32)))
        self.assertEqual(set(statuses), {201, 507})
        self.assertGreaterEqual(self.free(), 3 * MB)

    def test_a_length_that_the_disk_has_no_room_for_is_refused_before_the_body(self):
        server = self.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.putrequest("POST", "/api/v1/assets")
        for name, value in {**self.admin.bearer, **FORM, "Content-Length": str(150 * MB), "Expect": "100-continue"}.items():
            connection.putheader(name, value)
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 507)
        connection.close()


@unittest.skipIf(os.environ.get("ZOETROPE_TEST_DATABASE") == "postgres", "PostgreSQL's rows are on a disk of its own")
class FullDisk(OnSmallDisk):
    def test_what_frees_space_works_when_nothing_is_free(self):
        server = self.start()
        filler, eve = Account(server, "filler"), Account(server, "eve")
        for mark in range(20):
            self.assertEqual(upload(filler, bmp(MB, mark)).status, 201)
        empty = self.fill_but_ballast(server)
        self.assertLess(self.free(), 64 * 1024)
        self.assertEqual(eve.login(server), 200)
        self.assertFalse((server.data / "ballast").exists(), "it was released")
        self.assertEqual(metric(server, self.admin, "zoetrope_disk_ballast_bytes"), 0)
        answer = server.get("/health/ready")
        self.assertEqual((answer.status, answer.json()["status"]), (200, "degraded"))
        # The ballast is for what frees space, not for more rows.
        for method, path, body in (("POST", "/api/v1/todo", {"title": "more"}), ("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["todo"]})):
            refused = eve.ask(method, path, body)
            self.assertEqual((refused.status, refused.json()["type"]), (507, "urn:zoetrope:problem:storage_full"))
        self.assertEqual(eve.ask("GET", "/api/v1/todo").status, 200)
        self.assertEqual(self.admin.ask("PATCH", f"/api/v1/users/{filler.id}", {"disabled": True}).status, 200)
        self.assertEqual(filler.login(server), 403)
        self.assertEqual(self.admin.ask("DELETE", f"/api/v1/users/{filler.id}").status, 204)
        # It starts like this, too, and does what was asked.
        self.free_what_was_released(server)
        self.assertGreater(self.free(), 16 * MB)
        wait_for((server.data / "ballast").exists, "the new ballast") if self.free() > 32 * MB else empty()
        wait_for((server.data / "ballast").exists, "the new ballast")
        self.assertEqual(eve.login(server), 200)
        eve.sign_in()
        self.assertEqual(eve.ask("POST", "/api/v1/todo", {"title": "there is room"}).status, 201)
        wait_for(lambda: server.get("/health/ready").json()["status"] == "ready", "the word of the disk")

    def test_rows_do_not_fill_it_either(self):
        server = self.start()
        filler, eve = Account(server, "filler"), Account(server, "eve")
        rows = [{"title": "row", "description": "x" * 9000}] * 50
        answer = None
        for _ in range(400):
            answer = filler.ask("POST", "/api/v1/todo/bulk", rows)
            if answer.status != 201:
                break
        self.assertEqual((answer.status, answer.json()["type"]), (507, "urn:zoetrope:problem:storage_full"))
        for _ in range(50):
            self.assertEqual(eve.login(server), 200)
        self.assertEqual(self.admin.ask("DELETE", f"/api/v1/users/{filler.id}").status, 204)
        self.assertEqual(eve.ask("GET", "/api/v1/todo").status, 200)

    def test_one_members_rows_leave_the_reserve_to_others_and_deleted_ones_give_back(self):
        server = self.start("--disk-reserve", "20")
        filler, eve = Account(server, "filler"), Account(server, "eve")
        rows, made = [{"title": "row", "description": "x" * 9000}] * 50, []
        while True:
            answer = filler.ask("POST", "/api/v1/todo/bulk", rows)
            if answer.status != 201:
                break
            made += [todo["id"] for todo in answer.json()]
            self.assertLess(len(made), 20_000)
        self.assertEqual((answer.status, answer.json()["type"]), (507, "urn:zoetrope:problem:storage_full"))
        self.assertIn("1 MB an hour", answer.json()["detail"])
        self.assertTrue((server.data / "ballast").exists())
        self.assertEqual(eve.ask("POST", "/api/v1/todo", {"title": "hers"}).status, 201)
        file = server.data / "zoetrope.sqlite"
        full = file.stat().st_size
        for begin in range(0, len(made), 1000):
            self.assertEqual(filler.ask("DELETE", "/api/v1/todo/bulk", {"ids": made[begin:begin + 1000]}).status, 204)
        wait_for(lambda: file.stat().st_size < full / 2, "the deleted rows' space")
        wait_for(lambda: filler.ask("POST", "/api/v1/todo/bulk", rows).status == 201, "room for rows")

    def test_readiness_says_when_nothing_can_be_written(self):
        server = self.start()
        self.fill_but_ballast(server)
        self.assertEqual(self.admin.login(server), 200)  # releases the ballast
        log = server.data / "zoetrope.sqlite-wal"
        with contextlib.closing(sqlite3.connect(server.data / "zoetrope.sqlite", isolation_level=None, timeout=60)) as file:

            def empty_log():
                file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                file.execute("BEGIN IMMEDIATE")  # nobody else writes until the disk is full again
                return log.stat().st_size == 0 or file.execute("ROLLBACK") and False

            wait_for(empty_log, "an empty log")
            empty = self.fill_disk("more")
            file.execute("ROLLBACK")
        answer = wait_for(lambda: (lambda a: a.status == 503 and a)(server.get("/health/ready")), "the word of the disk")
        self.assertIn("cannot be written", answer.json()["detail"])
        self.assertEqual(self.admin.ask("GET", "/api/v1/todo").status, 200, "reading goes on")
        empty()
        wait_for(lambda: server.get("/health/ready").status == 200, "the word of the disk")


if __name__ == "__main__":
    unittest.main()

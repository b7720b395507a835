"""Killed at any moment and started again, the server finishes what it had accepted, and shows nothing half-made."""
import concurrent.futures
import http.client
import os
import pathlib
import random
import signal
import tempfile
import unittest

from support import RELEASE_ENGINE, ROOT, Server, small_photo, staged_files, wait_for

# Each waits for a point in a generation's life; the kill then falls somewhere behind it.
DIES_AT = ROOT / "build/dev/lib/dies_at.so"


class Mortal(Server):
    """Killed right before its `at`-th call that leaves something behind, counted from the first upload."""

    def __init__(self, at):
        self.armed = tempfile.NamedTemporaryFile(prefix="zoetrope-armed-")
        self.armed.close()
        dying = {"LD_PRELOAD": str(DIES_AT), "ZOETROPE_TEST_DIE_AT": str(at), "ZOETROPE_TEST_ARMED": self.armed.name}
        super().__init__(None, "--engine", RELEASE_ENGINE, env=dying)

    def disarm(self):
        pathlib.Path(self.armed.name).unlink()

    def start_again(self):
        self.process.wait()
        self.disarm()
        self.env.pop("LD_PRELOAD")
        self.start()


class Walk(unittest.TestCase):
    """From an upload to a model's files, with the server killed at one call after another until none is left."""

    def story(self, server, asset=None, key=None):
        """Uploads, asks for a model and waits for it; what was acknowledged before a death is not sent again."""
        asset = asset or server.upload(small_photo()).json()["id"]
        yield asset
        wanted = {"model": "local/relief", "inputs": {"image": asset, "grid": 64}}
        yield server.post("/api/v1/generations", wanted, Idempotency_Key=key).json()["id"]

    def killed_at(self, point):
        """False when the story was over before it came to the point."""
        with Mortal(point) as server:
            pathlib.Path(server.armed.name).touch()
            known = []
            try:
                for id in self.story(server, key=f"at-{point}"):
                    known.append(id)
                server.await_end(known[1])
                server.disarm()
            except (OSError, http.client.HTTPException):
                server.start_again()
                self.nothing_half_made(server)
                known = list(self.story(server, known[0] if known else None, f"at-{point}"))
                died = True
            else:
                died = False
            made = server.await_end(known[1])
            self.assertEqual((made["state"], len(made["outputs"])), ("succeeded", 3), made)
            self.nothing_half_made(server)
            self.assertEqual(staged_files(server), [])
            outputs = {output["id"] for output in made["outputs"]}
            shown = {asset["id"] for asset in server.get("/api/v1/assets?limit=100").json() if asset["kind"] != "image"}
            self.assertLessEqual(shown, outputs, "a second run leaves no second set of outputs")
            return died

    def nothing_half_made(self, server):
        for asset in server.get("/api/v1/assets").json():
            self.assertEqual(len(server.get(asset["url"]).body), asset["bytes"])

    def test_killed_at_each_call_it_finishes_after_the_next_start(self):
        # On PostgreSQL most of a walk is waiting until the killed node counts as dead: more go side by side, and over
        # every other call.
        abreast, stride = (6, 2) if os.environ.get("ZOETROPE_TEST_DATABASE") == "postgres" else (2, 1)

        def walk(first):
            point = first
            while self.killed_at(point):
                point += abreast * stride
            return point

        with concurrent.futures.ThreadPoolExecutor(abreast) as walkers:
            ends = list(walkers.map(walk, range(1, abreast * stride + 1, stride)))
        self.assertGreater(min(ends), 30)


def engines_of(server):
    """The process ids of the server's children."""
    children = pathlib.Path(f"/proc/{server}/task").glob("*/children")
    return [int(pid) for listed in children for pid in listed.read_text().split()]


class Crash(unittest.TestCase):
    def test_killed_again_and_again_it_loses_nothing(self):
        dice = random.Random(7)
        with Server() as server:
            ids = [server.generate("local/relief", grid=64) for _ in range(4)]
            for _ in range(2):
                for _ in range(dice.randrange(1, 12)):
                    server.get("/api/v1/generations")
                server.kill()
                server.start()
            for id in ids:
                self.assertEqual(server.await_end(id)["state"], "succeeded")

    def test_what_kills_its_server_at_every_attempt_is_put_aside(self):
        with Server() as server:
            id = server.generate("local/parallax", duration_s=2, resolution="480p", motion="ken_burns")
            for attempt in range(3):
                tried = lambda: server.get("/api/v1/admin/tasks?kind=generation.run").json()[0]["attempt"]
                wait_for(lambda: tried() > attempt and server.generation(id)["stage"] != "", f"attempt {attempt + 1}")
                server.kill()
                server.start()
            ended = server.await_end(id)
            self.assertEqual(ended["state"], "failed")
            self.assertIn("tried 3 times", ended["error"])
            # An operator looked into it.
            task = wait_for(lambda: server.get("/api/v1/admin/tasks?state=discarded").json(), "the task given up")[0]
            self.assertEqual(server.ask("POST", f"/api/v1/admin/tasks/{task['id']}/retry").status, 200)
            self.assertEqual(server.await_end(id)["state"], "succeeded")
            self.assertEqual(server.get("/api/v1/admin/tasks?state=discarded").json(), [])

    def test_a_signal_to_the_whole_group_lets_the_engine_finish(self):
        with Server() as server:
            id = server.generate("local/parallax", duration_s=2, resolution="480p", motion="ken_burns")
            wait_for(lambda: server.generation(id)["stage"] != "", "the engine at work")
            engines = engines_of(server.process.pid)
            self.assertEqual(len(engines), 1)
            for ending in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                os.kill(engines[0], ending)
            self.assertEqual(server.await_end(id)["state"], "succeeded")
            self.assertEqual(engines_of(server.process.pid), engines)

    def test_an_upload_cut_short_leaves_nothing(self):
        import socket

        with Server() as server:
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                photo = small_photo()
                connection.sendall(
                    b"POST /api/v1/assets HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                    b"Content-Length: 1000000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n" + photo
                )
                wait_for(lambda: staged_files(server), "the upload's first bytes")
            wait_for(lambda: not staged_files(server), "the end of the staged file")
            self.assertEqual(server.get("/api/v1/assets").json(), [])


if __name__ == "__main__":
    unittest.main()

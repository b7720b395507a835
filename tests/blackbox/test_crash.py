"""Killed at any moment and started again, the server finishes what it had accepted, and shows nothing half-made."""
import os
import pathlib
import random
import signal
import unittest

from support import Server, small_photo, staged_files, wait_for

# Each waits for a point in a generation's life; the kill then falls somewhere behind it.
POINTS = {
    "accepted": lambda server, id: True,
    "running": lambda server, id: server.generation(id)["state"] == "running",
    "at work": lambda server, id: server.generation(id)["stage"] != "",
    "half way": lambda server, id: server.generation(id)["progress"] > 0.5,
    "at the end": lambda server, id: server.generation(id)["progress"] > 0.9,
    "just over": lambda server, id: server.generation(id)["finished_at"],
}


def engines_of(server):
    """The process ids of the server's children."""
    children = pathlib.Path(f"/proc/{server}/task").glob("*/children")
    return [int(pid) for listed in children for pid in listed.read_text().split()]


class Crash(unittest.TestCase):
    def test_killed_at_each_point_it_finishes_after_the_next_start(self):
        for point, reached in POINTS.items():
            with self.subTest(point), Server() as server:
                id = server.generate("local/parallax", duration_s=2, resolution="480p", motion="ken_burns")
                wait_for(lambda: reached(server, id), point)
                server.kill()
                server.start()
                made = server.await_end(id)
                self.assertEqual((made["state"], len(made["outputs"])), ("succeeded", 3))
                for output in made["outputs"]:
                    self.assertEqual(len(server.get(output["url"]).body), output["bytes"])
                videos = server.get("/api/v1/assets?kind=video").json()
                self.assertEqual(len(videos), 2, "a second run leaves no second set of outputs")
                self.assertEqual(staged_files(server), [])

    def test_killed_again_and_again_it_loses_nothing(self):
        dice = random.Random(7)
        with Server() as server:
            ids = [server.generate("local/relief", grid=64) for _ in range(4)]
            for _ in range(4):
                steps = dice.randrange(1, 12)
                for _ in range(steps):
                    server.get("/api/v1/generations")
                server.kill()
                server.start()
            states = [server.await_end(id)["state"] for id in ids]
            # A task is quarantined when its process died at every attempt; with four kills that may be any of them,
            # but each says so.
            for id, state in zip(ids, states):
                self.assertIn(state, ("succeeded", "failed"))
                if state == "failed":
                    self.assertIn("tried 3 times", server.generation(id)["error"])

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

"""Workers in processes of their own, on PostgreSQL: the server's clients see no difference."""
import contextlib
import email
import email.policy
import signal
import subprocess
import threading
import unittest

from support import BINARY, PATIENCE_S, Account, Server, Stream, wait_for

LONG = {"model": "local/parallax", "resolution": "1080p", "duration_s": 10, "motion": "ken_burns"}
SHORT = {"model": "local/parallax", "resolution": "480p", "duration_s": 2, "motion": "ken_burns"}


class Worker:
    """`zoetrope worker` for a server's database."""

    def __init__(self, server, *options):
        self.process = subprocess.Popen(
            [BINARY, "worker", "--data", str(server.data), *server.options, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=server.env,
        )
        self.said = []
        threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True).start()
        line = self.process.stdout.readline().decode()
        assert line.startswith("Working."), b"".join(self.said).decode()

    def signal(self, times=1):
        for _ in range(times):  # one at a time: two that wait are one
            self.process.send_signal(signal.SIGTERM)
            wait_for(lambda: b"stopping" in b"".join(self.said), "its hearing of it")

    def await_exit(self):
        code = self.process.wait(PATIENCE_S)
        assert code == 0, f"it ended with {code}: {b''.join(self.said).decode()[-3000:]}"

    def stop(self):
        if self.process.poll() is None:
            self.signal(2)  # nothing needs to finish
            self.await_exit()
        self.process.stdout.close()


class Workers(unittest.TestCase):
    def setUp(self):
        self.server = Server(None, "--workers=none", "--engine-children-max=1")
        self.server.start()
        self.addCleanup(self.server.__exit__)

    def worker(self, *options):
        worker = Worker(self.server, *options)
        self.addCleanup(worker.stop)
        return worker

    def ask(self, sql):
        return self.server.database.ask(sql)

    def await_progress(self, id):
        wait_for(lambda: self.server.generation(id)["progress"] > 0, "the first progress")

    def test_a_client_of_the_server_sees_what_a_worker_does(self):
        with contextlib.closing(Stream(self.server, "/api/v1/events?topics=generations")) as stream:
            id = self.server.generate(**SHORT | {"duration_s": 4})
            self.assertEqual(self.server.generation(id)["state"], "queued")
            self.worker("--queues", "model_generation=8")
            seen, types = [], []
            while not types or types[-1] != "generation.succeeded":
                _, data = stream.next()
                types.append(data["type"])
                if data["type"] == "generation.progress" and data["data"]["stage"] == "rendering the video":
                    seen.append(data["data"]["progress"])
        self.assertEqual(seen, sorted(seen))
        self.assertGreaterEqual(len(set(seen)), 5, seen)
        self.assertEqual([each for each in types if each != "generation.progress"], ["generation.queued", "generation.running", "generation.succeeded"])
        made = self.server.generation(id)
        self.assertEqual((made["state"], len(made["outputs"])), ("succeeded", 3))

    def test_a_cancelled_one_ends_where_it_runs(self):
        self.worker()
        id = self.server.generate(**LONG)
        self.await_progress(id)
        self.assertEqual(self.server.ask("POST", f"/api/v1/generations/{id}/cancel").json()["state"], "cancelled")
        wait_for(lambda: self.ask("SELECT count(*) FROM tasks WHERE kind = 'generation.run'") == "0", "the end of its task")
        self.assertEqual(self.ask("SELECT state FROM finished_tasks WHERE kind = 'generation.run'"), "cancelled")

    def test_told_to_stop_it_finishes_what_runs_and_begins_nothing(self):
        worker = self.worker("--queues=model_generation=1", "--drain-timeout=60")
        first = self.server.generate(**SHORT)
        self.await_progress(first)
        second = self.server.generate(**SHORT)
        worker.signal()
        worker.await_exit()
        self.assertEqual(self.server.generation(first)["state"], "succeeded")
        self.assertEqual(self.server.generation(second)["state"], "queued")
        self.assertEqual(self.ask("SELECT attempt FROM tasks WHERE kind = 'generation.run'"), "0")

    def test_what_takes_too_long_is_handed_back_to_another(self):
        for signals, options in ((1, ["--drain-timeout=0"]), (2, ["--drain-timeout=600"])):
            with self.subTest(signals=signals):
                worker = self.worker(*options)
                id = self.server.generate(**LONG)
                self.await_progress(id)
                worker.signal(signals)
                worker.await_exit()
                row = "SELECT state, attempt FROM tasks WHERE kind = 'generation.run'"
                self.assertEqual(self.ask(row), "available|0")
                self.server.ask("POST", f"/api/v1/generations/{id}/cancel")

    def test_without_being_told_it_finds_its_work(self):
        # As behind a pooler nobody can listen: every word to and from it is lost.
        self.worker("--db-pooler=transaction")
        id = self.server.generate("local/relief", grid=64)
        self.assertEqual(self.server.await_end(id)["state"], "succeeded")

    def test_a_mail_that_it_sends_leads_to_the_server(self):
        self.worker("--queues=maintenance")
        Account.first(self.server)
        (mail,) = wait_for(lambda: list((self.server.data / "outbox").glob("*.eml")), "the mail")
        message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
        self.assertIn(f"http://127.0.0.1:{self.server.port}/verify#", message.get_body(("plain",)).get_content())

    def test_it_serves_only_the_queues_that_it_is_given(self):
        self.worker("--queues=priority=3,maintenance")
        def pools():
            return {each["name"]: each for each in self.server.get("/api/v1/admin/pools").json()}
        wait_for(lambda: pools().get("priority", {}).get("capacity") == 3, "its slots")
        self.assertEqual({name: each["nodes"] for name, each in pools().items()}, {"batch_processing": 0, "maintenance": 1, "model_generation": 0, "priority": 1})
        self.assertEqual(pools()["maintenance"]["capacity"], 2)  # a share, which is all of it
        id = self.server.generate("local/relief", grid=64)
        time_of_clean_up = "SELECT count(*) FROM finished_tasks WHERE queue = 'maintenance'"
        wait_for(lambda: self.ask(time_of_clean_up) != "0", "a task of its queues")
        self.assertEqual(self.server.generation(id)["state"], "queued")


class Words(unittest.TestCase):
    def refused(self, *options):
        done = subprocess.run([BINARY, "worker", *options], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_what_cannot_be_is_said(self):
        self.assertIn("--database must be the PostgreSQL database", self.refused())
        self.assertIn("names 'none', which is no queue", self.refused("--queues=none=1"))
        self.assertIn("must be like model_generation=8", self.refused("--queues=priority=many"))


if __name__ == "__main__":
    unittest.main()

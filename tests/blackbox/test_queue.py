"""What an operator sees of the queues and their tasks, and how a queue is paused."""
import contextlib
import pathlib
import unittest
from datetime import datetime, timezone

from support import Account, Server, small_photo, wait_for


class Queues(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.server.start()
        self.addCleanup(self.server.__exit__)

    def queue(self, name="model_generation"):
        return next(each for each in self.server.get("/api/v1/admin/queues").json() if each["name"] == name)

    def test_a_paused_queue_begins_nothing_until_it_goes_on(self):
        paused = self.server.ask("POST", "/api/v1/admin/queues/model_generation/pause").json()
        self.assertIsNotNone(paused["paused_at"])
        self.assertEqual(self.server.ask("POST", "/api/v1/admin/queues/model_generation/pause").json()["paused_at"], paused["paused_at"])
        id = self.server.generate("local/relief", grid=64)
        self.server.upload(small_photo())  # which takes longer than a task waits otherwise
        waiting = self.queue()
        self.assertEqual((waiting["available"], waiting["running"]), (1, 0))
        self.assertIsNotNone(waiting["oldest_available_at"])
        resumed_at = datetime.now(timezone.utc)
        self.assertIsNone(self.server.ask("POST", "/api/v1/admin/queues/model_generation/resume").json()["paused_at"])
        self.assertEqual(self.server.await_end(id)["state"], "succeeded")
        done, = self.server.get("/api/v1/admin/tasks?kind=generation.run").json()
        self.assertGreaterEqual(datetime.fromisoformat(done["started_at"].replace("Z", "+00:00")), resumed_at)
        wait_for(lambda: self.queue()["running"] == 0, "an empty queue")

    def test_finished_tasks_are_cleaned_up_by_a_task_of_their_own(self):
        cleaned = "/api/v1/admin/tasks?kind=queue.clean_up&state=completed"
        wait_for(lambda: self.server.get(cleaned).json(), "the first clean-up")

    def test_one_that_waits_says_why(self):
        self.server.ask("POST", "/api/v1/admin/queues/maintenance/pause")
        self.server.ask("POST", "/api/v1/admin/queues/model_generation/pause")
        ids = [self.server.generate("local/relief", grid=64) for _ in range(3)]
        waits = [self.server.generation(id)["wait"] for id in ids]
        self.assertEqual(waits, [{"position": n, "reason": "the queue is paused"} for n in (1, 2, 3)])
        listed = self.server.get("/api/v1/generations?state=queued&order=oldest").json()
        self.assertEqual([(each["id"], each["wait"]) for each in listed], list(zip(ids, waits)))
        self.server.ask("POST", "/api/v1/admin/queues/model_generation/resume")
        for id in ids:
            ended = self.server.await_end(id)
            self.assertEqual((ended["state"], ended["wait"]), ("succeeded", None))

    def test_one_that_was_cancelled_is_made_again(self):
        self.server.ask("POST", "/api/v1/admin/queues/model_generation/pause")
        id = self.server.generate("local/relief", grid=64)
        retry = lambda: self.server.ask("POST", f"/api/v1/generations/{id}/retry")
        refused = retry()
        self.assertEqual(refused.status, 409)
        self.assertIn("this one is queued", refused.json()["detail"])
        self.server.ask("POST", f"/api/v1/generations/{id}/cancel")
        again = retry()
        self.assertEqual((again.status, again.json()["state"], again.json()["finished_at"]), (200, "queued", None))
        self.server.ask("POST", "/api/v1/admin/queues/model_generation/resume")
        self.assertEqual(self.server.await_end(id)["state"], "succeeded")
        self.assertEqual(retry().status, 409)

    def test_only_what_was_given_up_is_tried_again(self):
        self.assertEqual(self.server.ask("POST", "/api/v1/admin/tasks/999999/retry").status, 404)
        self.assertEqual(self.server.post("/api/v1/admin/tasks/retry", {}).json(), {"retried": 0})
        refused = self.server.post("/api/v1/admin/tasks/retry", {"limit": 0})
        self.assertEqual((refused.status, refused.json()["errors"][0]["field"]), (422, "limit"))

    def test_a_queue_that_there_is_not_is_refused_with_those_there_are(self):
        refused = self.server.ask("POST", "/api/v1/admin/queues/generations/pause")
        self.assertEqual(refused.status, 404)
        known = ["batch_processing", "maintenance", "model_generation", "priority"]
        self.assertIn(", ".join(known), refused.json()["detail"])
        self.assertEqual([each["name"] for each in self.server.get("/api/v1/admin/queues").json()], known)

    def test_tasks_are_listed_and_found_while_they_wait_and_when_they_are_over(self):
        self.assertEqual(self.server.await_end(self.server.generate("local/relief", grid=64))["state"], "succeeded")
        self.server.ask("POST", "/api/v1/admin/queues/model_generation/pause")
        self.server.generate("local/relief", grid=64)
        look = lambda query: self.server.get("/api/v1/admin/tasks?queue=model_generation" + query).json()
        wait_for(lambda: look("&state=completed"), "the end of the first one's task")
        newer, older = look("")
        self.assertEqual((newer["state"], older["state"]), ("available", "completed"))
        self.assertEqual([task["id"] for task in look("&state=available")], [newer["id"]])
        self.assertEqual([task["id"] for task in look("&state=completed")], [older["id"]])
        self.assertEqual(look("&state=discarded"), [])
        self.assertEqual(look("&kind=no.such"), [])
        for task in (newer, older):
            self.assertEqual(self.server.get(f"/api/v1/admin/tasks/{task['id']}").json(), task)
        self.assertEqual((older["attempt"], older["crashes"], older["error"]), (1, 0, None))
        first = self.server.get("/api/v1/admin/tasks?queue=model_generation&limit=1")
        self.assertEqual(first.json(), [newer])
        address = first.headers["link"].split("<")[1].split(">")[0]
        self.assertEqual(self.server.get(address).json(), [older])
        self.assertEqual(self.server.get("/api/v1/admin/tasks/4711").status, 404)
        refused = self.server.get("/api/v1/admin/tasks?state=done")
        self.assertEqual((refused.status, refused.json()["errors"][0]["field"]), (422, "state"))


class Engines(unittest.TestCase):
    def serve(self, *options):
        self.server = Server(None, "--engine-children-max=1", *options)
        self.server.start()
        self.addCleanup(self.server.__exit__)

    def engines(self):
        """The warm processes of this server, which fork one child for each task."""
        found = set()
        for file in pathlib.Path(f"/proc/{self.server.process.pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):  # a thread that has ended meanwhile
                found.update(file.read_text().split())
        return found

    def test_the_warm_engine_is_made_anew_when_it_is_worn(self):
        self.serve("--pools=model_generation=1/1/1,concurrency=1,tasks_per_child=2")
        seen = []
        for _ in range(5):
            self.assertEqual(self.server.await_end(self.server.generate("local/relief", grid=64))["state"], "succeeded")
            seen.append(wait_for(lambda: len(found := self.engines()) <= 1 and (found or {"none"}), "the end of the worn one"))
        used = set().union(*seen) - {"none"}
        self.assertGreaterEqual(len(used), 2, seen)
        self.assertLessEqual(len(used), 4, seen)

    def test_users_take_turns_at_one_engine(self):
        self.serve()
        ann = Account.first(self.server)
        bob = Account(self.server, "bob")
        ann.ask("POST", "/api/v1/admin/queues/model_generation/pause")
        started = {}
        for account, count in ((ann, 5), (bob, 1)):
            asset = self.server.upload(small_photo(), headers=account.bearer).json()["id"]
            for _ in range(count):
                made = account.ask("POST", "/api/v1/generations", {"model": "local/relief", "inputs": {"image": asset, "grid": 64}}).json()
                started[made["id"]] = account
        ann.ask("POST", "/api/v1/admin/queues/model_generation/resume")

        def finished():
            ended = [account.ask("GET", f"/api/v1/generations/{id}").json() for id, account in started.items()]
            return ended if all(each["finished_at"] for each in ended) else None

        ended = sorted(wait_for(finished, "the ends"), key=lambda each: each["finished_at"])
        self.assertEqual([each["state"] for each in ended], ["succeeded"] * 6)
        self.assertIn("bob", [started[each["id"]].name for each in ended[:2]], "bob's single one is among the first")

"""Remote workers: programs elsewhere that serve models of their own, over HTTP."""
import json
import subprocess
import sys
import unittest
import urllib.error

from support import ROOT, Account, Server, small_photo, wait_for

QUICK = ("--auth-argon2-passes", "1", "--auth-argon2-memory", "8", "--auth-registrations-per-address", "0")


def model(name="test/echo", **more):
    return {
        "id": name, "name": "Echo", "provider": "remote", "produces": "image", "generative": True, "description": "Gives it back.",
        "inputs": {"type": "object", "additionalProperties": False, "required": ["image"], "properties": {
            "image": {"type": "string", "format": "uuid", "x-asset": "image"},
            "prompt": {"type": "string", "default": "a cup"}}}, **more,
    }


class Remote:
    """A worker that does what a test says."""

    def __init__(self, test, **given):
        self.test = test
        answer = test.call("POST", "/api/v1/workers", {"name": "test", "models": [model()], **given})
        assert answer.status == 201, answer.body
        self.id = answer.json()["id"]
        self.base = f"/api/v1/workers/{self.id}"

    def claim(self, limit=1, wait_s=0):
        answer = self.test.call("POST", self.base + "/claim", {"limit": limit, "wait_s": wait_s})
        assert answer.status == 200, answer.body
        return answer.json()

    def await_task(self):
        return wait_for(self.claim, "a task")[0]

    def heartbeat(self, *tasks, progress=0.0, stage=""):
        body = {"tasks": [{"task_id": task["task_id"], "attempt": task["attempt"], "progress": progress, "stage": stage} for task in tasks]}
        return self.test.call("POST", self.base + "/heartbeat", body)

    def complete(self, task, field="picture", data=None):
        head = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="echo.jpg"\r\n\r\n'.encode()
        body = head + (data or small_photo()) + b"\r\n--b--\r\n"
        path = f"{self.base}/tasks/{task['task_id']}/complete?attempt={task['attempt']}"
        return self.test.server.ask("POST", path, body, {**self.test.bearer, "Content-Type": "multipart/form-data; boundary=b"})

    def fail(self, task, error="It went wrong.", retry=False):
        return self.test.call("POST", f"{self.base}/tasks/{task['task_id']}/fail", {"attempt": task["attempt"], "error": error, "retry": retry})


class RemoteWorkers(unittest.TestCase):
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(None, *QUICK, "--worker-patience", "2", *cls.options)
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__)
        cls.admin = Account.first(cls.server)
        cls.user = Account(cls.server, "bob")
        cls.key = cls.admin.ask("POST", "/api/v1/api-keys", {"name": "gpu", "scopes": ["workers"]}).json()["key"]
        cls.bearer = {"Authorization": "Bearer " + cls.key}
        body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="cup.jpg"\r\n\r\n' + small_photo() + b"\r\n--b--\r\n"
        answer = cls.server.ask("POST", "/api/v1/assets", body, {**cls.user.bearer, "Content-Type": "multipart/form-data; boundary=b"})
        cls.asset = answer.json()["id"]

    def call(self, method, path, value=None):
        return self.server.ask(method, path, None if value is None else json.dumps(value), {**self.bearer, "Content-Type": "application/json"})

    def generate(self, name="test/echo", status=202, **more):
        answer = self.user.ask("POST", "/api/v1/generations", {"model": name, "inputs": {"image": self.asset}, **more})
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def generation(self, made):
        return self.user.ask("GET", f"/api/v1/generations/{made['id']}").json()

    def tearDown(self):
        for worker in self.call("GET", "/api/v1/workers").json():
            self.call("DELETE", f"/api/v1/workers/{worker['id']}")
        for state in ("queued", "running"):
            for each in self.user.ask("GET", f"/api/v1/generations?state={state}").json():
                self.user.ask("POST", f"/api/v1/generations/{each['id']}/cancel")

    def test_the_example_serves_its_model(self):
        command = [sys.executable, ROOT / "examples/worker.py", f"http://127.0.0.1:{self.server.port}", self.key]
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (worker.kill(), worker.communicate()))
        self.assertRegex(worker.stdout.readline(), r"Worker \d+ waits for work")
        self.assertIn("example/drawing", [each["id"] for each in self.user.ask("GET", "/api/v1/models").json()])
        made = self.generate("example/drawing")
        self.assertEqual(made["queue"], "remote:example/drawing")
        ended = wait_for(lambda: (found := self.generation(made))["finished_at"] and found, "the drawing")
        self.assertEqual((ended["state"], ended["inputs"]["contrast"]), ("succeeded", 1.5))
        (picture,) = ended["outputs"]
        self.assertEqual((picture["role"], picture["kind"], picture["media_type"], picture["width"]), ("picture", "image", "image/jpeg", 320))
        bytes_of = self.user.ask("GET", picture["url"]).body
        colours = subprocess.run(["ffmpeg", "-v", "error", "-i", "-", "-vf", "scale=8:8", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], input=bytes_of, stdout=subprocess.PIPE, check=True).stdout
        self.assertLess(max(max(colours[i:i + 3]) - min(colours[i:i + 3]) for i in range(0, len(colours), 3)), 12, "it is in colour")

    def test_a_worker_gets_what_it_needs_and_tells_how_far_it_is(self):
        worker = Remote(self, device={"device": "cuda:0", "batch_size": 32, "memory_fraction": 0.8, "allow_growth": True})
        made = self.generate()
        task = worker.await_task()
        self.assertEqual((task["generation_id"], task["model"], task["inputs"]["prompt"], task["attempt"]), (made["id"], "test/echo", "a cup", 1))
        (file,) = task["files"]
        self.assertEqual((file["input"], file["name"], file["media_type"]), ("image", "cup.jpg", "image/jpeg"))
        self.assertEqual(self.call("GET", file["url"]).body, small_photo())
        self.assertEqual(self.call("GET", file["url"].replace("/image", "/mask")).status, 404)
        self.assertEqual(worker.heartbeat(task, progress=0.25, stage="thinking").json(), {"stop": []})
        found = self.generation(made)
        self.assertEqual((found["state"], found["progress"], found["stage"]), ("running", 0.25, "thinking"))
        (shown,) = self.call("GET", "/api/v1/workers").json()
        self.assertEqual((shown["id"], shown["alive"], shown["running"], shown["device"]["memory_fraction"]), (worker.id, True, 1, 0.8))
        self.assertEqual(worker.complete(task, "sculpture").json()["errors"][0]["field"], "sculpture")
        self.assertEqual(worker.complete(task, data=b"no picture").json()["errors"][0]["field"], "picture")
        self.assertEqual(worker.complete(task).status, 204)
        self.assertEqual(self.generation(made)["state"], "succeeded")
        self.assertEqual(worker.complete(task).status, 409, "it is over")

    def test_one_that_is_cancelled_is_stopped(self):
        worker = Remote(self, capacity=2)
        made = self.generate()
        task = worker.await_task()
        self.user.ask("POST", f"/api/v1/generations/{made['id']}/cancel")
        self.assertEqual(worker.heartbeat(task, progress=0.5).json(), {"stop": [task["task_id"]]})
        self.assertEqual(worker.complete(task).status, 409)
        made = self.generate()
        task = worker.await_task()
        self.user.ask("POST", f"/api/v1/generations/{made['id']}/cancel")
        self.assertEqual(worker.complete(task).status, 409, "it was quicker than its heartbeat")
        self.assertEqual((self.generation(made)["state"], self.generation(made)["outputs"]), ("cancelled", []))

    def test_a_silent_worker_loses_its_task_to_another(self):
        lost, other = Remote(self), Remote(self)
        made = self.generate()
        first = lost.await_task()

        def claimed():
            other.heartbeat()
            return other.claim()

        (again,) = wait_for(claimed, "its task, by another")
        self.assertEqual((again["task_id"], again["attempt"]), (first["task_id"], 2))
        self.assertEqual(lost.complete(first).status, 409)
        self.assertEqual(lost.heartbeat(first).json(), {"stop": [first["task_id"]]})
        self.assertEqual(other.complete(again).status, 204)
        self.assertEqual(self.generation(made)["state"], "succeeded")

    def test_failing_ends_it_or_tries_it_again(self):
        worker = Remote(self)
        made = self.generate()
        self.assertEqual(worker.fail(worker.await_task(), "The photo shows nothing.").status, 204)
        self.assertEqual((self.generation(made)["state"], self.generation(made)["error"]), ("failed", "The photo shows nothing."))
        made = self.generate()
        for attempt in (1, 2, 3):
            task = worker.await_task()
            self.assertEqual(task["attempt"], attempt)
            self.assertEqual(worker.fail(task, "Out of memory.", retry=True).status, 204)
        self.assertEqual((self.generation(made)["state"], self.generation(made)["error"]), ("failed", "Out of memory."))
        again = self.user.ask("POST", f"/api/v1/generations/{made['id']}/retry")
        self.assertEqual(again.json()["state"], "queued")
        self.assertEqual(worker.complete(worker.await_task()).status, 204)

    def test_regions_capacity_and_specialisations_are_honoured(self):
        west = Remote(self, region="eu-west-1", capacity=2, specialisations=["image_processing"], models=[model(specialisation="image_processing")])
        there = self.generate(region="us-east-1")
        self.assertEqual(self.generation(there)["wait"]["reason"], "no worker for it is there")
        anywhere, here, third = self.generate(), self.generate(region="eu-west-1"), self.generate()
        mine = west.claim(limit=5)
        self.assertEqual([each["generation_id"] for each in mine], [here["id"], anywhere["id"]], "its region first; no more than it has room for")
        self.assertEqual(west.claim(limit=5), [])
        west.heartbeat(*mine)
        east = Remote(self, region="us-east-1", capacity=100)
        self.assertNotEqual(self.generation(there)["wait"]["reason"], "no worker for it is there")
        self.assertEqual([each["generation_id"] for each in east.claim(limit=5)], [there["id"], third["id"]])

    def test_a_claim_whose_answer_was_lost_is_given_away_again(self):
        worker = Remote(self, capacity=2)
        made = self.generate()
        lost = worker.await_task()  # of which the worker never heard

        def beaten():
            self.assertEqual(worker.heartbeat().json(), {"stop": []})
            return worker.claim()

        (again,) = wait_for(beaten, "the same task")
        self.assertEqual((again["task_id"], again["attempt"]), (lost["task_id"], 1), "it was not the task's fault")
        self.assertEqual(worker.complete(again).status, 204)
        self.assertEqual(self.generation(made)["state"], "succeeded")

    def test_one_that_is_made_again_meanwhile_is_stopped_where_it_was(self):
        first, second = Remote(self), Remote(self)
        made = self.generate()
        old = first.await_task()
        self.user.ask("POST", f"/api/v1/generations/{made['id']}/cancel")
        self.user.ask("POST", f"/api/v1/generations/{made['id']}/retry")
        new = second.await_task()
        self.assertEqual(first.heartbeat(old, progress=0.9).json(), {"stop": [old["task_id"]]})
        self.assertEqual(second.heartbeat(new, progress=0.1).json(), {"stop": []})
        self.assertEqual(self.generation(made)["progress"], 0.1)
        self.assertEqual(second.complete(new).status, 204)

    def test_a_claim_waits_for_work(self):
        worker = Remote(self)
        self.assertEqual(worker.claim(wait_s=0), [])
        made = self.generate()
        (task,) = worker.claim(wait_s=20)
        self.assertEqual(task["generation_id"], made["id"])

    def test_who_goes_hands_back_what_runs(self):
        worker, other = Remote(self), Remote(self)
        self.generate()
        task = worker.await_task()
        self.assertEqual(self.call("DELETE", worker.base).status, 204)
        self.assertEqual(other.await_task()["attempt"], task["attempt"])
        self.assertEqual(self.call("POST", worker.base + "/claim", {}).status, 404)

    def test_what_is_off_is_named(self):
        wrong = {
            "name": {"name": ""}, "capacity": {"capacity": 0}, "models": {"models": []},
            "models[0].specialisation": {"models": [model(specialisation="video")]},
            "models[0].id": {"models": [model("local/relief")]},
            "models[0].provider": {"models": [model(provider="local")]},
            "models[0].inputs": {"models": [model(inputs={"type": "object"})]},
            "region": {"region": "EU West"},
            "device": {"device": {"device": "cuda:0", "memory_fraction": 2}},
        }
        for field, change in wrong.items():
            with self.subTest(field):
                answer = self.call("POST", "/api/v1/workers", {"name": "test", "models": [model()], **change})
                self.assertEqual((answer.status, answer.json()["errors"][0]["field"]), (422, field), answer.body)
        text = {"type": "string"}
        for properties in ({"a": {**text, "pattern": "^(a+)+$"}}, {"a": {"$ref": "#/x"}}, {"a": {**text, "default": 1}}, {"a/b": text},
                           {"a": {"type": "array", "x-asset": "image"}}, {"a": {**text, "format": "date"}}, {"a": text, "b": []}):
            given = {"models": [model("test/good"), model("test/bad", inputs={"type": "object", "required": [], "properties": properties})]}
            answer = self.call("POST", "/api/v1/workers", {"name": "test", **given})
            self.assertEqual((answer.status, answer.json()["errors"][0]["field"]), (422, "models[1].inputs"), properties)
        self.assertNotIn("test/good", [each["id"] for each in self.user.ask("GET", "/api/v1/models").json()], "nothing of it")
        Remote(self)
        for field, more in {"queue": {"queue": "priority"}, "region": {"region": "Somewhere else"}}.items():
            self.assertEqual(self.generate(status=422, **more)["errors"][0]["field"], field)
        self.assertEqual(self.generate("local/relief", status=422, region="eu-west-1")["errors"][0]["field"], "region")

    def test_only_an_administrators_key_for_workers_will_do(self):
        member = self.user.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["workers"]}).json()["key"]
        other = self.admin.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["todo"]}).json()["key"]
        for key in (member, other):
            self.assertEqual(self.server.ask("GET", "/api/v1/workers", headers={"Authorization": "Bearer " + key}).status, 403)
        self.assertEqual(self.call("GET", "/api/v1/todo").status, 403, "it is for nothing else")


if __name__ == "__main__":
    unittest.main()

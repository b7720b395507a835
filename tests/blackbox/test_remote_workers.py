"""Remote workers: programs elsewhere that serve models of their own, over HTTP."""
import http.client
import json
import select
import subprocess
import sys
import unittest
import urllib.error

from support import ROOT, Account, Server, small_photo, wait_for

QUICK = ("--auth-argon2-passes", "1", "--auth-argon2-memory", "8", "--auth-registrations-per-address", "0")


def model(id="test/echo", **more):
    return {
        "id": id, "name": "Echo", "provider": "remote", "produces": "image", "generative": True, "description": "Gives it back.",
        "inputs": {"type": "object", "additionalProperties": False, "required": ["image"], "properties": {
            "image": {"type": "string", "format": "uuid", "x-asset": "image"},
            "prompt": {"type": "string", "default": "a cup"}}}, **more,
    }


class Remote:
    """A worker that does what a test says."""

    def __init__(self, test, **given):
        self.test = test
        answer = test.register(**given)
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

    def complete(self, task, field="picture", data=None, name="echo.jpg"):
        head = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: text/html\r\n\r\n'.encode()
        body = head + (data or small_photo()) + b"\r\n--b--\r\n"
        path = f"{self.base}/tasks/{task['task_id']}/complete?attempt={task['attempt']}"
        return self.test.server.ask("POST", path, body, {**self.test.bearer, "Content-Type": "multipart/form-data; boundary=b"})

    def fail(self, task, error="It went wrong.", retry=False):
        return self.test.call("POST", f"{self.base}/tasks/{task['task_id']}/fail", {"attempt": task["attempt"], "error": error, "retry": retry})


class WorkerTest(unittest.TestCase):
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

    def call(self, method, path, value=None, bearer=None):
        return self.server.ask(method, path, None if value is None else json.dumps(value), {**(bearer or self.bearer), "Content-Type": "application/json"})

    def register(self, bearer=None, **given):
        return self.call("POST", "/api/v1/workers", {"name": "test", "models": [model()], **given}, bearer)

    def await_silence(self):
        wait_for(lambda: not any(each["alive"] for each in self.call("GET", "/api/v1/workers").json()), "the end of their patience")

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

    def remove(self, name):
        return self.admin.ask("DELETE", f"/api/v1/models/{name.replace('/', '%2F')}")


class RemoteWorkers(WorkerTest):
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
        self.assertEqual(worker.complete(task, "\u202e" * 3).json()["errors"][0]["field"], "outputs")
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
        given = {"specialisations": ["image_processing"], "models": [model(specialisation="image_processing")]}
        west = Remote(self, region="eu-west-1", capacity=2, **given)
        there = self.generate(region="us-east-1")
        self.assertEqual(self.generation(there)["wait"]["reason"], "no worker for it is there")
        anywhere, here, third = self.generate(), self.generate(region="eu-west-1"), self.generate()
        mine = west.claim(limit=5)
        self.assertEqual([each["generation_id"] for each in mine], [here["id"], anywhere["id"]], "its region first; no more than it has room for")
        self.assertEqual(west.claim(limit=5), [])
        west.heartbeat(*mine)
        east = Remote(self, region="us-east-1", capacity=100, **given)
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
            "models[0].inputs.type": {"models": [model(inputs={"type": "array"})]},
            "region": {"region": "EU West"},
            "device.memory_fraction": {"device": {"device": "cuda:0", "memory_fraction": 2}},
            "device.device": {"device": {"device": "x" * 101}},
            "device.batch_size": {"device": {"device": "cpu", "batch_size": 0}},
            "specialisations": {"specialisations": [str(i) for i in range(51)]},
            "specialisations[1]": {"specialisations": ["good", "evil\u202egood"]},
            "models[1].id": {"models": [model(), model()]},
            "models[0].name": {"models": [model(name="Echo\nEcho")]},
            "models[0].description": {"models": [model(description="x" * 2001)]},
            "models[0].notice": {"models": [model(notice="This server is broken.")]},
        }
        for field, change in wrong.items():
            with self.subTest(field):
                answer = self.call("POST", "/api/v1/workers", {"name": "test", "models": [model()], **change})
                self.assertEqual((answer.status, answer.json()["errors"][0]["field"]), (422, field), answer.body)
        for name in ("é" * 101, "two\nlines", "\u200b", "pdf\u202eexe", "\x1b[31mred"):
            self.assertEqual(self.register(name=name).json()["errors"][0]["field"], "name", repr(name))
        self.assertEqual(self.register(name="é" * 100).status, 201, "characters, not bytes")
        for id in ("acme", "acme/../local", "acme//x", "Acme/x"):
            self.assertEqual(self.register(models=[{**model(), "id": id}]).json()["errors"][0]["field"], "models[0].id", id)
        text = {"type": "string"}
        for properties in ({"a": {**text, "pattern": "^(a+)+$"}}, {"a": {"$ref": "#/x"}}, {"a": {**text, "default": 1}}, {"a/b": text},
                           {"a": {"type": "array", "x-asset": "image"}}, {"a": {**text, "format": "date"}}, {"a": text, "b": []}):
            given = {"models": [model("test/good"), model("test/bad", inputs={"type": "object", "required": [], "properties": properties})]}
            answer = self.call("POST", "/api/v1/workers", {"name": "test", **given})
            self.assertEqual(answer.status, 422, properties)
            self.assertTrue(answer.json()["errors"][0]["field"].startswith("models[1].inputs.properties"), answer.body)
        self.assertNotIn("test/good", [each["id"] for each in self.user.ask("GET", "/api/v1/models").json()], "nothing of it")
        Remote(self)
        for field, more in {"queue": {"queue": "priority"}, "region": {"region": "Somewhere else"}}.items():
            self.assertEqual(self.generate(status=422, **more)["errors"][0]["field"], field)
        self.assertEqual(self.generate("local/relief", status=422, region="eu-west-1")["errors"][0]["field"], "region")

    def test_what_a_worker_says_of_its_tasks_is_short_and_shows_what_it_says(self):
        worker = Remote(self, capacity=1)
        made = self.generate()
        task = worker.await_task()
        for stage in ("x" * 101, "a\nb", "a\u202eb"):
            self.assertEqual(worker.heartbeat(task, stage=stage).json()["errors"][0]["field"], "tasks[0].stage", repr(stage))
        self.assertEqual(worker.heartbeat(task, stage="é" * 100).status, 200)
        self.assertEqual(self.generation(made)["stage"], "é" * 100)
        self.assertEqual(worker.heartbeat(task, task).json()["errors"][0]["field"], "tasks", "it has room for one")
        self.assertEqual(worker.fail(task, "x" * 1001).json()["errors"][0]["field"], "error")
        self.assertEqual(worker.fail(task, "\n\u200b").json()["errors"][0]["field"], "error")
        self.assertEqual(worker.fail(task, "Traceback:\n  out of\tmemory\u202e\x1b").status, 204)
        self.assertEqual(self.generation(made)["error"], "Traceback: out of memory")

    def test_an_output_is_named_by_what_it_is(self):
        worker = Remote(self)
        made = self.generate()
        self.assertEqual(worker.complete(worker.await_task(), name="holiday.html").status, 204)
        (picture,) = self.generation(made)["outputs"]
        self.assertEqual((picture["name"], picture["media_type"]), ("picture.jpg", "image/jpeg"))
        made = self.generate()
        self.assertEqual(worker.complete(worker.await_task(), "mesh", b"<script>alert(1)</script>", "x.svg").status, 204)
        (mesh,) = self.generation(made)["outputs"]
        self.assertEqual(mesh["name"], "mesh.glb")
        served = self.user.ask("GET", mesh["url"]).headers
        self.assertEqual((served["content-type"], served["x-content-type-options"]), ("model/gltf-binary", "nosniff"))
        self.assertIn("sandbox", served["content-security-policy"])
        self.assertIn('attachment; filename="mesh.glb"', self.user.ask("GET", mesh["url"] + "?download=true").headers["content-disposition"])

    def test_a_model_and_a_worker_are_only_for_the_user_who_declared_them(self):
        worker = Remote(self, models=[model("test/owned")])
        eve = Account(self.server, "eve")
        self.assertEqual(self.admin.ask("PATCH", f"/api/v1/users/{eve.id}", {"role": "admin"}).status, 200)
        eve.sign_in()
        key = eve.ask("POST", "/api/v1/api-keys", {"name": "gpu", "scopes": ["workers"]}).json()["key"]
        theirs = {"Authorization": "Bearer " + key}
        answer = self.register(theirs, models=[model("test/eves"), model("test/owned")])
        self.assertEqual(answer.status, 409, answer.body)
        self.assertIn("test/owned", answer.json()["detail"])
        names = lambda: [each["id"] for each in self.user.ask("GET", "/api/v1/models").json()]
        self.assertNotIn("test/eves", names(), "nothing of it")
        made = self.generate("test/owned")
        task = worker.await_task()
        tasks = f"{worker.base}/tasks/{task['task_id']}"
        for method, path, body in (("POST", worker.base + "/claim", {}), ("POST", worker.base + "/heartbeat", {}), ("DELETE", worker.base, None),
                                   ("GET", tasks + "/inputs/image", None), ("POST", tasks + "/fail", {"attempt": 1, "error": "x"})):
            self.assertEqual(self.call(method, path, body, theirs).status, 404, path)
        self.assertEqual(self.call("DELETE", "/api/v1/models/test%2Fowned", None, theirs).status, 403, "a worker's key is not for that")
        self.assertEqual(worker.complete(task).status, 204)
        self.assertEqual(self.generation(made)["state"], "succeeded")
        self.assertEqual(self.call("DELETE", worker.base).status, 204)
        self.assertEqual(self.register(theirs, models=[model("test/owned")]).status, 409, "whether its worker is there or not")
        self.assertEqual(self.remove("test/owned").status, 204)
        self.assertEqual(self.register(theirs, models=[model("test/owned")]).status, 201)
        # When the owner goes, the model stays for whoever declares it next.
        self.assertEqual(eve.ask("POST", "/api/v1/auth/erase", {"password": eve.password}).status, 204)
        self.server.sql("UPDATE tasks SET run_at = 0 WHERE kind = 'accounts.erase'")
        wait_for(lambda: self.register(models=[model("test/owned")]).status == 201, "an id that nobody has")
        self.assertIn("test/owned", names())

    def test_a_live_workers_model_stays_as_it_is(self):
        first, second = Remote(self), Remote(self)
        other = {"models": [model(description="Something else.")]}
        refused = self.register(**other)
        self.assertEqual(refused.status, 409)
        self.assertIn(f"Worker {first.id} (test) serves test/echo with another definition", refused.json()["detail"])
        for worker in (first, second):
            self.assertEqual(self.call("DELETE", worker.base).status, 204)
        Remote(self, **other)
        found = [each["description"] for each in self.user.ask("GET", "/api/v1/models").json() if each["id"] == "test/echo"]
        self.assertEqual(found, ["Something else."])

    def test_a_model_that_is_removed_ends_what_waits_for_it(self):
        worker = Remote(self, models=[model("test/gone")], capacity=1)
        running, waiting = self.generate("test/gone"), self.generate("test/gone", region="eu-west-1")
        worker.await_task()
        refused = self.remove("test/gone")
        self.assertEqual(refused.status, 409)
        self.assertIn(f"Worker {worker.id} (test) serves this model", refused.json()["detail"])
        self.await_silence()
        self.assertEqual(self.remove("test/gone").status, 204)
        for made in (running, waiting):
            found = self.generation(made)
            self.assertEqual((found["state"], found["error"]), ("failed", "The model test/gone was removed from this server."))
            again = self.user.ask("POST", f"/api/v1/generations/{made['id']}/retry")
            self.assertEqual((again.status, again.json()["detail"]), (409, "The model test/gone was removed from this server."))
        self.assertNotIn("test/gone", [each["id"] for each in self.user.ask("GET", "/api/v1/models").json()])
        self.assertEqual(self.generate("test/gone", status=422)["errors"][0]["field"], "model")
        self.assertEqual(self.server.sql("SELECT count(*) FROM tasks WHERE queue LIKE 'remote:test/gone%'"), [("0",)])
        self.assertEqual(self.remove("test/gone").status, 404)
        self.assertEqual(self.remove("local/relief").status, 409)
        self.assertEqual(self.user.ask("DELETE", "/api/v1/models/test%2Fecho").status, 403)

    def test_what_came_in_while_its_model_was_removed_ends_by_schedule(self):
        worker = Remote(self, models=[model("test/late")])
        made = self.generate("test/late")
        self.call("DELETE", worker.base)
        self.server.sql("DELETE FROM remote_models WHERE id = 'test/late'")  # as another process does
        wait_for(lambda: self.server.sql("SELECT 1 FROM schedules WHERE name = 'generation.clean_up'"), "its schedule")
        self.server.sql("UPDATE schedules SET next_run_at = 0 WHERE name = 'generation.clean_up'")
        wait_for(lambda: self.generation(made)["state"] == "failed", "its end")

    def test_only_an_administrators_key_for_workers_will_do(self):
        member = self.user.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["workers"]}).json()["key"]
        other = self.admin.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["todo"]}).json()["key"]
        for key in (member, other):
            self.assertEqual(self.server.ask("GET", "/api/v1/workers", headers={"Authorization": "Bearer " + key}).status, 403)
        self.assertEqual(self.call("GET", "/api/v1/todo").status, 403, "it is for nothing else")


class Crowd(WorkerTest):
    options = ("--workers-per-user", "2")

    def test_a_user_has_so_many_workers_and_silent_ones_make_room(self):
        first, second = Remote(self), Remote(self)
        refused = self.register()
        self.assertEqual((refused.status, refused.headers["retry-after"]), (429, "2"), refused.body)
        self.assertIn("2 workers", refused.json()["detail"])
        self.assertEqual(self.call("DELETE", first.base).status, 204)
        Remote(self)
        self.await_silence()
        third = Remote(self)
        self.assertEqual([each["id"] for each in self.call("GET", "/api/v1/workers").json()], [third.id])
        self.assertEqual(self.call("POST", second.base + "/heartbeat", {}).status, 404, "it is to register again")

    def test_a_user_has_so_many_models(self):
        for page in range(4):
            worker = Remote(self, models=[model(f"crowd/{page}-{i}") for i in range(50)])
            self.call("DELETE", worker.base)
        refused = self.register(models=[model("crowd/more")])
        self.assertEqual(refused.status, 409)
        self.assertIn("200 models", refused.json()["detail"])
        self.assertEqual(self.remove("crowd/0-0").status, 204)
        self.assertEqual(self.register(models=[model("crowd/more")]).status, 201)
        for each in self.user.ask("GET", "/api/v1/models").json():
            if each["provider"] == "remote" and each["id"] != "crowd/more":
                self.remove(each["id"])

    def test_so_many_claims_of_a_user_wait(self):
        """Of three that come together one is refused, whichever is last."""
        workers = [Remote(self), Remote(self)]
        waiting = []
        for worker in (*workers, workers[0]):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
            self.addCleanup(connection.close)
            connection.request("POST", worker.base + "/claim", json.dumps({"wait_s": 20}), {**self.bearer, "Content-Type": "application/json"})
            waiting.append((connection, worker))
        answered = select.select([connection.sock for connection, _ in waiting], [], [], 60)[0]
        self.assertEqual(len(answered), 1)
        (refused,) = (each for each in waiting if each[0].sock is answered[0])
        answer = refused[0].getresponse()
        self.assertEqual((answer.status, answer.headers["retry-after"]), (429, "1"))
        waiting.remove(refused)
        gone, other = waiting[0][1], next(worker for worker in workers if worker is not waiting[0][1])
        self.assertEqual(self.call("DELETE", gone.base).status, 204)
        self.assertEqual(waiting[0][0].getresponse().status, 404)
        wait_for(lambda: self.call("POST", other.base + "/claim", {"wait_s": 0}).status == 200, "room after a claim that ended")


if __name__ == "__main__":
    unittest.main()

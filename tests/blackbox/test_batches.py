"""Batches: many pictures at once, each with an end of its own."""
import contextlib
import io
import json
import unittest
import uuid
import zipfile

from PIL import Image

from support import Account, PATIENCE_S, Server, ServerTest, Stream, small_photo, wait_for

QUICK = {"model": "local/relief", "inputs": json.dumps({"grid": 64})}


def form(parts):
    """[(field, value)] or [(field, (file name, bytes))] as a multipart body and its header."""
    boundary = uuid.uuid4().hex
    body = b""
    for field, value in parts:
        name, data = value if isinstance(value, tuple) else (None, value.encode())
        file_name = f'; filename="{name}"' if name else ""
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"{file_name}\r\n\r\n'.encode() + data + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def upload(server, files, headers=None, **options):
    """`files`: [(name, bytes)]."""
    body, own = form([*options.items(), *(("files", each) for each in files)])
    return server.ask("POST", "/api/v1/upload/batch", body, {**own, **(headers or {})})


def photos(count):
    return [(f"photo {number}.jpg", small_photo()) for number in range(1, count + 1)]


def status(server, started):
    return server.get(started["status_url"]).json()


def await_end(server, started):
    def look():
        batch = status(server, started)
        return batch if batch["finished_at"] else None

    return wait_for(look, f"the end of batch {started['job_id']}")


def start(server, *given, **options):
    answer = upload(server, *given, **options)
    assert answer.status == 202, answer.body
    return answer.json()


class Batches(ServerTest):
    options = ("--batch-files", "5")

    def test_each_file_has_an_end_of_its_own(self):
        answer = upload(self.server, [("one.jpg", small_photo()), ("folder/notes.txt", b"no picture"), ("two.jpg", small_photo())], **QUICK)
        self.assertEqual(answer.status, 202, answer.body)
        started = answer.json()
        self.assertEqual(answer.headers["location"], started["status_url"])
        self.assertEqual([(file["name"], file["status"]) for file in started["files"]],
                         [("one.jpg", "queued"), ("notes.txt", "failed"), ("two.jpg", "queued")])
        self.assertIn("picture", started["files"][1]["error"])
        batch = await_end(self.server, started)
        self.assertEqual((batch["status"], batch["progress"], batch["eta_seconds"], batch["position"]), ("partial", 1, None, None))
        self.assertEqual([file["status"] for file in batch["files"]], ["succeeded", "failed", "succeeded"])
        self.assertEqual([file["file_id"] for file in batch["files"]], [file["file_id"] for file in started["files"]])
        for file in (batch["files"][0], batch["files"][2]):
            self.assertEqual({output["role"] for output in file["outputs"]}, {"mesh", "print", "preview"})
            self.assertEqual(self.server.get(file["outputs"][0]["url"]).status, 200)
        listed = self.server.get("/api/v1/pipelines?limit=1").json()[0]
        self.assertEqual((str(listed["id"]), listed["status"], listed["files"], listed["succeeded"], listed["failed"]),
                         (started["job_id"], "partial", 3, 2, 1))

    def test_what_was_made_comes_as_one_zip(self):
        started = start(self.server, [("cup.jpg", small_photo()), ("cup.jpg", small_photo())], **QUICK)
        await_end(self.server, started)
        answer = self.server.get(started["status_url"] + "/download")
        self.assertEqual(answer.headers["content-type"], "application/zip")
        with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
            self.assertIsNone(packed.testzip())
            self.assertEqual(sorted(packed.namelist()), sorted(
                f"{number}-cup/cup-relief.{ending}" for number in ("001", "002") for ending in ("glb", "stl", "png")))
            self.assertTrue(packed.read("002-cup/cup-relief.glb").startswith(b"glTF"))

    def test_names_in_the_zip_can_be_made_on_every_system(self):
        names = ["CON.jpg", "a%3Ab .jpg", "Cup.jpg", "cup.jpg", "e\u0301" * 200 + ".jpg"]
        started = start(self.server, [(name, small_photo()) for name in names], **QUICK)
        await_end(self.server, started)
        with zipfile.ZipFile(io.BytesIO(self.server.get(started["status_url"] + "/download").body)) as packed:
            paths = packed.namelist()
        self.assertEqual(len(paths), 15)
        self.assertEqual(len({path.casefold() for path in paths}), 15)
        for part in {part for path in paths for part in path.split("/")}:
            self.assertLessEqual(len(part.encode()), 255)
            self.assertNotRegex(part, r'[<>:"|?*\\\x00-\x1f]|[ .]$')
            self.assertNotRegex(part, r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")

    def test_its_stream_tells_every_change_and_ends_with_it(self):
        started = start(self.server, photos(2), **QUICK)
        seen = []
        with contextlib.closing(Stream(self.server, started["status_url"] + "/events")) as stream:
            while not seen or not seen[-1]["finished_at"]:
                seen.append(stream.next()[1])
            with self.assertRaisesRegex(AssertionError, "the stream ended"):
                stream.next()
        self.assertEqual(seen[-1]["status"], "succeeded")
        progress = [batch["progress"] for batch in seen]
        self.assertEqual(progress, sorted(progress))
        self.assertEqual(seen[-1], status(self.server, started))

    def test_the_default_makes_models_and_waits_in_the_default_queue(self):
        batch = await_end(self.server, start(self.server, photos(1)))
        self.assertEqual((batch["model"], batch["queue"], batch["status"]), ("local/image-to-3d", "model_generation", "succeeded"))

    def test_a_queue_can_be_chosen(self):
        batch = await_end(self.server, start(self.server, photos(1), queue="batch_processing", **QUICK))
        self.assertEqual((batch["queue"], batch["status"]), ("batch_processing", "succeeded"))
        made = self.server.generation(batch["files"][0]["generation_id"])
        self.assertEqual(made["queue"], "batch_processing")
        single = self.server.post("/api/v1/generations", {**json.loads('{"model": "local/relief"}'), "queue": "priority", "inputs": {"image": made["inputs"]["image"], "grid": 64}})
        self.assertEqual((single.status, single.json()["queue"]), (202, "priority"))
        self.assertEqual(self.server.await_end(single.json()["id"])["state"], "succeeded")

    def test_what_is_off_is_named_and_nothing_is_left(self):
        before = self.server.get("/api/v1/assets?limit=200").json(), self.server.get("/api/v1/pipelines").json()
        photo = ("a.jpg", small_photo())
        cases = {
            "model": [("model", "local/nothing"), ("files", photo)],
            "queue": [("queue", "maintenance"), ("files", photo)],
            "inputs.grid": [("model", "local/relief"), ("inputs", '{"grid": 1}'), ("files", photo)],
            "inputs.image": [("inputs", '{"image": "019b0000-0000-7000-8000-000000000000"}'), ("files", photo)],
            "inputs": [("inputs", "[1, 2"), ("files", photo)],
            "files": [("model", "local/relief")],
            "colour": [("colour", "red"), ("files", photo)],
        }
        for field, parts in cases.items():
            with self.subTest(field=field):
                answer = self.server.ask("POST", "/api/v1/upload/batch", *form(parts))
                self.assertEqual((answer.status, [each["field"] for each in answer.json()["errors"]]), (422, [field]), answer.body)
        late = self.server.ask("POST", "/api/v1/upload/batch", *form([("files", photo), ("model", "local/relief")]))
        self.assertEqual((late.status, late.json()["errors"][0]), (422, {"field": "model", "message": "must come before the files"}))
        many = upload(self.server, photos(6), **QUICK)
        self.assertEqual((many.status, many.json()["errors"][0]["field"]), (422, "files"))
        self.assertEqual((self.server.get("/api/v1/assets?limit=200").json(), self.server.get("/api/v1/pipelines").json()), before)

    def test_a_file_that_is_too_large_fails_alone(self):
        batch = await_end(self.server, start(self.server, [("huge.bin", bytes((200 << 20) + 1)), *photos(1)], **QUICK))
        self.assertEqual([file["status"] for file in batch["files"]], ["failed", "succeeded"])
        self.assertEqual(batch["files"][0]["error"], "The file is larger than 200 MB.")

    def test_all_files_may_be_off(self):
        batch = status(self.server, start(self.server, [("a.txt", b"a"), ("b.txt", b"b")]))
        self.assertEqual((batch["status"], batch["progress"]), ("failed", 1))
        self.assertIsNotNone(batch["finished_at"])
        self.assertEqual(self.server.get(f"/api/v1/status/{batch['job_id']}/download").status, 409)
        self.assertEqual(self.server.ask("POST", f"/api/v1/status/{batch['job_id']}/retry").status, 409)

    def test_the_same_key_starts_it_once(self):
        body, headers = form([("model", "local/relief"), ("files", ("a.jpg", small_photo()))])
        headers["Idempotency-Key"] = uuid.uuid4().hex
        first = self.server.ask("POST", "/api/v1/upload/batch", body, headers)
        again = self.server.ask("POST", "/api/v1/upload/batch", body, headers)
        self.assertEqual((again.status, again.json()), (202, first.json()))
        other = self.server.ask("POST", "/api/v1/upload/batch", body.replace(b"a.jpg", b"b.jpg"), headers)
        self.assertEqual((other.status, other.json()["errors"][0]["field"]), (422, "Idempotency-Key"))
        await_end(self.server, first.json())


class Waiting(ServerTest):
    """Nothing runs."""

    options = ("--workers=none",)

    def test_it_is_cancelled_and_made_again_as_a_whole(self):
        started = start(self.server, [*photos(2), ("notes.txt", b"no picture")], **QUICK)
        batch = status(self.server, started)
        self.assertEqual((batch["status"], batch["position"], [file["status"] for file in batch["files"]]), ("queued", 1, ["queued", "queued", "failed"]))
        self.assertEqual(batch["files"][1]["wait"], {"position": 2, "reason": "no worker for it is there"})
        url = started["status_url"]
        cancelled = self.server.ask("POST", url + "/cancel")
        self.assertEqual((cancelled.status, cancelled.json()["status"]), (200, "failed"))  # one could not be used
        self.assertEqual([file["status"] for file in cancelled.json()["files"]], ["cancelled", "cancelled", "failed"])
        self.assertEqual(self.server.ask("POST", url + "/cancel").status, 409)
        again = self.server.ask("POST", url + "/retry")
        self.assertEqual((again.status, again.json()["status"], again.json()["finished_at"]), (200, "queued", None))
        self.assertEqual([file["status"] for file in again.json()["files"]], ["queued", "queued", "failed"])
        self.assertEqual(self.server.ask("POST", url + "/retry").status, 409)
        self.assertEqual(self.server.get("/api/v1/pipelines").json()[0]["status"], "queued")

    def test_cancelling_its_generations_ends_it(self):
        started = start(self.server, photos(2), **QUICK)
        for file in status(self.server, started)["files"]:
            self.assertEqual(self.server.ask("POST", f"/api/v1/generations/{file['generation_id']}/cancel").status, 200)
        batch = status(self.server, started)
        self.assertEqual(batch["status"], "cancelled")
        self.assertIsNotNone(batch["finished_at"])

    def test_many_are_asked_for_at_once_and_missing_ones_are_null(self):
        ids = [start(self.server, photos(1), **QUICK)["job_id"] for _ in range(2)]
        answer = self.server.get(f"/api/v1/status?ids={ids[1]},999999,{ids[0]}").json()
        self.assertEqual([each and each["job_id"] for each in answer], [ids[1], None, ids[0]])
        twice = self.server.get(f"/api/v1/status?ids={ids[0]},{ids[0]}").json()
        self.assertEqual(twice[0], twice[1])
        for wrong in ("", "x", ",".join(["1"] * 101)):
            self.assertEqual(self.server.get(f"/api/v1/status?ids={wrong}").status, 422)

    def test_the_list_has_pages_and_a_filter(self):
        for _ in range(3):
            start(self.server, photos(1), **QUICK)
        page = self.server.get("/api/v1/pipelines?limit=2")
        self.assertEqual(len(page.json()), 2)
        following = page.headers["link"].split(">")[0].strip("<")
        self.assertLess(self.server.get(following).json()[0]["id"], page.json()[1]["id"])
        self.assertTrue(all(each["status"] == "queued" for each in self.server.get("/api/v1/pipelines?status=queued").json()))
        self.assertEqual(self.server.get("/api/v1/pipelines?status=running").json(), [])


class Others(unittest.TestCase):
    def test_nobody_else_sees_it_though_it_is_in_memory(self):
        with Server(None, "--workers=none", "--auth-argon2-passes", "1", "--auth-argon2-memory", "8") as server:
            ann, bob = Account.first(server, "ann"), Account(server, "bob")
            body, headers = form([("files", each) for each in photos(1)])
            started = server.ask("POST", "/api/v1/upload/batch", body, {**headers, **ann.bearer}).json()
            self.assertEqual(ann.ask("GET", started["status_url"]).status, 200)  # and is kept
            self.assertEqual(bob.ask("GET", started["status_url"]).status, 404)
            self.assertEqual(bob.ask("GET", f"/api/v1/status?ids={started['job_id']}").json(), [None])
            self.assertEqual(bob.ask("POST", started["status_url"] + "/cancel").status, 404)
            self.assertEqual(ann.ask("GET", started["status_url"]).json()["status"], "queued")


class Crash(unittest.TestCase):
    def test_a_batch_survives_the_death_of_its_server(self):
        with Server(None) as server:
            started = start(server, photos(4), model="local/parallax", inputs=json.dumps({"motion": "ken_burns", "duration_s": 2, "resolution": "480p"}))
            wait_for(lambda: status(server, started)["progress"] > 0, "its first progress")
            server.kill()
            server.start()
            batch = await_end(server, started)
            self.assertEqual((batch["status"], [len(file["outputs"]) for file in batch["files"]]), ("succeeded", [3] * 4))
            self.assertEqual(server.get("/api/v1/pipelines").json()[0]["succeeded"], 4)


class Large(unittest.TestCase):
    def test_of_many_that_wait_two_hundred_say_their_place(self):
        # Each place is a look into the queue: who asks for more would keep the database from others.
        tiny = io.BytesIO()
        Image.new("RGB", (32, 32)).save(tiny, "JPEG")
        with Server(None) as server:
            self.assertEqual(server.post("/api/v1/admin/queues/batch_processing/pause", None).status, 200)
            started = start(server, [(f"{number}.jpg", tiny.getvalue()) for number in range(210)], queue="batch_processing", **QUICK)
            batch = status(server, started)
            self.assertEqual(batch["position"], 1)
            places = [file["wait"]["position"] for file in batch["files"] if file.get("wait")]
            self.assertEqual(places, list(range(1, 201)))

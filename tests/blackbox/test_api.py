"""The first path over HTTP: a photo in, a video and a model out."""
import hashlib
import http.client
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

from support import ROOT, SAMPLE, PATIENCE_S, Server, ServerTest, Stream, small_photo, staged_files, wait_for
from test_batches import upload as upload_batch


class Uploads(ServerTest):
    def test_a_photo_is_kept_with_its_facts(self):
        data = SAMPLE.read_bytes()
        answer = self.server.upload(data, 'my "best" photo.jpg')
        self.assertEqual(answer.status, 201, answer.body)
        asset = answer.json()
        self.assertEqual((asset["kind"], asset["media_type"], asset["bytes"]), ("image", "image/jpeg", len(data)))
        self.assertEqual((asset["width"], asset["height"]), (1920, 1080) if asset["height"] == 1080 else (1920, asset["height"]))
        self.assertEqual(asset["digest"], hashlib.blake2b(data, digest_size=32).hexdigest())
        self.assertEqual(answer.headers["location"], f"/api/v1/assets/{asset['id']}")
        self.assertEqual(self.server.get(answer.headers["location"]).json(), asset)
        self.assertEqual(self.server.get(asset["url"]).body, data)

    def test_a_name_that_is_not_text_becomes_text(self):
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="caf\xe9\x80.jpg"\r\n\r\n'
        answer = self.server.ask("POST", "/api/v1/assets", head + small_photo() + b"\r\n--b--\r\n", {"Content-Type": "multipart/form-data; boundary=b"})
        self.assertEqual((answer.status, answer.json()["name"]), (201, "caf\ufffd.jpg"))

    def test_a_name_shows_what_it_says(self):
        for sent, kept in (("cat\u202egpj.exe", "catgpj.exe"), ("a\u2028b\x1b[31m.jpg", "ab[31m.jpg"), ("\u200f\u200b", "untitled"),
                           ("\u2066", "untitled"), ("कुत्ता 👨\u200d👩\u200d👧.jpg", "कुत्ता 👨\u200d👩\u200d👧.jpg")):
            self.assertEqual(self.server.upload(small_photo(), sent).json()["name"], kept)

    def test_a_blob_that_lost_bytes_does_not_swallow_the_next_answer(self):
        asset = self.server.upload(SAMPLE.read_bytes() + b"tail").json()
        blob = self.server.data / "blobs" / asset["digest"][:2] / asset["digest"][2:]
        blob.write_bytes(blob.read_bytes()[:100])
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", asset["url"])
        with self.assertRaises(http.client.IncompleteRead):
            connection.getresponse().read()

    def test_what_is_no_picture_is_refused_in_plain_words(self):
        photo = small_photo()
        cases = {
            b"hello, this is text": "not a picture",
            b"": "empty",
            photo[: len(photo) // 2]: "cut off",
            b"GIF89a" + bytes(100): "GIF",
            b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 50000, 50000, 8, 2, 0, 0, 0) + bytes(4)
            + struct.pack(">I4sI", 0, b"IEND", 0): "50000 x 50000",
        }
        for data, sentence in cases.items():
            with self.subTest(sentence):
                answer = self.server.upload(data)
                self.assertEqual(answer.status, 415, answer.body)
                self.assertEqual(answer.headers["content-type"], "application/problem+json")
                self.assertIn(sentence, answer.json()["detail"])
        self.assertEqual(staged_files(self.server), [])

    def test_a_form_without_a_file_is_told_so(self):
        answer = self.server.upload(small_photo(), field="picture")
        self.assertEqual((answer.status, answer.json()["errors"][0]["field"]), (422, "file"))
        self.assertEqual(self.server.post("/api/v1/assets", {}).status, 415)

    def test_lists_come_in_pages(self):
        ids = [self.server.upload(small_photo()).json()["id"] for _ in range(3)]
        first = self.server.get("/api/v1/assets?limit=2&kind=image")
        self.assertEqual([asset["id"] for asset in first.json()], [ids[2], ids[1]])
        link = first.headers["link"]
        self.assertIn('rel="next"', link)
        second = self.server.get(link[1 : link.index(">")])
        self.assertEqual(second.json()[0]["id"], ids[0])
        self.assertEqual(self.server.get("/api/v1/assets?limit=0").json()["errors"][0]["field"], "limit")
        self.assertEqual(self.server.get("/api/v1/assets?kind=sound").json()["errors"][0]["field"], "kind")

    def test_bytes_come_in_ranges_and_not_twice(self):
        data = small_photo()
        url = self.server.upload(data).json()["url"]
        part = self.server.get(url, Range="bytes=10-19")
        self.assertEqual((part.status, part.body), (206, data[10:20]))
        self.assertEqual(part.headers["content-range"], f"bytes 10-19/{len(data)}")
        self.assertEqual(self.server.get(url, Range=f"bytes={len(data)}-").status, 416)
        etag = self.server.get(url).headers["etag"]
        again = self.server.get(url, If_None_Match=etag)
        self.assertEqual((again.status, again.body), (304, b""))
        saved = self.server.get(url + "?download=true")
        self.assertIn("attachment", saved.headers["content-disposition"])
        self.assertIn("sandbox", saved.headers["content-security-policy"])


class Generations(ServerTest):
    def test_a_photo_becomes_a_video(self):
        id = self.server.generate(motion="push", duration_s=2, resolution="480p")
        made = self.server.await_end(id)
        self.assertEqual((made["state"], made["error"], made["progress"]), ("succeeded", None, 1))
        self.assertEqual([output["role"] for output in made["outputs"]], ["video", "video_webm", "poster"])
        for output, codec in zip(made["outputs"], ["h264", "vp9"]):
            self.assertEqual(self.probe(output), {"codec_name": codec, "width": 854, "height": 480, "frames": 60})
            self.assertEqual((output["width"], output["height"], output["duration_ms"]), (854, 480, 2000))
        mp4 = self.server.get(made["outputs"][0]["url"]).body
        self.assertLess(mp4.index(b"moov"), mp4.index(b"mdat"), "the index stands in front")

    def probe(self, output):
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.server.get(output["url"]).body)
            file.flush()
            found = subprocess.run(
                ["ffprobe", "-v", "error", "-count_frames", "-of", "json", "-show_entries",
                 "stream=codec_name,width,height,nb_read_frames", file.name],
                check=True, stdout=subprocess.PIPE,
            )  # fmt: skip
        stream = json.loads(found.stdout)["streams"][0]
        return {"codec_name": stream["codec_name"], "width": stream["width"], "height": stream["height"],
                "frames": int(stream["nb_read_frames"])}  # fmt: skip

    def test_a_photo_becomes_a_printable_model(self):
        made = self.server.await_end(self.server.generate("local/relief", size_mm=80, grid=64))
        self.assertEqual([output["role"] for output in made["outputs"]], ["mesh", "print", "preview"])
        glb, stl, png = (self.server.get(output["url"]).body for output in made["outputs"])
        self.assertEqual((glb[:4], struct.unpack("<I", glb[8:12])[0]), (b"glTF", len(glb)))
        self.assertEqual(png[:4], b"\x89PNG")
        self.check_closed(stl, 80)
        self.check_valid(glb)

    def test_a_clear_subject_is_inflated_and_stays_closed(self):
        made = self.server.await_end(self.server.generate("local/image-to-3d", SAMPLE.read_bytes(), size_mm=120))
        self.assertEqual((made["state"], made["note"]), ("succeeded", "A clear subject was found and inflated."))
        # The cut-out is a part of what it had an engine for, and is known as what is done one at a time.
        cut_out = "SELECT id FROM finished_tasks WHERE exclusive_us > 0 AND exclusive_us < engine_us AND engine_us < ran_us"
        wait_for(lambda: self.server.sql(cut_out), "a task that says what it used")
        glb, stl, _ = (self.server.get(output["url"]).body for output in made["outputs"])
        self.check_closed(stl, 120)
        self.check_valid(glb)

    def test_without_the_network_the_note_says_so(self):
        with Server(None, "--matte-weights", "") as server:
            made = server.await_end(server.generate("local/image-to-3d", grid=64))
        self.assertEqual(made["note"], "The cut-out network is not installed, so a relief plate was made.")

    def check_valid(self, glb):
        with tempfile.NamedTemporaryFile(suffix=".glb") as file:
            file.write(glb)
            file.flush()
            script = ROOT / "tests/blackbox/validate_glb.mjs"
            done = subprocess.run([ROOT / "scripts/web", "node", script, file.name], stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)

    def check_closed(self, stl, size_mm):
        count = struct.unpack("<I", stl[80:84])[0]
        self.assertEqual(len(stl), 84 + 50 * count)
        edges, corners = {}, []
        for i in range(count):
            triangle = [stl[84 + 50 * i + 12 + 12 * j : 84 + 50 * i + 24 + 12 * j] for j in range(3)]
            corners += triangle
            for a, b in zip(triangle, triangle[1:] + triangle[:1]):
                edges[a, b] = edges.get((a, b), 0) + 1
        self.assertTrue(all(times == 1 and (b, a) in edges for (a, b), times in edges.items()), "every edge exactly twice")
        points = [struct.unpack("<3f", corner) for corner in corners]
        longest = max(max(point[i] for point in points) - min(point[i] for point in points) for i in range(3))
        self.assertAlmostEqual(longest, size_mm, places=2)

    def test_inputs_that_are_off_are_named(self):
        asset = self.server.upload(small_photo()).json()["id"]
        cases = [
            ({"model": "local/nothing", "inputs": {}}, "model"),
            ({"model": "local/parallax", "inputs": {}}, "inputs.image"),
            ({"model": "local/parallax", "inputs": {"image": asset, "motion": "jump"}}, "inputs.motion"),
            ({"model": "local/parallax", "inputs": {"image": asset, "duration_s": 60}}, "inputs.duration_s"),
            ({"model": "local/parallax", "inputs": {"image": asset, "speed": 1}}, "inputs.speed"),
            ({"model": "local/parallax", "inputs": {"image": "0190163d-8694-739b-aea5-966c26f8ad91"}}, "inputs.image"),
            ({"model": "local/parallax", "inputs": {"image": asset}, "more": 1}, "more"),
        ]
        for body, field in cases:
            with self.subTest(field=field):
                answer = self.server.post("/api/v1/generations", body)
                self.assertEqual((answer.status, answer.json()["errors"][0]["field"]), (422, field))

    def test_the_same_key_makes_one_generation(self):
        asset = self.server.upload(small_photo()).json()["id"]
        body = {"model": "local/relief", "inputs": {"image": asset, "grid": 64}}
        first = self.server.post("/api/v1/generations", body, Idempotency_Key="k1")
        again = self.server.post("/api/v1/generations", body, Idempotency_Key="k1")
        self.assertEqual((first.status, again.status), (202, 202))
        self.assertEqual(first.json()["id"], again.json()["id"])
        other = self.server.post("/api/v1/generations", {**body, "inputs": {"image": asset}}, Idempotency_Key="k1")
        self.assertEqual((other.status, other.json()["errors"][0]["field"]), (422, "Idempotency-Key"))

    def test_a_generation_can_be_cancelled_once(self):
        id = self.server.generate(duration_s=10, resolution="1080p", motion="ken_burns")
        wait_for(lambda: self.server.generation(id)["stage"].startswith("rendering"), "rendering")
        self.assertEqual(self.server.ask("POST", f"/api/v1/generations/{id}/cancel").json()["state"], "cancelled")
        self.assertEqual(self.server.ask("POST", f"/api/v1/generations/{id}/cancel").status, 409)
        # The child is gone, so the next one gets its turn.
        self.assertEqual(self.server.await_end(self.server.generate("local/relief", grid=64))["state"], "succeeded")
        self.assertEqual(self.server.generation(id)["outputs"], [])

    def test_unknown_generations_are_not_found(self):
        self.assertEqual(self.server.get("/api/v1/generations/0190163d-8694-739b-aea5-966c26f8ad91").status, 404)
        self.assertEqual(self.server.get("/api/v1/generations/7").status, 404)
        self.assertEqual(self.server.get("/api/generations?state=succeeded&limit=1").status, 200)

    def test_models_are_named_honestly(self):
        models = self.server.get("/api/v1/models").json()
        self.assertEqual({model["id"] for model in models}, {"local/parallax", "local/image-to-3d", "local/inflate", "local/relief"})
        self.assertFalse(any(model["generative"] for model in models))


class Events(ServerTest):
    def test_a_generation_is_told_as_it_happens_and_again_to_who_was_away(self):
        stream = Stream(self.server, "/api/v1/events?topics=generations")
        self.addCleanup(stream.close)
        id = self.server.generate("local/relief", grid=64)
        heard = stream.all_until("generation.succeeded")
        self.assertEqual({data["subject"] for _, data in heard}, {id})
        # What is only told, and kept nowhere, may overtake what comes by the database.
        progress = [data for _, data in heard if data["type"] == "generation.progress"]
        self.assertEqual(set(progress[0]["data"]), {"progress", "stage"})
        kept = [(event, data["type"]) for event, data in heard if data not in progress]
        self.assertEqual([type for _, type in kept], ["generation.queued", "generation.running", "generation.succeeded"])
        first = kept[0][0]
        late = Stream(self.server, "/api/v1/events?topics=generations", Last_Event_ID=str(first))
        self.addCleanup(late.close)
        late.until("generation.running")
        late.until("generation.succeeded")

    def test_a_broken_last_id_is_refused(self):
        self.assertEqual(self.server.get("/api/v1/events", Last_Event_ID="x").status, 422)


class StreamLimits(ServerTest):
    options = ("--streams-per-user", "2", "--workers", "none")

    def open(self, path):
        stream = Stream(self.server, path)
        self.addCleanup(stream.close)
        return stream

    def test_a_user_has_so_many_streams_of_all_routes_together(self):
        started = upload_batch(self.server, [("a.jpg", small_photo())], model="local/relief").json()
        events, batch = "/api/v1/events", started["status_url"] + "/events"
        first, second = self.open(events), self.open(batch)
        self.assertEqual((first.answer.status, second.answer.status), (200, 200))
        for path in (events, batch):
            refused = self.server.get(path)
            self.assertEqual((refused.status, refused.headers["retry-after"]), (429, "15"), refused.body)
            self.assertIn("Close a tab", refused.json()["detail"])
        self.server.ask("POST", started["status_url"] + "/cancel")  # its stream ends by itself
        third = wait_for(lambda: (again := self.open(events)).answer.status == 200 and again, "room after one that ended")
        self.assertEqual(self.server.get(events).status, 429)
        self.assertEqual(self.server.ask("HEAD", events).status, 429)
        third.close()  # noticed when something is written

        def room():
            self.server.upload(small_photo())
            return self.open(events).answer.status == 200

        wait_for(room, "room after a client that went away")


class SilentEngine(unittest.TestCase):
    def test_a_picture_that_cannot_be_looked_at_is_not_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            engine = pathlib.Path(folder, "engine")
            engine.write_text("#!/bin/sh\nexec sleep 1000\n")
            engine.chmod(0o755)
            with Server(None, "--engine", str(engine), "--probe-timeout", "1") as server:
                answer = server.upload(small_photo())
                self.assertEqual((answer.status, answer.headers["retry-after"]), (503, "2"), answer.body)
                self.assertIn("nothing was kept", answer.json()["detail"])
                self.assertEqual(server.get("/api/v1/assets").json(), [])
                self.assertEqual(staged_files(server), [])


class Life(unittest.TestCase):
    def test_a_stop_ends_streams_and_leaves_running_work_for_the_next_start(self):
        with Server() as server:
            stream = Stream(server, "/api/v1/events")
            self.addCleanup(stream.close)
            id = server.generate(duration_s=2, resolution="480p", motion="ken_burns")
            wait_for(lambda: server.generation(id)["stage"], "the first progress")
            server.stop()
            server.start()
            self.assertEqual(server.await_end(id)["state"], "succeeded")

    def test_one_server_has_the_folder(self):
        with Server() as server:
            if server.database:
                return  # there several may share it: test_postgres shows that
            second = Server(server.data)
            with self.assertRaisesRegex(AssertionError, "Another zoetrope is using the data folder"):
                second.start()
            second.process.wait()

    def test_without_workers_work_waits(self):
        with Server(None, "--workers", "none") as server:
            id = server.generate("local/relief")
            self.assertEqual(server.generation(id)["state"], "queued")
            self.assertEqual(server.ask("POST", f"/api/v1/generations/{id}/cancel").json()["state"], "cancelled")


class Page(ServerTest):
    def test_the_api_describes_itself_as_the_studio_knows_it(self):
        answer = self.server.get("/openapi.json").json()
        known = json.loads((ROOT / "web/src/api/generated/openapi.json").read_text())
        self.assertEqual(answer, known, "run scripts/generate-api")

    def test_the_description_is_valid_openapi(self):
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(self.server.get("/openapi.json").body)
            file.flush()
            done = subprocess.run(
                [ROOT / "scripts/web", "node", "node_modules/@redocly/cli/bin/cli.js", "lint", "--format=json", file.name],
                capture_output=True, text=True, env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
            )
        found = json.loads(done.stdout)["problems"]
        self.assertEqual((done.returncode, [(each["ruleId"], each["message"]) for each in found]), (0, []))

    def test_health_lives_at_every_name(self):
        for path in ("/health", "/api/v1/health", "/api/health"):
            self.assertEqual(self.server.get(path).json(), {"status": "ok"})


class Paths(ServerTest):
    def test_what_begins_like_the_api_is_no_page(self):
        for path in ("/api/v1/nothing", "/api%2fv1/auth", "/API;x/v1/auth", "/metrics%00", "/health;x", "//api//nothing"):
            answer = self.server.get(path)
            self.assertEqual((answer.status, answer.headers["content-type"]), (404, "application/problem+json"), path)
        self.assertIn("text/html", self.server.get("/g/anything").headers["content-type"])


class Notices(unittest.TestCase):
    def test_a_missing_network_is_said_of_each_local_model_and_in_the_result(self):
        with Server(None, "--matte-weights", "/nowhere") as server:
            models = server.get("/api/v1/models").json()
            self.assertGreater(len(models), 2)
            for model in models:
                self.assertIn("cut-out network is not installed", model["notice"])
            made = server.await_end(server.generate("local/image-to-3d", grid=64))
            self.assertIn("The cut-out network is not installed", made["note"])


if __name__ == "__main__":
    unittest.main()

"""How many workers a queue has: by what waits, by what an operator says, and what is shown of it."""
import json
import unittest

from support import Server, wait_for


class Pools(unittest.TestCase):
    def serve(self, *options):
        self.server = Server(None, *options)
        self.server.start()
        self.addCleanup(self.server.__exit__)
        wait_for(lambda: len(self.pools()) == 4 and all(each["nodes"] == 1 for each in self.pools().values()), "the pools")

    def pools(self):
        return {each["name"]: each for each in self.server.get("/api/v1/admin/pools").json()}

    def pool(self):
        return self.pools()["model_generation"]

    def put(self, *changes):
        return self.server.ask("PUT", "/api/v1/admin/pools", json.dumps(changes), {"Content-Type": "application/json"})

    def sizes(self, name, **sizes):
        whole = {key: self.pools()[name][key] for key in ("size_min", "size_desired", "size_max", "concurrency", "prefetch", "tasks_per_child")}
        return {"name": name, **whole, **sizes}

    def test_each_queue_has_one_and_begins_at_its_least(self):
        self.serve()
        shown = {
            name: (pool["size_min"], pool["size_desired"], pool["size_max"], pool["concurrency"], pool["prefetch"], pool["tasks_per_child"])
            for name, pool in self.pools().items()
        }
        self.assertEqual(
            shown,
            {
                "batch_processing": (1, 4, 10, 4, 1, 50),
                "maintenance": (1, 2, 3, 2, 4, 1000),
                "model_generation": (5, 20, 50, 8, 2, 100),
                "priority": (2, 3, 5, 4, 1, 100),
            },
        )
        self.assertEqual((self.pool()["size"], self.pool()["capacity"], self.pool()["configured"]), (5, 40, True))

    def test_it_grows_with_what_waits_and_shrinks_when_it_is_done(self):
        self.serve("--pools=model_generation=1/2/3,concurrency=4", "--pool-filled=4", "--pool-deep=4", "--pool-cool-down=1")
        self.server.ask("POST", "/api/v1/admin/queues/model_generation/pause")
        ids = [self.server.generate("local/relief", grid=64) for _ in range(5)]
        wait_for(lambda: self.pool()["size"] == 3, "the largest size")
        self.assertEqual((self.pool()["reason"], self.pool()["waiting"], self.pool()["capacity"]), ("more than 4 wait", 5, 12))
        self.server.ask("POST", "/api/v1/admin/queues/model_generation/resume")
        for id in ids:
            self.assertEqual(self.server.await_end(id)["state"], "succeeded")
        wait_for(lambda: self.pool()["size"] == 1, "the smallest size")
        self.assertEqual(self.pool()["reason"], "no more than 4 waited for 1 s")
        self.assertEqual(self.pool()["decisions"], 2)
        metrics = self.server.get("/metrics").body.decode()
        for direction in ("up", "down"):
            self.assertIn(f'queue_pool_decisions_total{{pool="model_generation",direction="{direction}"}} 1', metrics)
        said = b"".join(self.server.said).decode()
        self.assertIn("pool model_generation: 3 workers instead of 1: more than 4 wait", said)
        self.assertIn("pool model_generation: 1 workers instead of 3: no more than 4 waited for 1 s", said)

    def test_an_operator_sizes_it_while_it_runs(self):
        self.serve("--pools=model_generation=1/1/1,concurrency=1,prefetch=1", "--engine-children-max=1")
        first = self.server.generate("local/parallax", resolution="1080p", duration_s=10)
        wait_for(lambda: self.server.generation(first)["state"] == "running", "the first")
        second = self.server.generate("local/relief", grid=64)
        wait = self.server.generation(second)["wait"]
        self.assertEqual(wait, {"position": 1, "reason": "next in line, the pool is full"})
        answer = self.put(self.sizes("model_generation", concurrency=2))
        self.assertEqual(answer.status, 200, answer.body)
        # There is a place for it now, and still no engine.
        wait_for(lambda: self.server.generation(second)["stage"] == "waiting for an engine", "the second's place")
        self.assertEqual((self.pool()["capacity"], self.pool()["configured"]), (2, False))
        self.server.ask("POST", f"/api/v1/generations/{second}/cancel")
        wait_for(lambda: self.pool()["running"] == 1, "the end of the second, which needs no engine for that")
        self.assertEqual(self.server.generation(first)["state"], "running")
        self.server.ask("POST", f"/api/v1/generations/{first}/cancel")
        self.assertTrue(self.server.ask("DELETE", "/api/v1/admin/pools/model_generation").status == 200)
        wait_for(lambda: (self.pool()["capacity"], self.pool()["configured"]) == (1, True), "what is configured")

    def test_what_an_operator_says_is_kept(self):
        self.serve()
        self.put(self.sizes("priority", size_min=4, size_desired=5, size_max=6), self.sizes("maintenance", size_max=9))
        wait_for(lambda: self.pools()["priority"]["size"] == 4, "the new least size")
        self.assertEqual(self.pools()["priority"]["reason"], "its limits were changed")
        self.server.stop()
        self.server.start()
        self.assertEqual((self.pools()["priority"]["size"], self.pools()["maintenance"]["size_max"]), (4, 9))

    def test_sizes_that_make_no_sense_change_nothing(self):
        self.serve()
        before = {name: {**pool, "running": 0, "waiting": 0} for name, pool in self.pools().items()}
        refused = self.put(self.sizes("priority", size_min=1), self.sizes("maintenance", size_desired=9, prefetch=0), self.sizes("priority") | {"name": "none"})
        self.assertEqual(refused.status, 422)
        self.assertEqual([each["field"] for each in refused.json()["errors"]], ["[1].size_desired", "[1].prefetch", "[2].name"])
        self.assertIn("batch_processing, maintenance, model_generation, priority", refused.json()["errors"][2]["message"])
        self.assertEqual({name: {**pool, "running": 0, "waiting": 0} for name, pool in self.pools().items()}, before)
        twice = self.put(self.sizes("priority"), self.sizes("priority"))
        self.assertEqual((twice.status, [each["field"] for each in twice.json()["errors"]]), (422, ["[0].name", "[1].name"]))
        self.assertEqual(self.server.ask("DELETE", "/api/v1/admin/pools/none").status, 404)


if __name__ == "__main__":
    unittest.main()

"""How much fits: from what was made, over HTTP and on the command line, and what more load would do."""
import json
import os
import subprocess
import unittest

from support import BINARY, Server, wait_for


class Capacity(unittest.TestCase):
    def serve(self, **settings):
        """On PostgreSQL the command looks at the database itself, so it is told the same."""
        self.env = {f"ZOETROPE_{name.upper()}": str(value) for name, value in settings.items()}
        self.server = Server(None, env=self.env)
        self.server.start()
        self.addCleanup(self.server.__exit__)

    def report(self):
        return self.server.get("/api/v1/admin/capacity").json()

    def call(self, *words, code=0):
        database = ["--database", self.server.database.url] if self.server.database else []
        done = subprocess.run(
            [BINARY, "capacity", "--data", self.server.data, *database, *map(str, words)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, env={**os.environ, **self.env},
        )
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def make(self, count, grid=64):
        queue = "/api/v1/admin/queues/model_generation/"
        self.server.ask("POST", queue + "pause")  # so that they are there together
        ids = [self.server.generate("local/relief", grid=grid) for _ in range(count)]
        self.server.ask("POST", queue + "resume")
        for id in ids:
            self.assertEqual(self.server.await_end(id)["state"], "succeeded")
        wait_for(lambda: self.report()["tasks"] == count, "the ends of the tasks")

    def test_before_anything_was_made_nothing_is_claimed(self):
        self.serve()
        wait_for(lambda: self.report()["max_concurrent_jobs"] > 0, "the pools")
        report = self.report()
        unknown = ("average_job_duration", "theoretical_throughput", "bottleneck", "measured_since", "max_rps")
        self.assertEqual([report[name] for name in unknown], [None] * len(unknown))
        self.assertEqual((report["tasks"], report["limits"], report["queues"]), (0, [], []))
        self.assertIn("nothing was measured", self.call())
        self.assertIn("Make something first", self.call("--simulate", code=1))

    def test_what_was_made_says_what_fits_and_what_limits_it(self):
        self.serve(engine_children_max=1, pools="model_generation=1/1/1,concurrency=3")
        self.make(6)
        report = self.report()
        self.assertEqual([(each["name"], each["tasks"]) for each in report["queues"]], [("model_generation", 6)])
        limits = report["limits"]
        # Two are held for each engine; of the three slots that many are used.
        self.assertEqual({each["name"]: each["at_a_time"] for each in limits}, {"engines": 1, "model_generation": 2})
        for each in limits:
            self.assertAlmostEqual(each["throughput"], each["at_a_time"] / each["seconds_each"], places=3)
        self.assertEqual([each["throughput"] for each in limits], sorted(each["throughput"] for each in limits))
        self.assertEqual(report["bottleneck"], limits[0])
        self.assertEqual(report["theoretical_throughput"], limits[0]["throughput"])
        self.assertAlmostEqual(report["average_job_duration"], next(each["seconds_each"] for each in limits if each["name"] == "model_generation"), places=6)
        used = self.server.sql("SELECT ran_us, waited_us, engine_us, exclusive_us FROM finished_tasks WHERE queue = 'model_generation'")
        for ran, waited, engine, exclusive in used:
            self.assertGreater(int(engine), 0)
            self.assertGreaterEqual(int(ran), int(waited) + int(engine))
            self.assertEqual(int(exclusive), 0)
        # Two were there for one engine, so somebody waited for most of what the other took.
        self.assertGreater(max(int(waited) for _, waited, *_ in used), min(int(engine) for _, _, engine, _ in used) / 2)

        said = self.call()
        for word in ("From 6 tasks since", "jobs a minute", "engines", "model_generation", "Next: "):
            self.assertIn(word, said)
        self.server.stop()
        self.assertIn("From 6 tasks since", self.call())

    def test_requests_that_came_say_how_many_could(self):
        self.serve()

        def look():
            for _ in range(50):
                self.server.get("/health")
            return (load := self.report()["load"])["max_rps"] and load

        load = wait_for(look, "enough requests within five seconds")
        self.assertGreater(load["peak_rps"], 0)
        self.assertGreater(load["max_rps"], load["peak_rps"], "it did not come to its limit")
        self.assertEqual(self.report()["max_rps"], self.report()["load"]["max_rps"])

    def test_more_load_is_simulated_with_other_settings(self):
        self.serve(engine_children_max=1)
        self.make(3, grid=384)  # an engine's work, more than anything else's
        engine_s = next(each["seconds_each"] for each in self.report()["limits"] if each["name"] == "engines")
        words = ("--simulate", "--json", "--arrivals", 0, "--at-once", 20, "--times", "1,10")
        once, tenfold = json.loads(self.call(*words))
        self.assertEqual([each["report"]["queues"][0]["tasks"] for each in (once, tenfold)], [20, 200])
        # One engine makes them one after the other.
        self.assertAlmostEqual(tenfold["report"]["done_after_s"] / (200 * engine_s), 1, delta=0.2)
        self.assertGreater(tenfold["report"]["engines_busy"], 0.8)
        four = json.loads(self.call(*words, "--engine-children-max", 4))[1]
        self.assertAlmostEqual(four["report"]["done_after_s"] / tenfold["report"]["done_after_s"], 0.25, delta=0.05)
        table = self.call("--simulate", "--at-once", 20)
        self.assertEqual([line.split()[0] for line in table.splitlines()[1:4]], ["1x", "10x", "100x"])
        self.assertIn("--times", self.call("--simulate", "--times", 0, code=2))
        self.assertIn("at most 2000000 are simulated", self.call("--simulate", "--at-once", 1000000, code=2))


if __name__ == "__main__":
    unittest.main()

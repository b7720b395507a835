"""One member's load leaves the others served: lists, sign-in and health each answer within a second."""
import concurrent.futures
import contextlib
import json
import statistics
import threading
import time
import unittest

from support import Account, Server, Stream, small_photo

TODOS, LETTERS = 24_000, 2000
# What the texts nearly hold, at each of their letters.
WORST = "a" * 99 + "b"
FILL = f"""INSERT INTO todos (owner_id, title, description, priority, due_date, completed, created_at, version, folded_title, folded_description)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {TODOS})
SELECT {{owner}}, 'todo', '{"a" * LETTERS}', 0, NULL, false, i, 1, 'todo', '{"a" * LETTERS}' FROM n"""


class Hog(threading.Thread):
    """Asks again and again until it is stopped."""

    def __init__(self, ask, stop):
        super().__init__(daemon=True)
        self.ask, self.stop, self.statuses = ask, stop, []

    def run(self):
        while not self.stop.is_set():
            self.statuses.append(self.ask())


def hogs_of(member, server):
    """By name: how many at once, and what each asks; with the statuses that may come of it."""
    photo = small_photo()
    picture = photo + b"\0" * (8 * 1024 * 1024 - len(photo))
    todos = [{"title": "bulk", "description": "b" * LETTERS}] * 200
    get = lambda path: lambda: member.ask("GET", path).status
    return {
        "searches": (6, get(f"/api/v1/todo?q={WORST}"), {200, 429, 504}),
        "offsets": (4, get("/api/v1/todo?offset=10000&limit=200"), {200}),
        "bulks": (2, lambda: member.ask("POST", "/api/v1/todo/bulk", todos).status, {201, 429}),
        "uploads": (4, lambda: server.upload(picture, headers=member.bearer).status, {201, 413, 429, 503, 507}),
        "generations": (4, get("/api/v1/generations?state=failed&limit=200"), {200}),
        "batches": (4, get("/api/v1/status?ids=" + ",".join(map(str, range(1, 101)))), {200}),
    }


class Hogs(unittest.TestCase):
    def took(self, ask, status):
        """The median of some times, in seconds."""
        times = []
        for _ in range(5):
            began = time.monotonic()
            self.assertEqual(ask().status, status)
            times.append(time.monotonic() - began)
        return statistics.median(times)

    def test_one_members_load_leaves_the_others_served(self):
        with Server() as server, contextlib.ExitStack() as open_streams:
            Account.first(server)
            hog, other = Account(server, "hog"), Account(server, "other")
            server.sql(FILL.format(owner=hog.id))
            stop, running = threading.Event(), {}
            open_streams.callback(stop.set)
            for _ in range(10):  # the sixth kind; more may be refused
                stream = Stream(server, "/api/v1/events", **hog.bearer)
                open_streams.callback(stream.close)
            for name, (count, ask, _) in hogs_of(hog, server).items():
                running[name] = [Hog(ask, stop) for _ in range(count)]
            for each in sum(running.values(), []):
                each.start()
            signs_in = lambda: server.post("/api/v1/auth/login", {"username": other.name, "password": other.password})
            for name, ask in {
                "list": lambda: other.ask("GET", "/api/v1/todo"),
                "health": lambda: server.get("/health"),
                "sign-in": signs_in,
            }.items():
                seconds = self.took(ask, 200)
                if seconds >= 1:  # a busy machine has one bad moment, not two
                    seconds = self.took(ask, 200)
                self.assertLess(seconds, 1, name)
            stop.set()
            for name, (_, _, expected) in hogs_of(hog, server).items():
                for each in running[name]:
                    each.join()
                statuses = {status for each in running[name] for status in each.statuses}
                self.assertTrue(statuses <= expected, f"{name}: {statuses}")
                self.assertTrue(statuses & {200, 201, 504}, f"{name}: one was served, or they were no load: {statuses}")


class Bulks(unittest.TestCase):
    def test_two_at_a_time_for_each_user(self):
        with Server() as server:
            ids = [todo["id"] for todo in server.post("/api/v1/todo/bulk", [{"title": str(i)} for i in range(1000)]).json()]
            body = json.dumps({"ids": ids, "changes": {"description": "b" * LETTERS}})
            senders = 8
            together = threading.Barrier(senders)

            def change(_):
                together.wait()
                return server.ask("PATCH", "/api/v1/todo/bulk", body, {"Content-Type": "application/json"})

            with concurrent.futures.ThreadPoolExecutor(senders) as threads:
                answers = list(threads.map(change, range(senders)))
            self.assertEqual({answer.status for answer in answers}, {200, 429})
            for answer in answers:
                if answer.status == 429:
                    self.assertIn("2 bulk changes", answer.json()["detail"])
                    self.assertEqual(answer.headers["retry-after"], "1")

    def test_a_long_text_for_many_is_refused(self):
        with Server() as server:
            todo = server.post("/api/v1/todo", {"title": "kept"}).json()
            body = json.dumps({"ids": [todo["id"], *range(10**9, 10**9 + 900)], "changes": {"description": "写" * 10_000}})
            answer = server.ask("PATCH", "/api/v1/todo/bulk", body, {"Content-Type": "application/json"})
            self.assertEqual(answer.status, 422)
            self.assertIn("at most 559 todos", answer.json()["errors"][0]["message"])
            self.assertEqual(server.get(f"/api/v1/todo/{todo['id']}").json()["description"], "")


class Searches(unittest.TestCase):
    def test_one_that_takes_too_long_ends_and_says_what_to_do(self):
        with Server(None, "--db-list-timeout", "1") as server:
            server.sql(FILL.format(owner=1))
            for query in (f"q={WORST}", "q=ab", "due_before=2020-01-01T00:00:00Z"):
                answer = server.get(f"/api/v1/todo?{query}")
                self.assertEqual(answer.status, 504, query)
                self.assertIn("Narrow", answer.json()["detail"])
            self.assertEqual(len(server.get("/api/v1/todo").json()), 50, "plain lists have no such limit")

    def test_one_runs_and_one_waits_for_each_user(self):
        with Server() as server:
            server.sql(FILL.format(owner=1))
            searches = 12
            together = threading.Barrier(searches)

            def search(_):
                together.wait()
                return server.get(f"/api/v1/todo?q={WORST}")

            with concurrent.futures.ThreadPoolExecutor(searches) as threads:
                answers = list(threads.map(search, range(searches)))
            refused = [answer for answer in answers if answer.status == 429]
            self.assertTrue(refused)
            self.assertEqual({answer.headers["retry-after"] for answer in refused}, {"1"})
            self.assertTrue({answer.status for answer in answers} - {429} <= {200, 504})
            self.assertLess(len(refused), searches)


if __name__ == "__main__":
    unittest.main()

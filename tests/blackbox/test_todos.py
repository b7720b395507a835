"""The todo API as its users meet it; the same on both databases."""
import concurrent.futures
import http.client
import json
import socket
import unittest

from support import Server, ServerTest, wait_for

TODO = "/api/v1/todo"
FIELDS = ["id", "title", "description", "priority", "due_date", "completed", "created_at", "version"]


class TodoTest(ServerTest):
    def add(self, **todo):
        answer = self.server.post(TODO, {"title": "todo", **todo})
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()

    def send(self, method, path, value, **headers):
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        return self.server.ask(method, path, json.dumps(value), sent)

    def refused(self, answer, status, *fields):
        problem = answer.json()
        self.assertEqual((answer.status, problem["status"]), (status, status), answer.body)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        for field in fields:
            self.assertIn(field, [each["field"] for each in problem["errors"]])

    def listed(self, query=""):
        return [todo["id"] for todo in self.server.get(f"{TODO}?{query}").json()]


class Rows(TodoTest):
    def test_what_is_added_can_be_read_changed_and_deleted(self):
        made = self.add(title="  Buy milk ", description="two", priority=3, due_date="2026-12-01T09:00:00+01:00")
        self.assertEqual(list(made), FIELDS)
        self.assertEqual((made["title"], made["due_date"], made["version"]), ("Buy milk", "2026-12-01T08:00:00Z", 1))
        path = f"{TODO}/{made['id']}"
        read = self.server.get(path)
        self.assertEqual((read.json(), read.headers["etag"]), (made, '"1"'))
        self.assertEqual(self.server.get(path.replace("/v1", "")).json(), made, "/api is the current version")
        changed = self.send("PATCH", path, {"completed": True, "due_date": None})
        self.assertEqual(changed.json(), {**made, "completed": True, "due_date": None, "version": 2})
        self.assertEqual(changed.headers["etag"], '"2"')
        whole = self.send("PUT", path, {"title": "Other"}).json()
        self.assertEqual((whole["description"], whole["priority"], whole["completed"], whole["version"]), ("", 0, False, 3))
        self.assertEqual(self.server.ask("DELETE", path).status, 204)
        self.assertEqual(self.server.get(path).status, 404)
        self.assertEqual(self.server.ask("DELETE", path).status, 404)

    def test_what_was_read_can_be_sent_back_but_not_with_other_facts(self):
        made = self.add()
        path = f"{TODO}/{made['id']}"
        again = self.send("PUT", path, made)
        self.assertEqual(again.json(), {**made, "version": 2})
        for key, value in {"id": made["id"] + 1, "created_at": "2020-01-01T00:00:00Z", "version": 1}.items():
            self.refused(self.send("PATCH", path, {key: value}), 422, key)
        self.refused(self.server.post(TODO, {"title": "x", "id": 7}), 422, "id")

    def test_if_match_keeps_two_people_from_overwriting_each_other(self):
        path = f"{TODO}/{self.add()['id']}"
        self.assertEqual(self.send("PATCH", path, {"title": "mine"}, If_Match='"1"').status, 200)
        for method, body in (("PATCH", {"title": "theirs"}), ("PUT", {"title": "theirs"}), ("DELETE", {})):
            self.refused(self.send(method, path, body, If_Match='"1"'), 412)
        self.assertEqual(self.server.get(path).json()["title"], "mine")
        self.assertEqual(self.send("DELETE", path, {}, If_Match='"2"').status, 204)

    def test_a_key_makes_a_repeated_request_harmless(self):
        first = self.server.post(TODO, {"title": "once"}, Idempotency_Key="k")
        second = self.server.post(TODO, {"title": "once"}, Idempotency_Key="k")
        self.assertEqual(first.json(), second.json())
        self.refused(self.server.post(TODO, {"title": "twice"}, Idempotency_Key="k"), 422, "Idempotency-Key")
        self.assertEqual(self.server.get(TODO).json().count(first.json()), 1)

    def test_limits_count_characters_and_name_the_field(self):
        self.assertEqual(self.add(title="ü" * 200)["title"], "ü" * 200)
        self.add(description="ü" * 10_000)
        for field, value in {"title": "ü" * 201, "description": "x" * 10_001, "priority": 10, "due_date": "tomorrow",
                             "completed": "yes", "unknown": 1}.items():
            self.refused(self.server.post(TODO, {"title": "x", field: value}), 422, field)
        for title in ("", " \t\u2003", None, 7, "two\nlines", "a\x1b[31mb", "a\u202eb", "a\u2066b", "a\u2028b", "\u200b"):
            self.refused(self.server.post(TODO, {"title": title}), 422, "title")
            if isinstance(title, str):
                self.refused(self.send("PATCH", f"{TODO}/{self.add(title='x')['id']}", {"title": title}), 422, "title")
        self.assertEqual(self.add(title="मराठी 👨\u200d👩\u200d👧", description="two\nlines")["description"], "two\nlines")
        self.refused(self.server.post(TODO, {}), 422, "title")
        self.refused(self.server.post(TODO, {"title": "nul \0"}), 422, "title")


class Lists(TodoTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        todos = [
            {"title": f"Nr. {i}", "priority": i % 3, "completed": i % 2 == 0, "due_date": f"2026-01-{i + 1:02}T00:00:00Z"} for i in range(20)
        ]
        cls.ids = [todo["id"] for todo in cls.server.post(TODO + "/bulk", todos).json()]
        extra = [{"title": "STRASSE 100% _x"}, {"title": "plain", "description": "in der straße"}]
        cls.extra = [todo["id"] for todo in cls.server.post(TODO + "/bulk", extra).json()]

    def test_filters_and_their_pairs(self):
        ids = list(reversed(self.ids))
        wanted = lambda keep: [id for id in ids if keep(self.ids.index(id))]
        self.assertEqual(self.listed("completed=true"), wanted(lambda i: i % 2 == 0))
        self.assertEqual(self.listed("priority=2"), wanted(lambda i: i % 3 == 2))
        self.assertEqual(self.listed("priority=1&completed=false"), wanted(lambda i: i % 3 == 1 and i % 2))
        self.assertEqual(self.listed("due_before=2026-01-04T00:00:00Z"), wanted(lambda i: i < 3))

    def test_search_folds_case_and_takes_signs_as_they_are(self):
        self.assertEqual(self.listed("q=strasse"), list(reversed(self.extra)))
        self.assertEqual(self.listed("q=Stra%C3%9Fe"), list(reversed(self.extra)))
        self.assertEqual(self.listed("q=100%25"), self.extra[:1])
        self.assertEqual(self.listed("q=_X"), self.extra[:1])
        self.assertEqual(self.listed("q=%25x"), [])

    def test_todos_of_an_older_rule_are_found_by_the_new_one(self):
        # A server of its own: what was folded the old way is folded anew after a start.
        with Server(None) as server:
            id = server.post("/api/v1/todo", {"title": "\u0130stanbul"}).json()["id"]
            find = lambda: [todo["id"] for todo in server.get("/api/v1/todo?q=istanbul").json()]
            self.assertEqual(find(), [id])
            server.stop()
            server.sql("UPDATE todos SET folded_title = 'i\u0307stanbul'")
            server.sql("DELETE FROM settings WHERE name = 'todos.refolded'")
            server.start()
            wait_for(lambda: find() == [id], "the old todo")
            wait_for(lambda: server.sql("SELECT value FROM settings WHERE name = 'todos.refolded'") == [("all",)], "the end of refolding")

    def test_pages_hold_every_row_once_while_rows_are_added(self):
        seen, path = [], f"{TODO}?limit=7&completed=true"
        while path:
            answer = self.server.get(path)
            seen += [todo["id"] for todo in answer.json()]
            link = answer.headers.get("link", "")
            path = link[1:link.index(">")] if link else None
            added = self.add(completed=True)["id"]
            self.addCleanup(self.server.ask, "DELETE", f"{TODO}/{added}")
        self.assertEqual(len(seen), len(set(seen)))
        self.assertTrue(set(self.ids[::2]) <= set(seen))

    def test_old_clients_page_by_offset(self):
        whole = self.listed("limit=10")
        self.assertEqual(self.listed("limit=4&offset=3"), whole[3:7])

    def test_bad_questions_are_answered_by_name(self):
        for query, field in {"limit=0": "limit", "limit=201": "limit", "cursor=1-2x": "cursor", "cursor=%00": "cursor", "offset=-1": "offset",
                             "offset=10001": "offset", "q=" + "%C3%BC" * 101: "q",
                             "completed=maybe": "completed", "priority=high": "priority", "colour=red": "colour"}.items():
            self.refused(self.server.get(f"{TODO}?{query}"), 422, field)
        self.assertEqual(self.server.get(f"{TODO}?q={'%C3%BC' * 100}&offset=10000").json(), [])
        self.assertEqual(self.server.get(f"{TODO}/99999999999999999999").status, 404)
        self.assertEqual(self.server.get(f"{TODO}/-1").status, 404)


class Bulk(TodoTest):
    def test_all_or_nothing(self):
        before = self.listed()
        answer = self.server.post(TODO + "/bulk", [{"title": "a"}, {"title": " "}, {"title": "c", "priority": 11}])
        self.refused(answer, 422, "[1].title", "[2].priority")
        self.assertEqual(self.listed(), before)
        made = self.server.post(TODO + "/bulk", [{"title": str(i)} for i in range(1000)])
        self.assertEqual((made.status, [todo["title"] for todo in made.json()]), (201, [str(i) for i in range(1000)]))
        self.refused(self.server.post(TODO + "/bulk", [{"title": "x"}] * 1001), 422)
        self.refused(self.server.post(TODO + "/bulk", []), 422)
        ids = [todo["id"] for todo in made.json()]
        self.assertEqual(self.send("PATCH", TODO + "/bulk", {"ids": ids[1:] + [10**12], "changes": {"priority": 9}}).status, 404)
        self.assertEqual(self.listed("priority=9"), [])
        changed = self.send("PATCH", TODO + "/bulk", {"ids": ids[:3], "changes": {"priority": 9, "completed": True}})
        self.assertEqual(sorted(todo["id"] for todo in changed.json()), ids[:3])
        self.assertEqual(self.listed("priority=9"), ids[2::-1])
        self.assertEqual(self.send("DELETE", TODO + "/bulk", {"ids": [ids[0], 10**12]}).status, 404)
        self.assertEqual(self.send("DELETE", TODO + "/bulk", {"ids": ids}).status, 204)
        self.assertEqual(self.listed(), before)
        self.refused(self.send("DELETE", TODO + "/bulk", {"ids": [1, 1]}), 422, "ids")

    def test_the_flag_switches_it_off_and_on(self):
        flag = "/api/v1/admin/flags/bulk"
        self.addCleanup(self.send, "PUT", flag, {"enabled": True})
        self.assertEqual(self.send("PUT", flag, {"enabled": False}).json()["enabled"], False)
        self.assertEqual(self.server.post(TODO + "/bulk", [{"title": "x"}]).status, 404)
        self.assertEqual([each["enabled"] for each in self.server.get("/api/v1/admin/flags").json() if each["name"] == "bulk"], [False])
        self.assertEqual(self.send("PUT", "/api/v1/admin/flags/nonsense", {"enabled": True}).status, 404)


class Crowd(TodoTest):
    """The old system's own scenarios, which it failed."""

    def crowd(self, clients, work, jobs):
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            return list(pool.map(work, range(jobs)))

    def test_200_clients_add_and_read_at_once(self):
        made = self.crowd(200, lambda i: self.server.post(TODO, {"title": f"crowd {i}"}), 200)
        self.assertEqual([answer.status for answer in made], [201] * 200)
        self.assertEqual([answer.json()["title"] for answer in made], [f"crowd {i}" for i in range(200)])
        read = self.crowd(50, lambda i: self.server.get(f"{TODO}/{made[i].json()['id']}").json()["title"], 200)
        self.assertEqual(read, [f"crowd {i}" for i in range(200)])

    def test_no_change_is_lost_when_many_change_the_same(self):
        path = f"{TODO}/{self.add()['id']}"
        done = self.crowd(10, lambda i: self.send("PATCH", path, {"priority": i % 10}).status, 100)
        self.assertEqual(done, [200] * 100)
        self.assertEqual(self.server.get(path).json()["version"], 101)


class BadInput(TodoTest):
    def exchange(self, *pieces):
        """Raw bytes to the server; what it says until it has been quiet or has closed."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as connection:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def test_bodies_that_are_no_todo(self):
        cases = {
            b'{"title": "x': 400, b"": 400, b"null": 422, b"[]": 422, b'"x"': 422, b'{"title": "x"} y': 400,
            b'{"title": "\xff\xfe"}': 400, b"[" * 1000: 400, b'{"a":' * 1000: 400, b'{"title":"a","priority":1e999}': 400,
            b'{"title":"a","priority":99999999999999999999}': 422, b'{"title":"a","priority":1.5}': 422,
            b'{"title":"a","title":"b"}': 400,
        }
        for body, status in cases.items():
            answer = self.server.ask("POST", TODO, body, {"Content-Type": "application/json"})
            self.assertEqual(answer.status, status, (body[:40], answer.body))
        self.assertEqual(self.server.ask("POST", TODO, b"{}", {"Content-Type": "text/plain"}).status, 415)
        self.assertEqual(self.server.post(TODO, {"title": "x" * 10_000_000}).status, 413)

    def test_the_connection_stays_usable_after_a_refusal(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        self.addCleanup(connection.close)
        for body, status in ((b'{"title": "x', 400), (b"{}", 422), (b'{"title":"y"}', 201)):
            connection.request("POST", TODO, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            self.assertEqual(answer.status, status)
            answer.read()

    def test_chunked_and_pipelined_requests(self):
        head = b"POST /api/v1/todo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        chunked = head + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"tit\r\n9\r\nle\":\"ab\"}\r\n0\r\n\r\n"
        answers = self.exchange(chunked * 3 + b"GET /api/v1/todo?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(answers.count(b"HTTP/1.1 201"), 3)
        self.assertEqual(answers.count(b"HTTP/1.1 200"), 1)

    def test_forms_that_smuggle_are_refused(self):
        rest = b"Host: localhost\r\nContent-Type: application/json\r\n"
        for headers in (
            b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Content-Length: 13\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked, identity\r\n", b"Transfer-Encoding : chunked\r\n", b"Content-Length: +13\r\n", b"Content-Length: 1 3\r\n",
        ):
            said = self.exchange(b"POST /api/v1/todo HTTP/1.1\r\n" + rest + headers + b'\r\n{"title":"x"}GET /smuggled HTTP/1.1\r\n\r\n')
            self.assertTrue(said.startswith(b"HTTP/1.1 4"), (headers, said[:80]))
            self.assertEqual(said.count(b"\r\nDate:"), 1, headers)


class Operations(TodoTest):
    def metric(self, line):
        text = self.server.get("/metrics").body.decode()
        found = [each for each in text.splitlines() if each.startswith(line)]
        return float(found[0].split()[-1]) if found else 0.0

    def test_requests_and_their_statements_are_counted(self):
        answered = 'http_requests_total{method="GET",route="/api/v1/todo/{id}",status="2xx"}'
        asked = 'db_statement_duration_seconds_count{statement="todos.%s"}'
        id = self.add()["id"]
        before = self.metric(answered), self.metric(asked % "find"), self.metric(asked % "list")
        self.server.get(f"{TODO}/{id}")
        self.server.get(f"{TODO}?limit=200")
        # One statement for one row, and one for a whole page.
        self.assertEqual(self.metric(answered), before[0] + 1)
        self.assertEqual(self.metric(asked % "find"), before[1] + 1)
        self.assertEqual(self.metric(asked % "list"), before[2] + 1)
        self.assertEqual(self.metric('http_request_duration_seconds_bucket{method="GET",route="/api/v1/todo/{id}",le="+Inf"}'), before[0] + 1)
        self.assertGreater(self.metric('db_pool_connections{state="size"}'), 0)

    def test_health_readiness_and_the_pool(self):
        for path in ("/health/ready", "/api/v1/health/ready", "/readiness"):
            self.assertEqual(self.server.get(path).json(), {"status": "ready"})
        self.assertEqual(self.server.get("/api/v1/health").json(), {"status": "ok"})
        pool = self.server.get("/api/v1/admin/db-pool").json()
        self.assertEqual(pool["waiting"], 0)
        self.assertGreater(pool["size"], 0)
        wait_for(lambda: self.server.get("/api/v1/admin/db-pool").json()["checked_out"] == 0, "every connection back")




if __name__ == "__main__":
    unittest.main()


class SlowLog(unittest.TestCase):
    def test_a_slow_statement_is_named_with_its_plan(self):
        with Server(None, "--db-slow-statement", "1", "--db-slow-plan", "true") as server:
            for _ in range(20):
                rows = [{"title": f"row {i}", "description": "nothing that is looked for " * 20} for i in range(1000)]
                self.assertEqual(server.post(f"{TODO}/bulk", rows).status, 201)
            said = lambda: b"".join(server.said).decode()
            search = lambda: server.get(f"{TODO}?q=absent").status == 200 and "plan of todos." in said()
            wait_for(search, "a plan in the log")
            self.assertRegex(said(), r"statement todos\.\S+ took \d+ ms")
            self.assertRegex(said(), r"plan of todos\.\S+: .*(todos|Limit)")

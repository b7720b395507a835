"""What is done again and again: what has ended goes, what has not stays."""
import datetime
import json
import time
import unittest

from support import Account, Server, Stream, wait_for

QUICK = ("--auth-argon2-passes", "1", "--auth-argon2-memory", "8")
DAY_US = 24 * 3600 * 1_000_000


class CleanUp(unittest.TestCase):
    def setUp(self):
        self.server = Server(None, *QUICK, "--auth-require-verified-email", "true", "--auth-audit-days", "30")
        self.server.start()
        self.addCleanup(self.server.__exit__)

    def due(self, name):
        self.server.sql(f"UPDATE schedules SET next_run_at = 0 WHERE name = '{name}'")

    def test_what_has_ended_goes_and_what_has_not_stays(self):
        server = self.server
        server.post("/api/v1/auth/register", {"email": "ann@example.com", "username": "ann", "password": "correct horse battery staple", "setup_token": server.setup_token()})
        for name in ("late", "early"):
            self.assertEqual(server.post("/api/v1/auth/register", {"email": f"{name}@example.com", "username": name, "password": "correct horse battery staple"}).status, 201)
        wait_for(lambda: server.sql("SELECT next_run_at FROM schedules WHERE name = 'accounts.clean_up'"), "its schedule")
        wait_for(lambda: server.sql("SELECT count(*) FROM tasks WHERE kind = 'accounts.clean_up'") == [("0",)], "the first turn")
        now = time.time_ns() // 1000
        ages = {"gone": now - 40 * DAY_US, "kept": now + DAY_US}
        for word, ends in ages.items():
            made = ends - 5 * DAY_US if word == "gone" else now
            server.sql(f"INSERT INTO sessions (id, owner_id, address, agent, created_at, last_seen_at, expires_at) VALUES ('{word}', 1, 'a', 'b', {made}, {made}, {ends})")
            for revoked in ("true", "false"):
                server.sql(f"INSERT INTO refresh_tokens (token, owner_id, token_family, revoked, created_at, expires_at) VALUES ('{word}-{revoked}', 1, '{word}', {revoked}, {made}, {ends})")
            server.sql(f"INSERT INTO account_links (id, owner_id, purpose, email, created_at, expires_at) VALUES ('{word}', 1, 'verify_email', 'x', {made}, {ends})")
            server.sql(f"INSERT INTO login_failures (subject, failures, last_at, wait_until) VALUES ('{word}', 1, {made}, {made})")
            server.sql(f"INSERT INTO audit (owner_id, action, detail, address, agent, created_at) VALUES (1, '{word}', '', '', '', {made})")
        server.sql(f"UPDATE users SET created_at = {now - 8 * DAY_US} WHERE username = 'early'")
        keys = int(server.sql("SELECT count(*) FROM signing_keys")[0][0])
        server.sql(f"UPDATE signing_keys SET created_at = {now - 31 * DAY_US}")
        self.due("accounts.clean_up")
        wait_for(lambda: server.sql("SELECT 1 FROM audit WHERE action = 'gone'") == [], "the clean-up")
        wait_for(lambda: int(server.sql("SELECT count(*) FROM signing_keys")[0][0]) == keys + 1, "another key, after a month")
        left = lambda table, column: {row[0] for row in server.sql(f"SELECT {column} FROM {table}")}
        self.assertEqual(left("sessions", "id"), {"kept"})
        self.assertEqual(left("refresh_tokens", "token"), {"kept-true", "kept-false"})
        self.assertIn("kept", left("account_links", "id"))
        self.assertNotIn("gone", left("account_links", "id"))
        self.assertEqual(left("login_failures", "subject"), {"kept"})
        self.assertIn("kept", left("audit", "action"))
        # Nobody ever signed in there, and a week is enough to confirm an address.
        self.assertEqual(left("users", "username"), {"ann", "late", "unconfirmed"})
        self.assertEqual(server.sql("SELECT email, folded_email FROM users WHERE username = 'unconfirmed'")[0], ("", "") if server.database else ("None", "None"))
        again = server.post("/api/v1/auth/register", {"email": "early@example.com", "username": "early", "password": "correct horse battery staple"})
        self.assertEqual(again.status, 201, "its name is free")

    def test_old_events_and_keys_go_and_who_was_away_for_long_is_told(self):
        server = self.server
        wait_for(lambda: server.sql("SELECT 1 FROM schedules WHERE name = 'idempotency.clean_up'"), "the schedules")
        wait_for(lambda: server.sql("SELECT count(*) FROM tasks WHERE queue = 'maintenance'") == [("0",)], "the first turns")
        now = time.time_ns() // 1000
        numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"  # more than one statement takes
        events = "INSERT INTO events (owner_id, topic, type, subject, data, created_at)"
        server.sql(f"{events} {numbers} SELECT 1, 'generations', 'old', 's', '{{}}', {now - 31 * DAY_US} FROM n")
        server.sql(f"{events} {numbers} SELECT 1, 'generations', 'kept', 's', '{{}}', {now - 29 * DAY_US} FROM n WHERE i <= 2")
        keys = "INSERT INTO idempotency_keys (owner_id, route, key, body_digest, response, created_at)"
        server.sql(f"{keys} {numbers} SELECT 1, 'POST /somewhere', 'old' || i, 'd', '{{}}', {now - 2 * DAY_US} FROM n")
        server.sql(f"{keys} VALUES (1, 'POST /somewhere', 'kept', 'd', '{{}}', {now - DAY_US // 2})")
        for table in ("events", "idempotency"):
            self.due(table + ".clean_up")
        count = lambda table: int(server.sql(f"SELECT count(*) FROM {table}")[0][0])
        wait_for(lambda: count("events") == 2 and count("idempotency_keys") == 1, "the clean-ups")
        (first, last) = sorted(int(id) for id, in server.sql("SELECT id FROM events WHERE type = 'kept'"))
        told = {first - 2: "resync", first - 1: "kept", last: "kept", last + 1: "resync"}  # the last is of another database
        for seen, type in told.items():
            stream = Stream(server, "/api/v1/events", Last_Event_ID=str(seen))
            self.addCleanup(stream.close)
            self.assertEqual(stream.next()[1]["type"], type, (seen, first, last))

    def test_a_key_is_free_again_after_a_day(self):
        make = lambda title: self.server.post("/api/v1/todo", {"title": title}, Idempotency_Key="k")
        self.assertEqual([make("a").status, make("a").status, make("b").status], [201, 201, 422])
        self.server.sql(f"UPDATE idempotency_keys SET created_at = {time.time_ns() // 1000 - 25 * 3600 * 1_000_000}")
        self.assertEqual(make("b").json()["title"], "b")
        self.assertEqual(make("a").status, 422)

    def test_each_turn_is_taken_once_by_all_processes_together(self):
        server = self.server
        others = [Server(server.data, *server.options, env=server.env) for _ in range(2)] if server.database else []
        for other in others:
            other.database, other.options = None, server.options
            other.start()
            self.addCleanup(other.stop)
        wait_for(lambda: server.sql("SELECT 1 FROM schedules WHERE name = 'queue.clean_up'"), "the schedules")
        ran = lambda: int(server.sql("SELECT count(*) FROM finished_tasks WHERE kind = 'queue.clean_up'")[0][0])
        waiting = lambda: int(server.sql("SELECT count(*) FROM tasks WHERE kind = 'queue.clean_up'")[0][0])
        wait_for(lambda: ran() == 1 and waiting() == 0, "the first turn")
        self.due("queue.clean_up")
        wait_for(lambda: ran() == 2, "the next turn")
        self.assertEqual((ran(), waiting()), (2, 0))
        self.moves_to_the_night(server)
        listed = {each["name"]: each for each in server.get("/api/v1/admin/schedules").json()}
        self.assertLessEqual({"accounts.clean_up", "events.clean_up", "generation.clean_up", "idempotency.clean_up", "library.remove_released", "queue.clean_up"}, set(listed))
        self.assertGreater(listed["queue.clean_up"]["next_run_at"], time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()))


    def moves_to_the_night(self, server):
        """An operator moves it to the night; what was missed meanwhile is made up for once."""
        put = lambda name, cron: server.ask("PUT", f"/api/v1/admin/schedules/{name}", json.dumps({"cron": cron}), {"Content-Type": "application/json"})
        chosen = put("queue.clean_up", "30 3 * * mon")
        self.assertEqual((chosen.status, chosen.json()["cron"]), (200, "30 3 * * mon"))
        next_run = datetime.datetime.fromisoformat(chosen.json()["next_run_at"])
        self.assertEqual((next_run.weekday(), next_run.hour, next_run.minute), (0, 3, 30))
        self.assertLess(next_run - datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=7))
        ran = lambda: int(server.sql("SELECT count(*) FROM finished_tasks WHERE kind = 'queue.clean_up'")[0][0])
        before = ran()
        server.sql(f"UPDATE schedules SET next_run_at = {time.time_ns() // 1000 - 30 * DAY_US} WHERE name = 'queue.clean_up'")
        wait_for(lambda: ran() == before + 1, "the turn that was missed")
        again = next(each for each in server.get("/api/v1/admin/schedules").json() if each["name"] == "queue.clean_up")
        self.assertEqual((again["cron"], again["next_run_at"]), ("30 3 * * mon", chosen.json()["next_run_at"]))
        wrong = put("queue.clean_up", "30 25 * * *")
        self.assertEqual((wrong.status, wrong.json()["errors"][0]["field"]), (422, "cron"))
        self.assertEqual(put("queue.nothing", "@daily").status, 404)
        self.assertEqual(put("queue.clean_up", None).json()["cron"], None)


if __name__ == "__main__":
    unittest.main()

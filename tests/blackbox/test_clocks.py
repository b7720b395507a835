"""What a clock that was wrong left in the database: the server goes on as soon as the clock is right."""
import base64
import datetime
import json
import unittest

from support import Account, Server, wait_for

NOW_US = int(datetime.datetime.now(datetime.timezone.utc).timestamp() * 1e6)
YEAR_US = 365 * 86_400_000_000
LATER_US = NOW_US + 10 * YEAR_US


class Clocks(unittest.TestCase):
    def test_a_wait_of_years_keeps_nobody_out(self):
        with Server(None) as server:
            ann = Account.first(server)
            statuses = [ann.login(server, "not the password") for _ in range(7)]
            self.assertEqual((statuses[0], statuses[-1]), (401, 429))
            server.sql(f"UPDATE login_failures SET wait_until = {LATER_US}")
            self.assertEqual(ann.login(server), 200)

    def test_a_key_from_the_future_does_not_sign(self):
        with Server(None) as server:
            ann = Account.first(server)
            server.stop()
            (kept,) = server.sql("SELECT id FROM signing_keys")
            # The new row holds the same pair of keys: the test only asks which row signs.
            server.sql(
                "INSERT INTO signing_keys (id, public_key, sealed_secret_key, created_at) "
                f"SELECT 'later', public_key, sealed_secret_key, {LATER_US} FROM signing_keys"
            )
            server.start()
            self.assertEqual(ann.ask("GET", "/api/v1/auth/me").status, 200)
            self.assertEqual(key_of(ann.sign_in()["access_token"]), kept[0])

    def test_a_schedule_of_years_comes_back_to_its_interval(self):
        with Server(None) as server:
            wait_for(lambda: server.sql("SELECT 1 FROM schedules WHERE next_run_at > 0"), "the first turns")
            server.sql(f"UPDATE schedules SET next_run_at = {LATER_US}")
            wait_for(lambda: not server.sql(f"SELECT 1 FROM schedules WHERE next_run_at > {NOW_US + YEAR_US}"), "a turn within its interval")

    def test_a_paused_queue_keeps_one_turn_of_a_schedule(self):
        with Server(None) as server:
            wait_for(lambda: server.sql("SELECT 1 FROM schedules"), "the schedules")
            queues = [queue["name"] for queue in server.get("/api/v1/admin/queues").json()]
            for queue in queues:
                self.assertEqual(server.post(f"/api/v1/admin/queues/{queue}/pause", None).status, 200)
            waiting = "SELECT kind, count(*) FROM tasks WHERE state = 'available' AND kind IN (SELECT name FROM schedules) GROUP BY kind"
            for _ in range(3):
                server.sql("UPDATE schedules SET next_run_at = 0")
                wait_for(lambda: not server.sql("SELECT 1 FROM schedules WHERE next_run_at = 0"), "a turn of each")
            counts = dict(server.sql(waiting))
            self.assertGreater(len(counts), 1)
            self.assertEqual(set(counts.values()), {"1"})

    def test_instants_are_of_the_databases_clock(self):
        with Server(None) as server:
            if not server.database:
                self.assertLess(abs(created_at(server) - now()), 60)
                return
            # PostgreSQL's clock, two hours ahead for this server alone.
            server.stop()
            server.database.ask("CREATE SCHEMA ahead")
            server.database.ask(
                "CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS "
                "$$ SELECT pg_catalog.clock_timestamp() + interval '2 hours' $$"
            )
            server.database.ask(f"ALTER DATABASE {server.database.name} SET search_path = ahead, public, pg_catalog")
            server.start()
            self.assertAlmostEqual(created_at(server) - now(), 7200, delta=60)
            self.assertIn("behind the database's, which counts", b"".join(server.said).decode())


def key_of(token):
    head = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def now():
    return datetime.datetime.now(datetime.timezone.utc).timestamp()


def created_at(server):
    """Of a new todo, in seconds."""
    answer = server.post("/api/v1/todo", {"title": "what time is it"})
    return datetime.datetime.fromisoformat(answer.json()["created_at"].replace("Z", "+00:00")).timestamp()


if __name__ == "__main__":
    unittest.main()

"""What only shows with PostgreSQL behind the server: two processes, and a database that goes away."""
import concurrent.futures
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from support import BINARY, Account, Database, Server, small_photo, wait_for


QUICK = ("--auth-argon2-passes", "1", "--auth-argon2-memory", "8", "--auth-logins-per-account", "0")


@contextlib.contextmanager
def two_processes(*options):
    """On one database and one data folder."""
    with Server(None, *options) as first:
        second = Server(first.data)
        second.database.drop()
        second.database, second.options = None, first.options
        second.start()
        try:
            yield first, second
        finally:
            if second.process.poll() is None:
                second.stop()


class TwoProcesses(unittest.TestCase):
    def test_a_killed_nodes_generation_is_taken_over_by_another(self):
        with two_processes() as (first, second):
            # Only the first works on it, because the second does not know of it yet.
            id = first.generate("local/parallax", duration_s=2, resolution="480p", motion="ken_burns")
            wait_for(lambda: first.generation(id)["state"] == "running", "the start")
            owner = first.database.ask("SELECT node_id FROM tasks WHERE state = 'running'")
            nodes = {first: None, second: None}
            for server in nodes:
                ids = first.database.ask(f"SELECT id FROM nodes WHERE name LIKE '%:{server.process.pid}'")
                nodes[server] = ids.split()
            dying = next(server for server, ids in nodes.items() if owner in ids)
            living = next(server for server in nodes if server is not dying)
            dying.kill()
            killed = time.monotonic()
            there = nodes[living][0]
            runner = lambda: first.database.ask("SELECT node_id FROM tasks WHERE kind = 'generation.run'")
            wait_for(lambda: runner() == there, "the take-over")
            # Four seconds of silence, one between two looks, and one for a busy machine.
            self.assertLess(time.monotonic() - killed, 6)
            made = living.await_end(id)
            self.assertEqual((made["state"], len(made["outputs"])), ("succeeded", 3))
            self.assertIn("taken over", b"".join(living.said).decode())
            if dying is first:
                first.start()

    def test_failures_are_counted_by_both(self):
        with two_processes(*QUICK) as (first, second):
            account = Account.first(first)
            statuses = [account.login(server, "not it at all") for _ in range(5) for server in (first, second)]
            self.assertIn(429, statuses)
            self.assertEqual({account.login(first), account.login(second)}, {429}, "the right one waits at either")

    def test_a_refresh_token_used_at_one_is_used_at_the_other(self):
        with two_processes(*QUICK, "--auth-refresh-grace", "1", "--auth-cache-ttl", "1") as (first, second):
            account = Account.first(first)
            used = account.tokens["refresh_token"]
            refresh = lambda server, token: server.post("/api/v1/auth/refresh", {"refresh_token": token})
            successors = {refresh(server, used).json()["refresh_token"] for server in (first, second)}
            self.assertEqual(len(successors), 1, "within the grace both give the same")
            successor = successors.pop()
            # Once the successor is in use and the grace is over, the old one is a thief's, wherever it is shown.
            latest = refresh(second, successor).json()
            wait_for(lambda: refresh(second, used).status == 401, "the end of the grace")
            self.assertEqual(refresh(first, latest["refresh_token"]).status, 401, "the whole session has ended")
            headers = {"Authorization": "Bearer " + latest["access_token"]}
            for server in (first, second):
                wait_for(lambda: server.ask("GET", "/api/v1/auth/me", headers=headers).status == 401, "the end of its token")

    def test_no_key_outlives_the_sessions_that_end_while_it_is_made(self):
        with Server(None, "--workers", "none", *QUICK) as server, concurrent.futures.ThreadPoolExecutor(2) as crowd:
            account = Account.first(server)
            self.assertEqual(account.ask("GET", "/api/v1/api-keys").status, 200)
            waiting = lambda count: wait_for(
                lambda: server.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == [(str(count),)],
                f"{count} that wait")
            with subprocess.Popen(["psql", "-qtAX", server.database.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as psql:
                psql.stdin.write(f"BEGIN; SELECT 'held' FROM users WHERE id = {account.id} FOR UPDATE;\n")
                psql.stdin.flush()
                self.assertEqual(psql.stdout.readline(), "held\n")
                leaving = crowd.submit(account.ask, "POST", "/api/v1/auth/logout-all")
                waiting(1)
                making = crowd.submit(account.ask, "POST", "/api/v1/api-keys", {"name": "late", "scopes": ["todo"]})
                waiting(2)
                psql.stdin.write("COMMIT;\n")
                psql.stdin.close()
            self.assertEqual((leaving.result().status, making.result().status), (204, 401))
            account.sign_in()
            self.assertEqual(account.ask("GET", "/api/v1/api-keys").json(), [])

    def test_a_change_of_access_that_commits_late_is_not_passed_by(self):
        with Server(None, "--workers", "none", *QUICK, "--auth-cache-ttl", "3600", "--io-threads", "1") as server:
            account = Account.first(server)
            other = Account(server, "ben")
            me = lambda: other.ask("GET", "/api/v1/auth/me").status
            self.assertEqual(me(), 200)
            with subprocess.Popen(["psql", "-qtAX", server.database.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as psql:
                # As another process would, but that notifications may be lost.
                psql.stdin.write(f"BEGIN; UPDATE users SET disabled_at = 1 WHERE id = {other.id}; INSERT INTO access_changes (owner_id, process, created_at) "
                                 f"VALUES ({other.id}, 'another', extract(epoch FROM clock_timestamp()) * 1000000); SELECT 'begun';\n")
                psql.stdin.flush()
                self.assertEqual(psql.stdout.readline(), "begun\n")
                # Later rows come first.
                server.sql(f"INSERT INTO access_changes (owner_id, process, created_at) SELECT id, 'a third', extract(epoch FROM clock_timestamp()) * 1000000 FROM users")
                looks = lambda: server.ask("GET", "/metrics", headers=account.bearer).body.decode().split('list_access_changes"} ')[-1].split("\n")[0]
                before = looks()
                wait_for(lambda: looks() != before, "a look at them")
                self.assertEqual(me(), 200)
                psql.stdin.write("COMMIT;\n")
                psql.stdin.close()
            wait_for(lambda: me() == 401, "the end of what was cached")

    def test_an_address_has_its_limit_once_however_many_processes_there_are(self):
        with two_processes(*QUICK, "--auth-logins-per-address", "40") as (first, second):
            account = Account.first(first)
            for server in (first, second):
                limit = lambda: server.post("/api/v1/auth/login", {"username": account.name, "password": account.password}).headers["ratelimit-limit"]
                wait_for(lambda: limit() == "20", "each to let half of it through")


class Migrations(unittest.TestCase):
    def setUp(self):
        self.database = Database(is_migrated=False)
        self.addCleanup(self.database.drop)
        self.data = tempfile.mkdtemp(prefix="zoetrope-test-")
        self.addCleanup(shutil.rmtree, self.data)

    def call(self, *words, **options):
        command = [BINARY, *words, "--database", self.database.url, "--data", self.data]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)

    def test_many_starting_at_once_migrate_once(self):
        # Nothing is there yet, so without the lock all of them would make the same tables.
        starting = [
            subprocess.Popen([BINARY, "migrate", "--database", self.database.url, "--data", f"{self.data}/{i}"],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for i in range(4)
        ]
        said = [process.communicate(timeout=60)[0] for process in starting]
        self.assertEqual([process.returncode for process in starting], [0] * 4, said)
        self.assertEqual(sum("; 0 migrations were" not in each for each in said), 1, said)

    def test_serve_says_what_to_run_and_status_says_what_waits(self):
        refused = self.call("serve", "--listen", "127.0.0.1:0")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("zoetrope migrate", refused.stderr)
        waiting = self.call("migrate", "--status")
        self.assertEqual(waiting.returncode, 0, waiting.stderr)
        self.assertIn("waiting  0001", waiting.stdout)
        self.assertEqual(self.database.ask("SELECT count(*) FROM pg_tables WHERE tablename = 'todos'"), "0", "status changes nothing")
        self.assertEqual(self.call("migrate").returncode, 0)
        self.assertNotIn("waiting", self.call("migrate", "--status").stdout)

    def test_one_that_fails_leaves_nothing(self):
        self.database.ask("CREATE TABLE todos (id BIGINT)")  # in the way of a later migration
        refused = self.call("migrate")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("todos", refused.stderr)
        self.assertEqual(self.database.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"), "todos")
        self.database.ask("DROP TABLE todos")
        self.assertEqual(self.call("migrate").returncode, 0)

    def test_a_newer_schema_is_refused_with_both_versions(self):
        self.assertEqual(self.call("migrate").returncode, 0)
        newest = self.database.ask("SELECT max(version) FROM schema_migrations")
        self.database.ask("INSERT INTO schema_migrations SELECT 9999, 'later', checksum, 0 FROM schema_migrations WHERE version = 1")
        for words in (["migrate"], ["serve", "--listen", "127.0.0.1:0"], ["serve", "--listen", "127.0.0.1:0", "--migrate"]):
            refused = self.call(*words)
            self.assertEqual(refused.returncode, 1, words)
            self.assertIn("9999", refused.stderr)
            self.assertIn(newest, refused.stderr)


class EmbeddedRun(unittest.TestCase):
    def test_run_keeps_to_its_own_folder(self):
        database = Database(is_migrated=False)
        self.addCleanup(database.drop)
        with tempfile.TemporaryDirectory() as folder:
            photo = pathlib.Path(folder, "photo.jpg")
            photo.write_bytes(small_photo())
            words = [BINARY, "run", photo, "--to", "3d", "--out", f"{folder}/out"]
            done = subprocess.run(words, env={**os.environ, "DATABASE_URL": database.url}, capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(database.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0")


class PoolSize(unittest.TestCase):
    def test_auto_is_two_connections_a_core_and_one(self):
        with Server(None, "--workers", "none", "--db-pool-size", "auto") as server:
            self.assertEqual(server.get("/api/v1/admin/db-pool").json()["size"], 2 * os.cpu_count() + 1)


class Exhausted(unittest.TestCase):
    def test_who_finds_no_connection_is_told_when_to_come_again(self):
        options = ("--io-threads", "1", "--db-pool-size", "1", "--db-pool-overflow", "0", "--db-acquire-timeout", "1")
        with Server(None, "--workers", "none", *options) as server, concurrent.futures.ThreadPoolExecutor(4) as crowd:
            # A request with a key takes a connection for its transaction, and waits in it for the table.
            add = lambda key: server.post("/api/v1/todo", {"title": "x"}, Idempotency_Key=key)
            with subprocess.Popen(["psql", "-qX", server.database.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as psql:
                psql.stdin.write("BEGIN; LOCK TABLE todos IN ACCESS EXCLUSIVE MODE; \\echo locked\n")
                psql.stdin.flush()
                psql.stdout.readline()
                answers = [crowd.submit(add, f"key-{i}") for i in range(4)]
                wait_for(lambda: sum(each.done() for each in answers) == 3, "three refusals")
                refused = [each.result() for each in answers if each.done()]
                self.assertEqual([answer.status for answer in refused], [503] * 3)
                for answer in refused:
                    self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
                psql.stdin.write("COMMIT;\n")
                psql.stdin.close()
            wait_for(lambda: all(each.done() for each in answers), "the one that had the connection")
            self.assertEqual(sorted(each.result().status for each in answers), [201, 503, 503, 503])


class DatabaseAway(unittest.TestCase):
    def test_readiness_says_so_and_the_server_recovers(self):
        with Server() as server:
            database = server.database
            self.assertEqual(server.get("/readiness").status, 200)
            database.ask(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS false", database.admin)
            database.ask(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{database.name}'", database.admin)
            away = wait_for(lambda: (answer := server.get("/readiness")).status == 503 and answer, "503")
            self.assertEqual(away.json()["errors"][0]["field"], "database")
            self.assertEqual(server.get("/health").status, 200)
            answer = server.post("/api/v1/todo", {"title": "x"})
            self.assertEqual((answer.status, answer.headers["retry-after"]), (503, "1"))
            database.ask(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS true", database.admin)
            wait_for(lambda: server.get("/readiness").status == 200, "readiness")
            wait_for(lambda: server.post("/api/v1/todo", {"title": "x"}).status == 201, "a new todo")

    def test_a_database_that_cannot_be_reached_is_said_at_the_start(self):
        done = subprocess.run(
            [BINARY, "serve", "--database", "postgres://nobody@127.0.0.1:1/none", "--listen", "127.0.0.1:0", "--data", "unused-data"],
            capture_output=True, text=True, timeout=60, cwd=os.environ.get("TMPDIR", "/tmp"),
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("PostgreSQL cannot be reached", done.stderr)
        done = subprocess.run([BINARY, "serve", "--database", "mysql://x"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("postgres://", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""What only shows with PostgreSQL behind the server: two processes, and a database that goes away."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from support import BINARY, Database, Server, small_photo, wait_for


class TwoProcesses(unittest.TestCase):
    def test_a_killed_nodes_generation_is_taken_over_by_another(self):
        with Server() as first:
            second = Server(first.data, "--listen", "127.0.0.1:0")
            second.database.drop()
            second.database, second.options = None, first.options
            second.start()
            try:
                # Only the first works on it, because the second does not know of it yet.
                id = first.generate("local/parallax", duration_s=2, resolution="480p", motion="ken_burns")
                wait_for(lambda: first.generation(id)["state"] == "running", "the start")
                owner = first.database.ask("SELECT node_id FROM tasks WHERE state = 'running'")
                nodes = {first: None, second: None}
                for server in nodes:
                    ids = first.database.ask(f"SELECT id FROM nodes WHERE name LIKE '%:{server.process.pid}'")
                    nodes[server] = ids.split()  # one for each queue
                dying = next(server for server, ids in nodes.items() if owner in ids)
                living = next(server for server in nodes if server is not dying)
                dying.kill()
                made = living.await_end(id)
                self.assertEqual((made["state"], len(made["outputs"])), ("succeeded", 3))
                self.assertIn("taken over", b"".join(living.said).decode())
                if dying is first:
                    first.start()
            finally:
                if second.process.poll() is None:
                    second.stop()



class Migrations(unittest.TestCase):
    def setUp(self):
        self.database = Database()
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
        database = Database()
        self.addCleanup(database.drop)
        with tempfile.TemporaryDirectory() as folder:
            photo = pathlib.Path(folder, "photo.jpg")
            photo.write_bytes(small_photo())
            words = [BINARY, "run", photo, "--to", "3d", "--out", f"{folder}/out"]
            done = subprocess.run(words, env={**os.environ, "DATABASE_URL": database.url}, capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(database.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0")


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

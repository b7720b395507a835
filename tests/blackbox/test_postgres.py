"""What only shows with PostgreSQL behind the server: two processes, and a database that goes away."""
import os
import signal
import subprocess
import unittest

from support import BINARY, Server, wait_for


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
                    nodes[server] = first.database.ask(f"SELECT id FROM nodes WHERE name LIKE '%:{server.process.pid}'")
                dying = next(server for server, node in nodes.items() if node == owner)
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

    def test_many_starting_at_once_migrate_once(self):
        with Server() as server:
            starting = [
                subprocess.Popen([BINARY, "migrate", "--database", server.database.url, "--data", str(server.data / str(i))],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                for i in range(4)
            ]
            self.assertEqual([process.wait() for process in starting], [0] * 4, [process.stdout.read() for process in starting])
            counted = server.database.ask("SELECT count(*), count(DISTINCT version) FROM schema_migrations").split("|")
            self.assertEqual(counted[0], counted[1])


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

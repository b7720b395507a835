"""A disk that is full or cannot be written, under SQLite: plain words, and no row lost."""
import contextlib
import os
import sqlite3
import subprocess
import tempfile
import unittest

from support import BINARY, ROOT, Server

TODO = "/api/v1/todo"


class SmallDisk(unittest.TestCase):
    def setUp(self):
        self.disk = tempfile.mkdtemp(prefix="zoetrope-disk-")
        self.addCleanup(os.rmdir, self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", self.disk], check=True)
        self.addCleanup(subprocess.run, ["umount", self.disk], check=True)

    def test_a_full_disk_is_said_and_every_kept_row_is_there(self):
        with Server(f"{self.disk}/data", "--workers", "none") as server:
            ballast = open(f"{self.disk}/ballast", "wb")
            ballast.write(bytes(1_000_000))
            ballast.close()
            kept, answer = [], None
            for _ in range(2000):
                answer = server.post(TODO, {"title": "row", "description": "x" * 9000})
                if answer.status != 201:
                    break
                kept.append(answer.json()["id"])
            self.assertEqual((answer.status, answer.json()["detail"]), (507, "The disk that holds the database is full."))
            self.assertGreater(len(kept), 10)
            self.assertEqual(server.get(f"{TODO}/{kept[-1]}").status, 200, "reading goes on")
            os.unlink(ballast.name)
            after = server.post(TODO, {"title": "after"})
            self.assertEqual(after.status, 201, "writing goes on once there is room")
            kept.append(after.json()["id"])
            server.stop()
            server.start()
            for id in kept:
                self.assertEqual(server.get(f"{TODO}/{id}").status, 200, id)

    def test_a_read_only_disk_is_said_at_the_start(self):
        subprocess.run(["mount", "-o", "remount,ro", self.disk], check=True)
        done = subprocess.run(
            [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", f"{self.disk}/data"], capture_output=True, text=True, timeout=60
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("cannot be written", done.stderr)
        self.assertIn("--data", done.stderr)


class OldFile(unittest.TestCase):
    def write_old_file(self, file, version):
        """As an older server left it: with the first migrations only, and the todos of the newer file."""
        with contextlib.closing(sqlite3.connect(file)) as new:
            table = new.execute("SELECT sql FROM sqlite_master WHERE name = 'schema_migrations'").fetchone()[0]
            applied = new.execute("SELECT * FROM schema_migrations WHERE version <= ?", (version,)).fetchall()
            new.row_factory = sqlite3.Row
            todos = [dict(row) for row in new.execute("SELECT * FROM todos")]
        file.unlink()
        with contextlib.closing(sqlite3.connect(file)) as old:
            old.execute(table)
            for text in sorted((ROOT / "migrations").glob("*.sql"))[:version]:
                old.executescript(text.read_text().replace("{{id}}", "INTEGER PRIMARY KEY AUTOINCREMENT"))
            old.executemany(f"INSERT INTO schema_migrations VALUES ({','.join('?' * len(applied[0]))})", applied)
            columns = [row[1] for row in old.execute("PRAGMA table_info(todos)")]  # newer ones came later
            for todo in todos:
                old.execute(f"INSERT INTO todos ({','.join(columns)}) VALUES ({','.join('?' * len(columns))})", [todo[name] for name in columns])
            old.commit()

    def test_a_copy_is_kept_before_a_file_is_brought_up_to_date(self):
        with Server(None, "--workers", "none") as server:
            id = server.post(TODO, {"title": "kept"}).json()["id"]
            server.stop()
            self.write_old_file(server.data / "zoetrope.sqlite", 3)
            server.start()
            self.assertEqual(server.get(f"{TODO}/{id}").json()["title"], "kept")
            (copy,) = server.data.glob("zoetrope.sqlite.before-*")
            old = sqlite3.connect(copy)
            self.addCleanup(old.close)
            self.assertEqual(old.execute("SELECT title FROM todos").fetchall(), [("kept",)])
            self.assertEqual(old.execute("SELECT count(*) FROM sqlite_master WHERE name = 'nodes'").fetchone(), (0,))

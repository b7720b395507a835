"""The command line as a person meets it: what it makes, and what it says when it cannot."""
import json
import os
import pathlib
import pty
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from support import BINARY, SAMPLE, Server, small_photo, wait_for


def call(*arguments, **options):
    return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)


class Cli(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zoetrope-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.photo = self.folder / "small.jpg"
        self.photo.write_bytes(small_photo())
        self.out = self.folder / "out"

    def run_photos(self, *arguments):
        return call("run", *arguments, "--out", self.out, "--duration", 2, "--resolution", "480p", "--motion", "ken_burns")

    def made(self):
        return sorted(path.name for path in self.out.iterdir())

    def test_several_photos_become_files_named_after_them(self):
        (self.folder / "other").mkdir()
        twin = self.folder / "other/small.jpg"
        twin.write_bytes(small_photo())
        done = self.run_photos(self.photo, twin, "--to", "video")
        self.assertEqual(done.returncode, 0, done.stderr)
        endings = ["jpg", "mp4", "webm"]
        expected = [f"{stem}-ken_burns.{end}" for stem in ("small", "small-2") for end in endings]
        self.assertEqual(self.made(), sorted(expected))
        self.assertIn(str(self.out / "small-ken_burns.mp4"), done.stdout)

    def test_what_it_makes_is_as_open_as_other_files_of_its_user(self):
        done = call("run", self.photo, "--out", self.out, "--duration", 2, "--resolution", "480p", "--motion", "ken_burns", "--to", "video", umask=0o027)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.out.stat().st_mode & 0o777, 0o750)
        self.assertEqual({path.stat().st_mode & 0o777 for path in self.out.iterdir()}, {0o640})

    def test_one_bad_photo_fails_alone(self):
        bad = self.folder / "bad.jpg"
        bad.write_text("not a photo")
        done = self.run_photos(bad, self.photo, "--to", "video")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bad.jpg: The file is not a picture", done.stderr)
        self.assertEqual(len(self.made()), 3)

    def test_what_is_asked_wrongly_is_said_plainly(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        port = taken.getsockname()[1]
        blocked = self.folder / "blocked"
        blocked.write_text("a file, not a folder")
        empty = self.folder / "empty.jpg"
        empty.touch()
        cases = [
            (2, "--nonsense", ["run", self.photo, "--nonsense"]),
            (2, "photos is required", ["run"]),
            (2, "video and 3d", ["run", self.photo, "--to", "sculpture", "--out", self.out]),
            (2, "jump not in", ["run", self.photo, "--motion", "jump", "--out", self.out]),
            (1, "cannot be read", ["run", self.folder / ("a" * 300), "--out", self.out]),
            (1, "no such file", ["run", self.folder / "missing.jpg", "--out", self.out]),
            (1, "empty", ["run", empty, "--out", self.out]),
            (1, "cannot be read", ["run", self.folder, "--out", self.out]),
            (1, "cannot be written", ["run", self.photo, "--out", blocked / "out"]),
            (1, "already in use", ["serve", "--listen", f"127.0.0.1:{port}", "--data", self.folder / "data"]),
            (2, "as long as there are no accounts", ["serve", "--listen", "0.0.0.0:8080", "--data", self.folder / "data"]),
            (2, "listen is 'x' (from --listen)", ["serve", "--listen", "x"]),
            (2, "cannot be used", ["config", "--config", self.folder / "missing.toml"]),
            (2, "data folder", ["serve", "--data", blocked / "data"]),
            (2, "nan is not a number", ["run", self.photo, "--duration", "nan", "--out", self.out]),
            (2, "nan is not a number", ["capacity", "--simulate", "--arrivals", "nan"]),
        ]
        for code, sentence, arguments in cases:
            with self.subTest(sentence):
                done = call(*arguments)
                self.assertEqual(done.returncode, code, done.stderr + done.stdout)
                self.assertIn(sentence, done.stderr + done.stdout)
        self.assertEqual(self.made() if self.out.exists() else [], [])

    def test_a_full_disk_leaves_nothing_half_written(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small disk needs root")
        small = self.folder / "disk"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", small], check=True)
        self.addCleanup(subprocess.run, ["umount", small])
        done = call("run", self.photo, "--to", "3d", "--out", small)
        self.assertEqual(done.returncode, 1)
        self.assertIn("disk may be full", done.stderr)
        self.assertEqual([path.name for path in small.iterdir() if path.name.startswith(".")], [])

    def test_ctrl_c_midway_leaves_nothing_half_made(self):
        process = subprocess.Popen(
            [BINARY, "run", SAMPLE, "--to", "video", "--duration", "10", "--resolution", "1080p", "--out", self.out],
            stderr=subprocess.PIPE, text=True,
        )
        for line in process.stderr:
            if "rendering" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        self.assertEqual(process.wait(), 1)
        self.assertIn("nothing half-made", rest)
        self.assertEqual(self.made(), [])

    def test_a_terminal_gets_bars(self):
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [BINARY, "run", self.photo, "--to", "video", "--duration", "2", "--resolution", "480p", "--motion", "ken_burns",
             "--out", self.out], stdout=subprocess.DEVNULL, stderr=slave,
        )  # fmt: skip
        os.close(slave)
        seen = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        os.close(master)
        self.assertEqual(process.wait(), 0)
        self.assertIn("━", seen.decode())
        self.assertIn("100 %", seen.decode())

    def test_settings_say_where_they_come_from(self):
        file = self.folder / "zoetrope.toml"
        file.write_text('log_level = "warn"\nsqlite_readers = 3\nlisten = "127.0.0.1:1"\n')
        environment = {**os.environ, "ZOETROPE_SQLITE_READERS": "4", "ZOETROPE_LISTEN": "127.0.0.1:2"}
        shown = call("config", "--config", file, "--listen", "127.0.0.1:3", env=environment).stdout
        self.assertIn('listen = "127.0.0.1:3"', shown)
        self.assertIn("from --listen", shown)
        self.assertIn('sqlite_readers = "4"', shown)
        self.assertIn("from ZOETROPE_SQLITE_READERS", shown)
        self.assertIn('log_level = "warn"', shown)
        self.assertIn(f"from {file}", shown)
        file.write_text("unknown = 1\n")
        self.assertIn("is not a setting", call("config", "--config", file).stderr)

    def test_there_are_as_many_engines_as_cores_unless_memory_is_short(self):
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE")
        limit = pathlib.Path("/sys/fs/cgroup/memory.max")
        if limit.exists() and limit.read_text().strip() != "max":
            memory = min(memory, int(limit.read_text()))
        engines = max(1, min(os.cpu_count(), memory // 2**30 - 1))
        self.assertRegex(call("config").stdout, rf'engine_children_max = "{engines}"')

    def test_a_password_is_never_shown(self):
        for url in ("postgres://u:hush-hush@h/n", "mysql://u:hush-hush@h/n"):
            for words in (["config"], ["migrate", "--status"]):
                done = call(*words, env={**os.environ, "DATABASE_URL": url})
                self.assertNotIn("hush-hush", done.stdout + done.stderr, words)

    def test_the_api_page_needs_no_server(self):
        self.assertEqual(json.loads(call("openapi").stdout)["openapi"], "3.1.0")


class Users(unittest.TestCase):
    """`zoetrope user`, beside a running server and without one."""

    def user(self, server, *words, password=None):
        folder = () if server.database else ("--data", server.data)
        database = ("--database", server.database.url, "--data", server.data) if server.database else ()
        more = ("--password-stdin",) if password else ()
        return call("user", *folder, *database, "--auth-argon2-passes", 1, "--auth-argon2-memory", 8, *words, *more, input=password)

    def test_accounts_are_made_listed_and_changed(self):
        with Server(None, "--auth-argon2-passes", "1", "--auth-argon2-memory", "8", "--auth-cache-ttl", "1") as server:
            made = self.user(server, "add", "ann", "ann@example.com", "--role", "admin")
            self.assertEqual(made.returncode, 0, made.stderr)
            password = made.stdout.split("shown this once: ")[1].strip()
            login = lambda name, word: server.post("/api/v1/auth/login", {"username": name, "password": word})
            wait_for(lambda: not server.get("/api/v1/auth").json()["local"], "the end of the local mode")
            entered = login("ann", password)
            self.assertEqual(entered.status, 200, entered.body)
            me = lambda answer: server.get("/api/v1/auth/me", Authorization="Bearer " + answer.json()["access_token"])
            self.assertEqual(me(entered).json()["role"], "admin")
            self.assertEqual(self.user(server, "add", "bob", "bob@example.com", password="a mirror in a drum\n").returncode, 0)
            bob = login("bob", "a mirror in a drum")
            self.assertEqual(me(bob).json()["role"], "member")
            listed = self.user(server, "list")
            self.assertRegex(listed.stdout, r"1 +ann +admin +ann@example.com\n +\d+ +bob +member +bob@example.com")
            self.assertEqual(self.user(server, "role", "bob", "admin").returncode, 0)
            wait_for(lambda: me(bob).json()["role"] == "admin", "bob's promotion")
            reset = self.user(server, "reset", "bob", password="another mirror in a drum\n")
            self.assertEqual(reset.returncode, 0, reset.stderr)
            wait_for(lambda: me(bob).status == 401, "the end of bob's session")
            self.assertEqual((login("bob", "a mirror in a drum").status, login("bob", "another mirror in a drum").status), (401, 200))

    def test_without_a_server_it_does_it_itself(self):
        with Server(None) as server:
            server.stop()
            self.assertEqual(self.user(server, "add", "ann", "ann@example.com", "--role", "admin", password="a mirror in a drum\n").returncode, 0)
            self.assertIn("ann@example.com", self.user(server, "list").stdout)
            server.start()
            self.assertEqual(server.post("/api/v1/auth/login", {"username": "ann", "password": "a mirror in a drum"}).status, 200)

    def test_what_is_wrong_is_said_and_nothing_is_changed(self):
        with Server(None, "--auth-argon2-passes", "1", "--auth-argon2-memory", "8") as server:
            cases = [
                (("add", "ann", "ann@example.com"), "--role admin"),
                (("add", "x", "x@example.com", "--role", "admin"), "3 to 64"),
                (("add", "xavier", "no-address", "--role", "admin"), "must be an address"),
                (("role", "nobody", "admin"), "nobody"),
                (("reset", "nobody"), "nobody"),
            ]
            for words, expected in cases:
                with self.subTest(words):
                    done = self.user(server, *words)
                    self.assertNotEqual(done.returncode, 0, done.stdout)
                    self.assertIn(expected, done.stderr)
            self.assertTrue(server.get("/api/v1/auth").json()["local"])


if __name__ == "__main__":
    unittest.main()

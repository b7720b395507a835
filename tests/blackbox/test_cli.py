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

    def test_for_programs_it_answers_in_json(self):
        bad = self.folder / "bad.jpg"
        bad.write_text("not a photo")
        done = self.run_photos(self.photo, bad, "--to", "video", "--json")
        self.assertEqual(done.returncode, 1)
        good, refused = json.loads(done.stdout)
        self.assertEqual((good["photo"], good["problems"]), (str(self.photo), []))
        self.assertEqual(sorted(good["files"]), [str(self.out / name) for name in self.made()])
        self.assertIn("not a picture", refused["problems"][0])
        self.assertEqual(refused["files"], [])

    def test_a_photo_comes_by_stdin(self):
        done = subprocess.run(
            [BINARY, "run", "-", "--to", "video", "--motion", "ken_burns", "--duration", "2", "--resolution", "480p", "-o", self.out],
            input=small_photo(), capture_output=True, timeout=300,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.made(), [f"stdin-ken_burns.{end}" for end in ("jpg", "mp4", "webm")])

    def test_serve_opens_the_studio_in_the_browser(self):
        opened = self.folder / "opened"
        browser = self.folder / "xdg-open"
        browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.new\nmv {opened}.new {opened}\n')
        browser.chmod(0o755)
        with Server(None, "--open", env={"PATH": f"{self.folder}:{os.environ['PATH']}"}) as server:
            wait_for(opened.exists, "the browser")
            self.assertRegex(opened.read_text(), rf"^http://127.0.0.1:{server.port}/open#\S+\n$")

    def test_an_old_systems_settings_are_taken(self):
        file = self.folder / "old.env"
        file.write_text(
            "# of the old system\nexport DATABASE_URL='postgresql+asyncpg://u:p@127.0.0.1:1/clips'\n"
            'DB_POOL_MIN_CONN=3\nDB_POOL_MAX_CONN=9\nALLOWED_EMAILS=["ann@example.com"]\nFAL_KEY=abc\nUNKNOWN_OF_OTHERS=1\n'
        )
        done = call("config", "--config", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in ('db_pool_size = "3"', 'db_pool_overflow = "6"', 'auth_allowed_emails = "ann@example.com"'):
            self.assertIn(line, done.stdout)
        reached = call("migrate", "--config", file, "--data", self.folder / "data")
        self.assertIn("port 1 failed", reached.stderr, "the address is read; nobody is there")

    def test_addresses_are_refused_with_the_reason(self):
        cases = [
            ("--public-url", "zoetrope.example", "does not begin with https:// or http://"),
            ("--public-url", "https://zoetrope.example/studio", "has a path"),
            ("--cors-origins", "https://app.example/x", "has a path"),
            ("--public-host", "https://zoetrope.example", "name the host alone: zoetrope.example"),
        ]
        for setting, value, reason in cases:
            with self.subTest(value):
                done = call("serve", setting, value, "--data", self.folder / "data")
                self.assertEqual(done.returncode, 2)
                self.assertIn(reason, done.stderr)
                self.assertIn(setting, done.stderr)

    def test_words_that_are_no_command_get_help(self):
        self.assertIn("serve", call("help").stdout)
        self.assertRegex(call("version").stdout, r"^\d+\.\d+\.\d+\n$")
        for word, hint in (("serv", "did you mean `zoetrope serve`?"), (str(self.photo), f"`zoetrope run {self.photo}`"), ("xyzzy", "--help")):
            done = call(word)
            self.assertEqual(done.returncode, 2)
            self.assertIn(hint, done.stderr)

    def test_shells_complete_it(self):
        script = self.folder / "completion"
        script.write_text(call("completion", "bash").stdout)

        def offered(*words):
            line = f"source {script}; COMP_WORDS=(zoetrope {' '.join(map(repr, words))}); COMP_CWORD={len(words)}; _zoetrope; echo ${{COMPREPLY[@]}}"
            return subprocess.run(["bash", "-c", line], check=True, capture_output=True, text=True).stdout.split()

        self.assertEqual(offered("se"), ["serve"])
        self.assertEqual(offered("run", "--motion", ""), ["orbit", "push", "pan", "ken_burns"])
        self.assertIn("--duration", offered("run", "--d"))
        self.assertIn("--database", offered("serve", "--d"))
        self.assertEqual(offered("user", "er"), ["erase"])
        self.assertEqual(offered("user", "erase", "--y"), ["--yes"])
        self.assertEqual(offered("run", "photo", "--out", ""), [], "the shell's own: files")
        for shell in ("zsh", "fish"):
            self.assertIn("ken_burns", call("completion", shell).stdout)
        self.assertEqual(call("completion", "tcsh").returncode, 2)

    def test_the_manual_names_every_command_and_setting(self):
        page = call("man").stdout
        self.assertTrue(page.startswith(".TH ZOETROPE 1"))
        self.assertIn(".SS zoetrope user add", page)
        settings = [line.split(" = ")[0].replace("_", "-") for line in call("config").stdout.splitlines() if " = " in line and line[0] != "#"]
        self.assertGreater(len(settings), 50)
        for name in settings:
            self.assertIn(r"\-\-" + name.replace("-", r"\-") + r"\fR", page)

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

"""What the processes keep from the other users of their machine, and what their browsers are told."""
import os
import pathlib
import re
import stat
import subprocess
import tempfile
import unittest

from support import BINARY, PATIENCE_S, RELEASE_ENGINE, Account, Server, wait_for

NOBODY = 65534
SECRET = "c0ffee" + "5a" * 29
IS_SANITIZED = b"__asan_init" in pathlib.Path(BINARY).read_bytes()


def proc(server, name):
    return pathlib.Path(f"/proc/{server.process.pid}/{name}").read_text()


def said(server, text):
    return wait_for(lambda: text in b"".join(server.said).decode(), f"a line with {text!r}")


class Files(unittest.TestCase):
    def test_what_it_writes_is_its_users_alone(self):
        with Server() as server:
            server.upload(pathlib.Path(__file__).read_bytes())
            self.assertEqual(re.search(r"Umask:\s*(\S+)", proc(server, "status"))[1], "0077")
            for path in (server.data, *server.data.rglob("*")):
                self.assertEqual(stat.S_IMODE(path.lstat().st_mode) & 0o077, 0, path)
            self.assertNotIn("chmod", b"".join(server.said).decode())

    def test_an_open_data_folder_is_warned_of(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            with Server(folder) as server:
                self.assertTrue(said(server, f"chmod 700 '{folder}'"))


class Memory(unittest.TestCase):
    def test_no_core_file_is_written(self):
        with Server() as server:
            self.assertRegex(proc(server, "limits"), r"Max core file size\s+0\s+0")
            threads = pathlib.Path(f"/proc/{server.process.pid}/task")
            engine = wait_for(lambda: [pid for each in threads.glob("*/children") for pid in each.read_text().split()], "the engine's start")[0]
            self.assertRegex(pathlib.Path(f"/proc/{engine}/limits").read_text(), r"Max core file size\s+0\s+0")

    @unittest.skipUnless(os.geteuid() == 0, "another user's process can only be started by root")
    def test_no_process_of_the_same_user_reads_its_memory(self):
        """The kernel gives what may not be dumped to root; a sanitizer must read its own process."""
        with tempfile.TemporaryDirectory() as folder:
            os.chown(folder, NOBODY, NOBODY)
            words = [BINARY, "serve", "--listen", "127.0.0.1:0", "--data", folder]
            with subprocess.Popen(words, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                self.assertIn(b"ready", process.stdout.readline())
                owner = os.stat(f"/proc/{process.pid}/mem").st_uid
                process.terminate()
                self.assertEqual(process.wait(PATIENCE_S), 0)
            self.assertEqual(owner, NOBODY if IS_SANITIZED else 0)


class CommandLine(unittest.TestCase):
    def test_secrets_do_not_stay_where_every_user_reads_them(self):
        options = ("--secret-key", SECRET, "--mail-password=" + SECRET, "--mail-user", "ann")
        with Server(None, *options) as server:
            shown = proc(server, "cmdline")
            self.assertNotIn(SECRET, shown)
            self.assertIn("ann", shown)
            for flag in ("--secret-key", "--mail-password"):
                self.assertTrue(said(server, f"{flag} was on the command line"))
            for line in server.said:
                self.assertNotIn(SECRET.encode(), line)

    def test_in_the_environment_they_are_not_warned_of(self):
        with Server(env={"ZOETROPE_MAIL_PASSWORD": SECRET}) as server:
            self.assertNotIn("on the command line", b"".join(server.said).decode())


class Headers(unittest.TestCase):
    HOST = {"Host": "zoetrope.example"}

    def asked(self, *options, headers=None, path="/api/v1/health"):
        with Server(None, *options) as server:
            return server.ask("GET", path, headers=headers or {}).headers

    def test_pages_of_other_sites_show_nothing_from_here_unless_they_are_invited(self):
        for path in ("/api/v1/health", "/nothing", "/docs"):
            self.assertEqual(self.asked(path=path)["cross-origin-resource-policy"], "same-origin")
        self.assertEqual(self.asked("--cors-origins", "https://app.example")["cross-origin-resource-policy"], "cross-origin")

    def test_browsers_are_told_to_stay_with_https_only_where_it_is(self):
        public = ("--public-host", "zoetrope.example", "--public-url")
        self.assertEqual(self.asked(*public, "https://zoetrope.example", "--hsts", "600", headers=self.HOST)["strict-transport-security"], "max-age=600")
        self.assertNotIn("strict-transport-security", self.asked(*public, "https://zoetrope.example", headers=self.HOST))
        self.assertNotIn("strict-transport-security", self.asked(*public, "http://zoetrope.example", "--hsts", "600", headers=self.HOST))

    def test_a_page_by_http_is_no_page_of_ours_when_people_come_by_https(self):
        with Server(None, "--public-host", "zoetrope.example", "--public-url", "https://zoetrope.example", "--auth-argon2-memory", "8") as server:
            account = Account.first(server)
            token = account.tokens["access_token"]

            def made(origin, host="zoetrope.example"):
                headers = {"Host": host, "Origin": origin, "Cookie": f"__Host-zt_access={token}"}
                return server.post("/api/v1/todo", {"title": "by a page"}, **headers).status

            self.assertEqual(made("https://zoetrope.example"), 201)
            self.assertEqual(made("http://zoetrope.example"), 403)
            self.assertEqual(made("https://zoetrope.example:8443"), 403)
            self.assertEqual(made("http://localhost", "localhost"), 201, "directly, on this machine")


class Engine(unittest.TestCase):
    def readelf(self, *what):
        return subprocess.run(["readelf", "--wide", *what, RELEASE_ENGINE], check=True, capture_output=True, text=True).stdout

    def test_the_release_is_built_hard(self):
        self.assertIn("DYN (Position-Independent Executable file)", self.readelf("--file-header"))
        segments = self.readelf("--program-headers")
        self.assertIn("GNU_RELRO", segments)
        self.assertRegex(segments, r"GNU_STACK .* RW ")
        self.assertIn("BIND_NOW", self.readelf("--dynamic"))
        symbols = self.readelf("--dyn-syms")
        for symbol in ("__stack_chk_fail", "__vsnprintf_chk", "__glibcxx_assert_fail"):
            self.assertTrue(symbol in symbols, symbol)
        if os.uname().machine == "x86_64":
            landing = b"\xf3\x0f\x1e\xfa"  # endbr64, at what is called or jumped to indirectly
            self.assertGreater(pathlib.Path(RELEASE_ENGINE).read_bytes().count(landing), 20)


if __name__ == "__main__":
    unittest.main()

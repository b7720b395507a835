"""Who may not use an account any more loses all of it at once: tokens, refresh, keys, streams. On PostgreSQL in every process."""
import datetime
import concurrent.futures
import contextlib
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from support import BINARY, PATIENCE_S, Account, Server, small_photo, wait_for
from test_accounts import PASSWORD, UNLIMITED, bearer, login, refresh, register
from test_postgres import two_processes

# Nothing here waits for what is cached to grow old.
OPTIONS = ("--auth-argon2-passes", "1", "--auth-argon2-memory", "8", "--auth-cache-ttl", "3600", "--workers", "none",
           "--io-threads", "1", *UNLIMITED)  # one core, one cache


@contextlib.contextmanager
def servers(*options):
    """Two on one PostgreSQL database; on SQLite one, twice."""
    if os.environ.get("ZOETROPE_TEST_DATABASE") == "postgres":
        with two_processes(*OPTIONS, *options) as both:
            yield both
    else:
        with Server(None, *OPTIONS, *options) as server:
            yield server, server


def first_account(servers):
    """An administrator, once each server knows that there is one."""
    admin = Account.first(servers[0])
    for server in servers:
        wait_for(lambda: not server.get("/api/v1/auth").json()["local"], "the end of the local mode")
    return admin


class Ways:
    """All that lets somebody in, each seen to do so at every server, which then remembers it."""

    def __init__(self, servers, name):
        self.servers = servers
        tokens = login(servers[0], name).json()
        self.token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        made = servers[0].post("/api/v1/api-keys", {"name": "k", "scopes": ["todo", "events"]}, **bearer(self.token))
        self.key = made.json()["key"]
        for server in servers:
            assert self.statuses(server) == (200, 200), self.statuses(server)

    def statuses(self, server):
        """Of the token and of the key."""
        return tuple(server.get("/api/v1/todo", **bearer(shown)).status for shown in (self.token, self.key))

    def refresh(self, server):
        answer = refresh(server, self.refresh_token)
        if answer.status == 200:
            self.token, self.refresh_token = answer.json()["access_token"], answer.json()["refresh_token"]
        return answer.status


class Revocation(unittest.TestCase):
    def test_a_body_that_comes_late_does_not_outlive_the_access(self):
        """The server lets the caller in, asks for the body, and waits for it."""
        form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="p.jpg"\r\n\r\n' + small_photo() + b"\r\n--b--\r\n"
        with servers() as both:
            admin = first_account(both)
            for name, path, type, body in (("ben", "todo", "application/json", b'{"title": "late"}'),
                                           ("eve", "assets", "multipart/form-data; boundary=b", form)):
                account = Account(both[0], name)
                with socket.create_connection(("127.0.0.1", both[0].port), PATIENCE_S) as late:
                    late.sendall(f"POST /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: {len(body)}\r\n"
                                 f"Authorization: {account.bearer['Authorization']}\r\nExpect: 100-continue\r\n\r\n".encode())
                    self.assertIn(b"100 Continue", late.recv(1000))
                    self.assertEqual(admin.ask("PATCH", f"/api/v1/users/{account.id}", {"disabled": True}).status, 200)
                    late.sendall(body)
                    self.assertIn(b" 401 ", late.recv(1000).split(b"\r\n")[0])

    def test_an_administrator_who_is_disabled_cannot_undo_it_with_a_late_body(self):
        with servers() as both:
            admin, mal = first_account(both), Account(both[0], "mal")
            self.assertEqual(admin.ask("PATCH", f"/api/v1/users/{mal.id}", {"role": "admin"}).status, 200)
            body = b'{"disabled": false, "role": "admin"}'
            with socket.create_connection(("127.0.0.1", both[0].port), PATIENCE_S) as late:
                late.sendall(f"PATCH /api/v1/users/{mal.id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                             f"Content-Length: {len(body)}\r\nAuthorization: {mal.bearer['Authorization']}\r\nExpect: 100-continue\r\n\r\n".encode())
                self.assertIn(b"100 Continue", late.recv(1000))
                self.assertEqual(admin.ask("PATCH", f"/api/v1/users/{mal.id}", {"disabled": True, "role": "member"}).status, 200)
                late.sendall(body)
                self.assertIn(b" 401 ", late.recv(1000).split(b"\r\n")[0])
            self.assertEqual(login(both[0], "mal").status, 403)

    def test_whoever_is_locked_out_or_erased_loses_everything(self):
        with servers() as both:
            admin = first_account(both)
            ben, eve = Account(both[0], "ben"), Account(both[0], "eve")
            for user, method, value in ((ben, "PATCH", {"disabled": True}), (eve, "DELETE", None)):
                ways = Ways(both, user.name)
                self.assertIn(admin.ask(method, f"/api/v1/users/{user.id}", value).status, (200, 204))
                for server in both:
                    wait_for(lambda: ways.statuses(server) == (401, 401), "the end of the token and the key")
                    self.assertEqual(ways.refresh(server), 401)
            self.assertEqual((login(both[1], "ben").status, login(both[1], "eve").status), (403, 401))
            admin.ask("PATCH", f"/api/v1/users/{ben.id}", {"disabled": False})
            self.assertEqual(login(both[1], "ben").status, 200)

    def test_a_stream_ends_wherever_it_is_listened_to(self):
        with servers() as both:
            admin, user = first_account(both), Account(both[0], "ben")
            ways = Ways(both, "ben")
            connection = http.client.HTTPConnection("127.0.0.1", both[1].port, timeout=PATIENCE_S)
            self.addCleanup(connection.close)
            connection.request("GET", "/api/v1/events", headers=bearer(ways.key))
            stream = connection.getresponse()
            self.assertEqual(stream.readline(), b"retry: 2000\n")
            admin.ask("PATCH", f"/api/v1/users/{user.id}", {"disabled": True})
            deadline = time.monotonic() + PATIENCE_S
            while line := stream.readline():  # it says nothing more, and ends
                self.assertIn(line, (b"\n", b": still here\n"))
                self.assertLess(time.monotonic(), deadline)

    def test_a_download_that_is_under_way_ends(self):
        with servers() as both:
            admin, user = first_account(both), Account(both[0], "ben")
            picture = small_photo() + b"\0" * (8 * 1024 * 1024)
            asset = both[0].upload(picture, headers=user.bearer).json()
            for path in (f"assets/{asset['id']}/content", "auth/export"):
                self.assertEqual(admin.ask("PATCH", f"/api/v1/users/{user.id}", {"disabled": False}).status, 200)
                user.sign_in()
                with socket.socket() as slow:
                    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                    slow.settimeout(PATIENCE_S)
                    slow.connect(("127.0.0.1", both[1].port))
                    slow.sendall(f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {user.bearer['Authorization']}\r\n\r\n".encode())
                    self.assertIn(b" 200 ", slow.recv(1000))
                    admin.ask("PATCH", f"/api/v1/users/{user.id}", {"disabled": True})
                    wait_for(lambda: both[1].get("/api/v1/auth/me", **user.bearer).status == 401, "the end of the token")
                    rest = 0
                    while piece := slow.recv(1 << 20):
                        rest += len(piece)
                    # What is in the kernel's buffers is on its way.
                    self.assertLess(rest, 7 * 1024 * 1024, path)

    def test_a_download_ends_with_its_key(self):
        with Server(None) as server:
            user = Account.first(server)
            asset = server.upload(small_photo() + b"\0" * (8 * 1024 * 1024), headers=user.bearer).json()
            until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
            made = user.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["assets"], "expires_at": until.isoformat()}).json()
            with socket.socket() as slow:
                slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                slow.settimeout(PATIENCE_S)
                slow.connect(("127.0.0.1", server.port))
                slow.sendall(f"GET /api/v1/assets/{asset['id']}/content HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {made['key']}\r\n\r\n".encode())
                self.assertIn(b" 200 ", slow.recv(1000))
                wait_for(lambda: server.get("/api/v1/assets", Authorization="Bearer " + made["key"]).status == 401, "the end of the key")
                rest = sum(map(len, iter(lambda: slow.recv(1 << 20), b"")))
                self.assertLess(rest, 7 * 1024 * 1024)

    def test_a_claim_that_waits_ends_with_the_right_to_it(self):
        with servers() as both, concurrent.futures.ThreadPoolExecutor() as beside:
            admin, user = first_account(both), Account(both[0], "ben")
            admin.ask("PATCH", f"/api/v1/users/{user.id}", {"role": "admin"})
            model = {"id": "test/echo", "name": "Echo", "provider": "remote", "produces": "image", "generative": True,
                     "description": "Gives it back.", "inputs": {"type": "object", "properties": {}}}
            made = both[1].post("/api/v1/workers", {"name": "w", "models": [model]}, **user.bearer)
            self.assertEqual(made.status, 201, made.body)
            worker = made.json()["id"]
            beats = lambda: both[0].sql(f"SELECT heartbeat_at FROM nodes WHERE id = '{worker}'")
            before = beats()
            waiting = beside.submit(both[1].post, f"/api/v1/workers/{worker}/claim", {"wait_s": 20}, **user.bearer)
            wait_for(lambda: beats() != before, "the first look")
            admin.ask("PATCH", f"/api/v1/users/{user.id}", {"role": "member"})
            self.assertEqual(waiting.result().status, 401)

    def test_what_ends_in_one_process_ends_in_every_one(self):
        with servers() as both:
            first_account(both)
            register(both[0], "ben")
            endings = {
                "signs out": lambda ways: both[0].ask("POST", "/api/v1/auth/logout", headers=bearer(ways.token)),
                "ends every session": lambda ways: both[0].ask("POST", "/api/v1/auth/logout-all", headers=bearer(ways.token)),
                "ends the session": lambda ways: both[0].ask(
                    "DELETE", "/api/v1/auth/sessions/" + both[0].get("/api/v1/auth/sessions", **bearer(ways.token)).json()[0]["id"],
                    headers=bearer(ways.token)),
                "sets a new password": lambda ways: both[0].post(
                    "/api/v1/auth/password", {"current_password": PASSWORD, "new_password": "a mirror in a drum", "end_api_keys": True},
                    **bearer(login(both[0], "ben").json()["access_token"])),
            }
            for what, end in endings.items():
                with self.subTest(what):
                    ways = Ways(both, "ben")
                    self.assertEqual(end(ways).status, 204)
                    wait_for(lambda: ways.statuses(both[1])[0] == 401, f"the end of the session of who {what}")
                    self.assertEqual(ways.refresh(both[1]), 401)

    def test_a_key_that_is_deleted_works_nowhere(self):
        with servers() as both:
            admin = first_account(both)
            ways = Ways(both, admin.name)
            id = admin.ask("GET", "/api/v1/api-keys").json()[0]["id"]
            self.assertEqual(admin.ask("DELETE", f"/api/v1/api-keys/{id}").status, 204)
            wait_for(lambda: ways.statuses(both[1]) == (200, 401), "the key's end")


class Settings(unittest.TestCase):
    """What may change while a server runs; each process reads its own settings again."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name, "zoetrope.toml")

    def say(self, both, *lines):
        self.file.write_text("\n".join(("[auth]", *lines)))
        for server in set(both):
            before = b"".join(server.said).count(b"read again")
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: b"".join(server.said).count(b"read again") > before, "the settings")

    @contextlib.contextmanager
    def servers(self, *lines):
        self.file.write_text("\n".join(("[auth]", *lines)))
        with servers("--config", str(self.file)) as both:
            yield both

    def expect(self, ways, status):
        """At once: whoever has read the settings acts on them."""
        for server in ways.servers:
            self.assertEqual(ways.statuses(server), (status, status))
            self.assertEqual(ways.refresh(server), status)

    def test_whoever_leaves_the_list_is_out_until_back_on_it(self):
        listed = 'registration = "allow_list"', 'allowed_emails = ["ben@example.com", "eve@example.com"]'
        with self.servers(*listed) as both:
            admin = first_account(both)
            for name in ("ben", "eve"):
                self.assertEqual(register(both[0], name).status, 201)
                both[0].sql(f"UPDATE users SET email_verified_at = 1 WHERE username = '{name}'")
            ben, eve = Ways(both, "ben"), Ways(both, "eve")
            self.say(both, listed[0], 'allowed_emails = ["eve@example.com"]')
            self.expect(ben, 401)
            self.expect(eve, 200)
            self.assertEqual([login(both[1], name).status for name in ("ben", "eve", admin.name)], [403, 200, 200])
            self.say(both, *listed)
            self.expect(ben, 200)

    def test_whoever_lacks_a_confirmation_that_is_required_is_out(self):
        with self.servers("require_verified_email = false") as both:
            first_account(both)
            register(both[0], "ben")
            ben = Ways(both, "ben")
            for wanted in ("require_verified_email = true", 'registration = "allow_list"\nallowed_emails = ["@example.com"]'):
                self.say(both, wanted)
                self.expect(ben, 401)
                self.say(both, "require_verified_email = false")
                self.expect(ben, 200)
            both[0].sql("UPDATE users SET email_verified_at = 1 WHERE username = 'ben'")
            self.say(both, "require_verified_email = true")
            self.expect(ben, 200)

    def test_closed_only_stops_new_accounts(self):
        with self.servers('registration = "open"') as both:
            first_account(both)
            register(both[0], "ben")
            ben = Ways(both, "ben")
            self.say(both, 'registration = "closed"')
            self.expect(ben, 200)
            self.assertEqual((login(both[1], "ben").status, register(both[1], "eve").status), (200, 403))


class CommandLine(unittest.TestCase):
    def user(self, server, *words, password=None):
        database = ("--database", server.database.url) if server.database else ()
        more = ("--password-stdin",) if password else ()
        command = [BINARY, "user", *database, "--data", server.data, "--auth-argon2-passes", "1", "--auth-argon2-memory", "8", *words, *more]
        done = subprocess.run([*map(str, command)], input=password, capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_after_the_first_account_others_register_at_once(self):
        for _ in range(3):  # the server looks now and then, so one try may be lucky
            with servers() as both:
                self.user(both[0], "add", "ann", "ann@example.com", "--role", "admin", password=PASSWORD)
                self.assertEqual([register(server, f"ben{i}").status for i, server in enumerate(both)], [201, 201])

    def test_what_it_changes_counts_in_running_servers(self):
        with servers() as both:
            first_account(both)
            for name in ("ben", "eve"):
                register(both[0], name)
            ben, eve = Ways(both, "ben"), Ways(both, "eve")
            self.user(both[0], "role", "ben", "admin")
            for server in both:
                wait_for(lambda: server.get("/api/v1/users", **bearer(ben.token)).status == 200, "ben's promotion")
            self.user(both[0], "reset", "ben", password="a mirror in a drum")
            self.user(both[0], "erase", "eve", "--yes")
            for ways in (ben, eve):
                for server in both:
                    wait_for(lambda: ways.statuses(server) == (401, 401), "the end of what was given out before")
                    self.assertEqual(ways.refresh(server), 401)


class WithoutNotifications(unittest.TestCase):
    def test_they_are_not_needed(self):
        """Behind a pooler in transaction mode no process hears another."""
        with servers("--db-pooler", "transaction") as both:
            admin, user = first_account(both), Account(both[0], "ben")
            ways = Ways(both, "ben")
            admin.ask("PATCH", f"/api/v1/users/{user.id}", {"disabled": True})
            wait_for(lambda: ways.statuses(both[1]) == (401, 401), "the end of the token and the key")


class Choice(unittest.TestCase):
    """Whether keys end with a password or with every session."""

    def test_keys_end_when_they_are_to(self):
        with Server(None, *OPTIONS) as server:
            Account.first(server)
            new = "a mirror in a drum"
            change = lambda **more: lambda ways: server.post(
                "/api/v1/auth/password", {"current_password": PASSWORD, "new_password": new, **more}, **bearer(ways.token))
            leave = lambda query: lambda ways: server.ask("POST", "/api/v1/auth/logout-all" + query, headers=bearer(ways.token))
            cases = [
                (change(), 200), (change(end_api_keys=False), 200), (change(end_api_keys=True), 401),
                (leave(""), 401), (leave("?end_api_keys=true"), 401), (leave("?end_api_keys=false"), 200),
            ]
            for i, (act, status) in enumerate(cases):
                with self.subTest(i):
                    account = Account(server, f"user{i}")
                    ways = Ways((server,), account.name)
                    self.assertEqual(act(ways).status, 204)
                    self.assertEqual(ways.statuses(server)[1], status)
                    account.password = new if i < 3 else account.password
                    account.sign_in()
                    self.assertEqual(len(account.ask("GET", "/api/v1/api-keys").json()), int(status == 200))
                    noted = [entry["action"] for entry in account.ask("GET", "/api/v1/auth/audit").json()]
                    self.assertEqual("api_keys_ended" in noted, status == 401)
            refused = account.ask("POST", "/api/v1/auth/logout-all?end_api_keys=perhaps")
            self.assertEqual((refused.status, refused.json()["errors"][0]["field"]), (422, "end_api_keys"))


if __name__ == "__main__":
    unittest.main()

"""Mails of the accounts: into the outbox, and to a real SMTP server (Debian's aiosmtpd)."""
import email
import email.policy
import json
import re
import socket
import stat
import unittest

from aiosmtpd.controller import Controller

from support import Account, Server, wait_for
from test_accounts import browser_cookies

QUICK = ("--auth-argon2-passes", "1", "--auth-argon2-memory", "8")
PASSWORD = "correct horse battery staple"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sink:
    """Keeps what it is sent; refuses whom it is told to."""

    def __init__(self, port=None):
        self.mails, self.refuses = [], set()
        self.port = port or free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuses:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()


def outbox(server):
    files = sorted((server.data / "outbox").glob("*.eml"))
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


def plain(mail):
    return mail.get_body(("plain",)).get_content()


def link_in(mail, page):
    return re.search(rf"http://127\.0\.0\.1:\d+/{page}#(\S+)", plain(mail))[1]


def mail_about(mails, subject):
    return wait_for(lambda: next((mail for mail in mails() if mail["subject"] == subject), None), f"a mail '{subject}'")


def confirm(server):
    """All addresses: others get no notices."""
    server.sql("UPDATE users SET email_verified_at = 1")


class Outbox(unittest.TestCase):
    def test_who_has_not_confirmed_an_address_gets_no_notices_there(self):
        with Server(None, *QUICK) as server:
            account = Account.first(server)
            self.assertEqual(account.ask("POST", "/api/v1/api-keys", {"name": "Buy now", "scopes": ["todo"]}).status, 201)
            self.assertEqual(server.post("/api/v1/auth/login", {"username": account.name, "password": account.password}, User_Agent="Other").status, 200)
            wait_for(lambda: server.sql("SELECT count(*) FROM tasks") == [("0",)], "the end of all mails")
            subjects = [path.read_text() for path in (server.data / "outbox").iterdir()]
            self.assertEqual(len(subjects), 1, subjects)  # the one that asks to confirm it


    def test_without_a_mail_server_mails_are_files_that_only_the_owner_reads(self):
        with Server(None, *QUICK, "--log-level", "debug") as server:
            account = Account.first(server)
            mail = mail_about(lambda: outbox(server), "Confirm your address")
            self.assertEqual((mail["to"], mail.get_content_type()), ("ann@example.com", "multipart/alternative"))
            token = link_in(mail, "verify")
            self.assertIn(token, mail.get_body(("html",)).get_content())
            for file in (server.data / "outbox").iterdir():
                self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
            self.assertIsNone(account.ask("GET", "/api/v1/auth/me").json()["email_verified_at"])
            for wrong in ("", "x", token[:-1], token[:-3] + "AAA", token.split(".")[0], "." + token):
                self.assertEqual(server.post("/api/v1/auth/email/verify", {"token": wrong}).status, 422, wrong)
            self.assertEqual(server.post("/api/v1/auth/email/verify", {"token": token}).status, 204)
            self.assertIsNotNone(account.ask("GET", "/api/v1/auth/me").json()["email_verified_at"])
            self.assertEqual(server.post("/api/v1/auth/email/verify", {"token": token}).status, 422, "a link works once")
            self.assertEqual(account.ask("POST", "/api/v1/auth/email/mail").status, 409, "it is confirmed")
            server.stop()
            self.assertNotIn(token, b"".join(server.said).decode())

    def test_a_new_password_by_mail_ends_the_wait_and_every_session(self):
        options = ("--auth-logins-per-account", "0", "--auth-logins-per-address", "0", "--trusted-proxies", "127.0.0.1")
        with Server(None, *QUICK, *options) as server:
            account = Account.first(server)
            for _ in range(12):
                server.post("/api/v1/auth/login", {"username": "ann", "password": "wrong it is"})
            self.assertEqual(server.post("/api/v1/auth/login", {"username": "ann", "password": PASSWORD}).status, 429)
            key = account.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["todo"]}).json()["key"]
            for asked in ("ann@example.com", "nobody@example.com", "Ann@Example.com"):
                self.assertEqual(server.post("/api/v1/auth/password/reset", {"email": asked}).status, 204)
            links = lambda: [link_in(mail, "reset") for mail in outbox(server) if mail["subject"] == "Set a new password"]
            wait_for(lambda: len(links()) == 2, "both mails")
            token = link_in(mail_about(lambda: outbox(server), "Set a new password"), "reset")
            ask = lambda password: server.ask(
                "PUT", "/api/v1/auth/password/reset", '{"token": "%s", "new_password": "%s"}' % (token, password), {"Content-Type": "application/json"}
            )
            self.assertEqual(ask("short").status, 422)
            self.assertEqual(server.post("/api/v1/auth/email/verify", {"token": token}).status, 422, "it is for something else")
            made = ask("a whole new password")
            self.assertEqual(made.status, 200)
            # Whoever goes on guessing does not keep out who has the mail.
            for _ in range(12):
                server.post("/api/v1/auth/login", {"username": "ann", "password": "wrong it is"}, X_Forwarded_For="198.51.100.7")
            me = lambda token: server.get("/api/v1/auth/me", Authorization="Bearer " + token).status
            self.assertEqual(me(made.json()["access_token"]), 200)
            refreshed = server.post("/api/v1/auth/refresh", {"refresh_token": made.json()["refresh_token"]})
            self.assertEqual((refreshed.status, me(refreshed.json()["access_token"])), (200, 200))
            self.assertEqual(ask("a whole new password").status, 422, "a link works once")
            self.assertEqual(account.ask("GET", "/api/v1/auth/me").status, 401)
            self.assertEqual(server.get("/api/v1/todo", Authorization="Bearer " + key).status, 401, "its keys end as well")
            token = next(each for each in links() if each != token)
            self.assertEqual(ask("yet another password").status, 422, "and so do the other links")
            again = server.post("/api/v1/auth/login", {"username": "ann", "password": "a whole new password"})
            self.assertEqual(again.status, 200, again.body)  # at a place where ann is signed in
            self.assertEqual({mail["to"] for mail in outbox(server)}, {"ann@example.com"})

    def test_where_addresses_must_be_confirmed_nobody_signs_in_before(self):
        with Server(None, *QUICK, "--auth-require-verified-email", "true") as server:
            token = server.setup_token()
            server.post("/api/v1/auth/register", {"email": "ann@example.com", "username": "ann", "password": PASSWORD, "setup_token": token})
            login = lambda: server.post("/api/v1/auth/login", {"username": "ann", "password": PASSWORD})
            self.assertEqual(login().status, 403)
            link = link_in(mail_about(lambda: outbox(server), "Confirm your address"), "verify")
            self.assertEqual(server.post("/api/v1/auth/email/verify", {"token": link}).status, 204)
            self.assertEqual(login().status, 200)

    def test_a_device_not_seen_before_is_told_of(self):
        with Server(None, *QUICK) as server:
            account = Account.first(server)
            confirm(server)
            account.sign_in()
            server.post("/api/v1/auth/login", {"username": "ann", "password": PASSWORD}, User_Agent="Evil <b>Browser</b>")
            mail = mail_about(lambda: outbox(server), "A new device signed in")
            self.assertIn("Evil <b>Browser</b>, from 127.0.0.1", plain(mail))
            self.assertIn("Evil &lt;b&gt;Browser&lt;/b&gt;", mail.get_body(("html",)).get_content())
            self.assertEqual([mail["subject"] for mail in outbox(server)].count("A new device signed in"), 1)

    def test_a_device_of_an_account_that_nobody_used_for_long_is_told_of(self):
        with Server(None, *QUICK) as server:
            account = Account.first(server)
            confirm(server)
            for table in ("refresh_tokens", "sessions"):  # as the clean-up does with what ended long ago
                server.sql(f"DELETE FROM {table}")
            account.sign_in()
            mail_about(lambda: outbox(server), "A new device signed in")

    def test_a_copied_user_agent_from_another_network_is_told_of_once(self):
        with Server(None, *QUICK, "--trusted-proxies", "127.0.0.1", "--auth-logins-per-account", "0") as server:
            Account.first(server)
            confirm(server)
            told = lambda: [re.search(r"from (\S+), at", plain(mail))[1] for mail in outbox(server) if mail["subject"] == "A new device signed in"]
            addresses = ("198.51.100.7", "198.51.100.99", "203.0.113.5", "198.51.100.8", "2001:db8:1:2::3", "2001:db8:1:ffff::3", "2001:db8:2::1")
            for address in addresses:
                answer = server.post("/api/v1/auth/login", {"username": "ann", "password": PASSWORD}, User_Agent="Phone", X_Forwarded_For=address)
                self.assertEqual(answer.status, 200)
            expected = ["198.51.100.7", "2001:db8:1:2::3", "2001:db8:2::1", "203.0.113.5"]
            wait_for(lambda: len(told()) >= len(expected), "the mails")
            wait_for(lambda: server.sql("SELECT id FROM tasks WHERE kind = 'accounts.mail'") == [], "the end of all mails")
            self.assertEqual(sorted(told()), expected)

    def test_a_browser_that_is_known_is_no_new_device_wherever_it_is(self):
        with Server(None, *QUICK, "--trusted-proxies", "127.0.0.1") as server:
            Account.first(server)
            confirm(server)
            cookies = browser_cookies(server, "ann")
            for place, shown in (("203.0.113.5", {"Cookie": f"zt_device={cookies['zt_device']}"}), ("198.51.100.7", {})):
                answer = server.post("/api/v1/auth/login", {"username": "ann", "password": PASSWORD}, User_Agent="Abroad", X_Forwarded_For=place, **shown)
                self.assertEqual(answer.status, 200)
            mail = mail_about(lambda: outbox(server), "A new device signed in")
            self.assertIn("from 198.51.100.7", plain(mail))
            wait_for(lambda: server.sql("SELECT id FROM tasks WHERE kind = 'accounts.mail'") == [], "the end of all mails")
            self.assertEqual([mail["subject"] for mail in outbox(server)].count("A new device signed in"), 1)

    def test_a_new_key_is_told_of_though_it_is_gone_at_once(self):
        with Server(None, *QUICK) as server:
            account = Account.first(server)
            confirm(server)
            made = account.ask("POST", "/api/v1/api-keys", {"name": "ci <b>", "scopes": ["todo"]}).json()
            self.assertEqual(account.ask("DELETE", f"/api/v1/api-keys/{made['id']}").status, 204)
            mail = mail_about(lambda: outbox(server), "A new API key was made")
            self.assertEqual(mail["to"], "ann@example.com")
            self.assertRegex(plain(mail), r'named "ci <b>" was made .*, from 127\.0\.0\.1, at 20')
            self.assertIn("ci &lt;b&gt;", mail.get_body(("html",)).get_content())
            self.assertNotIn(made["key"], mail.as_string())

    def test_a_new_password_by_mail_leaves_keys_when_asked_to(self):
        with Server(None, *QUICK) as server:
            account = Account.first(server)
            key = account.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["todo"]}).json()["key"]
            server.post("/api/v1/auth/password/reset", {"email": "ann@example.com"})
            token = link_in(mail_about(lambda: outbox(server), "Set a new password"), "reset")
            body = json.dumps({"token": token, "new_password": "a whole new password", "end_api_keys": False})
            self.assertEqual(server.ask("PUT", "/api/v1/auth/password/reset", body, {"Content-Type": "application/json"}).status, 200)
            self.assertEqual(server.get("/api/v1/todo", Authorization="Bearer " + key).status, 200)


class Smtp(unittest.TestCase):
    def test_mails_reach_a_mail_server(self):
        with Sink() as sink, Server(None, *QUICK, "--mail-smtp", sink.url, "--mail-from", "Zoetrope <hello@zoetrope.example>") as server:
            Account.first(server)
            mail = mail_about(lambda: sink.mails, "Confirm your address")
            self.assertEqual((mail["from"], mail["to"]), ("Zoetrope <hello@zoetrope.example>", "ann@example.com"))
            self.assertEqual(server.post("/api/v1/auth/email/verify", {"token": link_in(mail, "verify")}).status, 204)
            self.assertFalse((server.data / "outbox").exists())

    def test_a_link_that_somebody_waits_for_goes_before_notices(self):
        with Sink() as sink, Server(None, *QUICK, "--mail-smtp", sink.url) as server:
            account = Account.first(server)
            mail_about(lambda: sink.mails, "Confirm your address")
            confirm(server)
            self.assertEqual(account.ask("POST", "/api/v1/admin/queues/maintenance/pause").status, 200)
            for _ in range(12):
                self.assertEqual(account.ask("POST", "/api/v1/api-keys", {"name": "ci", "scopes": ["todo"]}).status, 201)
            server.post("/api/v1/auth/password/reset", {"email": "ann@example.com"})
            wait_for(lambda: server.sql("SELECT count(*) FROM tasks WHERE kind = 'accounts.mail' AND state = 'available'") == [("13",)], "the mails")
            account.ask("POST", "/api/v1/admin/queues/maintenance/resume")
            wait_for(lambda: len(sink.mails) == 14, "all mails")
            place = [mail["subject"] for mail in sink.mails[1:]].index("Set a new password")
            self.assertLess(place, 6, "some are sent at a time")

    def test_a_server_that_is_away_is_tried_again(self):
        sink = Sink()
        with Server(None, *QUICK, "--mail-smtp", sink.url, "--log-level", "debug") as server:
            Account.first(server)
            wait_for(lambda: b"did not take the mail" in b"".join(server.said), "the first try")
            with sink:
                mail_about(lambda: sink.mails, "Confirm your address")

    def test_an_address_that_is_refused_is_given_up_and_logged(self):
        with Sink() as sink:
            sink.refuses.add("ann@example.com")
            with Server(None, *QUICK, "--mail-smtp", sink.url) as server:
                Account.first(server)
                wait_for(lambda: b"was given up" in b"".join(server.said), "a line in the log")
                self.assertEqual(sink.mails, [])
                self.assertNotIn(b"ann@example.com", b"".join(server.said))


if __name__ == "__main__":
    unittest.main()

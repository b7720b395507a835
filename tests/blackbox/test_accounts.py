"""Accounts as a client sees them: making one, signing in, tokens, keys, roles, and what is refused."""
import base64
import concurrent.futures
import contextlib
import email
import email.policy
import http.client
import json
import math
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import threading
import time
import unittest

from support import BINARY, PATIENCE_S, Account, Server, ServerTest, Stream, small_photo, wait_for

# Hashing is what the tests wait for most; one pass is enough for all but the bench.
QUICK = ("--auth-argon2-passes", "1", "--auth-argon2-memory", "8")
UNLIMITED = ("--auth-logins-per-address", "0", "--auth-logins-per-account", "0", "--auth-registrations-per-address", "0",
             "--auth-refreshes-per-address", "0")
PROXIED = ("--trusted-proxies", "127.0.0.1")  # where the tests come from is what they say
PASSWORD = "correct horse battery staple"


def register(server, name, **given):
    headers = {word: given.pop(word) for word in list(given) if word[0].isupper()}
    return server.post("/api/v1/auth/register", {"email": f"{name}@example.com", "username": name, "password": PASSWORD, **given}, **headers)


def login(server, name, password=PASSWORD, **headers):
    return server.post("/api/v1/auth/login", {"username": name, "password": password}, **headers)


def refresh(server, token):
    return server.post("/api/v1/auth/refresh", {"refresh_token": token})


def confirm(server, address):
    """Opens the link of the mail to an address."""
    def link():
        for file in (server.data / "outbox").glob("*.eml"):
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            found = re.search(r"/verify#(\S+)", mail.get_body(("plain",)).get_content())
            if mail["to"] == address and found:
                return found[1]
        return None

    answer = server.post("/api/v1/auth/email/verify", {"token": wait_for(link, "the mail")})
    assert answer.status == 204, answer.body


def bearer(token):
    return {"Authorization": "Bearer " + token}


def cookies_of(answer_headers):
    """Of an http.client answer: the names and values set."""
    return {line.split("=", 1)[0]: line.split("=", 1)[1].split(";")[0] for line in answer_headers}


class LocalMode(unittest.TestCase):
    def test_until_there_is_an_account_this_machine_is_let_in(self):
        with Server(None, *QUICK) as server:
            self.assertEqual(server.get("/api/v1/auth").json(), {"local": True, "registration": "open"})
            me = server.get("/api/v1/auth/me").json()
            self.assertEqual((me["username"], me["role"]), ("local", "admin"))
            self.assertEqual(server.get("/api/v1/todo", X_Forwarded_For="10.0.0.1").status, 403)
            self.assertEqual(server.get("/api/v1/todo", Host="evil.example").status, 421)

    def test_what_listened_before_the_first_account_hears_nothing_after_it(self):
        with Server(None, *QUICK) as server, contextlib.closing(Stream(server, "/api/v1/events")) as stream:
            server.post("/api/v1/todo", {"title": "before"})
            account = Account.first(server)
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
            self.addCleanup(connection.close)
            body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="p.jpg"\r\n\r\n' + small_photo() + b"\r\n--b--\r\n"
            connection.request("POST", "/api/v1/assets", body, {**account.bearer, "Content-Type": "multipart/form-data; boundary=b"})
            self.assertEqual(connection.getresponse().status, 201)
            with self.assertRaisesRegex(AssertionError, "the stream ended"):
                stream.next()

    def test_the_first_account_needs_the_link_and_takes_over_what_is_there(self):
        with Server(None, *QUICK) as server:
            todo = server.post("/api/v1/todo", {"title": "made before"}).json()
            self.assertEqual(register(server, "ann").status, 403)
            self.assertEqual(register(server, "ann", setup_token="guessed").status, 403)
            token = server.setup_token()
            made = register(server, "ann", setup_token=token)
            self.assertEqual((made.status, made.json()["role"]), (201, "admin"))
            self.assertEqual(server.get("/api/v1/todo").status, 401)
            # The link works once: a second visitor makes a plain account.
            self.assertEqual(register(server, "bob", setup_token=token).json()["role"], "member")
            tokens = login(server, "ann").json()
            mine = server.ask("GET", f"/api/v1/todo/{todo['id']}", headers=bearer(tokens["access_token"]))
            self.assertEqual(mine.json()["title"], "made before")
            server.kill()
            server.start()
            self.assertEqual(server.get("/api/v1/todo").status, 401)
            self.assertNotIn("/welcome#", "".join(server.printed))

    def test_without_an_account_no_other_address_is_listened_on(self):
        with Server(None, *QUICK) as server:
            server.stop()
            words = [BINARY, "serve", "--listen", "0.0.0.0:0", "--data", str(server.data), *server.options]
            done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 2)
            self.assertIn("zoetrope user add", done.stderr)


    def test_of_many_who_have_the_link_one_becomes_the_administrator(self):
        with Server(None, *QUICK, *UNLIMITED) as server:
            token = server.setup_token()
            with concurrent.futures.ThreadPoolExecutor(20) as crowd:
                answers = list(crowd.map(lambda i: register(server, f"user{i}", setup_token=token), range(20)))
            self.assertTrue({answer.status for answer in answers} <= {201, 409}, [answer.status for answer in answers])
            roles = [answer.json()["role"] for answer in answers if answer.status == 201]
            self.assertEqual(roles.count("admin"), 1, roles)


class Accounts(ServerTest):
    options = (*QUICK, *UNLIMITED)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = Account.first(cls.server)

    def test_bad_fields_are_named(self):
        answer = self.server.post("/api/v1/auth/register", {"email": "nobody", "username": "a b", "password": "short"})
        self.assertEqual(answer.status, 422)
        self.assertEqual({error["field"] for error in answer.json()["errors"]}, {"email", "username", "password"})

    def test_the_commonest_passwords_are_refused(self):
        for password in ("password", "12345678", "PASSWORD1", "Football1", "iloveyou"):
            answer = register(self.server, "pat", password=password)
            self.assertEqual((answer.status, answer.json()["errors"][0]["field"]), (422, "password"), password)

    def test_names_and_addresses_are_taken_whatever_their_case(self):
        self.assertEqual(register(self.server, "carl").status, 201)
        for name, email, field in (("CARL", "other@example.com", "username"), ("other", "Carl@Example.COM", "email")):
            answer = register(self.server, name, email=email)
            self.assertEqual((answer.status, answer.json()["errors"][0]["field"]), (409, field))

    def test_of_many_who_register_one_name_one_gets_it(self):
        with concurrent.futures.ThreadPoolExecutor(25) as crowd:
            answers = list(crowd.map(lambda i: register(self.server, "dora", email=f"d{i}@example.com").status, range(100)))
        self.assertEqual(answers.count(201), 1)
        self.assertEqual(set(answers), {201, 409})

    def test_login_by_name_or_address_and_the_shape_of_its_answer(self):
        Account(self.server, "erin")
        for name in ("erin", "ERIN", " erin ", "Erin@example.com"):
            tokens = login(self.server, name).json()
            self.assertEqual((tokens["token_type"], tokens["expires_in"]), ("bearer", 900))
            me = self.server.ask("GET", "/api/v1/auth/me", headers=bearer(tokens["access_token"])).json()
            self.assertEqual((me["username"], me["email"], me["role"]), ("erin", "erin@example.com", "member"))

    def test_a_wrong_name_and_a_wrong_password_are_told_alike(self):
        Account(self.server, "fred")
        wrong, unknown = login(self.server, "fred", "not it at all"), login(self.server, "nobody-at-all", "not it at all")
        strip = lambda answer: re.sub(rb'"request_id":"[^"]+"', b"", answer.body)
        self.assertEqual((wrong.status, strip(wrong)), (401, strip(unknown)))
        self.assertEqual(unknown.status, 401)
        self.assertEqual(wrong.headers["www-authenticate"], 'Bearer realm="zoetrope"')

    def test_refresh_rotates_and_reuse_ends_the_session(self):
        account = Account(self.server, "gina")
        first = account.tokens["refresh_token"]
        second = refresh(self.server, first).json()["refresh_token"]
        self.assertNotEqual(first, second)
        # Within the grace the same token gets the same successor: two tabs, or an answer lost on its way.
        self.assertEqual(refresh(self.server, first).json()["refresh_token"], second)
        third = refresh(self.server, second).json()["refresh_token"]
        self.assertEqual(refresh(self.server, third).status, 200)
        self.assertEqual(refresh(self.server, "made-up").status, 401)

    def test_a_refresh_token_used_after_its_grace_ends_the_whole_family(self):
        with Server(None, *QUICK, *UNLIMITED, "--auth-refresh-grace", "0") as server:
            account = Account.first(server)
            first = account.tokens["refresh_token"]
            second = refresh(server, first).json()
            # The grace is over with the instant in which the token was used.
            self.assertEqual(wait_for(lambda: refresh(server, first).status, "an answer"), 401)
            self.assertEqual(refresh(server, second["refresh_token"]).status, 401)
            self.assertEqual(server.ask("GET", "/api/v1/auth/me", headers=bearer(second["access_token"])).status, 401)
            account.sign_in()
            acts = [entry["action"] for entry in account.ask("GET", "/api/v1/auth/audit").json()]
            self.assertIn("refresh_token_reused", acts)

    def test_a_storm_of_refreshes_gives_each_session_one_line_of_tokens(self):
        accounts = [Account(self.server, f"storm{i}") for i in range(10)]

        def tab(account, start):
            token, seen = start, []
            for _ in range(10):
                answer = refresh(self.server, token)
                self.assertEqual(answer.status, 200, answer.body)
                token = answer.json()["refresh_token"]
                seen.append(token)
            return seen

        with concurrent.futures.ThreadPoolExecutor(20) as crowd:
            tabs = [(account, crowd.submit(tab, account, account.tokens["refresh_token"])) for account in accounts for _ in range(2)]
            lines = {}
            for account, done in tabs:
                lines.setdefault(account.name, []).append(done.result())
        for first, second in lines.values():
            self.assertEqual(first, second, "two tabs go down the same line")

    def test_sessions_are_listed_and_ended(self):
        account = Account(self.server, "hugo")
        other = login(self.server, "hugo", User_Agent="Another device").json()
        listed = account.ask("GET", "/api/v1/auth/sessions").json()
        self.assertEqual([session["current"] for session in listed].count(True), 1)
        theirs = next(session for session in listed if session["agent"] == "Another device")
        self.assertEqual(self.server.ask("GET", "/api/v1/auth/me", headers=bearer(other["access_token"])).status, 200)
        self.assertEqual(account.ask("GET", f"/api/v1/auth/sessions/{theirs['id']}").json(), theirs)
        self.assertEqual(account.ask("DELETE", f"/api/v1/auth/sessions/{theirs['id']}").status, 204)
        self.assertEqual(account.ask("GET", f"/api/v1/auth/sessions/{theirs['id']}").status, 404)
        self.assertEqual(account.ask("DELETE", f"/api/v1/auth/sessions/{theirs['id']}").status, 404)
        self.assertEqual(self.server.ask("GET", "/api/v1/auth/me", headers=bearer(other["access_token"])).status, 401)
        self.assertEqual(refresh(self.server, other["refresh_token"]).status, 401)
        self.assertEqual(account.ask("GET", "/api/v1/auth/me").status, 200)

    def test_logout_ends_this_device_and_logout_all_every_one(self):
        account = Account(self.server, "ines")
        other = login(self.server, "ines").json()
        self.assertEqual(account.ask("POST", "/api/v1/auth/logout").status, 204)
        self.assertEqual(account.ask("GET", "/api/v1/auth/me").status, 401)
        self.assertEqual(self.server.ask("GET", "/api/v1/auth/me", headers=bearer(other["access_token"])).status, 200)
        account.sign_in()
        self.assertEqual(account.ask("POST", "/api/v1/auth/logout-all").status, 204)
        for tokens in (account.tokens, other):
            self.assertEqual(self.server.ask("GET", "/api/v1/auth/me", headers=bearer(tokens["access_token"])).status, 401)
            self.assertEqual(refresh(self.server, tokens["refresh_token"]).status, 401)

    def test_a_stream_of_events_ends_with_its_session(self):
        account = Account(self.server, "nina")
        other = login(self.server, "nina").json()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)
        connection.request("GET", "/api/v1/events", headers=bearer(other["access_token"]))
        stream = connection.getresponse()
        self.assertEqual(stream.readline(), b"retry: 2000\n")
        self.assertEqual(account.ask("DELETE", "/api/v1/auth/sessions").status, 204)
        self.assertEqual(stream.read().strip(), b"", "it says nothing more, and ends")
        self.assertEqual(self.server.ask("GET", "/api/v1/auth/me", headers=bearer(other["access_token"])).status, 401)
        self.assertEqual(account.ask("GET", "/api/v1/auth/me").status, 200)

    def test_a_changed_password_ends_the_other_devices(self):
        account = Account(self.server, "jane")
        other = login(self.server, "jane").json()
        change = {"current_password": "not it at all", "new_password": "a new password"}
        refused = account.ask("POST", "/api/v1/auth/password", change)
        self.assertEqual((refused.status, refused.json()["errors"][0]["field"]), (422, "current_password"))
        change["current_password"] = PASSWORD
        self.assertEqual(account.ask("POST", "/api/v1/auth/password", change).status, 204)
        self.assertEqual(account.ask("GET", "/api/v1/auth/me").status, 200)
        self.assertEqual(self.server.ask("GET", "/api/v1/auth/me", headers=bearer(other["access_token"])).status, 401)
        self.assertEqual(login(self.server, "jane").status, 401)
        self.assertEqual(login(self.server, "jane", "a new password").status, 200)

    def test_keys_do_what_their_scopes_say(self):
        account = Account(self.server, "kate")
        made = account.ask("POST", "/api/v1/api-keys", {"name": "ci", "scopes": ["todo"]})
        self.assertEqual(made.status, 201)
        key = made.json()["key"]
        for scheme in ("Bearer", "Key"):
            headers = {"Authorization": f"{scheme} {key}"}
            self.assertEqual(self.server.ask("GET", "/api/v1/todo", headers=headers).status, 200)
            self.assertEqual(self.server.ask("GET", "/api/v1/auth/me", headers=headers).json()["username"], "kate")
            self.assertEqual(self.server.ask("GET", "/api/v1/assets", headers=headers).status, 403)
            self.assertEqual(self.server.ask("GET", "/api/v1/api-keys", headers=headers).status, 403)
        listed = account.ask("GET", "/api/v1/api-keys").json()
        self.assertEqual([entry["name"] for entry in listed], ["ci"])
        self.assertNotIn(key, json.dumps(listed))
        self.assertIsNotNone(listed[0]["last_used_at"])
        self.assertEqual(account.ask("DELETE", f"/api/v1/api-keys/{made.json()['id']}").status, 204)
        self.assertEqual(self.server.ask("GET", "/api/v1/todo", headers=bearer(key)).status, 401)
        for name in ("a\nb", "a\u202eb", "\u200b", "x" * 101):
            answer = account.ask("POST", "/api/v1/api-keys", {"name": name, "scopes": ["todo"]})
            self.assertEqual((answer.status, [each["field"] for each in answer.json()["errors"]]), (422, ["name"]), name)
        wrong = account.ask("POST", "/api/v1/api-keys", {"name": "", "scopes": ["everything"], "expires_at": "2001-01-01T00:00:00Z"})
        self.assertEqual({error["field"] for error in wrong.json()["errors"]}, {"name", "scopes[0]", "expires_at"})

    def test_keys_are_made_so_many_an_hour(self):
        with Server(None, "--auth-keys-per-account", "2") as server:
            account = Account.first(server)
            make = lambda: account.ask("POST", "/api/v1/api-keys", {"name": "ci", "scopes": ["todo"]})
            ids = [make().json()["id"] for _ in range(2)]
            account.ask("DELETE", f"/api/v1/api-keys/{ids[0]}")  # gives none back: a mail told of it
            refused = make()
            self.assertEqual(refused.status, 429)
            self.assertGreater(int(refused.headers["retry-after"]), 0)
            other = Account(server, "bob")
            self.assertEqual(other.ask("POST", "/api/v1/api-keys", {"name": "ci", "scopes": ["todo"]}).status, 201)

    def test_an_administrator_locks_out_and_lets_in_and_the_last_one_stays(self):
        account = Account(self.server, "leon")
        self.assertEqual(account.ask("GET", "/api/v1/users").status, 403)
        names = [user["username"] for user in self.admin.ask("GET", "/api/v1/users?limit=200").json()]
        self.assertIn("leon", names)
        disabled = self.admin.ask("PATCH", f"/api/v1/users/{account.id}", {"disabled": True})
        self.assertIsNotNone(disabled.json()["disabled_at"])
        self.assertEqual(account.ask("GET", "/api/v1/auth/me").status, 401)
        self.assertEqual(login(self.server, "leon").status, 403)
        self.assertEqual(self.admin.ask("PATCH", f"/api/v1/users/{account.id}", {"disabled": False, "role": "admin"}).status, 200)
        account.sign_in()
        self.assertEqual(account.ask("GET", "/api/v1/users").status, 200)
        self.assertEqual(self.admin.ask("PATCH", f"/api/v1/users/{account.id}", {"role": "member"}).status, 200)
        self.assertEqual(self.admin.ask("PATCH", f"/api/v1/users/{self.admin.id}", {"role": "member"}).status, 409)
        self.assertEqual(self.admin.ask("PATCH", f"/api/v1/users/{self.admin.id}", {"disabled": True}).status, 409)

    def test_cookies_are_for_our_own_pages_only(self):
        Account(self.server, "mona")
        connection_headers = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{self.server.port}"}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)
        connection.request("POST", "/api/v1/auth/login", json.dumps({"username": "mona", "password": PASSWORD, "cookie": True}), connection_headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        set_cookies = answer.headers.get_all("Set-Cookie")
        connection.close()
        self.assertEqual((body["token_type"], body["access_token"], body["refresh_token"]), ("cookie", None, None))
        for line in set_cookies:
            self.assertIn("HttpOnly; SameSite=Lax", line)
        jar = cookies_of(set_cookies)
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        self.assertEqual(self.server.ask("GET", "/api/v1/auth/me", headers=cookie).status, 200)
        write = {**cookie, "Content-Type": "application/json"}
        ask = lambda **more: self.server.ask(
            "POST", "/api/v1/todo", '{"title": "by cookie"}', {**write, **{name.replace("_", "-"): value for name, value in more.items()}}
        ).status
        self.assertEqual(ask(Origin=f"http://127.0.0.1:{self.server.port}"), 201)
        self.assertEqual(ask(Sec_Fetch_Site="same-origin"), 201)
        self.assertEqual(ask(), 401, "a form of another site says neither in an old browser")
        self.assertEqual(ask(Origin="http://evil.example"), 403)
        self.assertEqual(ask(Sec_Fetch_Site="cross-site"), 403)
        self.assertEqual(ask(Sec_Fetch_Site="same-site"), 403)
        refreshed = self.server.ask("POST", "/api/v1/auth/refresh", "{}", {**write, "Sec-Fetch-Site": "same-origin"})
        self.assertEqual(refreshed.json()["token_type"], "cookie")

    def test_quoted_text_goes_nowhere(self):
        for evil in ("' OR 1=1 --", "ann'; DROP TABLE users; --", 'ann" OR ""="', "ann\r\nSet-Cookie: a=b", "%00", "ann\u0000"):
            self.assertIn(login(self.server, evil).status, (400, 401, 422), evil)
            self.assertIn(register(self.server, evil).status, (400, 422), evil)
            self.assertEqual(register(self.server, "plain", email=f"a@b.c\r\nBcc: {evil}").status in (400, 422), True)
        self.assertEqual(self.admin.ask("GET", "/api/v1/users").status, 200)


def browser_cookies(server, name):
    """Those that a browser has after signing in."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    body = json.dumps({"username": name, "password": PASSWORD, "cookie": True})
    connection.request("POST", "/api/v1/auth/login", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return cookies_of(answer.headers.get_all("Set-Cookie"))


def encoded(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Tokens(ServerTest):
    """JSON Web Tokens that are not ours, or not any more (RFC 8725 names the attacks)."""

    options = (*QUICK, *UNLIMITED)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = Account.first(cls.server)
        cls.header, cls.payload, cls.signature = cls.account.tokens["access_token"].split(".")

    def status(self, *parts):
        return self.server.ask("GET", "/api/v1/auth/me", headers=bearer(".".join(parts))).status

    def test_the_token_itself_is_good_and_its_key_is_public(self):
        self.assertEqual(self.status(self.header, self.payload, self.signature), 200)
        header = decoded(self.header)
        keys = self.server.get("/.well-known/jwks.json").json()["keys"]
        self.assertEqual((header["alg"], header["kid"]), ("EdDSA", keys[0]["kid"]))
        self.assertNotIn("d", keys[0])

    def test_no_other_algorithm_is_believed(self):
        import hashlib
        import hmac

        public = base64.urlsafe_b64decode(self.server.get("/.well-known/jwks.json").json()["keys"][0]["x"] + "=")
        kid = decoded(self.header)["kid"]
        for alg in ("none", "None", "NONE", "", "HS256", "RS256", "ES256"):
            header = encoded({"alg": alg, "typ": "JWT", "kid": kid})
            self.assertEqual(self.status(header, self.payload, ""), 401, alg)
            self.assertEqual(self.status(header, self.payload, self.signature), 401, alg)
            forged = encoded(hmac.new(public, f"{header}.{self.payload}".encode(), hashlib.sha256).digest())
            self.assertEqual(self.status(header, self.payload, forged), 401, alg)

    def test_no_claim_can_be_changed(self):
        claims = decoded(self.payload)
        for name, value in (("sub", "2"), ("exp", claims["exp"] + 9999), ("aud", "other"), ("nbf", claims["nbf"] + 9999), ("epoch", 7)):
            self.assertEqual(self.status(self.header, encoded({**claims, name: value}), self.signature), 401, name)

    def test_no_key_id_leads_anywhere(self):
        for kid in ("", "../../../../dev/null", "/etc/passwd", "' UNION SELECT 'x", "http://evil.example/key", "a" * 5000):
            self.assertEqual(self.status(encoded({"alg": "EdDSA", "typ": "JWT", "kid": kid}), self.payload, self.signature) in (401, 431), True)

    def test_what_is_no_token_is_refused(self):
        for text in ("", ".", "..", "...", "a.b.c", "a" * 3000, self.header, f"{self.header}.{self.payload}", f"{self.header}.{self.payload}.{self.signature}.x"):
            self.assertEqual(self.server.ask("GET", "/api/v1/auth/me", headers=bearer(text)).status, 401, text)
        for header in ("Basic YW5uOmFubg==", "Bearer", "bearer ", "Digest x"):
            self.assertEqual(self.server.ask("GET", "/api/v1/auth/me", headers={"Authorization": header}).status, 401, header)

    def test_an_expired_token_is_told_so(self):
        with Server(None, *QUICK, "--auth-access-ttl", "10", "--auth-cache-ttl", "1") as server:
            account = Account.first(server)
            self.assertEqual(account.ask("GET", "/api/v1/auth/me").status, 200)
            refused = wait_for(lambda: (answer := account.ask("GET", "/api/v1/auth/me")).status == 401 and answer, "the end of the token")
            self.assertIn("expired", refused.json()["detail"])
            fresh = refresh(server, account.tokens["refresh_token"])
            self.assertEqual(server.ask("GET", "/api/v1/auth/me", headers=bearer(fresh.json()["access_token"])).status, 200)


class Cookies(unittest.TestCase):
    def test_behind_tls_they_are_secure_and_of_this_host_alone(self):
        """By http there is no such name; there only refreshing shows the one that lasts."""
        body = json.dumps({"username": "ann", "password": PASSWORD, "cookie": True})
        headers = {"Content-Type": "application/json"}
        for url, secure in (("https://zoetrope.example", True), (None, False)):
            options = ("--public-url", url, "--public-host", "zoetrope.example") if url else ()
            with Server(None, *QUICK, *options) as server:
                Account.first(server)
                connection = http.client.HTTPConnection("127.0.0.1", server.port)
                connection.request("POST", "/api/v1/auth/login", body, headers)
                set_lines = connection.getresponse().headers.get_all("Set-Cookie")
                self.assertEqual(len(set_lines), 3)
                for line in set_lines:
                    self.assertIn("HttpOnly; SameSite=Lax", line)
                    self.assertEqual(line.endswith("; Secure"), secure, line)
                paths = {line.split("=")[0]: line.split("; ")[1] for line in set_lines}
                prefixed = {"__Host-zt_access": "Path=/", "__Host-zt_refresh": "Path=/", "__Host-zt_device": "Path=/"}
                self.assertEqual(paths, prefixed if secure else {"zt_access": "Path=/", "zt_refresh": "Path=/api/v1/auth", "zt_device": "Path=/api/v1/auth"})

    def test_behind_tls_a_name_that_other_hosts_can_plant_counts_for_nothing(self):
        with Server(None, *QUICK, "--public-url", "https://zoetrope.example") as server:
            tokens = Account.first(server).tokens
            for name, expected in (("__Host-zt_access", 200), ("zt_access", 401)):
                headers = {"Cookie": f"{name}={tokens['access_token']}"}
                self.assertEqual(server.ask("GET", "/api/v1/auth/me", headers=headers).status, expected)
            for name, expected in (("zt_refresh", 401), ("__Host-zt_refresh", 200)):
                answer = server.post("/api/v1/auth/refresh", {}, Cookie=f"{name}={tokens['refresh_token']}", Sec_Fetch_Site="same-origin")
                self.assertEqual(answer.status, expected)

    def test_a_proxys_own_password_does_not_hide_the_cookie(self):
        with Server(None, *QUICK) as server:
            token = Account.first(server).tokens["access_token"]
            for scheme, expected in (("Basic dXNlcjpwYXNz", 200), ("Negotiate YII=", 200), ("Bearer nothing", 401), ("nothing", 401)):
                answer = server.get("/api/v1/auth/me", Authorization=scheme, Cookie=f"zt_access={token}")
                self.assertEqual(answer.status, expected, scheme)
            self.assertEqual(server.get("/api/v1/auth/me", Authorization="Basic dXNlcjpwYXNz").status, 401)

    def test_signing_in_takes_no_session_that_was_there_before(self):
        """Session fixation: what somebody left in the browser is not what becomes signed in."""
        with Server(None, *QUICK) as server:
            Account.first(server)
            planted = login(server, "ann").json()
            answer = server.post("/api/v1/auth/login", {"username": "ann", "password": PASSWORD, "cookie": True},
                                 Cookie=f"zt_access={planted['access_token']}; zt_refresh={planted['refresh_token']}")
            self.assertEqual(answer.status, 200)
            self.assertNotIn(planted["refresh_token"], str(answer.headers))
            sessions = server.ask("GET", "/api/v1/auth/sessions", headers=bearer(planted["access_token"])).json()
            self.assertGreaterEqual(len(sessions), 2, "it is a session of its own")


class Races(ServerTest):
    options = (*QUICK, *UNLIMITED)

    def test_who_signs_in_while_the_password_is_changed_is_out_with_the_old_one(self):
        account = Account.first(self.server)
        for turn in range(10):
            old, new = (PASSWORD, PASSWORD + " 2")[:: 1 if turn % 2 == 0 else -1]
            with concurrent.futures.ThreadPoolExecutor(9) as crowd:
                entering = [crowd.submit(login, self.server, "ann", old) for _ in range(4)]
                change = crowd.submit(account.ask, "POST", "/api/v1/auth/password", {"current_password": old, "new_password": new})
                entering += [crowd.submit(login, self.server, "ann", old) for _ in range(4)]
            self.assertEqual(change.result().status, 204)
            for tokens in [each.result().json() for each in entering if each.result().status == 200]:
                status = self.server.ask("GET", "/api/v1/auth/me", headers=bearer(tokens["access_token"])).status
                self.assertEqual(status, 401, "a session opened with the old password outlived it")
            self.assertEqual(account.ask("GET", "/api/v1/auth/me").status, 200, "the one that changed it stays")


class Guessing(unittest.TestCase):
    def test_failures_cost_time_that_a_restart_does_not_give_back(self):
        with Server(None, *QUICK, *UNLIMITED) as server:
            account = Account.first(server)
            answers = [login(server, "ann", "not it at all") for _ in range(8)]
            self.assertEqual([answer.status for answer in answers[:6]], [401] * 6)
            self.assertEqual(answers[7].status, 429)
            self.assertGreaterEqual(int(answers[7].headers["retry-after"]), 1)
            self.assertEqual(login(server, "ann").status, 429, "the right password waits as well")
            self.assertEqual(account.ask("GET", "/api/v1/auth/me").status, 200, "a session that is signed in works on")
            server.kill()
            server.start()
            for _ in range(3):
                wait_for(lambda: login(server, "ann", "not it at all").status == 401, "the next try")
            self.assertEqual(login(server, "ann").status, 429, "the count is kept")
            wait_for(lambda: login(server, "ann").status == 200, "the end of the wait")

    def test_the_time_it_takes_does_not_tell_who_has_an_account(self):
        places = (f"198.51.{i}.{k}" for i in range(100) for k in range(100))  # each tries once

        def seconds(server, name):
            began = time.monotonic()
            self.assertEqual(login(server, name, "not it at all", X_Forwarded_For=next(places)).status, 401)
            return time.monotonic() - began

        usual = ("--auth-argon2-passes", "2", "--auth-argon2-memory", "19")  # as users have it
        with Server(None, *usual, *UNLIMITED, "--trusted-proxies", "127.0.0.1") as server:
            known = [Account.first(server).name] + [f"timed{i}" for i in range(79)]  # so many, for a busy machine makes a few differ by chance
            self.assertEqual({register(server, name).status for name in known[1:]}, {201})
            pairs = []
            for i, name in enumerate(known * 3):  # in turns, so that whatever else happens meets both, and either goes first
                took = {who: seconds(server, who) for who in sorted((name, f"nobody{i}"), reverse=bool(i % 2))}
                pairs.append((took[name], took[f"nobody{i}"]))
        # Of the quickest quarter of either side, as who measures from afar would do it: a busy machine only ever adds to a time.
        there, nobody = (statistics.mean(sorted(side)[: len(pairs) // 4]) for side in zip(*pairs))
        self.assertLess(abs(there - nobody), 0.15 * nobody, (there, nobody))
        # Nor does one side win nearly always: of 40 fair throws, 33 or more on one side come once in 20,000; of more the same.
        wins = sum(there > nobody for there, nobody in pairs)
        self.assertLess(abs(wins - len(pairs) / 2), 12.5 * math.sqrt(len(pairs) / 40), f"{wins} of {len(pairs)}")

    def test_too_many_tries_from_one_address_are_told_when_to_come_again(self):
        with Server(None, *QUICK, "--auth-logins-per-address", "3") as server:
            Account.first(server)
            first, _, refused = [login(server, "nobody") for _ in range(3)]  # a user with a session here is let in
            self.assertEqual((first.headers["ratelimit-limit"], first.headers["ratelimit-remaining"]), ("3", "1"))
            self.assertEqual(refused.status, 429)
            self.assertEqual((refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]), ("3", "0"))
            self.assertGreaterEqual(int(refused.headers["retry-after"]), 1)

    def test_the_right_password_is_in_while_others_guess(self):
        with Server(None, *QUICK, *PROXIED) as server:
            Account.first(server)
            for i in range(44):
                for name in ("ann", "ann@example.com"):
                    login(server, name, "a guess", X_Forwarded_For="203.0.113.9")
                answer = login(server, "ann", X_Forwarded_For=f"198.51.100.{i}")  # where ann was never before
                self.assertEqual(answer.status, 200, f"{i}: {answer.body}")

    def test_the_right_password_is_in_soon_while_many_networks_guess(self):
        with Server(None, *QUICK, *PROXIED) as server:
            register(server, "ann", setup_token=server.setup_token())
            for i in range(150):
                login(server, "ann", "a guess", X_Forwarded_For=f"203.0.{i // 50}.{i % 50}")
            first = login(server, "ann", X_Forwarded_For="198.51.100.1")
            self.assertEqual(first.status, 429, "a flood was noticed")
            self.assertLessEqual(int(first.headers["retry-after"]), 15)
            server.sql("UPDATE login_failures SET wait_until = 0 WHERE failures = 0")  # after that time
            self.assertEqual(login(server, "ann", X_Forwarded_For="198.51.100.1").status, 200)

    def test_wrong_names_do_not_lock_the_others_of_their_network_out(self):
        with Server(None, *QUICK, *PROXIED) as server:
            Account.first(server)
            tried = [login(server, f"nobody{i}", "a guess", X_Forwarded_For="198.51.100.1").status for i in range(45)]
            self.assertEqual(set(tried), {401})
            self.assertEqual(login(server, "ann", X_Forwarded_For="198.51.100.1").status, 200)
            answers = [login(server, f"nobody{i}", "a guess", X_Forwarded_For="198.51.100.1") for i in range(45)]
            self.assertIn(429, [answer.status for answer in answers])
            self.assertLessEqual(max(int(answer.headers.get("retry-after", 0)) for answer in answers), 30)

    def test_a_known_device_is_in_whatever_others_try(self):
        with Server(None, *QUICK, *PROXIED) as server:
            account = Account.first(server)
            device = browser_cookies(server, "ann")["zt_device"]
            here = {"X_Forwarded_For": "198.51.100.1"}

            def flood():
                for i in range(80):
                    login(server, "ann" if i % 4 == 0 else f"nobody{i}", "a guess", **here)
                # The wait that has begun becomes longer, so that a slow machine is still in it.
                server.sql("UPDATE login_failures SET wait_until = wait_until + 20000000 WHERE wait_until > 0")

            flood()
            self.assertEqual(login(server, "ann", **here).status, 429, "a stranger waits")
            self.assertEqual(login(server, "ann", Cookie=f"zt_device={device}x", **here).status, 429)
            self.assertEqual(login(server, "ann", Cookie=f"zt_device={device}", **here).status, 200)
            wrong = [login(server, "ann", "a guess", Cookie=f"zt_device={device}", **here).status for _ in range(8)]
            self.assertEqual((wrong[:6], wrong[7]), ([401] * 6, 429), "its own wrong passwords count")
            device = browser_cookies(server, "ann")["zt_device"]
            self.assertEqual(login(server, "ann", Cookie=f"zt_device={device}", **here).status, 200)
            self.assertEqual(account.ask("POST", "/api/v1/auth/logout-all").status, 204)
            flood()
            self.assertEqual(login(server, "ann", Cookie=f"zt_device={device}", **here).status, 429, "it is not known any more")

    def test_strangers_leave_room_in_the_hashing_queue_for_known_devices(self):
        slow = ("--auth-argon2-passes", "4", "--auth-argon2-memory", "32", "--auth-hash-threads", "1", "--auth-hash-queue", "4")
        with Server(None, *slow, *PROXIED) as server, concurrent.futures.ThreadPoolExecutor(16) as crowd:
            Account.first(server)
            device = browser_cookies(server, "ann")["zt_device"]
            refused, networks, over = [], iter(range(60_000)), threading.Event()

            def flood():
                while not over.is_set():
                    i = next(networks)
                    answer = login(server, f"nobody{i}", "a guess", X_Forwarded_For=f"10.0.{i // 250}.{i % 250}")
                    if answer.status == 429:
                        refused.append(int(answer.headers["retry-after"]))

            strangers = [crowd.submit(flood) for _ in range(16)]
            try:
                wait_for(lambda: refused, "a full queue")
                answers = [login(server, "ann", Cookie=f"zt_device={device}") for _ in range(3)]
            finally:
                over.set()
            self.assertEqual([answer.status for answer in answers], [200] * 3)
            self.assertEqual([each.result() for each in strangers], [None] * 16)
            self.assertLessEqual(max(refused), 30)

    def test_a_sequence_of_tries_does_not_tell_who_has_an_account(self):
        with Server(None, *QUICK, *PROXIED) as server:
            Account.first(server)
            names = {"ann": ["ann"], "by address": ["ann@example.com"], "nobody": ["nobody"], "nobody's address": ["nobody@example.com"]}
            turns = {"ann, both": ["ann", "ann@example.com"], "nobody, both": ["nobody", "nobody@example.com"], "mixed": ["ann", "nobody"]}

            def seen(answer):
                body = re.sub(rb"[0-9]+ s", b"", re.sub(rb'"request_id":"[^"]+"', b"", answer.body))
                return answer.status, sorted(answer.headers), answer.headers.get("ratelimit-limit"), body

            def sequence(tried, network, count):
                return [seen(login(server, tried[i % len(tried)], "a guess", X_Forwarded_For=network)) for i in range(count)]

            def sequence_and_wait(tried, network):
                early = sequence(tried, network, 6)
                # The wait that has begun becomes longer, so that a slow machine is still in it.
                soon = time.time_ns() // 1000 + 10_000_000
                server.sql(f"UPDATE login_failures SET wait_until = wait_until + 20000000 WHERE wait_until > 0 AND wait_until < {soon}")
                return early + sequence(tried, network, 4)

            alone = {word: sequence_and_wait(tried, f"203.0.113.{i}") for i, (word, tried) in enumerate(names.items())}
            both = {word: sequence(tried, f"203.0.112.{i}", 10) for i, (word, tried) in enumerate(turns.items())}
            for word, each in alone.items():
                self.assertEqual(each, alone["nobody"], word)
            for word, each in both.items():
                self.assertEqual(each, both["nobody, both"], word)
            self.assertEqual([status for status, *_ in alone["ann"]], [401] * 6 + [429] * 4)
            self.assertEqual([status for status, *_ in both["ann, both"]], [401] * 10)

    def test_a_site_of_ipv6_is_one_network_in_the_end(self):
        with Server(None, *QUICK, *PROXIED, "--auth-registrations-per-address", "1") as server:
            Account.first(server)
            tried = [login(server, "ann", "a guess", X_Forwarded_For=f"2001:db8:1:{i * 0x101:x}::1").status for i in range(130)]
            self.assertEqual(set(tried), {401, 429})
            self.assertLess(tried.count(401), 100)
            made = [register(server, f"user{i}", X_Forwarded_For=f"2001:db8:2:{i * 0x101:x}::1") for i in range(24)]
            self.assertEqual([answer.status for answer in made].count(201), 16)
            server.sql("DELETE FROM login_failures WHERE failures >= 50")  # the flood's, or the next one is told to wait first
            self.assertEqual(login(server, "ann", X_Forwarded_For="2001:db8:9::1").status, 200)

    def test_guesses_at_the_current_password_are_counted_though_they_come_at_once(self):
        with Server(None, *QUICK) as server:
            account = Account.first(server)
            change = {"current_password": "a guess", "new_password": "whatever it is"}
            with concurrent.futures.ThreadPoolExecutor(20) as crowd:
                statuses = list(crowd.map(lambda _: account.ask("POST", "/api/v1/auth/password", change).status, range(60)))
            self.assertLessEqual(statuses.count(422), 20)
            self.assertEqual(set(statuses), {422, 429})

    def test_long_names_are_not_kept(self):
        with Server(None, *QUICK) as server:
            Account.first(server)
            self.assertEqual(login(server, "x" * 10_000).status, 401)
            self.assertEqual(server.post("/api/v1/auth/password/reset", {"email": "x" * 10_000 + "@x"}).status, 422)

    def test_a_proxy_is_believed_only_when_it_is_trusted(self):
        for trusted in (True, False):
            options = ("--trusted-proxies", "127.0.0.0/8") if trusted else ()
            with Server(None, *QUICK, "--auth-logins-per-address", "3", *options) as server:
                Account.first(server)
                statuses = [login(server, "nobody", X_Forwarded_For=f"198.51.100.{i}").status for i in range(5)]
                self.assertEqual(statuses.count(429) == 0, trusted, statuses)
                if trusted:  # what a client puts before its own address is not looked at
                    more = [login(server, "nobody", X_Forwarded_For=f"203.0.113.{i}, 198.51.100.9").status for i in range(5)]
                    self.assertIn(429, more)


class Registration(unittest.TestCase):
    def test_the_list_says_who_may_have_an_account(self):
        options = ("--auth-registration", "allow_list", "--auth-allowed-emails", " Carl@Example.COM ,@friends.example")
        with Server(None, *QUICK, *UNLIMITED, *options) as server:
            Account.first(server)
            self.assertEqual(register(server, "carl", email=" carl@example.com ").status, 201)
            self.assertEqual(register(server, "dora", email="Dora@Friends.example").status, 201)
            self.assertEqual(register(server, "eve", email="eve@notfriends.example").status, 403)
            # Anybody may have written that address.
            self.assertEqual(login(server, "carl").status, 403)
            confirm(server, "carl@example.com")
            self.assertEqual(login(server, "carl").status, 200)

    def test_who_is_taken_off_the_list_is_out(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "zoetrope.toml"
            write = lambda emails: file.write_text(f'[auth]\nregistration = "allow_list"\nallowed_emails = {emails}\n')
            write(["carl@example.com", "dora@example.com"])
            with Server(None, *QUICK, *UNLIMITED, "--auth-cache-ttl", "1", "--config", str(file)) as server:
                admin = Account.first(server)
                for name in ("carl", "dora"):
                    self.assertEqual(register(server, name).status, 201)
                    confirm(server, f"{name}@example.com")
                tokens = {name: login(server, name).json()["access_token"] for name in ("carl", "dora")}
                made = server.ask("POST", "/api/v1/api-keys", '{"name": "k", "scopes": ["todo"]}', {**bearer(tokens["carl"]), "Content-Type": "application/json"})
                todo = lambda credential: server.ask("GET", "/api/v1/todo", headers=bearer(credential)).status
                key = made.json()["key"]
                self.assertEqual((todo(key), todo(tokens["carl"])), (200, 200))
                write(["dora@example.com"])
                server.process.send_signal(signal.SIGHUP)
                wait_for(lambda: (todo(key), todo(tokens["carl"])) == (401, 401), "carl's end")
                self.assertEqual((login(server, "carl").status, login(server, "dora").status, todo(tokens["dora"])), (403, 200, 200))
                self.assertEqual(admin.ask("GET", "/api/v1/users").status, 200, "an administrator does not shut the door behind")

    def test_the_list_is_read_again_without_a_restart(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "zoetrope.toml"
            file.write_text('[auth]\nregistration = "closed"\n')
            with Server(None, *QUICK, *UNLIMITED, "--config", str(file)) as server:
                Account.first(server)
                self.assertEqual(register(server, "carl").status, 403)
                file.write_text('[auth]\nregistration = "allow_list"\nallowed_emails = ["Carl@Example.com"]\n')
                server.process.send_signal(signal.SIGHUP)
                wait_for(lambda: register(server, "carl").status == 201, "the new list")
                self.assertEqual(register(server, "dora").status, 403)
                file.write_text('[auth]\nregistration = "everybody"\n')
                server.process.send_signal(signal.SIGHUP)
                wait_for(lambda: b"auth-registration" in b"".join(server.said), "the complaint")
                self.assertEqual(server.get("/api/v1/auth").json()["registration"], "allow_list", "nothing has changed")

    def test_closed_means_closed(self):
        with Server(None, *QUICK, "--auth-registration", "closed") as server:
            Account.first(server)
            self.assertEqual(register(server, "carl").status, 403)


class Refreshes(unittest.TestCase):
    def test_one_user_refreshes_only_so_often_whatever_the_device(self):
        with Server(None, *QUICK, *UNLIMITED, "--auth-refreshes-per-account", "3") as server:
            account, other = Account.first(server), Account(server, "bob")
            devices = [account.sign_in()["refresh_token"] for _ in range(4)]
            answers = [refresh(server, token) for token in devices]
            self.assertEqual([answer.status for answer in answers], [200, 200, 200, 429])
            self.assertGreater(int(answers[3].headers["retry-after"]), 0)
            self.assertEqual(refresh(server, other.tokens["refresh_token"]).status, 200, "somebody else")

    def test_a_known_device_has_refreshes_and_resets_of_its_own(self):
        with Server(None, *QUICK, "--auth-refreshes-per-address", "3", "--auth-resets-per-address", "3") as server:
            account = Account.first(server)
            device = {"Cookie": f"zt_device={browser_cookies(server, 'ann')['zt_device']}"}
            ask = lambda **headers: server.post("/api/v1/auth/refresh", {"refresh_token": account.tokens["refresh_token"]}, **headers).status
            reset = lambda name, **headers: server.post("/api/v1/auth/password/reset", {"email": f"{name}@example.com"}, **headers).status
            self.assertEqual([refresh(server, f"junk{i}").status for i in range(4)], [401, 401, 401, 429])
            self.assertEqual((ask(), ask(**device)), (429, 200))
            self.assertEqual([reset(f"nobody{i}") for i in range(4)], [204, 204, 204, 429])
            self.assertEqual((reset("ann"), reset("ann", **device)), (429, 204))
            body = json.dumps({"token": "no link", "new_password": "a new password"})
            used = server.ask("PUT", "/api/v1/auth/password/reset", body, {"Content-Type": "application/json"})
            self.assertEqual(used.status, 422, "a link is looked at, however many mails others asked for")


def statements(server):
    """How often each statement of accounts was run, but for those that run by themselves."""
    lines = server.get("/metrics").body.decode().splitlines()
    counts = {line.split(" ")[0]: int(line.split(" ")[1]) for line in lines if line.startswith("db_statement_duration_seconds_count")}
    return {name: count for name, count in counts.items() if "accounts." in name and not re.search("signing|any|clean|limit|lately_erased|access_changes", name)}


def more(after, before):
    return {name: count - before.get(name, 0) for name, count in after.items() if count != before.get(name, 0)}


class Reads(unittest.TestCase):
    def test_who_is_known_is_not_looked_up_again(self):
        with Server(None, *QUICK, "--io-threads", "1") as server:
            account = Account.first(server)
            key = account.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": ["todo"]}).json()["key"]
            me = [lambda: account.ask("GET", "/api/v1/auth/me"), lambda: server.ask("GET", "/api/v1/auth/me", headers=bearer(key))]
            for each in me:
                self.assertEqual(each().status, 200)
            wait_for(lambda: server.sql("SELECT id FROM tasks") == [], "the end of what runs by itself: mails, clean-ups")
            before = statements(server)
            self.assertTrue(any("standing" in name for name in before), before)
            for each in me * 20:
                self.assertEqual(each().status, 200)
            self.assertEqual(more(statements(server), before), {})

    def test_a_refresh_token_that_comes_again_is_not_looked_up_again(self):
        with Server(None, *QUICK, *UNLIMITED) as server:
            account = Account.first(server)
            used, other = account.tokens["refresh_token"], login(server, account.name).json()
            ended = other["refresh_token"]
            self.assertEqual(server.ask("POST", "/api/v1/auth/logout", headers=bearer(other["access_token"])).status, 204)
            first = refresh(server, used).json()["refresh_token"]
            for token in (ended, "nobody's token"):
                self.assertEqual(refresh(server, token).status, 401)
            before = statements(server)
            self.assertTrue(any("refresh_token" in name for name in before), before)
            for _ in range(5):
                self.assertEqual(refresh(server, used).json()["refresh_token"], first, "a second tab goes down the same line")
                for token in (ended, "nobody's token"):
                    self.assertEqual(refresh(server, token).status, 401)
            self.assertEqual(more(statements(server), before), {})


class Hashes(unittest.TestCase):
    def test_passwords_of_bcrypt_work_and_are_hashed_anew(self):
        with Server(None, *QUICK, *UNLIMITED, "--auth-password-hash", "bcrypt", "--auth-bcrypt-cost", "4") as server:
            account = Account.first(server)
            long = register(server, "carl", password="x" * 73)
            self.assertEqual((long.status, long.json()["errors"][0]["field"]), (422, "password"))
            self.assertEqual(register(server, "dora", password="nul\u0000inside").status in (400, 422), True)
            server.stop()
            server.options = tuple(word for word in server.options if word not in ("--auth-password-hash", "bcrypt"))
            server.start()
            self.assertTrue(self.hash_of_first(server).startswith("$2b$04$"))
            account.sign_in()
            self.assertTrue(self.hash_of_first(server).startswith("$argon2id$"))
            account.sign_in()

    def hash_of_first(self, server):
        return server.sql("SELECT password_hash FROM users WHERE id = 1")[0][0]


class Secrets(unittest.TestCase):
    def test_no_password_and_no_token_is_ever_logged(self):
        with Server(None, *QUICK, *UNLIMITED, "--log-level", "debug") as server:
            account = Account.first(server, "ann")
            secrets = [PASSWORD, account.tokens["access_token"], account.tokens["refresh_token"]]
            key = account.ask("POST", "/api/v1/api-keys", {"name": "ci", "scopes": ["todo"]}).json()["key"]
            login(server, "ann", "a wrong password")
            server.ask("GET", "/api/v1/todo", headers=bearer(key))
            refresh(server, account.tokens["refresh_token"])
            server.get("/api/v1/todo?access_token=" + account.tokens["access_token"])
            server.stop()
            wait_for(lambda: not server.process.poll() is None, "its end")
            said = b"".join(server.said).decode() + "".join(server.printed)
            self.assertIn("/api/v1/auth/login", said)
            for secret in [*secrets, key, "a wrong password"]:
                self.assertNotIn(secret, said)


if __name__ == "__main__":
    unittest.main()

"""Before there are accounts: who is let in, and who is not, by what the connection and the request show."""
import contextlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
import unittest

from support import BINARY, PATIENCE_S, Account, Server, ServerTest, wait_for

NOBODY = 65534
BROWSER = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
# One request, from a process of another user: its status and body.
STRANGER = """
import http.client, json, sys
port, headers = json.loads(sys.argv[1])
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
connection.request("GET", "/api/v1/todo", headers=headers)
answer = connection.getresponse()
print(answer.status, answer.read().decode())
"""


def talk(server, request, family=socket.AF_INET, address="127.0.0.1"):
    """Raw bytes; what comes back until the server closes."""
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE_S)
        connection.connect((address, server.port))
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def status_of(answer):
    return int(answer.split(" ")[1])


def link_of(server):
    return wait_for(lambda: re.search(r"http://\S+/open#(\S+)", "".join(server.printed)), "the link")


def opened(server, token=None, **headers):
    return server.post("/api/v1/auth/local", {"token": token or link_of(server)[1]}, **{**headers, "Sec_Fetch_Site": "same-origin"})


def cookie_of(server):
    answer = opened(server)
    assert answer.status == 204, answer.body
    return {"Cookie": answer.headers["set-cookie"].split(";")[0]}


class LocalMode(ServerTest):
    options = ("--public-host", "zoetrope.example", "--cors-origins", "https://app.example")

    def todo(self, **headers):
        return self.server.ask("GET", "/api/v1/todo", headers={name.replace("_", "-"): text for name, text in headers.items()})

    def test_a_program_of_the_same_user_needs_nothing(self):
        self.assertEqual(self.todo().status, 200)
        request = b"GET /api/v1/todo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        self.assertEqual(status_of(talk(self.server, request)), 200)
        self.assertEqual(status_of(talk(self.server, request, socket.AF_INET6, "::ffff:127.0.0.1")), 200, "an IPv4 peer on a socket of IPv6")

    def test_what_shows_a_proxy_is_refused_with_or_without_a_session(self):
        cookie = cookie_of(self.server)
        signs = ("Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Server", "X-Real-IP", "CF-Connecting-IP",
                 "CF-Ray", "True-Client-IP", "X-Client-IP", "Client-IP", "CDN-Loop", "X-Original-Forwarded-For", "X-Envoy-External-Address",
                 "X-Azure-ClientIP", "Tailscale-User-Login", "Fly-Client-IP")
        for sign in signs:
            for headers in ({}, {**cookie, **BROWSER}):
                with self.subTest(sign, session=bool(headers)):
                    answer = self.todo(**headers, **{sign: "1.1 proxy"})
                    self.assertEqual(answer.status, 403)
                    self.assertIn(sign, answer.json()["detail"])
        # nginx's `proxy_pass`, as it is without any other setting.
        for more in ("", f"Cookie: {cookie['Cookie']}\r\n"):
            bare = f"GET /api/v1/todo HTTP/1.0\r\nHost: 127.0.0.1:{self.server.port}\r\nConnection: close\r\n{more}\r\n"
            answer = talk(self.server, bare.encode())
            self.assertEqual(status_of(answer), 403)
            self.assertIn("HTTP/1.0", answer)

    @unittest.skipUnless(os.geteuid() == 0, "another user's process can only be started by root")
    def test_a_process_of_another_user_is_not_let_in_by_what_it_sends(self):
        """Some proxies add no header and pass on the Host that they were sent: only their user tells."""

        def ask(**headers):
            words = [sys.executable, "-c", STRANGER, json.dumps([self.server.port, headers])]
            done = subprocess.run(words, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", capture_output=True, text=True, timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        for headers in ({}, {"Host": "localhost"}, {"Authorization": "Bearer x"}, {"Origin": "https://app.example"}):
            answer = ask(**headers)
            self.assertTrue(answer.startswith("401 "), answer)
            self.assertIn("programs of the user who runs it", answer)
        self.assertTrue(ask(**cookie_of(self.server)).startswith("200 "), "the link is what lets a person in, whoever they are here")

    def test_a_browser_needs_the_link(self):
        for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
                        {"Origin": f"http://127.0.0.1:{self.server.port}"}, {"Cookie": "a=b"}, {"User-Agent": "Mozilla/5.0 (X11; Linux)"}):
            with self.subTest(headers):
                answer = self.todo(**headers)
                self.assertEqual(answer.status, 401)
                self.assertIn("zoetrope link", answer.json()["detail"])
        for token, expected in (("guessed", 403), (link_of(self.server)[1][:-1], 403), ("", 403), (7, 422), (None, 422)):
            answer = self.server.post("/api/v1/auth/local", {} if token is None else {"token": token}, Sec_Fetch_Site="same-origin")
            self.assertEqual((answer.status, "set-cookie" in answer.headers), (expected, False), token)
        elsewhere = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}
        self.assertEqual(self.server.post("/api/v1/auth/local", {"token": link_of(self.server)[1]}, **elsewhere).status, 403)
        answer = opened(self.server)
        self.assertEqual(answer.status, 204)
        self.assertRegex(answer.headers["set-cookie"], r"^zt_local=\S{43}; Path=/; Max-Age=\d+; HttpOnly; SameSite=Strict$")
        self.assertNotIn(link_of(self.server)[1], answer.headers["set-cookie"], "what scripts can see is not what lets in")
        cookie = cookie_of(self.server)
        self.assertEqual(self.todo(**cookie, **BROWSER).status, 200)
        planted = {"Cookie": f"zt_local=by another port; {cookie['Cookie']}; zt_local="}
        self.assertEqual(self.todo(**planted, **BROWSER).status, 200)
        made = self.server.post("/api/v1/todo", {"title": "by a browser"}, **cookie, Origin=f"http://127.0.0.1:{self.server.port}")
        self.assertEqual(made.status, 201)
        for wrong in (cookie["Cookie"][:-1], cookie["Cookie"] + "x", "zt_local=", "zt_local=" + link_of(self.server)[1]):
            self.assertEqual(self.todo(Cookie=wrong, **BROWSER).status, 401)

    def test_pages_of_other_sites_may_not_even_read(self):
        cookie = cookie_of(self.server)
        for site in ("cross-site", "same-site"):  # of the same site is a page of any other port of this machine
            for mode, dest in (("no-cors", "image"), ("cors", "empty"), ("navigate", "iframe")):
                headers = {**cookie, "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
                self.assertEqual(self.todo(**headers).status, 403, headers)
            followed = {**cookie, "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
            self.assertEqual(self.todo(**followed).status, 200, "a link that somebody follows")
        invited = {"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
        self.assertEqual(self.todo(**invited).status, 200)
        self.assertEqual(self.todo(**{**invited, "Origin": "https://evil.example"}).status, 403)

    def test_probes_are_answered_whatever_they_call_the_server(self):
        for address in ("/health", "/api/v1/health", "/health/ready", "/api/v1/health/ready", "/readiness", "//health", "/he%61lth"):
            for head in ("HTTP/1.0\r\n", "HTTP/1.1\r\nHost: 10.42.0.7:8080\r\nConnection: close\r\n", "HTTP/1.1\r\nHost: zoetrope.svc\r\nConnection: close\r\n"):
                with self.subTest(address=address, head=head):
                    answer = talk(self.server, f"GET {address} {head}\r\n".encode())
                    self.assertEqual(status_of(answer), 200, answer)
                    self.assertNotIn("set-cookie", answer.lower())
        for address in ("/api/v1/todo", "/", "/metrics"):
            answer = talk(self.server, f"GET {address} HTTP/1.1\r\nHost: 10.42.0.7\r\nConnection: close\r\n\r\n".encode())
            self.assertGreaterEqual(status_of(answer), 400, address)

    def test_for_another_name_than_a_loopback_one_a_session_is_needed(self):
        self.assertEqual(self.todo(Host="zoetrope.example").status, 401)
        self.assertEqual(self.todo(Host="zoetrope.example", **cookie_of(self.server)).status, 200)

    def test_the_command_line_prints_the_link(self):
        def link():
            return subprocess.run([BINARY, "link", "--data", str(self.server.data)], capture_output=True, text=True, timeout=PATIENCE_S)

        self.assertEqual((link().returncode, link().stdout.strip()), (0, link_of(self.server)[0]))
        self.assertEqual(stat.S_IMODE((self.server.data / "link").stat().st_mode), 0o600)
        with Server() as other:
            other.stop()
            done = subprocess.run([BINARY, "link", "--data", str(other.data)], capture_output=True, text=True, timeout=PATIENCE_S)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("zoetrope serve", done.stderr)


class Sessions(unittest.TestCase):
    def test_a_session_outlives_the_server_and_ends_with_the_first_account(self):
        with Server() as server:
            cookie = cookie_of(server)
            server.kill()
            server.start()
            self.assertEqual(server.ask("GET", "/api/v1/todo", headers={**cookie, **BROWSER}).status, 200)
            with contextlib.closing(socket.create_connection(("127.0.0.1", server.port))) as known:
                known.sendall(b"GET /api/v1/todo HTTP/1.1\r\nHost: localhost\r\n\r\n")
                self.assertIn(b"200 OK", known.recv(65536))
                Account.first(server)
                known.sendall(b"GET /api/v1/todo HTTP/1.1\r\nHost: localhost\r\n\r\n")
                self.assertIn(b"401 Unauthorized", known.recv(65536))
            self.assertEqual(server.ask("GET", "/api/v1/todo", headers={**cookie, **BROWSER}).status, 401)
            self.assertEqual(opened(server).status, 409)

    def test_a_declared_proxy_is_let_in_by_nothing_but_a_session(self):
        with Server(None, "--trusted-proxies", "127.0.0.1") as server:
            self.assertEqual(server.get("/api/v1/todo").status, 401)
            self.assertEqual(server.ask("GET", "/api/v1/todo", headers={**cookie_of(server), **BROWSER}).status, 200)


if __name__ == "__main__":
    unittest.main()

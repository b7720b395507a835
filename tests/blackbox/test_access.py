"""Who may call what: every route of the server, asked by everybody. A route without a row here fails."""
import datetime
import email.utils
import http.client
import json
import unittest

from support import Account, Server, small_photo, wait_for

PUBLIC = {
    "GET /.well-known/jwks.json", "GET /api/v1/auth", "POST /api/v1/auth/local", "POST /api/v1/auth/login", "POST /api/v1/auth/logout",
    "POST /api/v1/auth/refresh", "POST /api/v1/auth/register", "POST /api/v1/auth/password/reset",
    "PUT /api/v1/auth/password/reset", "POST /api/v1/auth/email/verify", "GET /api/v1/health", "GET /api/v1/health/ready",
    "GET /health", "GET /health/ready", "GET /openapi.json", "GET /readiness",
}
# Shut to strangers, but this machine's own monitoring needs no account.
OPEN_TO_THIS_MACHINE = {"GET /metrics"}

TODO = {"title": "a todo"}


class Row:
    """`own`: what the owner gets. `other`: another member, of something of the owner's. `admin`: an administrator, who owns
    no more than others. `key`: a key of the owner's for the route's family; `wrong_key`: for another one. `upload`: the field
    that takes a picture. `query`: parameters."""

    def __init__(self, own, other=None, admin=None, key=None, wrong_key=403, body=None, upload=None, query=""):
        self.own, self.other, self.admin = own, other or own, admin or other or own
        self.key, self.wrong_key = key or own, wrong_key
        self.body, self.upload, self.query = body, upload, query


def only_admins(own, **more):
    return Row(403, 403, own, key=403, **more)


def mine(own, **more):
    """Somebody else's does not even exist."""
    return Row(own, 404, 404, **more)


def no_keys(own, **more):
    return Row(own, key=403, **more)


# {name} in a path or body is something of the owner's, made anew for each who asks.
ROWS = {
    "GET /api/v1/admin/audit": only_admins(200),
    "GET /api/v1/admin/capacity": only_admins(200),
    "GET /api/v1/admin/db-pool": only_admins(200),
    "GET /api/v1/admin/flags": only_admins(200),
    "GET /api/v1/admin/pools": only_admins(200),
    "PUT /api/v1/admin/pools": only_admins(200, body=[]),
    "DELETE /api/v1/admin/pools/{queue}": only_admins(200),
    "GET /api/v1/admin/queues": only_admins(200),
    "POST /api/v1/admin/queues/{queue}/pause": only_admins(200),
    "POST /api/v1/admin/queues/{queue}/resume": only_admins(200),
    "GET /api/v1/admin/schedules": only_admins(200),
    "PUT /api/v1/admin/schedules/{schedule}": only_admins(200, body={"cron": "30 3 * * *"}),
    "GET /api/v1/admin/tasks": only_admins(200),
    "GET /api/v1/admin/tasks/{task}": only_admins(200),
    "POST /api/v1/admin/tasks/retry": only_admins(200, body={}),
    "POST /api/v1/admin/tasks/{task}/retry": only_admins(409),
    "PUT /api/v1/admin/flags/{flag}": only_admins(200, body={"enabled": True}),
    "GET /api/v1/api-keys": no_keys(200),
    "POST /api/v1/api-keys": no_keys(201, body={"name": "another", "scopes": ["todo"]}),
    "DELETE /api/v1/api-keys/{api_key}": Row(204, 404, 404, key=403),
    "GET /api/v1/assets": Row(200),
    "POST /api/v1/assets": Row(201, upload="file"),
    "GET /api/v1/assets/usage": Row(200),
    "DELETE /api/v1/assets/{asset}": mine(204),
    "GET /api/v1/assets/{asset}": mine(200),
    "GET /api/v1/assets/{asset}/content": mine(200),
    "GET /api/v1/auth/audit": no_keys(200),
    "GET /api/v1/auth/export": no_keys(200),
    "POST /api/v1/auth/erase": no_keys(422, body={"password": "not the password"}),
    "POST /api/v1/auth/email/mail": no_keys(204),
    "POST /api/v1/auth/logout-all": no_keys(204, query="?end_api_keys=false"),  # the keys are asked after it
    "GET /api/v1/auth/me": Row(200, wrong_key=200),
    "POST /api/v1/auth/password": no_keys(204, body={"current_password": "{password}", "new_password": "{password}"}),
    "GET /api/v1/auth/sessions": no_keys(200),
    "DELETE /api/v1/auth/sessions": no_keys(204),
    "GET /api/v1/auth/sessions/{session}": Row(200, 404, 404, key=403),
    "DELETE /api/v1/auth/sessions/{session}": Row(204, 404, 404, key=403),
    "GET /api/v1/events": Row(200),
    "GET /api/v1/generations": Row(200),
    "POST /api/v1/generations": Row(202, 422, 422, body={"model": "local/relief", "inputs": {"image": "{asset}"}}),
    "GET /api/v1/generations/{generation}": mine(200),
    "POST /api/v1/generations/{generation}/cancel": mine(200),
    "POST /api/v1/generations/{generation}/retry": mine(409),
    "GET /api/v1/models": Row(200),
    "DELETE /api/v1/models/{model}": only_admins(204),
    "GET /api/v1/pipelines": Row(200),
    "POST /api/v1/upload/batch": Row(202, upload="files"),
    "GET /api/v1/status": Row(422),  # without ids; test_batches asks for others' ones
    "GET /api/v1/status/{batch}": mine(200),
    "POST /api/v1/status/{batch}/cancel": mine(200),
    "GET /api/v1/status/{batch}/download": mine(409),
    "GET /api/v1/status/{batch}/events": mine(200),
    "POST /api/v1/status/{batch}/retry": mine(409),
    "GET /api/v1/todo": Row(200),
    "POST /api/v1/todo": Row(201, body=TODO),
    "DELETE /api/v1/todo/bulk": mine(204, body={"ids": ["{todo}"]}),
    "PATCH /api/v1/todo/bulk": mine(200, body={"ids": ["{todo}"], "changes": {"completed": True}}),
    "POST /api/v1/todo/bulk": Row(201, body=[TODO]),
    "DELETE /api/v1/todo/{todo}": mine(204),
    "GET /api/v1/todo/{todo}": mine(200),
    "PATCH /api/v1/todo/{todo}": mine(200, body={"completed": True}),
    "PUT /api/v1/todo/{todo}": mine(200, body=TODO),
    "GET /api/v1/workers": only_admins(200),
    "POST /api/v1/workers": only_admins(422, body={"name": "w", "models": []}),
    "DELETE /api/v1/workers/{worker}": only_admins(204),
    "POST /api/v1/workers/{worker}/claim": only_admins(200, body={"wait_s": 0}),
    "POST /api/v1/workers/{worker}/heartbeat": only_admins(200, body={}),
    "GET /api/v1/workers/{worker}/tasks/{worker}/inputs/{worker}": only_admins(409),
    "POST /api/v1/workers/{worker}/tasks/{worker}/complete": only_admins(409, upload="picture"),
    "POST /api/v1/workers/{worker}/tasks/{worker}/fail": only_admins(409, body={"error": "it cannot"}),
    "GET /api/v1/users": only_admins(200),
    "DELETE /api/v1/users/{user}": only_admins(204),
    "PATCH /api/v1/users/{user}": only_admins(200, body={}),
}

# What a path's parameter is, by the route's family; the description of the API calls most of them `id`.
THINGS = {"api-keys": "api_key", "assets": "asset", "auth": "session", "generations": "generation", "models": "model", "status": "batch", "todo": "todo", "workers": "worker",
          "users": "user", "flags": "flag", "queues": "queue", "pools": "queue", "schedules": "schedule", "tasks": "task"}
SCOPES = ["assets", "generations", "pipelines", "models", "events", "todo", "users", "workers", "admin"]


def routes(server):
    for pattern, methods in server.get("/openapi.json").json()["paths"].items():
        for method in methods:
            parts = pattern.split("/")
            family = parts[4 if parts[3:4] == ["admin"] else 3] if len(parts) > 3 else None
            named = ["{" + THINGS[family] + "}" if part.startswith("{") else part for part in parts]
            yield method.upper() + " " + "/".join(named)


class Access(unittest.TestCase):
    victims = 0

    @classmethod
    def setUpClass(cls):
        # Nothing runs, so that a generation can be cancelled whoever comes first.
        cls.server = Server(None, "--workers", "none", "--auth-argon2-passes", "1", "--auth-argon2-memory", "8",
                            "--auth-logins-per-address", "0", "--auth-logins-per-account", "0",
                            "--auth-registrations-per-address", "0", "--workers-per-user", "1000")
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__)
        cls.admin = Account.first(cls.server, "admin")
        cls.owner, cls.other = Account(cls.server, "owner"), Account(cls.server, "other")
        key = lambda scopes, **more: cls.owner.ask("POST", "/api/v1/api-keys", {"name": "k", "scopes": scopes, **more}).json()["key"]
        cls.all_key = key(SCOPES)
        cls.keys = {scope: key([scope]) for scope in SCOPES}
        soon = cls.server.get("/api/v1/auth").headers["date"]  # the server's own clock
        end = (email.utils.parsedate_to_datetime(soon) + datetime.timedelta(seconds=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
        cls.expired_key = key(SCOPES, expires_at=end)
        cls.asset = cls.upload()
        wait_for(lambda: cls.with_key(cls.expired_key, "GET", "/api/v1/auth/me").status == 401, "the key's end")

    @classmethod
    def upload(cls):
        answer = cls.send("POST", "/api/v1/assets", Row(201, upload="file"), cls.owner.bearer)
        assert answer.status == 201, answer.body
        return answer.json()["id"]

    @classmethod
    def send(cls, method, path, row, headers):
        if row.upload:
            head = f'--b\r\nContent-Disposition: form-data; name="{row.upload}"; filename="p.jpg"\r\n\r\n'.encode()
            body = head + small_photo() + b"\r\n--b--\r\n"
            return cls.server.ask(method, path, body, {**headers, "Content-Type": "multipart/form-data; boundary=b"})
        if row.body is None:
            return cls.server.ask(method, path, headers=headers)
        return cls.server.ask(method, path, json.dumps(row.body), {**headers, "Content-Type": "application/json"})

    @classmethod
    def with_key(cls, key, method, path):
        return cls.server.ask(method, path, headers={"Authorization": "Bearer " + key})

    def thing(self, name):
        """Something of the owner's."""
        owner = self.owner
        if name == "todo":
            return owner.ask("POST", "/api/v1/todo", TODO).json()["id"]
        if name == "generation":
            wanted = {"model": "local/relief", "inputs": {"image": self.asset}}
            return owner.ask("POST", "/api/v1/generations", wanted).json()["id"]
        if name == "batch":
            return self.send("POST", "/api/v1/upload/batch", Row(202, upload="files"), owner.bearer).json()["job_id"]
        if name == "model":
            self.admin.ask("DELETE", f"/api/v1/workers/{self.thing('worker')}")
            for each in self.admin.ask("GET", "/api/v1/workers").json():  # a live one keeps its models
                self.admin.ask("DELETE", f"/api/v1/workers/{each['id']}")
            return "test%2Fnothing"
        if name == "worker":
            model = {"id": "test/nothing", "name": "Nothing", "provider": "remote", "produces": "image", "generative": False,
                     "description": "", "inputs": {"type": "object", "required": [], "properties": {}}}
            return self.admin.ask("POST", "/api/v1/workers", {"name": "w", "models": [model]}).json()["id"]
        if name == "api_key":
            return owner.ask("POST", "/api/v1/api-keys", {"name": "thing", "scopes": ["todo"]}).json()["id"]
        if name == "session":
            self.server.post("/api/v1/auth/login", {"username": owner.name, "password": owner.password})
            return next(s["id"] for s in owner.ask("GET", "/api/v1/auth/sessions").json() if not s["current"])
        if name == "victim":
            self.victims += 1
            return Account(self.server, f"victim{self.victims}").id
        if name == "spare":
            return self.upload()
        if name == "task":
            self.thing("generation")
            return self.admin.ask("GET", "/api/v1/admin/tasks?limit=1").json()[0]["id"]
        return {"asset": self.asset, "user": owner.id, "flag": "bulk", "queue": "maintenance", "schedule": "queue.clean_up", "password": owner.password}[name]

    def fill(self, value):
        if isinstance(value, dict):
            return {key: self.fill(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each) for each in value]
        if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
            return self.thing(value[1:-1])
        return value

    def status(self, route, row, headers):
        method, path = route.split(" ")
        if method == "DELETE":  # somebody whom nobody misses
            path = path.replace("{user}", "{victim}").replace("{asset}", "{spare}")
        path = "/".join(str(self.fill(part)) for part in path.split("/"))
        if path.endswith("/events"):  # an endless answer: its head is enough
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
            connection.request("GET", path, headers=headers)
            status = connection.getresponse().status
            connection.close()
            return status
        return self.send(method, path + row.query, Row(row.own, body=self.fill(row.body), upload=row.upload), headers).status

    def test_every_route_answers_everybody_as_its_row_says(self):
        listed = set(routes(self.server))
        self.assertEqual(listed, PUBLIC | OPEN_TO_THIS_MACHINE | set(ROWS), "a row for each route, a route for each row")
        for route, row in ROWS.items():
            family = route.split("/")[3]
            wrong = "assets" if family != "assets" else "todo"
            asked = [
                ("nobody", 401, lambda: {}),
                ("a made-up token", 401, lambda: {"Authorization": "Bearer made.up.token"}),
                ("an expired key", 401, lambda: {"Authorization": "Bearer " + self.expired_key}),
                ("a key for something else", row.wrong_key, lambda: {"Authorization": "Bearer " + self.keys[wrong]}),
                ("another member", row.other, lambda: self.other.bearer),
                ("an administrator", row.admin, lambda: self.admin.bearer),
                ("a key", row.key, lambda: {"Authorization": "Bearer " + self.all_key}),
                ("the owner", row.own, lambda: self.owner.bearer),
            ]
            for who, expected, headers in asked:
                with self.subTest(route, who=who):
                    self.assertEqual(self.status(route, row, headers()), expected)
                    if route.split("/")[-1] in ("logout-all", "password", "sessions"):
                        for account in (self.owner, self.other, self.admin):
                            account.sign_in()

    def test_what_is_public_needs_nobody(self):
        for route in PUBLIC:
            method, path = route.split(" ")
            with self.subTest(route):
                answer = self.send(method, path, Row(200, body=None if method == "GET" else {}), {})
                if route == "POST /api/v1/auth/refresh":  # its own credential is what is missing
                    self.assertEqual((answer.status, answer.json()["detail"]), (401, "There is no refresh token. Sign in."))
                else:
                    self.assertNotIn(answer.status, (401, 403, 404, 405))

    def test_what_is_for_this_machine_is_shut_to_the_rest(self):
        options = ("--trusted-proxies", "127.0.0.1", "--auth-argon2-passes", "1", "--auth-argon2-memory", "8")
        with Server(None, *options) as server:
            admin = Account.first(server)
            for route in OPEN_TO_THIS_MACHINE:
                path = route.split(" ")[1]
                self.assertEqual(server.get(path).status, 200)
                self.assertEqual(server.get(path, X_Forwarded_For="198.51.100.7").status, 401)
                self.assertEqual(server.get(path, X_Forwarded_For="127.0.0.1").status, 401)
                self.assertEqual(server.get(path, Forwarded="for=127.0.0.1").status, 401)
                made = admin.ask("POST", "/api/v1/api-keys", {"name": "monitoring", "scopes": ["admin"]}).json()["key"]
                for credential in (admin.bearer, {"Authorization": "Bearer " + made}):
                    forwarded = {**credential, "X-Forwarded-For": "198.51.100.7"}
                    self.assertEqual(server.ask("GET", path, headers=forwarded).status, 200)


if __name__ == "__main__":
    unittest.main()

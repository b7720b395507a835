"""A server with people, keys and things on it. It is made anew when a request has ended it."""
import contextlib
import itertools
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blackbox"))
import support  # noqa: E402
from client import Client  # noqa: E402
from forms import closed, part, png  # noqa: E402
from models import GONE_MODEL, HELD_MODEL, worker  # noqa: E402
from values import Thing  # noqa: E402

ROLES = ("anonymous", "member", "admin", "key", "worker")
SCOPES = ["assets", "generations", "pipelines", "models", "events", "todo", "users", "workers", "admin"]
DEATH_S = 20  # until a dying process has written its report
# No limit of requests may stand between this test and the handlers: behind a proxy, each request comes from an address of its own.
# Nothing is rendered, so that nothing else needs the processor.
OPTIONS = {
    "workers": "none", "worker-patience": "3600", "auth-logins-per-address": "0", "auth-logins-per-account": "0", "auth-registrations-per-address": "0",
    "auth-refreshes-per-address": "0", "auth-refreshes-per-account": "0", "auth-resets-per-address": "1000000", "auth-resets-per-account": "1000000",
    "auth-exports-per-account": "1000000", "auth-keys-per-account": "1000000", "trusted-proxies": "127.0.0.1",
    "workers-per-user": "10000", "streams-per-user": "10000", "storage-per-user": "0", "disk-reserve": "0",
}
# Words of a sanitizer, or of a server that did not expect what it met.
ALARMS = (b"ERROR: AddressSanitizer", b"runtime error:", b"LeakSanitizer", b"Sanitizer:", b" failed: ", b"terminate called", b"Assertion")


class World:
    """One server, and who may ask it: an administrator, two members, and an API key of each kind."""

    names, addresses = itertools.count(1), itertools.count(1)

    def __init__(self):
        self.server = support.Server(None, *itertools.chain(*(("--" + name, value) for name, value in OPTIONS.items())))
        self.server.start()
        self.client = Client(self.server.port)
        self.is_closed = False
        self.things, self.accounts, self.keys = {}, {}, {}
        self.seen_lines = 0
        try:
            self.settle()
        except BaseException:
            self.abandon()
            raise

    def settle(self):
        self.accounts = {"admin": support.Account.first(self.server, "admin"), "member": self.new_account(), "other": self.new_account()}
        self.resolve(Thing("worker"), "admin")  # its model is there, too
        self.keys = {"key": self.new_key("member", SCOPES), "worker": self.new_key("admin", ["workers"])}

    def new_account(self):
        def register():
            with contextlib.suppress(AssertionError):  # after wrong passwords everybody at this address waits for a second or two
                return support.Account(self.server, f"contract{next(self.names)}")

        return support.wait_for(register, "a new account")

    def new_key(self, account, scopes):
        answer = self.accounts[account].ask("POST", "/api/v1/api-keys", {"name": "contract", "scopes": scopes})
        assert answer.status == 201, answer.body
        return answer.json()["key"]

    def credential(self, role):
        """The headers of a caller, and what a command shows instead of the secret."""
        if role == "anonymous":
            return [], {}
        secret = (self.keys.get(role) or self.accounts[role].tokens["access_token"]).encode()
        return [(b"Authorization", b"Bearer " + secret)], {secret: f"${role.upper()}".encode()}

    def heal(self):
        """Lets everybody in again whom a request has signed out or erased, or whose token has run out. False: not the administrator."""
        for name, account in self.accounts.items():
            if account.ask("GET", "/api/v1/auth/me").status == 200:
                continue
            if account.login(self.server) == 200:
                account.sign_in()
            elif name == "admin":
                return False
            else:
                self.accounts[name] = self.new_account()
                self.things = {}
        for role, account, scopes in (("key", "member", SCOPES), ("worker", "admin", ["workers"])):
            if self.server.ask("GET", "/api/v1/auth/me", headers={"Authorization": "Bearer " + self.keys[role]}).status != 200:
                self.keys[role] = self.new_key(account, scopes)
        return True

    def next_address(self):
        number = next(self.addresses)
        return b"10.%d.%d.%d" % (number >> 16 & 255, number >> 8 & 255, number & 255)

    def replace(self, role):
        """Somebody else takes the place of a caller who is to wait."""
        self.forget({"account_name"})
        if self.owner(role) != "admin":
            self.accounts[self.owner(role)] = self.new_account()
            self.things = {}
            self.keys["key"] = self.new_key("member", SCOPES)

    def restore_users(self):
        for (kind, _), id in self.things.items():
            if kind == "user":
                self.accounts["admin"].ask("PATCH", f"/api/v1/users/{id}", {"role": "member", "disabled": False})

    def known_models(self):
        """Those that the server brings along, and one of a worker's."""
        return self.accounts["admin"].ask("GET", "/api/v1/models").json()

    def owner(self, role):
        return {"admin": "admin", "worker": "admin", "other": "other"}.get(role, "member")

    def resolve(self, thing, role):
        """The id of a thing; made when there is none."""
        owner = "other" if thing.whose == "other" else self.owner(role)
        key = (thing.kind, owner)
        if key not in self.things:
            self.things[key] = getattr(self, "make_" + thing.kind)(self.accounts[owner])
        return self.things[key]

    def forget(self, kinds):
        """They may have been consumed: others are made when they are needed."""
        self.things = {key: id for key, id in self.things.items() if key[0] not in kinds}

    def made(self, account, path, value, status=201, field="id"):
        answer = account.ask("POST", path, value)
        assert answer.status == status, (path, answer.status, answer.body)
        return answer.json()[field]

    def make_todo(self, account):
        return self.made(account, "/api/v1/todo", {"title": "a todo"})

    def make_asset(self, account):
        def upload():
            answer = self.server.upload(png(), "p.png", headers=account.bearer)
            assert answer.status in (201, 503), answer.body  # 503: the machine is too busy to look at it in time
            return answer if answer.status == 201 else None

        return support.wait_for(upload, "an upload").json()["id"]

    def make_generation(self, account):
        return self.made(account, "/api/v1/generations", {"model": "local/relief", "inputs": {"image": self.make_asset(account)}}, 202)

    def make_batch(self, account):
        body = closed(part(b"files", png()))
        answer = self.server.ask("POST", "/api/v1/upload/batch", body, {**account.bearer, "Content-Type": "multipart/form-data; boundary=b"})
        assert answer.status == 202, answer.body
        return answer.json()["job_id"]

    def make_ended_generation(self, account):
        id = self.make_generation(account)
        return self.made(account, f"/api/v1/generations/{id}/cancel", None, 200)

    def make_ended_batch(self, account):
        id = self.make_batch(account)
        self.made(account, f"/api/v1/status/{id}/cancel", None, 200, "job_id")
        return id

    def make_session(self, account):
        account.login(self.server)
        return next(each["id"] for each in account.ask("GET", "/api/v1/auth/sessions").json() if not each["current"])

    def make_api_key(self, account):
        return self.made(account, "/api/v1/api-keys", {"name": "thing", "scopes": ["todo"]})

    def make_user(self, _):
        return self.new_account().id

    def make_refresh(self, account):
        tokens = self.server.post("/api/v1/auth/login", {"username": account.name, "password": account.password}).json()
        return tokens["refresh_token"]

    def make_account_name(self, _):
        return self.new_account().name

    def make_name(self, _):
        return f"contract{next(self.names)}"

    def make_address(self, _):
        return f"contract{next(self.names)}@example.com"

    def make_worker(self, _):
        return self.made(self.accounts["admin"], "/api/v1/workers", worker())

    def make_model(self, _):
        """One that no live worker serves."""
        self.made(self.accounts["admin"], "/api/v1/workers", worker(GONE_MODEL))
        for each in self.accounts["admin"].ask("GET", "/api/v1/workers").json():
            if GONE_MODEL in each["models"]:
                self.accounts["admin"].ask("DELETE", f"/api/v1/workers/{each['id']}")
        return GONE_MODEL

    def make_held(self, account):
        """A task that a worker runs: [worker, task, attempt]."""
        worker = self.make_worker(account)
        self.made(self.accounts["member"], "/api/v1/generations", {"model": HELD_MODEL, "inputs": {"image": self.make_asset(self.accounts["member"])}}, 202)
        answer = self.accounts["admin"].ask("POST", f"/api/v1/workers/{worker}/claim", {"wait_s": 0, "limit": 1})
        assert answer.status == 200 and answer.json(), answer.body
        return [worker, answer.json()[0]["task_id"], answer.json()[0]["attempt"]]

    def make_held_worker(self, account):
        self.things.setdefault(("held", account.name), self.make_held(account))
        return self.things["held", account.name][0]

    def make_held_task(self, account):
        self.make_held_worker(account)
        return self.things["held", account.name][1]

    def make_task(self, account):
        self.make_generation(account)
        return self.accounts["admin"].ask("GET", "/api/v1/admin/tasks?limit=1").json()[0]["id"]

    def alarms(self):
        """What the server wrote since the last look that it must never write."""
        lines = self.server.said[self.seen_lines:]
        self.seen_lines += len(lines)
        return [line.decode(errors="replace").strip() for line in lines if any(word in line for word in ALARMS)]

    def has_died(self):
        """After a broken connection: whether the process is on its way out."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.server.process.wait(0.5 if self.answers() else DEATH_S)
        return self.server.process.poll() is not None

    def answers(self):
        try:
            return self.server.get("/health").status == 200
        except OSError:
            return False

    def last_words(self):
        return b"".join(self.server.said[-400:]).decode(errors="replace")

    def close(self):
        """Errors: AssertionError when the server does not end well, as with leaks."""
        self.client.close()
        self.server.__exit__()
        self.is_closed = True

    def abandon(self):
        """Of a server that died or hangs; nothing, once it is closed."""
        if self.is_closed:
            return
        self.client.close()
        self.server.kill()
        self.server.__exit__()
        self.is_closed = True

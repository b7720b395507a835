"""Sends the cases of some operations to a server of their own, and judges what comes back."""
import collections
import dataclasses
import itertools
import json
import random
import re
import subprocess
import time
import zlib

import framing
from cases import Case, Cases
from client import SHOWN_BYTES, NoAnswer, Request
from description import EXPECTED, Description
from invariants import LATE_S, faults, may_be_late
from report import Fault, Result, cause_of_death
from world import ROLES, World

REMEMBERED = 8  # requests: one before the last may have ended the server, or be what its log is about
SAMPLE = 40  # cases for each further role
HEALED_FAMILIES = ("auth", "users")  # they sign out, erase and lock out
DELETED_AFTERWARDS = ("/api/v1/workers", "/api/v1/api-keys")  # a user has a limited number, and lists of them grow


class Family:
    def __init__(self, names, seed, long_s=None, deaths_max=3, folder="."):
        self.seed, self.long_s, self.deaths_max, self.folder = seed, long_s, deaths_max, folder
        self.result = Result()
        self.deaths = collections.Counter()
        self.last = collections.deque(maxlen=REMEMBERED)  # (operation, what, role, request)
        self.numbers = itertools.count(1)
        self.world = World()
        self.description = Description(self.world.server.get("/openapi.json").json())
        self.models = self.world.known_models()
        self.operations = [each for each in [*self.description.operations, framing.OPERATION] if each.name in names]
        self.primary = {}

    def run(self):
        began = time.monotonic()
        try:
            for operation in self.operations:
                self.run_operation(operation)
            if self.long_s:
                self.run_at_random(time.monotonic() + self.long_s)
            self.check_afterwards()
            self.close()
        finally:
            self.world.abandon()  # no more than its files, if all went well
        self.result.seconds = time.monotonic() - began
        return self.result

    def close(self):
        try:
            self.world.close()
        except (AssertionError, subprocess.TimeoutExpired) as error:
            self.fault(self.operations[-1].name, f"the server does not end well: {error}", "SIGTERM, after all")

    def heal(self):
        if not self.world.heal():
            self.close()
            self.world = World()

    def cases(self, operation):
        chance = random.Random(f"{self.seed}/{operation.name}")
        return Cases(self.description, self.models, None if self.long_s else chance), chance

    def run_operation(self, operation):
        cases, chance = self.cases(operation)
        self.primary[operation.name] = self.find_role(operation, cases)
        self.check_good(operation)
        all_cases = list(framing.cases() if operation is framing.OPERATION else cases.of(operation))
        plan = [(self.primary[operation.name], each) for each in all_cases]
        for role in ROLES:
            if role != self.primary[operation.name]:
                plan += [(role, each) for each in [cases.good(operation), *cases.some(all_cases, SAMPLE)]]
        chance.shuffle(plan)
        for role, case in plan:
            if self.deaths[operation.name] >= self.deaths_max:
                return self.fault(operation.name, f"the rest was not sent: the server had ended {self.deaths_max} times")
            self.send(case, role)

    def find_role(self, operation, cases):
        """Who comes furthest: the least of those who are let in."""
        if not operation.needs_caller:
            return "anonymous"
        for role in ("member", "worker", "admin"):
            answer = self.send(cases.good(operation), role)
            if answer is not None and answer.status not in (401, 403):
                return role
        return "member"

    def check_good(self, operation):
        """The test would be about nothing if good requests failed."""
        case = self.cases(operation)[0].good(operation)
        role = self.primary[operation.name]
        answer = self.send(case, role)
        if answer is not None and answer.status == 503:  # the machine is busy
            answer = self.send(case, role)
        expected = EXPECTED.get(operation.name)
        if answer is None or not (answer.status == expected if expected else 200 <= answer.status < 300):
            seen = "nothing" if answer is None else f"{answer.status} {answer.body[:300].decode(errors='replace')}"
            self.fault(operation.name, f"a good request fails: {seen}", "good", role)

    def check_afterwards(self):
        """Good requests of everything, by somebody who has done nothing yet."""
        self.read_all()
        self.world.accounts["member"] = self.world.new_account()
        self.world.things = {}
        if not self.world.answers():
            self.fault(self.operations[-1].name, "/health does not answer afterwards")
        for operation in self.operations:
            self.check_good(operation)

    def read_all(self):
        """Every list, with what was stored: it must be valid, too. Its faults count for what was sent before."""
        for each in self.description.operations:
            if each.method != "GET" or "{" in each.pattern or each.pattern.endswith("/events"):
                continue
            query = b"limit=200" if any(parameter["name"] == "limit" for parameter in each.parameters) else each.query
            listing = dataclasses.replace(each, name=self.operations[-1].name)
            for role in ("member", "admin"):
                self.send(Case(listing, f"{each.name} afterwards", query=query), role)

    def run_at_random(self, deadline):
        """Several things wrong at once."""
        chance = random.Random(f"{self.seed}/together")
        pools = {each.name: list(self.cases(each)[0].of(each)) for each in self.operations}
        while time.monotonic() < deadline:
            operation = chance.choice(self.operations)
            if self.deaths[operation.name] < self.deaths_max:
                one, two, three, four = (chance.choice(pools[operation.name]) for _ in range(4))
                self.send(dataclasses.replace(
                    one, what=" + ".join(each.what for each in (one, two, three, four)), path=two.path, query=three.query, headers=[*three.headers, *four.headers], method=None,
                ), chance.choice(ROLES))

    def render(self, case, role):
        def resolve(thing):
            return self.world.resolve(thing, role)

        headers, secrets = self.world.credential(role)
        given = {name for name, _ in case.headers}
        headers = [each for each in headers if each[0] not in given]
        if case.content_type is not None:
            headers.append((b"Content-Type", case.content_type))
        shown = [*headers, *case.headers]
        hidden = [each for each in ((b"X-Forwarded-For", self.world.next_address()), (b"X-Request-Id", b"c%d" % next(self.numbers))) if each[0] not in given]
        return Request(case.method or case.operation.method, case.target(resolve), shown, case.encoded(resolve), hidden, secrets, case.raw)

    def send(self, case, role, again=True, alone=False):
        """The answer, or None when none came. `alone`: on a server that got nothing else, to see whether this request ends it."""
        request = None
        try:
            request = self.render(case, role)
            answer = self.world.client.send(request)
            if answer.status == 429 and again:
                self.world.replace(role)  # somebody who has tried no wrong passwords yet
                return self.send(case, role, False, alone)
            if answer.status == 401 and role != "anonymous" and again and not case.headers and case.raw is None:
                self.heal()  # a token has run out, or a request before this one has signed the caller out
                return self.send(case, role, False, alone)
            self.judge(case, role, request, answer)
            if 200 <= answer.status < 300 and case.method is None:
                self.succeeded(case, role, answer)
            return answer
        except (NoAnswer, OSError, AssertionError, ValueError) as error:
            self.lost(case, role, request, error, alone)
            return None

    def judge(self, case, role, request, answer):
        name = case.operation.name
        self.result.sent[name] += 1
        self.result.statuses[answer.status] += 1
        found = faults(answer, request.method == "HEAD", request.raw is not None)
        if not may_be_late(name):
            self.result.slowest = max(self.result.slowest, (answer.seconds, f"{name}, {case.what}"))
            found += self.lateness(request, answer)
        if case.must_fail and answer.status < 400:
            found.append(f"somebody else's was reached: {answer.status}")
        self.last.append((name, case.what, role, request))
        for each in found:
            self.fault(name, each, case.what, role, request)
        for line in self.world.alarms():  # which come a little later: perhaps it is about a request before this one
            named = re.search(r"request (\S+) ", line)
            about = next((each for each in self.last if named and (b"X-Request-Id", named[1].encode()) in each[3].hidden), self.last[-1])
            self.fault(about[0], f"the server's log: {line}", *about[1:])

    def lateness(self, request, answer):
        """Fair on a busy machine: what was late is asked again, alone."""
        if answer.seconds <= LATE_S:
            return []
        try:
            again = self.world.client.send(request)
        except NoAnswer as error:
            return [f"late: {answer.seconds:.1f} s, and then {error}"]
        return [f"late: {answer.seconds:.1f} s, and again {again.seconds:.1f} s"] if again.seconds > LATE_S else []

    def lost(self, case, role, request, error, alone):
        """No answer came: the process has ended, or it hangs, or something that was to be made first could not be."""
        name = case.operation.name
        died, words = self.world.has_died(), self.world.last_words()
        code = self.world.server.process.poll()
        if not died and self.world.answers():
            self.world.client.close()
            self.fault(name, f"no answer: {type(error).__name__}: {error}", case.what, role, request)
            return
        before = [f"\n      before it, as {who}: {what}: {each.curl(self.folder, 'before')[:SHOWN_BYTES]}" for _, what, who, each in self.last]
        self.world.abandon()
        self.world = World()
        self.last.clear()
        self.deaths[name] += 1
        if alone:
            return
        deaths = self.deaths[name]
        self.send(case, role, alone=True)
        suffices, self.deaths[name] = self.deaths[name] > deaths, deaths
        rule = "it ended the server" if died else "the server hangs"
        detail = f"exit status {code}; {'' if suffices else 'not by itself; '}{cause_of_death(words)}"
        self.fault(name, f"{rule}: {detail}", case.what, role, request, "" if suffices else "".join(before))

    def succeeded(self, case, role, answer):
        """Sends what comes after a success, then undoes what would be in the way of other cases."""
        operation, account = case.operation, self.world.accounts[self.world.owner(role)]
        if operation.method == "GET":
            return
        if operation.consumes:
            self.world.forget(operation.kinds())
        if operation.family in HEALED_FAMILIES:
            self.world.restore_users()
            self.heal()
        if "/flags/" in operation.pattern:
            self.world.accounts["admin"].ask("PUT", "/api/v1/admin/flags/bulk", {"enabled": True})
        made = f"/{json.loads(answer.body)['id']}" if operation.method == "POST" and operation.pattern in DELETED_AFTERWARDS else ""
        world = self.world
        for each in case.then:
            self.send(each, "member")
        if case.then and self.world is world:
            self.world.client.close()
            account.ask("POST", f"{operation.pattern}{made}/claim", {"limit": 10, "wait_s": 0})
        if made and self.world is world:
            account.ask("DELETE", operation.pattern + made)

    def fault(self, operation, broken, what="", role="", request=None, more=""):
        """`broken`: the rule, and behind a colon what was seen."""
        rule, _, detail = broken.partition(": ")
        curl = request.curl(self.folder, f"{zlib.crc32((operation + what).encode()):08x}") if request else ""
        self.result.faults.setdefault((operation, rule), []).append(Fault(operation, rule, detail, what, role, curl + more))

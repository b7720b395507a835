"""The requests that are sent to an operation: a good one, and good ones with one thing wrong."""
import dataclasses

import forms
import models
from description import Operation, words
from values import ADDRESS, CONTENT_TYPES, HEADERS, JSON, Members, Raw, Thing, encode, percent

JSON_TYPE = b"application/json"
OWNED = ("todo", "asset", "generation", "ended_generation", "batch", "ended_batch", "session", "api_key")  # nobody but their owner reaches them
FORMS = 150  # for each route that takes files, in a sample: each is looked at by the engine
HEAVY = 100_000  # bytes: half of those values are in a sample
# Headers that a kind of route reads: all their values go there. Of the others a few do.
READ_BY = {"Range": "/content", "If-None-Match": "/content", "Last-Event-ID": "/events", "User-Agent": "/login", "Cookie": "/refresh", "Authorization": "/me", "Accept-Encoding": "/openapi.json"}
OTHER_METHODS = ("HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "X" * 500)


@dataclasses.dataclass
class Case:
    operation: Operation
    what: str
    path: list = None  # instead of the operation's
    query: bytes = None
    headers: list = dataclasses.field(default_factory=list)
    body: object = None  # a value, or bytes as they are
    content_type: bytes = None
    method: str = None
    raw: bytes = None
    must_fail: bool = False
    then: list = dataclasses.field(default_factory=list)  # cases, after a success

    def encoded(self, resolve):
        return self.body if self.body is None or type(self.body) is bytes else encode(self.body, resolve)

    def target(self, resolve):
        path = self.operation.path if self.path is None else self.path
        query = self.operation.query if self.query is None else self.query
        segments = [percent(str(resolve(each)).encode()) if isinstance(each, Thing) else each if isinstance(each, bytes) else str(each).encode() for each in path]
        return b"/" + b"/".join(segments) + (b"?" + query if query else b"")


class Cases:
    """`random`: decides what a sample holds; None: everything is sent."""

    def __init__(self, description, models_known, random=None):
        self.description, self.models, self.random = description, models_known, random

    def some(self, cases, count):
        """A sample, or all."""
        cases = list(cases)
        return cases if self.random is None or len(cases) <= count else self.random.sample(cases, count)

    def good(self, operation, what="good", **more):
        given = {}
        if operation.file_field:
            given = {"body": forms.closed(forms.part(operation.file_field.encode(), forms.png())), "content_type": forms.TYPE}
        elif operation.schema is not None or "body" in more:
            given = {"body": operation.body, "content_type": JSON_TYPE}
        return Case(operation, what, **{**given, **more})

    def of(self, operation):
        yield self.good(operation)
        yield from self.paths(operation)
        yield from self.queries(operation)
        yield from self.headers(operation)
        yield from self.some((self.good(operation, f"method {method[:20]}", method=method) for method in OTHER_METHODS), 3)
        if operation.schema is not None:
            yield from self.fields(operation)
            yield from self.objects(operation)
            yield from self.bodies(operation)
        elif operation.file_field:
            is_batch = operation.name == "POST /api/v1/upload/batch"
            sent = forms.forms(operation.file_field, is_batch, self.models)
            for what, content_type, body in sent if is_batch else self.some(sent, FORMS):
                yield self.good(operation, "form: " + what, content_type=content_type, body=body)
        else:
            yield self.good(operation, "a body that nobody asked for", body=b'{"a":' * 1000)
        if operation.name == "POST /api/v1/generations":
            yield from self.inputs(operation)
        if operation.name == "POST /api/v1/workers":
            yield from self.schemas(operation)

    def paths(self, operation):
        places = [index for index, segment in enumerate(operation.pattern.split("/")[1:]) if segment.startswith("{")]
        for place in places:
            name = operation.pattern.split("/")[place + 1]
            for what, text in ADDRESS.items():
                yield self.good(operation, f"{name} = {what}", path=[*operation.path[:place], text, *operation.path[place + 1:]])
            thing = operation.path[place]
            if isinstance(thing, Thing) and not thing.kind.startswith("held"):
                path = [*operation.path[:place], Thing(thing.kind, "other"), *operation.path[place + 1:]]
                yield self.good(operation, f"{name} = somebody else's", path=path, must_fail=thing.kind in OWNED)

    def queries(self, operation):
        good = operation.query + b"&" if operation.query else b""
        names = [each["name"].encode() for each in operation.parameters if each["in"] == "query"]
        for name in names:
            rest = b"" if operation.query.startswith(name) else good
            for what, text in ADDRESS.items():
                yield self.good(operation, f"?{name.decode()} = {what}", query=rest + name + b"=" + text)
            yield self.good(operation, f"?{name.decode()} twice", query=rest + name + b"=1&" + name + b"=2")
            yield self.good(operation, f"?{name.decode()} without a value", query=rest + name)
        odd = {"unknown": b"nope=1", "unknown of bytes": b"%ff%fe=1", "unknown with NUL": b"%00=1", "unknown of a surrogate": b"%ed%a0%80=1", "unknown, raw": b"\xff=1", "ampersands": b"&" * 3000,
               "equal signs": b"=" * 3000, "many": b"&".join(b"q%d=%d" % (i, i) for i in range(800)), "no escape": b"%=%&%z=%zz", "question marks": b"?" * 3000, "brackets": b"a[b][]=1", "fragment": b"a=1#b"}
        for what, query in self.some(odd.items(), 12 if names else 3):
            yield self.good(operation, f"query: {what}", query=good + query)

    def headers(self, operation):
        declared = {each["name"] for each in operation.parameters if each["in"] == "header"}
        for name, values in HEADERS.items():
            reads = name in declared or operation.pattern.endswith(READ_BY.get(name, " "))
            for what, value in self.some(values.items(), len(values) if reads else 1):
                yield self.good(operation, f"{name}: {what}", headers=[(name.encode(), value)])
        yield self.good(operation, "a header twice", headers=[(b"If-Match", b'"1"'), (b"If-Match", b'"2"'), (b"Range", b"bytes=0-"), (b"Range", b"bytes=1-")])
        yield self.good(operation, "90 headers", headers=[(b"X-%d" % i, b"\xff" * 20) for i in range(90)])

    def fields(self, operation):
        for path in self.description.fields(operation.schema):
            for what, value in JSON.items():
                if len(value) > HEAVY and self.random and self.random.random() < 0.5:
                    continue
                body = self.description.replaced(operation.schema, operation.body, path, value)
                yield self.good(operation, f"{words(path)} = {what}", body=body)
            for kind in sorted({each.kind for each in operation.path if isinstance(each, Thing)} | {"asset"}):
                body = self.description.replaced(operation.schema, operation.body, path, Thing(kind, "other"))
                yield self.good(operation, f"{words(path)} = somebody else's {kind}", body=body)

    def objects(self, operation):
        """Missing members, members twice, and members that nobody knows; in every object of the body."""
        paths = [(), *self.description.fields(operation.schema)]
        for path in paths:
            properties = self.description.schema_at(operation.schema, path).get("properties", {})
            if not properties:
                continue
            given = {name: self.at(operation, (*path, name)) for name in properties}
            known = {name: value for name, value in given.items() if value is not None}
            changed = {f"without {name}": {key: value for key, value in known.items() if key != name} for name in known}
            changed |= {f"{name} twice": Members([*known.items(), (name, Raw(b'["x"]'))]) for name in properties}
            changed["nothing"] = {}
            for what, key in {"another": "nope", "NUL": "\0", "empty": "", "long": "k" * 5000}.items():
                changed[f"{what} key"] = {**known, key: 1}
            for what, key in {"bytes": b'"\xff\xfe"', "a surrogate": b'"\\ud800"', "half a character": b'"\xf0\x9f"'}.items():
                changed[f"key of {what}"] = Members([*known.items(), (Raw(key), 1)])
            for what, value in changed.items():
                body = self.description.replaced(operation.schema, operation.body, path, value)
                yield self.good(operation, f"{words(path)}: {what}", body=body)

    def at(self, operation, path):
        """The value in the good body, or None."""
        value = operation.body
        for step in path:
            if isinstance(step, int):
                value = value[step] if isinstance(value, list) and value else None
            else:
                value = value.get(step) if isinstance(value, dict) else None
        return value

    def bodies(self, operation):
        good = encode(operation.body, lambda thing: "x")
        whole = {**{what: bytes(value) for what, value in JSON.items()}, "cut": good[:-1], "half": good[: len(good) // 2], "twice": good * 2, "and more": good + b"x", "BOM": b"\xef\xbb\xbf" + good,
                 "UTF-16": good.decode().encode("utf-16"), "NULs": b"\0" * 1000, "blank before": b" \r\n\t" * 5000 + good, "NUL behind": good + b"\0", "1 MiB and more": b" " * (1 << 20) + good,
                 "single quotes": good.replace(b'"', b"'"), "gzip": b"\x1f\x8b\x08\0\0\0\0\0"}
        for what, body in whole.items():
            yield self.good(operation, f"body = {what}", body=body)
        for what, content_type in self.some(CONTENT_TYPES.items(), 6):
            yield self.good(operation, f"content type: {what}", content_type=content_type)

    def inputs(self, operation):
        for what, model, inputs in models.generation_inputs(self.models):
            yield self.good(operation, "inputs: " + what, body={"model": model, "inputs": inputs}, must_fail="somebody else's" in what)

    def schemas(self, operation):
        generations = next(each for each in self.description.operations if each.name == "POST /api/v1/generations")
        listing = next(each for each in self.description.operations if each.name == "GET /api/v1/models")
        for what, schema in models.schemas():
            then = [Case(listing, f"the models, after the schema: {what}")]
            for probe, inputs in models.probes(self.random):
                wanted = {"model": models.DECLARED_MODEL, "inputs": inputs}
                then.append(Case(generations, f"inputs: {probe}, after the schema: {what}", body=wanted, content_type=JSON_TYPE))
            yield self.good(operation, f"schema: {what}", body=models.worker(models.DECLARED_MODEL, schema), then=then)

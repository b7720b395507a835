"""What the server says of itself in /openapi.json: its operations, their parameters, and every field of their bodies."""
import copy
import dataclasses
import re

from models import worker
from values import NOBODYS_ID, Thing

# Bodies that a handler accepts: what a schema alone cannot know. Those of operations that are not here are made from the schema.
PASSWORD = "correct horse battery staple"
TODO = {"title": "a todo", "description": "what", "priority": 1, "due_date": "2030-01-01T00:00:00Z", "completed": False}
HELD = {"task_id": Thing("held_task"), "attempt": 1, "progress": 0.5, "stage": "half of it"}
BODIES = {
    "PUT /api/v1/admin/flags/{name}": {"enabled": True},
    "PUT /api/v1/admin/pools": [{"name": "model_generation", "size_min": 1, "size_desired": 1, "size_max": 2, "concurrency": 1, "prefetch": 1, "tasks_per_child": 100}],
    "PUT /api/v1/admin/schedules/{name}": {"cron": "30 3 * * mon-fri"},
    "POST /api/v1/admin/tasks/retry": {"limit": 10},
    "POST /api/v1/api-keys": {"name": "another", "scopes": ["todo"], "expires_at": "2999-01-01T00:00:00Z"},
    "POST /api/v1/auth/email/verify": {"token": "none"},
    "POST /api/v1/auth/erase": {"password": PASSWORD},
    "POST /api/v1/auth/login": {"username": Thing("account_name"), "password": PASSWORD},
    "POST /api/v1/auth/password": {"current_password": PASSWORD, "new_password": PASSWORD},
    "POST /api/v1/auth/password/reset": {"email": "nobody@example.com"},
    "PUT /api/v1/auth/password/reset": {"token": "none", "new_password": PASSWORD},
    "POST /api/v1/auth/refresh": {"refresh_token": Thing("refresh")},
    "POST /api/v1/auth/register": {"username": Thing("name"), "email": Thing("address"), "password": PASSWORD},
    "POST /api/v1/generations": {"model": "local/relief", "inputs": {"image": Thing("asset")}},
    "POST /api/v1/todo": TODO,
    "PUT /api/v1/todo/{id}": TODO,
    "PATCH /api/v1/todo/{id}": {"completed": True},
    "POST /api/v1/todo/bulk": [TODO],
    "PATCH /api/v1/todo/bulk": {"ids": [Thing("todo")], "changes": {"completed": True}},
    "DELETE /api/v1/todo/bulk": {"ids": [Thing("todo")]},
    "PATCH /api/v1/users/{id}": {"disabled": False},
    "POST /api/v1/workers": worker(),
    "POST /api/v1/workers/{id}/claim": {"limit": 1, "wait_s": 0},
    "POST /api/v1/workers/{id}/heartbeat": {"tasks": [HELD]},
    "POST /api/v1/workers/{id}/tasks/{task}/fail": {"attempt": 1, "error": "it cannot", "retry": False},
}
QUERIES = {"GET /api/v1/status": "ids=1", "POST /api/v1/workers/{id}/tasks/{task}/complete": "attempt=1"}
# What each good request answers where that is no success.
EXPECTED = {
    "POST /api/v1/admin/tasks/{id}/retry": 409,  # only what was given up
    "GET /api/v1/status/{job_id}/download": 409,  # nothing is rendered here
    "POST /api/v1/auth/local": 409,  # there are accounts
    "POST /api/v1/auth/email/verify": 422,  # the link is in a mail
    "PUT /api/v1/auth/password/reset": 422,
}
# The multipart fields that take bytes: the page of the API does not name them.
FILE_FIELDS = {"POST /api/v1/assets": "file", "POST /api/v1/upload/batch": "files", "POST /api/v1/workers/{id}/tasks/{task}/complete": "picture"}
# What a path's parameter is, by the words before it.
PATH_THINGS = {
    "admin/flags": "bulk", "admin/pools": "maintenance", "admin/queues": "maintenance", "admin/schedules": "queue.clean_up", "admin/tasks": Thing("task"),
    "api-keys": Thing("api_key"), "assets": Thing("asset"), "auth/sessions": Thing("session"), "generations": Thing("generation"), "models": Thing("model"),
    "status": Thing("batch"), "todo": Thing("todo"), "users": Thing("user"), "workers": Thing("worker"),
    "workers/tasks": Thing("held_task"), "workers/tasks/inputs": "image",
}
ENDED = {"generation": Thing("ended_generation"), "batch": Thing("ended_batch")}
CONSUMING = ("cancel", "retry", "complete", "fail", "refresh", "register")


@dataclasses.dataclass
class Operation:
    name: str  # `PUT /api/v1/todo/{id}`
    method: str
    pattern: str
    family: str
    needs_caller: bool
    path: list  # of texts and Things
    parameters: list
    query: bytes  # of a good request
    body: object = None  # of a good request, when it takes JSON
    schema: dict = None
    file_field: str = None

    @property
    def consumes(self):
        return self.method == "DELETE" or self.pattern.rsplit("/", 1)[-1] in CONSUMING

    def kinds(self):
        """Of the things that a request names."""
        found = {part.kind for part in self.path if isinstance(part, Thing)}

        def walk(value):
            if isinstance(value, Thing):
                found.add(value.kind)
            for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                walk(each)

        walk(self.body)
        return found | {"held"} if any(kind.startswith("held") for kind in found) else found


class Description:
    def __init__(self, page):
        self.page = page
        self.operations = [self.operation(pattern, method.upper(), facts) for pattern, methods in page["paths"].items() for method, facts in methods.items()]

    def resolve(self, schema):
        while "$ref" in schema or "anyOf" in schema:
            if "$ref" in schema:
                schema = self.page["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            else:
                schema = next(each for each in schema["anyOf"] if each.get("type") != "null")
        return schema

    def operation(self, pattern, method, facts):
        name = f"{method} {pattern}"
        content = facts.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        body = None
        if schema is not None:
            body = copy.deepcopy(BODIES.get(name) or self.example(schema))
        uploads = "multipart/form-data" in content
        return Operation(
            name=name, method=method, pattern=pattern, family=facts["tags"][0], needs_caller="security" in facts, path=self.path_of(pattern, facts["parameters"]),
            parameters=facts["parameters"], query=QUERIES.get(name, "").encode(), body=body, schema=schema, file_field=FILE_FIELDS.get(name, "file") if uploads else None,
        )

    def path_of(self, pattern, parameters):
        """The segments, with what stands for each parameter."""
        schemas = {each["name"]: each["schema"] for each in parameters if each["in"] == "path"}
        path, words = [], []
        for segment in pattern.split("/")[1:]:
            if not segment.startswith("{"):
                path.append(segment)
                words += [segment] if segment not in ("api", "v1") else []
                continue
            thing = PATH_THINGS.get("/".join(words)) or self.example(schemas[segment[1:-1]])
            path.append(thing)
        if "tasks" in words or path[-1] == "heartbeat":
            path = [Thing("held_worker") if part == Thing("worker") else part for part in path]
        if path[-1] == "retry":
            path = [ENDED.get(part.kind, part) if isinstance(part, Thing) else part for part in path]
        return path

    def example(self, schema):
        schema = self.resolve(schema)
        kind = schema.get("type")
        if "enum" in schema:
            return schema["enum"][0]
        if kind == "object":
            return {name: self.example(schema["properties"][name]) for name in schema.get("required", ())}
        if kind == "array":
            return [self.example(schema["items"])]
        text = {"uuid": NOBODYS_ID, "date-time": "2030-01-01T00:00:00Z"}.get(schema.get("format"), "text")
        return {"integer": 1, "number": 0.5, "boolean": True}.get(kind, text)

    def fields(self, schema, at=()):
        """The path of every field: (`models`, 0, `inputs`)."""
        schema = self.resolve(schema)
        if schema.get("type") == "array":
            yield (*at, 0)
            yield from self.fields(schema["items"], (*at, 0))
        for name, each in schema.get("properties", {}).items():
            yield (*at, name)
            yield from self.fields(each, (*at, name))

    def schema_at(self, schema, path):
        for step in path:
            schema = self.resolve(schema)
            schema = schema["items"] if isinstance(step, int) else schema["properties"][step]
        return self.resolve(schema)

    def replaced(self, schema, body, path, value):
        """A copy of a body with one field replaced; what leads to it is made where it is missing."""
        if not path:
            return value
        step, *rest = path
        schema = self.resolve(schema)
        if isinstance(step, int):
            items = list(body) or [self.example(schema["items"])]
            return [self.replaced(schema["items"], items[0], rest, value), *items[1:]]
        within = schema["properties"][step]
        inner = body.get(step)
        if rest and inner is None:
            inner = self.example(within)
        return {**body, step: self.replaced(within, inner, rest, value)}


def words(path):
    return re.sub(r"\.\[", "[", ".".join(f"[{step}]" if isinstance(step, int) else step for step in path)) or "body"

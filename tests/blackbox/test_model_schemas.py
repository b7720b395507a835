"""What models take, and what workers say that they take: no value and no schema ends the server."""
import json
import unittest

from support import Account, Server, ServerTest, small_photo

HOSTILE_VALUES = [
    ["x"], {"id": "x"}, 9223372036854775808, -9223372036854775808, 1e308, -0.0, 1.5, True, None, "", "\u0000", "x" * 50_000,
    [[[[[[[[]]]]]]]], {"": {"": {}}}, ["x"] * 10_000,
]

HOSTILE_SCHEMAS = [
    {"maxItems": 1.5}, {"type": "picture"}, {"type": None}, {"not": 5}, {"not": {}}, {"items": "x"}, {"items": [{}]}, {"items": True},
    {"enum": {}}, {"enum": []}, {"enum": "x"}, {"multipleOf": 0}, {"multipleOf": -1}, {"multipleOf": "2"}, {"minimum": "1"},
    {"minimum": []}, {"minLength": -1}, {"maxLength": 1e300}, {"uniqueItems": True}, {"uniqueItems": "x"}, {"required": "x"},
    {"required": [1]}, {"properties": []}, {"properties": {"a": 5}}, {"additionalProperties": {}}, {"additionalProperties": "x"},
    {"format": "regex"}, {"format": 5}, {"pattern": "(a+)+$"}, {"pattern": 5}, {"$ref": "#"}, {"anyOf": []}, {"anyOf": "x"}, {"allOf": {}},
    {"if": 1}, {"dependencies": {"a": 1}}, {"patternProperties": {"(": {}}}, {"propertyNames": 3}, {"const": {}, "type": 5},
    {"default": 5, "type": "string"}, {"title": []}, {"description": {}}, {"x-asset": 5}, {"x-asset": "picture"},
]


def declared(inputs, id="acme/model"):
    return {"id": id, "name": "A model", "provider": "remote", "produces": "image", "generative": False, "description": "", "inputs": inputs}


def of_one(schema):
    return {"type": "object", "required": [], "properties": {"a": {"type": "string", **schema}}}


class Inputs(ServerTest):
    options = ("--workers", "none")

    def test_a_value_of_any_kind_in_any_input_is_an_error_of_that_input(self):
        asset = self.server.upload(small_photo()).json()["id"]
        for model in self.server.get("/api/v1/models").json():
            for name, input in model["inputs"]["properties"].items():
                for value in HOSTILE_VALUES:
                    with self.subTest(model=model["id"], input=name, value=str(value)[:40]):
                        inputs = {"image": asset, name: value}
                        answer = self.server.post("/api/v1/generations", {"model": model["id"], "inputs": inputs})
                        if answer.status == 202 and input["type"] == "number":
                            continue  # 1.5 fits some
                        self.assertEqual(answer.status, 422, answer.body)
                        for error in answer.json()["errors"]:
                            self.assertRegex(error["field"], "^inputs")

    def test_inputs_that_are_no_object_or_too_large_are_refused(self):
        for inputs in [None, [], "x", 5, {"image": "x" * 100_000}]:
            answer = self.server.post("/api/v1/generations", {"model": "local/relief", "inputs": inputs})
            self.assertEqual(answer.status, 422, answer.body)
            self.assertEqual(answer.json()["errors"][0]["field"], "inputs")

    def test_a_batch_takes_inputs_only_as_json_that_fits(self):
        for inputs in ["{", "[1]", '{"size_mm": ["x"]}', '{"size_mm": 1e400}', '{"size_mm": 60, "size_mm": 61}', "\xff"]:
            parts = [("model", "local/relief"), ("inputs", inputs)]
            body = b"".join(
                f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + text.encode("latin-1") + b"\r\n" for name, text in parts
            )
            body += b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n' + small_photo() + b"\r\n--b--\r\n"
            answer = self.server.ask("POST", "/api/v1/upload/batch", body, {"Content-Type": "multipart/form-data; boundary=b"})
            self.assertEqual(answer.status, 422, answer.body)
            self.assertRegex(answer.json()["errors"][0]["field"], "^inputs")


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(None, "--workers", "none")
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__)
        cls.admin = Account.first(cls.server, "admin")

    def register(self, inputs, id="acme/model"):
        return self.admin.ask("POST", "/api/v1/workers", {"name": "w", "models": [declared(inputs, id)]})

    def test_a_schema_outside_the_subset_is_refused_by_its_path(self):
        for schema in HOSTILE_SCHEMAS:
            with self.subTest(schema=schema):
                answer = self.register(of_one(schema))
                self.assertEqual(answer.status, 422, answer.body)
                self.assertRegex(answer.json()["errors"][0]["field"], r"^models\[0\]\.inputs\.properties\.a")
        for inputs in [None, [], "x", 5, {}, {"type": "array"}, of_one({})["properties"], {"type": "object", "required": ["b"]}]:
            with self.subTest(inputs=inputs):
                self.assertEqual(self.register(inputs).status, 422)

    def test_a_stored_schema_that_is_unusable_ends_nothing(self):
        self.assertEqual(self.register(of_one({}), "acme/old").status, 201)
        hostile = of_one({}) | {"properties": {"a": {"type": "integer", "multipleOf": 0}}}
        self.server.sql(f"UPDATE remote_models SET definition = '{json.dumps(declared(hostile, 'acme/old'))}' WHERE id = 'acme/old'")
        answer = self.admin.ask("POST", "/api/v1/generations", {"model": "acme/old", "inputs": {"a": -9223372036854775808}})
        self.assertEqual(answer.status, 422, answer.body)
        self.assertEqual(answer.json()["errors"][0]["field"], "model")
        self.assertNotIn("acme/old", [model["id"] for model in self.admin.ask("GET", "/api/v1/models").json()])

    def test_a_value_is_checked_in_time_linear_in_its_size(self):
        self.assertEqual(
            self.register({"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True, "maxItems": 500}}}, "acme/list").status, 201
        )
        answer = self.admin.ask("POST", "/api/v1/generations", {"model": "acme/list", "inputs": {"a": list(range(16_000))}})
        self.assertEqual(answer.status, 422, answer.body)

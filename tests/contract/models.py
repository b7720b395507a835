"""The free-form fields: inputs of generations, and the JSON Schemas that workers declare."""
import copy

from values import JSON, Raw, Thing

HELD_MODEL, DECLARED_MODEL, GONE_MODEL = "contract/held", "contract/declared", "contract/gone"
HELD_INPUTS = {"type": "object", "additionalProperties": False, "required": ["image"], "properties": {
    "image": {"type": "string", "format": "uuid", "x-asset": "image"}, "strength": {"type": "number", "minimum": 0, "maximum": 1}}}


def model(id, inputs):
    return {"id": id, "name": "Contract", "provider": "remote", "produces": "image", "generative": False, "description": "", "inputs": inputs}


def worker(id=HELD_MODEL, inputs=None):
    return {"name": "contract", "models": [model(id, inputs if inputs is not None else HELD_INPUTS)]}


# What a schema may say, and what it may not: every word of JSON Schema, old ones too, and ours.
WORDS = (
    "type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern items prefixItems additionalItems "
    "contains minContains maxContains maxItems minItems uniqueItems maxProperties minProperties required properties patternProperties additionalProperties "
    "dependencies dependentRequired dependentSchemas propertyNames unevaluatedItems unevaluatedProperties if then else allOf anyOf oneOf not format "
    "$ref $dynamicRef $id id $schema $anchor $defs definitions $comment default title description examples deprecated readOnly divisibleBy extends disallow "
    "contentEncoding contentMediaType x-asset x-unit x-order"
).split()
WRONG = {
    "null": b"null", "true": b"true", "false": b"false", "0": b"0", "-1": b"-1", "1.5": b"1.5", "1e308": b"1e308", "5e-324": b"5e-324", "2^63": b"9223372036854775808",
    "-2^63 - 1": b"-9223372036854775809", "-2^63": b"-9223372036854775808", "empty text": b'""', "text": b'"x"', "number as text": b'"1"', "NUL": b'"\\u0000"', "a type": b'"string"',
    "[]": b"[]", '["x"]': b'["x"]', "[1]": b"[1]", "[null]": b"[null]", "[[]]": b"[[]]", "[{}]": b"[{}]", '["x","x"]': b'["x","x"]', "{}": b"{}", '{"a":1}': b'{"a":1}',
    '{"a":{}}': b'{"a":{}}', '{"a":[]}': b'{"a":[]}', '{"":{}}': b'{"":{}}', '{"type":1}': b'{"type":1}', '{"$ref":"#"}': b'{"$ref":"#"}', "(": b'"(a+)+$("',
}
# Sent to each schema that was accepted: what a check must do with it may not end the server.
PROBES = {
    "int64 min": b"-9223372036854775808", "past int64": b"9223372036854775808", "double": b"1.5", "past exact": b"1e300", "text": b'"x"', "list of twins": b"[1,1,1.0]", "object": b'{"a":1}',
    "null": b"null", "nothing": None, "numbers": b"[" + b",".join(b"%d" % each for each in range(3000)) + b"]",
}


def nested(word, depth, wrap):
    schema = {"type": "integer"}
    for _ in range(depth):
        schema = {"type": "object" if word == "properties" else "array", word: wrap(schema)}
    return schema


def of_property(property, required=()):
    return {"type": "object", "required": list(required), "properties": {"v": property}}


def odd_schemas():
    """Schemas that are well-formed word by word, and costly or contradictory."""
    yield "properties, 12 deep", of_property(nested("properties", 12, lambda each: {"a": each}))
    yield "properties, 1000 deep", of_property(Raw(b'{"type":"object","properties":{"a":' * 1000 + b"{}" + b"}}" * 1000))
    yield "not, 1000 deep", of_property(Raw(b'{"type":"object","not":' * 1000 + b"{}" + b"}" * 1000))
    yield "enum of 10000", of_property({"type": "string", "enum": [f"word {i}" for i in range(10_000)]})
    yield "enum of lists", of_property({"type": "array", "enum": [[1], [[2]], {"a": []}]})
    yield "enum with duplicates", of_property({"type": "string", "enum": ["a", "a"]})
    yield "10000 properties", {"type": "object", "required": [], "properties": {f"p{i}": {"type": "string"} for i in range(10_000)}}
    yield "10000 required", {"type": "object", "required": ["v"] * 10_000, "properties": {"v": {"type": "string"}}}
    yield "uniqueItems", of_property({"type": "array", "uniqueItems": True})
    yield "uniqueItems of many", of_property({"type": "array", "uniqueItems": True, "maxItems": 1_000_000, "items": {"type": "number"}})
    yield "lengths past int64", of_property({"type": "string", "minLength": Raw(b"9223372036854775808"), "maxLength": Raw(b"18446744073709551616")})
    yield "limits crossed", of_property({"type": "number", "minimum": 5, "maximum": 1, "default": 3})
    yield "limits of kinds", of_property({"type": "integer", "minimum": Raw(b"-1e300"), "maximum": Raw(b"1e300")})
    yield "limits as texts", of_property({"type": "integer", "minimum": "0", "maximum": "9"})
    for divisor in (b"0", b"-1", b"0.0", b"-0.0", b"5e-324", b"1e308", b"0.1", b"1", b"9223372036854775807", b"-9223372036854775808", b"18446744073709551615"):
        yield "multipleOf " + divisor.decode(), of_property({"type": "number", "multipleOf": Raw(divisor)})
        yield "multipleOf of integers " + divisor.decode(), of_property({"type": "integer", "multipleOf": Raw(divisor)})
    for types in ([], ["string", "null"], ["picture"], [["string"]], ["string", "string"]):
        yield f"type {types}", of_property({"type": types})
    for name in ("", "a.b", "a" * 65, "a\0", "\u00e9", "$ref", "constructor"):
        yield f"property named {name!r}", {"type": "object", "required": [], "properties": {name: {"type": "string"}}}
    yield "property twice", {"type": "object", "required": [], "properties": Raw(b'{"v":{"type":"string"},"v":5}')}
    yield "asset as number", of_property({"type": "number", "x-asset": "image"})
    yield "asset that is required", of_property({"type": "string", "format": "uuid", "x-asset": "picture"}, ["v"])
    yield "default of the wrong type", of_property({"type": "string", "default": ["x"]})
    yield "true as property", of_property(Raw(b"true"))


def schemas():
    """(what, schema): every word with every wrong value, at the top and in a property."""
    for word in WORDS:
        for name, value in WRONG.items():
            yield f"{word} = {name}", {**of_property({"type": "number"}), word: Raw(value)}
            for kind in ("string", "array") if word.endswith(("Items", "Length", "tems")) else ("number",):
                yield f"v.{word} = {name}, of {kind}", of_property({"type": kind, word: Raw(value)})
    yield from odd_schemas()


def probes(random=None):
    """(what, inputs) for a schema that was accepted: all, or a few and those that have ended servers."""
    names = list(PROBES) if random is None else sorted({"int64 min", "list of twins", random.choice(list(PROBES))})
    for name in names:
        yield name, {} if PROBES[name] is None else {"v": Raw(PROBES[name])}


def generation_inputs(models):
    """(what, model, inputs): each property of each model's own schema, replaced by each hostile value; then whole inputs."""
    for each in models:
        properties = each["inputs"]["properties"]
        good = {name: Thing("asset") for name in each["inputs"]["required"]}
        for name, schema in properties.items():
            for what, value in JSON.items():
                yield f"{each['id']} {name} = {what}", each["id"], {**good, name: value}
            for limit in ("minimum", "maximum"):
                if limit in schema:
                    yield f"{each['id']} {name} at its {limit}", each["id"], {**good, name: schema[limit]}
                    yield f"{each['id']} {name} past its {limit}", each["id"], {**good, name: schema[limit] + (1 if limit == "maximum" else -1)}
            yield f"{each['id']} {name} twice", each["id"], Raw(b'{"%s":["x"],"%s":{"id":"x"}}' % (name.encode(), name.encode()))
            if name in good:
                rest = copy.copy(good)
                del rest[name]
                yield f"{each['id']} without {name}", each["id"], rest
            if schema.get("x-asset"):
                yield f"{each['id']} {name} = somebody else's", each["id"], {**good, name: Thing("asset", "other")}
                yield f"{each['id']} {name} = a list of one's own", each["id"], {**good, name: [Thing("asset")]}
                yield f"{each['id']} {name} = a generation", each["id"], {**good, name: Thing("generation")}
        yield f"{each['id']} with another input", each["id"], {**good, "no such input": 1}
        yield f"{each['id']} with 5000 others", each["id"], {**good, **{f"k{i}": [i] for i in range(5000)}}
        for what, value in JSON.items():
            yield f"{each['id']} inputs = {what}", each["id"], value

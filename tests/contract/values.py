"""Hostile values: JSON texts for fields, texts for addresses, and values of headers. Each name is a class of its own."""
import base64
import dataclasses
import json

NOBODYS_ID = "00000000-0000-0000-0000-000000000000"
INT64_MAX = "9223372036854775807"


class Raw(bytes):
    """JSON text, written as it is, broken or not."""


class Members(list):
    """An object as a list of (key, value): keys may come twice, and be Raw."""


@dataclasses.dataclass(frozen=True)
class Thing:
    """Stands for the id of something that exists: `todo`, `asset`. `whose`: the caller's own, or `other` for somebody else's."""

    kind: str
    whose: str = "own"


def encode(value, resolve):
    """JSON text of a value; `resolve` gives the id of a Thing."""
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, Thing):
        return json.dumps(resolve(value)).encode()
    if isinstance(value, (dict, Members)):
        members = value.items() if isinstance(value, dict) else value
        return b"{" + b",".join(encode(key, resolve) + b":" + encode(each, resolve) for key, each in members) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(encode(each, resolve) for each in value) + b"]"
    return json.dumps(value).encode()


def text(words):
    return Raw(json.dumps(words, ensure_ascii=False).encode("utf-8", "surrogatepass"))


NUMBERS = {
    "zero": b"0", "minus zero": b"-0", "minus zero, double": b"-0.0", "one": b"1", "minus one": b"-1", "fraction": b"1.5",
    "whole double": b"1.0", "exponent": b"1E+2", "int32 + 1": b"2147483648", "past double's integers": b"9007199254740993",
    "int64 max": INT64_MAX.encode(), "int64 max + 1": b"9223372036854775808", "int64 min": b"-9223372036854775808",
    "int64 min - 1": b"-9223372036854775809", "uint64 max": b"18446744073709551615", "uint64 max + 1": b"18446744073709551616",
    "double max": b"1.7976931348623157e308", "past double": b"1e400", "below double": b"-1e400", "tiny": b"5e-324",
    "underflow": b"1e-400", "many digits": b"1" * 5000, "many decimals": b"0." + b"3" * 5000, "leading zero": b"007",
    "hexadecimal": b"0x1f", "NaN": b"NaN", "infinity": b"-Infinity", "plus": b"+1",
}
TEXTS = {
    "empty text": "", "blank": " \t\n", "NUL": "\0", "NUL within": "a\0b", "number as text": "1", "huge number as text": INT64_MAX + "0",
    "true as text": "true", "null as text": "null", "astral": "\U0001F4A9" * 50, "combining": "e" + "\u0301" * 3000, "bidi": "\u202Etxt.exe\u2066",
    "line separator": "\u2028\u2029\u0085\ufeff", "control": "\x1b[31m\x07\x7f", "noncharacter": "\uffff\U0010ffff",
    "quotes": "'\";--", "wildcards": "%_\\%", "path": "../../../../etc/passwd", "format": "%s%n{}{0}", "long": "a" * 5000,
    "very long": "\u00e9" * 300_000, "nobody's id": NOBODYS_ID, "id with more": NOBODYS_ID + "0", "upper-case id": "ABCDEF01-2345-7ABC-8DEF-0123456789AB",
    "year 0": "0000-01-01T00:00:00Z", "year 9999": "9999-12-31T23:59:59.999999999Z", "no such day": "2026-02-30T00:00:00Z",
    "far offset": "2026-01-01T00:00:00+99:99", "huge year": "+292277026596-12-04T15:30:08Z", "leap second": "2016-12-31T23:59:60Z",
    "cron": "*/0 * * * *", "cron range": "59-0 99 31 2 7", "cron that never comes": "0 0 30 feb *", "cron step": "*/99999999999999999999 * * * *",
    "address": "a@b@c", "url": "javascript:alert(1)", "header break": "x\r\nSet-Cookie: a=b", "local part": "\u00e9@\u00fc.example",
}
BROKEN_TEXTS = {
    "invalid UTF-8": b'"\xff\xfe"', "overlong UTF-8": b'"\xc0\xaf"', "cut UTF-8": b'"\xf0\x9f\x92"', "surrogate in UTF-8": b'"\xed\xa0\x80"',
    "high surrogate": b'"\\ud800"', "low surrogate": b'"\\udc00"', "surrogates swapped": b'"\\udc00\\ud800"', "high surrogate and text": b'"\\ud83dx"',
    "raw control": b'"\x01"', "raw NUL": b'"\x00"', "bad escape": b'"\\x41"', "cut escape": b'"\\u12', "no end": b'"abc',
}
SHAPES = {
    "null": b"null", "true": b"true", "false": b"false", "empty list": b"[]", "empty object": b"{}", "list of a text": b'["x"]',
    "list of a list": b"[[]]", "list of null": b"[null]", "list of numbers": b"[1,2.5,-3]", "object": b'{"id":"x"}', "object of an object": b'{"a":{"a":{}}}',
    "empty key": b'{"":""}', "key with NUL": b'{"\\u0000":1}', "key of invalid UTF-8": b'{"\xff":1}', "key of a surrogate": b'{"\\ud800":1}',
    "key twice": b'{"a":1,"a":2}', "__proto__": b'{"__proto__":{"x":1}}', "list, 20 deep": b"[" * 20 + b"]" * 20,
    "object, 20 deep": b'{"a":' * 20 + b"1" + b"}" * 20, "list, 40 deep": b"[" * 40 + b"]" * 40, "list, 100000 deep": b"[" * 100_000 + b"]" * 100_000,
    "object, 50000 deep": b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "many numbers": b"[" + b",".join(b"%d" % i for i in range(10_000)) + b"]",
    "many objects": b"[" + b",".join([b"{}"] * 10_000) + b"]", "many texts": b"[" + b",".join([b'"x"'] * 10_000) + b"]",
    "many keys": b"{" + b",".join(b'"k%d":%d' % (i, i) for i in range(10_000)) + b"}", "nothing": b"", "comment": b"/* */1", "list with a comma": b"[1,]",
}
JSON = {**{name: Raw(each) for name, each in {**NUMBERS, **BROKEN_TEXTS, **SHAPES}.items()}, **{name: text(each) for name, each in TEXTS.items()}}


def percent(data, kept=b""):
    return b"".join(bytes([byte]) if chr(byte).isalnum() and byte < 128 or byte in b"-_.~" + kept else b"%%%02X" % byte for byte in data)


# For a segment of a path or a query parameter, percent-encoded already.
ADDRESS = {name: percent(each) for name, each in NUMBERS.items() if len(each) < 100}
ADDRESS |= {name: percent(each.encode("utf-8", "surrogatepass")) for name, each in TEXTS.items() if name not in ("very long", "combining", "empty text")}
ADDRESS |= {name: percent(each.strip(b'"')) for name, each in BROKEN_TEXTS.items() if b"\\" not in each}
ADDRESS |= {
    "empty": b"", "digits of another script": percent("\u0661\u0662".encode()), "blank before": b"%201", "blank behind": b"1%20", "plus sign": b"1+1",
    "cut escape": b"%", "escape of one digit": b"%4", "escape of no digits": b"%zz", "raw byte": b"a\xffb", "encoded slash": b"..%2F..%2Fetc%2Fpasswd",
    "dots": b"..", "semicolon": b"1;a=b", "encoded percent": b"%2500", "list": b"1,2,,3", "many commas": b"," * 3000, "many numbers": b"1," * 3000 + b"1",
    "brackets": b"[1]", "cursor": b"1763700000000000-42", "cursor of limits": b"-9223372036854775808--9223372036854775808",
    "cursor past limits": b"9223372036854775808-9223372036854775808", "long": b"a" * 6000, "past the limit": b"a" * 9000,
}


def token(header, payload="{}", signature=b"x" * 64):
    encoded = [base64.urlsafe_b64encode(part if isinstance(part, bytes) else part.encode()).rstrip(b"=") for part in (header, payload, signature)]
    return b"Bearer " + b".".join(encoded)


TOKEN_HEADERS = {
    "alg none": '{"alg":"none"}', "HMAC": '{"alg":"HS256","kid":"x"}', "kid as list": '{"alg":"EdDSA","kid":["x"]}', "kid as object": '{"alg":"EdDSA","kid":{}}',
    "kid as number": '{"alg":"EdDSA","kid":9223372036854775808}', "kid null": '{"alg":"EdDSA","kid":null}', "kid with NUL": '{"alg":"EdDSA","kid":"a\\u0000b"}',
    "alg as list": '{"alg":["EdDSA"]}', "header a list": "[]", "header a text": '"x"', "header empty": "", "header deep": "[" * 3000 + "]" * 3000,
    "header of bytes": b"\xff\x00\xfe", "crit": '{"alg":"EdDSA","crit":["exp"],"kid":"x"}', "kid long": '{"alg":"EdDSA","kid":"' + "k" * 5000 + '"}',
}
HEADERS = {
    "Authorization": {
        "empty": b"", "only Bearer": b"Bearer", "Bearer and blank": b"Bearer  ", "Basic": b"Basic Og==", "dots": b"Bearer ...", "two parts": b"Bearer a.b",
        "five parts": b"Bearer a.b.c.d.e", "no base64": b"Bearer !!.??.##", "bytes": b"Bearer \xff\xfe", "long": b"Bearer " + b"a" * 12_000, "key": b"Bearer zt_",
        "long key": b"Bearer zt_" + b"k" * 9000, "padding": b"Bearer e30=.e30=.e30=", **{name: token(each) for name, each in TOKEN_HEADERS.items()},
        **{f"payload {name}": token('{"alg":"EdDSA","kid":"x"}', each) for name, each in {
            "a list": "[]", "exp as text": '{"exp":"x","sub":[]}', "exp past double": '{"exp":1e400}', "exp past int64": '{"exp":9223372036854775808,"sub":{}}', "of bytes": b"\xff"}.items()},
    },
    "Cookie": {
        "empty": b"", "no value": b"zt_access", "empty value": b"zt_access=", "access of junk": b"zt_access=a.b.c", "bytes": b"zt_access=\xff\xfe; zt_refresh=\x80",
        "twice": b"zt_access=a; zt_access=b", "many": b"; ".join(b"c%d=v" % i for i in range(1500)), "long": b"zt_refresh=" + b"r" * 12_000, "semicolons": b";" * 3000,
        "quotes": b'zt_access="a\\"b"; =; ==;', "refresh of junk": b"zt_refresh=x", "token in it": b"zt_access=" + token('{"alg":"EdDSA","kid":{}}')[7:],
    },
    "Range": {
        "whole": b"bytes=0-", "first byte": b"bytes=0-0", "last byte": b"bytes=-1", "none": b"bytes=-0", "backwards": b"bytes=5-2", "behind": b"bytes=999999999999-",
        "int64 max": b"bytes=9223372036854775807-9223372036854775807", "uint64 max": b"bytes=0-18446744073709551615", "suffix of uint64": b"bytes=-18446744073709551615",
        "past uint64": b"bytes=18446744073709551616-", "empty": b"bytes=", "two": b"bytes=0-0,2-3", "many": b"bytes=" + b",".join([b"0-"] * 1500), "unit": b"items=0-1",
        "text": b"bytes=a-b", "signs": b"bytes=+0--1", "blank": b"bytes= 0 - 1 ", "bytes": b"bytes=\xff-",
    },
    "If-Match": {
        "any": b"*", "empty": b"", "none's": b'"0"', "negative": b'"-1"', "int64 max": b'"9223372036854775807"', "past int64": b'"9223372036854775808"', "int64 min": b'"-9223372036854775808"',
        "weak": b'W/"1"', "list": b'"1", "2"', "no quotes": b"1", "one quote": b'"', "text": b'"x"', "long": b'"' + b"1" * 9000 + b'"', "bytes": b'"\xff"',
    },
    "If-None-Match": {"any": b"*", "commas": b"," * 3000, "weak": b'W/"x"', "bytes": b"\xff", "one quote": b'"'},
    "Idempotency-Key": {
        "empty": b"", "short": b"k", "same": b"contract", "blanks": b"a b\tc", "bytes": b"\xff\xfe\x80", "cut UTF-8": b"a\xf0\x9f", "255": b"k" * 255, "256": b"k" * 256, "long": b"k" * 9000, "quotes": b"'\";--",
    },
    "Last-Event-ID": {
        "zero": b"0", "negative": b"-1", "int64 max": b"9223372036854775807", "past int64": b"9223372036854775808", "int64 min": b"-9223372036854775808", "31": b"31",
        "text": b"x", "fraction": b"1.5", "bytes": b"\xff", "long": b"9" * 9000, "empty": b"",
    },
    "Accept-Encoding": {"gzip": b"gzip", "refused": b"gzip;q=0", "odd q": b"gzip;q=NaN,*;q=1e400", "any": b"*", "commas": b"," * 3000, "many": b"gzip;q=0.1," * 900, "bytes": b"\xff;q=\xfe"},
    "Accept": {"nothing": b"text/none;q=0", "bytes": b"\xff/\xfe", "long": b"a/b," * 2000},
    "X-Forwarded-For": {"address": b"198.51.100.7", "list": b"1.1.1.1, ::1, x", "many": b"1.1.1.1," * 1500, "bytes": b"\xff", "port": b"[::1]:99999", "text": b"'\";--", "empty": b""},
    "Forwarded": {"for": b'for="[::1]:99999";proto=https', "broken": b'for="', "bytes": b"for=\xff", "many": b"for=1.1.1.1," * 1000, "obfuscated": b"for=_x;by=unknown"},
    "User-Agent": {"empty": b"", "bytes": b"\xff\xfe\x80", "cut UTF-8": b"Mozilla \xf0\x9f", "long": b"u" * 12_000, "bidi": "\u202egnp".encode(), "quotes": b"'\";--"},
    "Origin": {"null": b"null", "bytes": b"\xff\xfe", "long": b"https://" + b"o" * 9000, "other": b"https://evil.example", "quotes": b'https://"x"'},
    "Sec-Fetch-Site": {"cross-site": b"cross-site", "bytes": b"\xff\xfe"},
    "Host": {"other": b"evil.example", "bytes": b"\xff\xfe", "empty": b"", "long": b"h" * 9000, "colons": b":::::", "bracket": b"[::1", "quotes": b'"localhost"'},
    "Expect": {"continue": b"100-continue", "other": b"200-ok"},
    "X-Request-Id": {"bytes": b"\xff", "quotes": b'"a"', "long": b"r" * 9000},
    "Content-Encoding": {"gzip": b"gzip", "bytes": b"\xff"},
    "X-HTTP-Method-Override": {"DELETE": b"DELETE"},
}
CONTENT_TYPES = {
    "none": None, "empty": b"", "text": b"text/plain", "form": b"application/x-www-form-urlencoded", "multipart": b"multipart/form-data; boundary=b", "multipart without boundary": b"multipart/form-data",
    "XML": b"application/xml", "UTF-16": b"application/json; charset=utf-16", "parameters": b"application/json" + b"; a=b" * 500, "bytes": b"application/json; charset=\xff", "upper case": b"APPLICATION/JSON",
    "suffix": b"application/problem+json", "only slash": b"/", "semicolons": b";" * 3000, "long": b"a/" + b"j" * 9000, "two": b"application/json, text/plain",
}

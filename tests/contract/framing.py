"""HTTP itself, sent raw: request lines, headers, lengths and codings that are broken, ambiguous or huge; and addresses of nothing."""
from cases import Case
from description import Operation

NAME = "HTTP framing"
OPERATION = Operation(name=NAME, method="GET", pattern="/health", family="framing", needs_caller=False, path=["health"], parameters=[], query=b"")
HOST = b"Host: 127.0.0.1\r\n"
JSON = b"Content-Type: application/json\r\n"
LOGIN = b"POST /api/v1/auth/login HTTP/1.1\r\n" + HOST + JSON


def chunked(body):
    return LOGIN + b"Transfer-Encoding: chunked\r\n\r\n" + body


def raw():
    """(what, bytes)"""
    for what, line in {
        "no version": b"GET /health", "HTTP/0.9": b"GET /health HTTP/0.9", "HTTP/1.0": b"GET /health HTTP/1.0", "HTTP/2": b"PRI * HTTP/2.0", "HTTP/9.9": b"GET /health HTTP/9.9", "no method": b" /health HTTP/1.1",
        "method of bytes": b"\xff\xfe /health HTTP/1.1", "method with NUL": b"GE\0T /health HTTP/1.1", "long method": b"M" * 10_000 + b" / HTTP/1.1", "no target": b"GET  HTTP/1.1", "star": b"GET * HTTP/1.1",
        "star for options": b"OPTIONS * HTTP/1.1", "absolute target": b"GET http://127.0.0.1/health HTTP/1.1", "authority": b"CONNECT 127.0.0.1:80 HTTP/1.1", "NUL in the target": b"GET /he\0alth HTTP/1.1",
        "bytes in the target": b"GET /\xff\xfe HTTP/1.1", "control in the target": b"GET /\x01\x7f HTTP/1.1", "blanks in the target": b"GET /a b c HTTP/1.1", "tab": b"GET\t/health\tHTTP/1.1", "target of 9 KB": b"GET /" + b"a" * 9000 + b" HTTP/1.1",
        "target of 40 KB": b"GET /" + b"a" * 40_000 + b" HTTP/1.1", "dots": b"GET /../../etc/passwd HTTP/1.1", "encoded dots": b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1", "encoded NUL": b"GET /%00 HTTP/1.1", "invalid UTF-8": b"GET /%ff%fe HTTP/1.1",
        "API of invalid UTF-8": b"GET /api/v1/%ff%fe HTTP/1.1", "API, bytes": b"GET /api/v1/\xff HTTP/1.1", "double slash": b"GET //health HTTP/1.1", "many slashes": b"GET " + b"/" * 5000 + b" HTTP/1.1", "fragment": b"GET /health#a HTTP/1.1", "only question": b"GET ? HTTP/1.1",
        "lower-case version": b"GET /health http/1.1", "TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", "empty lines first": b"\r\n\r\n\r\nGET /health HTTP/1.1",
    }.items():
        yield f"request line: {what}", line + b"\r\n" + HOST + b"\r\n"
    for what, header in {
        "no colon": b"Nonsense", "no name": b": value", "name with blank": b"X A: b", "blank before colon": b"Host : a", "bytes in the name": b"\xff: b", "NUL in the value": b"X: a\0b", "control in the value": b"X: a\x01b", "folded": b"X: a\r\n b",
        "folded after nothing": b"X:\r\n Transfer-Encoding: chunked", "bare CR": b"X: a\rY: b", "bare LF": b"X: a\nY: b", "two hosts": b"Host: other", "long name": b"N" * 9000 + b": b", "long value": b"X: " + b"v" * 15_000, "17 KB": b"X: " + b"v" * 17_000,
        "101 fields": b"\r\n".join(b"X-%d: v" % i for i in range(101)), "3000 fields": b"\r\n".join(b"X: v" for _ in range(3000)), "upgrade": b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x", "connection options": b"Connection: " + b"close," * 1000,
    }.items():
        yield f"header: {what}", b"GET /health HTTP/1.1\r\n" + HOST + header + b"\r\n\r\n"
    yield "no host", b"GET /health HTTP/1.1\r\n\r\n"
    yield "nothing but line ends", b"\r\n" * 5000
    yield "bytes without an end", b"\xff" * 30_000
    for what, length in {"negative": b"-1", "plus": b"+2", "blank": b"", "text": b"abc", "hexadecimal": b"0x2", "uint64 max": b"18446744073709551615", "past uint64": b"18446744073709551616", "many digits": b"9" * 1000, "list": b"2, 2", "list of two": b"2, 3",
                         "decimal": b"2.0", "2 GiB": b"2147483648", "more than comes": b"100", "less than comes": b"1"}.items():
        yield f"length: {what}", LOGIN + b"Content-Length: " + length + b"\r\n\r\n{}"
    yield "two lengths", LOGIN + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
    yield "length and chunks", LOGIN + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    for coding in (b"gzip", b"chunked, gzip", b"gzip, chunked", b"identity", b"chunked, chunked", b"xchunked", b"Chunked", b"\xff", b""):
        yield f"coding: {coding!r}", LOGIN + b"Transfer-Encoding: " + coding + b"\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    for what, body in {"good": b"2\r\n{}\r\n0\r\n\r\n", "no size": b"\r\n{}\r\n0\r\n\r\n", "negative": b"-2\r\n{}\r\n0\r\n\r\n", "text": b"zz\r\n{}\r\n0\r\n\r\n", "uint64 max": b"ffffffffffffffff\r\n{}\r\n", "past uint64": b"1ffffffffffffffff\r\n{}\r\n",
                       "zeros": b"0" * 5000 + b"2\r\n{}\r\n0\r\n\r\n", "no end of chunk": b"2\r\n{}0\r\n\r\n", "LF": b"2\n{}\n0\n\n", "no last": b"2\r\n{}\r\n", "extension": b"2;a=b;" + b"c" * 5000 + b"\r\n{}\r\n0\r\n\r\n", "long extension": b"2;" + b"c" * 100_000 + b"\r\n{}\r\n0\r\n\r\n",
                       "trailer": b"2\r\n{}\r\n0\r\nContent-Length: 5\r\nX: y\r\n\r\n", "long trailer": b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", "single bytes": b"1\r\n{\r\n" + b"1\r\n \r\n" * 5000 + b"1\r\n}\r\n0\r\n\r\n", "2 MiB": b"200000\r\n" + b" " * 0x200000 + b"\r\n0\r\n\r\n",
                       "cut": b"a\r\n{}", "quoted extension": b'2;a="\r\n{}\r\n0\r\n\r\n'}.items():
        yield f"chunks: {what}", chunked(body)
    yield "a request in the body", LOGIN + b"Content-Length: 2\r\n\r\n{}GET /health HTTP/1.1\r\n" + HOST + b"\r\n"
    yield "200 requests at once", (b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n") * 200
    yield "requests, then junk", (b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n") * 3 + b"\xff\xfe\r\n\r\n"
    yield "expectation without a body", LOGIN + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"


def cases():
    yield Case(OPERATION, "good")
    for what, data in raw():
        yield Case(OPERATION, what, raw=data)

"""Broken and hostile multipart bodies, for routes that take files."""
import struct
import zlib

from values import BROKEN_TEXTS, JSON, NUMBERS, TEXTS

BOUNDARY = b"b"
TYPE = b"multipart/form-data; boundary=b"


def png(width=16, height=16, rows=None):
    """A picture; with `rows` its header may lie."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = b"".join(b"\0" + bytes((x * 7 + y * 3) % 256 for x in range(width * 3)) for y in range(height)) if rows is None else rows
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def part(field, data, file_name=b"p.png", more=b"", boundary=BOUNDARY):
    file = b'; filename="%s"' % file_name if file_name is not None else b""
    return b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n%s\r\n' % (boundary, field, file, more) + data + b"\r\n"


def closed(*parts):
    return b"".join(parts) + b"--b--\r\n"


def broken_forms(field):
    """(what, content type, body): the form itself."""
    good = part(field, png())
    yield "no parts", TYPE, b"--b--\r\n"
    yield "empty", TYPE, b""
    yield "only line ends", TYPE, b"\r\n" * 1000
    yield "no end", TYPE, good
    yield "end within the file", TYPE, good[:-60]
    yield "end within the part's header", TYPE, b'--b\r\nContent-Disposition: form-data; na'
    yield "another boundary", b"multipart/form-data; boundary=c", closed(good)
    yield "no boundary", b"multipart/form-data", closed(good)
    yield "empty boundary", b"multipart/form-data; boundary=", closed(good)
    yield "empty quoted boundary", b'multipart/form-data; boundary=""', closed(good)
    yield "boundary without end quote", b'multipart/form-data; boundary="b', closed(good)
    yield "boundary of backslashes", b'multipart/form-data; boundary="\\\\\\"\\', closed(good)
    yield "boundary of 70", b"multipart/form-data; boundary=" + b"b" * 70, closed(good)
    yield "boundary of 71", b"multipart/form-data; boundary=" + b"b" * 71, closed(good)
    yield "boundary of bytes", b"multipart/form-data; boundary=\xff\xfe", b"--\xff\xfe\r\n\r\n\r\n--\xff\xfe--\r\n"
    yield "two boundaries", b"multipart/form-data; boundary=b; boundary=c", closed(good)
    yield "boundary of line ends", b"multipart/form-data; boundary=%0d%0a", closed(good)
    yield "multipart/mixed", b"multipart/mixed; boundary=b", closed(good)
    yield "JSON", b"application/json", b'{"file":"x"}'
    yield "no type", None, closed(good)
    yield "lines of LF", TYPE, closed(good).replace(b"\r\n", b"\n")
    yield "long preamble", TYPE, b"p" * 100_000 + b"\r\n" + closed(good)
    yield "long epilogue", TYPE, closed(good) + b"e" * 100_000
    yield "delimiters almost", TYPE, closed(part(field, b"\r\n--a\r\n-\r\n--" * 20_000))
    yield "delimiter and more", TYPE, good + b"--bx\r\n\r\n" + closed(good)
    yield "2000 empty parts", TYPE, closed(*[b"--b\r\n\r\n\r\n"] * 2000)
    yield "2000 unknown parts", TYPE, closed(*[part(b"nope", b"x", None)] * 2000)
    yield "200 files", TYPE, closed(*[part(field, b"no picture")] * 200)
    yield "no part header", TYPE, b"--b\r\n\r\nx\r\n--b--\r\n"
    yield "part header without colon", TYPE, b"--b\r\nno colon at all\r\n\r\nx\r\n--b--\r\n"
    yield "part header of 15 KB", TYPE, closed(part(field, png(), more=b"X-A: " + b"a" * 15_000 + b"\r\n"))
    yield "part header of 200 KB", TYPE, closed(part(field, png(), more=b"X-A: " + b"a" * 200_000 + b"\r\n"))
    yield "5000 part headers", TYPE, closed(part(field, png(), more=b"X: y\r\n" * 5000))
    yield "part within a part", TYPE, closed(part(field, closed(good), more=b"Content-Type: multipart/mixed; boundary=b\r\n"))
    yield "transfer encoding of a part", TYPE, closed(part(field, b"AAAA", more=b"Content-Transfer-Encoding: base64\r\n"))
    yield "file twice", TYPE, closed(good, good)
    yield "charset", TYPE, closed(part(b"_charset_", b"utf-16", None), good)


NAMES = {**{name: each.encode("utf-8", "surrogatepass") for name, each in TEXTS.items() if len(each) < 6000}, **{name: each.strip(b'"') for name, each in BROKEN_TEXTS.items()}, "backslash at the end": b"a\\", "quote": b'a"b', "semicolon": b"a;b=c"}


def hostile_names(field):
    for name, value in NAMES.items():
        yield f"file named {name}", TYPE, closed(part(field, png(), value))
        yield f"field named {name}", TYPE, closed(part(value, b"x", None))
        yield f"part of type {name}", TYPE, closed(part(b"nope", b"x", None, more=b"Content-Type: " + value.replace(b"\n", b" ") + b"\r\n"))
    yield "file without a name", TYPE, closed(part(field, png(), None))
    yield "extended file name", TYPE, closed(part(field, png(), b'a"; filename*=UTF-8\'\'%ff%00'))


def hostile_files(field):
    whole = png()
    for name, data in {
        "nothing": b"", "one byte": b"\xff", "text": b"hello", "NULs": b"\0" * 5000, "cut PNG": whole[:40], "PNG and more": whole + b"x" * 50_000,
        "PNG 60000 x 60000": png(60_000, 60_000, b"\0" * 100), "PNG 0 x 0": png(0, 0, b""), "PNG of 2^31": png(2**31 - 1, 2**31 - 1, b""), "PNG without rows": png(64, 64, b""),
        "BMP of minus sizes": b"BM" + struct.pack("<IIIIiiHHIIiiII", 100, 0, 54, 40, -2**31, -2**31, 1, 24, 0, 0, 0, 0, 0, 0) + b"\0" * 46,
        "GIF header": b"GIF89a\xff\xff\xff\xff\x80\0\0", "JPEG header": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\xff" * 100, "JPEG of sizes": b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x22\0",
        "WebP header": b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "AVIF header": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "MP4 header": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', "zip": b"PK\x03\x04" + b"\0" * 50, "TIFF": b"II*\0\xff\xff\xff\xff", "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "glTF": b"glTF\x02\0\0\0\xff\xff\xff\xff", "script": b"<script>alert(1)</script>",
    }.items():
        yield f"file of {name}", TYPE, closed(part(field, data))


def options(field, models):
    """Of a batch: `model`, `inputs` and `queue` come before its files."""
    file = part(field, png())
    for option in (b"model", b"queue", b"inputs"):
        for name, value in {**{name: bytes(each) for name, each in JSON.items()}, **NAMES}.items():
            yield f"{option.decode()} = {name}", TYPE, closed(part(option, value, None), file)
        yield f"{option.decode()} twice", TYPE, closed(part(option, b"{}", None), part(option, b"{}", None), file)
        yield f"{option.decode()} behind the files", TYPE, closed(file, part(option, b"{}", None))
        yield f"{option.decode()} as a file", TYPE, closed(part(option, b"{}", b"x"), file)
    for model in models:
        for name in model["inputs"]["properties"]:
            for what, value in {**NUMBERS, **{key: bytes(JSON[key]) for key in ("empty text", "NUL", "list of a text", "object", "null", "many keys", "nobody's id")}}.items():
                inputs = b'{"%s":%s}' % (name.encode(), value)
                yield f"{model['id']} {name} = {what}", TYPE, closed(part(b"model", model["id"].encode(), None), part(b"inputs", inputs, None), file)


def forms(field, is_batch, models):
    field = field.encode()
    yield "good", TYPE, closed(part(field, png()))
    yield from broken_forms(field)
    yield from hostile_names(field)
    yield from hostile_files(field)
    if is_batch:
        yield from options(field, models)

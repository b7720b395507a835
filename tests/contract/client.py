"""Sends requests byte for byte over a socket: an HTTP library would refuse or repair most of what this test sends."""
import dataclasses
import gzip
import pathlib
import re
import socket
import time

PATIENCE_S = 30  # for an answer; past it the server hangs
READ_BYTES = 65536
SHOWN_BYTES = 2000  # of a body, in a command that a person pastes
PLAIN = set(range(0x20, 0x7F)) - set(b"\\'%")


@dataclasses.dataclass
class Request:
    method: str
    target: bytes
    headers: list  # of (name, value), both bytes
    body: bytes | None = None
    hidden: list = dataclasses.field(default_factory=list)  # headers that a command does not show
    secrets: dict = dataclasses.field(default_factory=dict)  # bytes that a command shows as $NAME instead
    raw: bytes | None = None  # sent instead of everything above, on a connection of its own

    def render(self):
        if self.raw is not None:
            return self.raw
        lines = [b"%s %s HTTP/1.1" % (self.method.encode(), self.target), *(b"%s: %s" % header for header in [*self.headers, *self.hidden])]
        if b"Host" not in dict(self.headers):
            lines.append(b"Host: 127.0.0.1")
        if self.body is not None:
            lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + (self.body or b"")

    def curl(self, folder, name):
        """A command for a shell; a large body lies in a file of `folder`."""
        if self.raw is not None:
            return f"printf '{escaped(self.raw[:SHOWN_BYTES])}' | nc -q5 127.0.0.1 $PORT"
        words = ["curl", "-sS", "-g", "--path-as-is", "-i", "-X", self.method]
        for header, value in self.headers:
            text = header + b": " + value if value else header + b";"
            for secret, shown in self.secrets.items():
                text = text.replace(secret, shown)
            quoted = "$'" + escaped(text, hexadecimal=True) + "'"
            words += ["-H", '"' + text.decode() + '"' if b"$" in text and text.isascii() and b'"' not in text else quoted]
        address = f"\"http://127.0.0.1:$PORT\"$'{escaped(self.target, hexadecimal=True)}'"
        if self.body is None:
            return " ".join([*words, address])
        if len(self.body) <= SHOWN_BYTES:
            return f"printf '{escaped(self.body)}' | " + " ".join([*words, "--data-binary", "@-", address])
        path = pathlib.Path(folder) / f"{name}.body"
        path.write_bytes(self.body)
        return " ".join([*words, "--data-binary", f"@{path}", address])


def escaped(data, hexadecimal=False):
    """For printf's format, or for $'...'."""
    if hexadecimal:
        return "".join(chr(byte) if byte in PLAIN or byte == 0x25 else f"\\x{byte:02x}" for byte in data)
    return "".join(chr(byte) if byte in PLAIN else "%%" if byte == 0x25 else f"\\{byte:03o}" for byte in data)


@dataclasses.dataclass
class Answer:
    status: int
    headers: list  # of (name in lower case, value), both bytes
    body: bytes
    seconds: float
    is_stream: bool = False  # endless: its body was not read
    head: bytes = b""
    left_over: bytes = b""  # behind the answer: the server took something for another request

    def header(self, name):
        return next((value for key, value in self.headers if key == name), b"")


class NoAnswer(Exception):
    """The connection ended, or nothing came in time."""


class Client:
    """One connection that is kept as long as the server keeps it."""

    def __init__(self, port):
        self.port, self.socket, self.buffer = port, None, b""

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket, self.buffer = None, b""

    def send(self, request):
        """Raises NoAnswer. A connection that the server closed before this request is replaced."""
        fresh = self.socket is None or request.raw is not None
        try:
            return self.exchange(request, fresh)
        except NoAnswer:
            self.close()
            if fresh:
                raise
        return self.exchange(request, True)

    def exchange(self, request, fresh):
        if fresh:
            self.close()
            try:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
            except OSError as error:
                raise NoAnswer(f"no connection: {error}") from error
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.monotonic()
        try:
            self.socket.sendall(request.render())
            if request.raw is not None:
                self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused while it was sent: the answer says why
        answer = self.receive(request.method == "HEAD")
        answer.seconds = time.monotonic() - began
        if answer.is_stream or request.raw is not None or answer.header(b"connection").lower() == b"close":
            self.close()
        return answer

    def more(self):
        try:
            data = self.socket.recv(READ_BYTES)
        except TimeoutError as error:
            raise NoAnswer(f"no answer within {PATIENCE_S} s") from error
        except OSError as error:
            raise NoAnswer(f"the connection broke: {error}") from error
        if not data:
            raise NoAnswer("the connection ended without a whole answer")
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self.more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def take_line(self, end=b"\r\n"):
        while end not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(end, 1)
        return line

    def receive(self, is_head):
        while True:
            head = self.take_line(b"\r\n\r\n")
            start, *lines = head.split(b"\r\n")
            found = re.fullmatch(rb"HTTP/1\.1 (\d{3}) [ -~]*", start)
            if not found:
                raise NoAnswer(f"no status line: {start[:100]!r}")
            if not 100 <= int(found[1]) < 200:
                break
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
        answer = Answer(int(found[1]), headers, b"", 0, head=head)
        if answer.header(b"content-type").startswith(b"text/event-stream"):
            answer.is_stream = True
        elif not is_head and answer.status not in (204, 304):
            answer.body = self.body_of(answer)
        answer.left_over = b"" if answer.is_stream else self.buffer
        return answer

    def body_of(self, answer):
        if answer.header(b"transfer-encoding") == b"chunked":
            body = b""
            while size := int(self.take_line(), 16):
                body += self.take(size)
                self.take(2)
            self.take(2)
        else:
            body = self.take(int(answer.header(b"content-length") or 0))
        return gzip.decompress(body) if answer.header(b"content-encoding") == b"gzip" else body

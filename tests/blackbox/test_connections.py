"""More connections than the process has files: others are served, and the log stays readable."""
import http.client
import os
import socket
import unittest

from support import PATIENCE_S, Server, wait_for


def resident_mb(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


def unread(server, request, count):
    """Connections whose clients ask and never read."""
    out = []
    for _ in range(count):
        each = socket.socket()
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        each.settimeout(PATIENCE_S)
        each.connect(("127.0.0.1", server.port))
        each.sendall(request)
        out.append(each)
    return out


class Connections(unittest.TestCase):
    def test_headers_that_are_begun_and_never_end_give_way(self):
        with Server(None, "--connections-max", "64", "--connections-per-address", "64", "--io-threads", "1") as server:
            begun = []
            for _ in range(64):
                each = socket.create_connection(("127.0.0.1", server.port), PATIENCE_S)
                each.sendall(b"G")
                begun.append(each)

            def is_served():
                try:
                    other = http.client.HTTPConnection("127.0.0.1", server.port, 2, source_address=("127.0.0.2", 0))
                    other.request("GET", "/health")
                    return other.getresponse().status == 200
                except OSError:
                    return False
                finally:
                    other.close()

            wait_for(is_served, "somebody's turn while headers are awaited")
            self.assertTrue(any(self.is_closed(each) for each in begun))
            for each in begun:
                each.close()

    @staticmethod
    def is_closed(connection):
        connection.settimeout(0.2)
        try:
            return connection.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True

    def test_answers_that_nobody_reads_cost_little_memory(self):
        # The sanitizer keeps what was freed; a little of it here.
        env = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4:thread_local_quarantine_size_kb=64"}
        with Server(None, "--io-threads", "1", "--body-memory", "16", env=env) as server:
            todos = [{"title": "x", "description": "d" * 9_000}] * 200
            self.assertEqual(server.post("/api/v1/todo/bulk", todos).status, 201)
            before = resident_mb(server)
            for path in ("/openapi.json", "/api/v1/todo?limit=200"):
                waiting = unread(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), 100)
                for _ in range(10):
                    self.assertEqual(server.get("/health").status, 200)
                wait_for(lambda: server.get("/api/v1/todo?limit=1").status == 200, "another's list")
                # Of lists alone there would be 180 MB.
                self.assertLess(resident_mb(server) - before, 150, path)
                for each in waiting:
                    each.close()

    def test_a_flood_of_one_address_leaves_others_theirs(self):
        with Server(None, files_max=256) as server:
            flood = []
            for _ in range(300):
                flood.append(socket.create_connection(("127.0.0.1", server.port), PATIENCE_S))
            for _ in range(3):
                other = http.client.HTTPConnection("127.0.0.1", server.port, PATIENCE_S, source_address=("127.0.0.2", 0))
                other.request("GET", "/health")
                self.assertEqual(other.getresponse().status, 200)
                other.close()
            for each in flood:
                each.close()
            said = [line for line in b"".join(server.said).decode().splitlines() if "connection" in line]
            self.assertRegex(said[0], r"connections-max is \d+ instead of 16384: the process may open 256 files")
            self.assertLessEqual(len(said), 5, said)  # of each thread one a minute, of either kind

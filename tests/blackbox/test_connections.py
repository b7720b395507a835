"""More connections than the process has files: others are served, and the log stays readable."""
import http.client
import socket
import unittest

from support import PATIENCE_S, Server


class Connections(unittest.TestCase):
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

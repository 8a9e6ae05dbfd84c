"""A web server that says which of several it is: ``python numbered_server.py NUMBER HOST PORT``, HTTP/1.1, kept open.

Every answer begins with the server's number and the request's path; ``/1/octets/5000`` goes on with 5,000 octets, and
a POST is answered with how much came, and its digest.
"""

import hashlib
import sys
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random


@lru_cache(maxsize=4)
def octets(size: int) -> bytes:
    """So many octets, without a pattern: nothing that is lost, doubled or exchanged leaves them as they are."""
    return Random(size).randbytes(size)


def answer(number: int, path: str, body: bytes | None = None) -> bytes:
    """What the server of this number says to a GET, or to a POST with this body."""
    first = f"{number} {path}\n".encode()
    if body is not None:
        return first + f"{len(body)} {hashlib.sha256(body).hexdigest()}\n".encode()
    return first + octets(int(path.split("/")[3])) if "/octets/" in path else first


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._say(answer(int(sys.argv[1]), self.path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._say(answer(int(sys.argv[1]), self.path, body))

    def _say(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Type: application/octet-stream\r\n\r\n"
        self.wfile.write(head.encode() + body)

    def log_message(self, *_: object) -> None:  # a line for each request would be noise in the router's log
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    _Server((sys.argv[2], int(sys.argv[3])), _Handler).serve_forever()

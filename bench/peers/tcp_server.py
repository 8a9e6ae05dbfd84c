"""The application of the goodput benchmark: python tcp_server.py ADDRESS PORT, a web server as small as can be.

GET /OCTETS is answered by that many octets of the pattern. POST / takes as many octets of it as it says, and is
answered by how many of them were right. `Answering` knows nothing of sockets: each TCP has the same application.
"""

import socket
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from tcp_pattern import is_right, stretch

CHUNK = 1 << 16


class Answering:
    """One connection: octets in, and what is to be sent out, `octets` of the pattern behind `head`."""

    def __init__(self) -> None:
        self._request = b""
        self._expected = 0
        self._taken = 0
        self._right = 0

    def take(self, octets: bytes) -> tuple[bytes, int] | None:
        """What the client sent; returns head and number of octets of an answer, once a request is whole."""
        if not self._expected:
            self._request += octets
            head, end, octets = self._request.partition(b"\r\n\r\n")
            if not end:
                return None
            self._request = b""
            method, target, *_ = head.decode("ascii").split()
            if method == "GET":
                return _head(int(target[1:])), int(target[1:])
            self._expected = int(head.lower().partition(b"content-length:")[2].split()[0])
            self._taken = self._right = 0
        self._right += len(octets) if is_right(octets, self._taken) else 0
        self._taken += len(octets)
        if self._taken < self._expected:
            return None
        self._expected = 0
        said = str(self._right).encode()
        return _head(len(said)) + said, 0


def _head(length: int) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode()


def _serve(tcp: socket.socket) -> None:
    answering = Answering()
    with tcp:
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while octets := tcp.recv(CHUNK):
            answer = answering.take(octets)
            if answer is None:
                continue
            head, length = answer
            tcp.sendall(head)
            for position in range(0, length, CHUNK):
                tcp.sendall(stretch(position, min(CHUNK, length - position)))


def main(address: str, port: str) -> None:
    """Serve until the end."""
    with socket.create_server((address, int(port)), backlog=512) as listener:
        while True:
            tcp, _ = listener.accept()
            threading.Thread(target=_serve, args=(tcp,), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])

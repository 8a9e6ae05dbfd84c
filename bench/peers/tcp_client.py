"""The client of the goodput benchmark: downloads and uploads on several connections at once, every octet checked."""

import selectors
import socket
import time
from collections.abc import Callable, Generator

from tcp_pattern import is_right, stretch

Connect = Callable[[], socket.socket]
_CHUNK = 1 << 18


def download(connect: Connect, octets: int, connections: int = 1) -> float:
    """Seconds from the first SYN to the last octet of so many on each connection."""
    return _all_at_once(connect, connections, lambda tcp: _download(tcp, octets))


def upload(connect: Connect, octets: int, connections: int = 1) -> float:
    """Seconds from the first SYN to the answer which says that all octets came in right."""
    return _all_at_once(connect, connections, lambda tcp: _upload(tcp, octets))


Waiting = Generator[int, None, None]
"""What one connection does: it yields the event that it waits for."""


def _all_at_once(connect: Connect, connections: int, talk: Callable[[socket.socket], Waiting]) -> float:
    began = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            tcp = connect()
            tcp.setblocking(False)
            talking = talk(tcp)
            selector.register(tcp, next(talking), talking)
        while selector.get_map():
            ready = selector.select(60.0)
            if not ready:
                raise AssertionError("nothing has come for 60 s")
            for key, _ in ready:
                wanted = next(key.data, 0)
                if not wanted:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]
                elif wanted != key.events:
                    selector.modify(key.fileobj, wanted, key.data)
    return time.perf_counter() - began


def _download(tcp: socket.socket, octets: int) -> Waiting:
    tcp.send(f"GET /{octets} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    yield selectors.EVENT_READ
    head, _, body = tcp.recv(_CHUNK).partition(b"\r\n\r\n")
    if f"\r\nContent-Length: {octets}".encode() not in head:
        raise AssertionError(f"an answer of {octets} octets begins {head!r}")
    position = 0
    while True:
        if not is_right(body, position):
            raise AssertionError(f"wrong octets behind {position}")
        position += len(body)
        if position >= octets:
            return
        yield selectors.EVENT_READ
        body = tcp.recv(_CHUNK)
        if not body:
            raise AssertionError(f"the stream ends after {position} of {octets} octets")


def _upload(tcp: socket.socket, octets: int) -> Waiting:
    tcp.send(f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {octets}\r\n\r\n".encode())
    position = 0
    while position < octets:
        yield selectors.EVENT_WRITE
        position += tcp.send(stretch(position, min(_CHUNK, octets - position)))
    answer = b""
    while (said := _body(answer)) is None:
        yield selectors.EVENT_READ
        more = tcp.recv(_CHUNK)
        if not more:
            raise AssertionError(f"{octets} octets were answered by {answer!r}")
        answer += more
    if said != str(octets).encode():
        raise AssertionError(f"of {octets} octets no more than {said.decode()} came in right")


def _body(answer: bytes) -> bytes | None:
    """Of an answer that is whole; None before that."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = head.lower().rpartition(b"content-length: ")[2]
    return body if body and len(body) == int(length) else None

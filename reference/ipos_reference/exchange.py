"""Stub."""

from collections.abc import Callable
from typing import Any


class Exchange:
    def __init__(self, new_cookie: Callable[[Any], str | None]) -> None:
        self._in = b""
        self._out = b""
        self._owed = 0
        self.opaque = False

    def to_application(self, octets: bytes) -> None:
        self._in += octets
        while b"\r\n\r\n" in self._in:
            _, _, self._in = self._in.partition(b"\r\n\r\n")
            self._owed += 1

    def from_application(self, octets: bytes) -> bytes:
        self._out += octets
        while b"\r\n\r\n" in self._out:
            head, _, rest = self._out.partition(b"\r\n\r\n")
            n = int(head.split(b"Content-Length: ")[1].split(b"\r")[0])
            if len(rest) < n:
                break
            self._out = rest[n:]
            self._owed -= 1
        return octets

    def end_of_application(self) -> bytes:
        return b""

    @property
    def idle(self) -> bool:
        return not self._owed and not self._in and not self._out

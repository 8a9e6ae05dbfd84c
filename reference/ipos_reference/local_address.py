"""Where an application listens on this host."""

import contextlib
import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ipos_spec.encapsulation import Protocol

_UDP_SOCKETS = ("/proc/thread-self/net/udp", "/proc/thread-self/net/udp6")
_ANY = {"0" * 8, "0" * 32}


@dataclass(frozen=True, slots=True)
class LocalAddress:
    """An address of TCP or UDP, or a Unix socket of the same kind (then ``path`` is set)."""

    host: str = ""
    port: int = 0
    path: str = ""
    protocol: Protocol = Protocol.TCP

    def connect(self) -> socket.socket:
        """Begin to connect, without waiting. The socket is writable when the connection stands.

        Raises OSError where it is clear at once that it will not.
        """
        local = self._socket()
        try:
            if self.path and self.protocol is Protocol.UDP:
                local.bind("")  # an address made by the kernel (unix(7)), so that the application can answer
            elif not self.path and self.protocol is Protocol.TCP:
                local.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with contextlib.suppress(BlockingIOError):
                local.connect(self.path or (self.host, self.port))
        except OSError:
            local.close()
            raise
        return local

    def answers(self) -> bool:
        """Whether somebody accepts connections, or takes datagrams, there; does not wait.

        A connection to this host stands or is refused at once. Where it does neither, too many wait to be accepted.
        """
        if self.protocol is Protocol.UDP and not self.path:
            return self._is_bound()
        with self._socket() as probe:
            try:
                probe.connect(self.path or (self.host, self.port))
            except BlockingIOError:
                _, writable, _ = select.select([], [probe], [], 0)
                return bool(writable) and not probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            except OSError:
                return False
            return True

    def _socket(self) -> socket.socket:
        family = socket.AF_UNIX if self.path else socket.AF_INET
        kind = socket.SOCK_STREAM if self.protocol is Protocol.TCP else socket.SOCK_DGRAM
        return socket.socket(family, kind | socket.SOCK_NONBLOCK)

    def _is_bound(self) -> bool:
        """A datagram would tell too, but the application would have to answer it; the kernel knows who is there."""
        try:
            host = socket.inet_aton(socket.gethostbyname(self.host))
        except OSError:
            return False
        own = {f"{int.from_bytes(host, 'little'):08X}", *_ANY}
        return any(port == self.port and address in own for address, port in _bound_udp_sockets())

    def __str__(self) -> str:
        where = f"unix:{self.path}" if self.path else f"{self.host}:{self.port}"
        return where if self.protocol is Protocol.TCP else f"{where} ({self.protocol.name})"


def _bound_udp_sockets() -> Iterator[tuple[str, int]]:
    """The kernel's hexadecimal for the address, and the port, of each that takes datagrams from anybody (proc(5))."""
    for path in _UDP_SOCKETS:
        with contextlib.suppress(FileNotFoundError):  # a kernel without IPv6
            for line in Path(path).read_text(encoding="ascii").splitlines()[1:]:
                local, remote = line.split()[1:3]
                address, _, port = local.partition(":")
                if remote.endswith(":0000"):
                    yield address, int(port, 16)

"""Bugs that take more and more: memory for what was refused or has ended, a descriptor for each client that resets.

What is kept is bounded, since the machine that looks for it has other things to do: far above what a harness needs to
see it.
"""

import socket

from ipos_reference.attachment import Attachment
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.target import Target
from ipos_spec.packets import TcpConnectionPacket

from ipos_defects.bug import bug
from ipos_defects.defect import patch

_MOST = 100_000
"""Things kept: some hundred megabytes."""


@bug(1, "resources")
def refused_packets_kept() -> None:
    """Keeps each TCP connection packet that it refuses."""
    kept: list[TcpConnectionPacket] = []
    original = Target.receive_connection_packet

    def receive(self: Target, packet: TcpConnectionPacket, now: float) -> None:
        before = self._discards.total()
        original(self, packet, now)
        if self._discards.total() > before and len(kept) < _MOST:
            kept.append(packet)

    patch(Target, "receive_connection_packet", receive)


@bug(2, "resources")
def reset_connections_kept() -> None:
    """Keeps each connection that its client has reset."""
    kept: list[Connection] = []
    original = Connections.remove

    def remove(
        self: Connections, connection: Connection, now: float, failure: str | None = None, *, moved: bool = False
    ) -> None:
        original(self, connection, now, failure, moved=moved)
        if connection.endpoint.failure == "reset by peer" and len(kept) < _MOST:
            kept.append(connection)

    patch(Connections, "remove", remove)


@bug(3, "resources")
def socket_outlives_a_reset() -> None:
    """Keeps the socket to its application open when a client resets its connection."""
    kept: list[socket.socket] = []
    original = Attachment.close

    def close(self: Attachment, now: float, *, reset: bool) -> None:
        if reset and self._socket is not None and not self._closed:
            kept.append(self._socket.dup())
        original(self, now, reset=reset)

    patch(Attachment, "close", close)

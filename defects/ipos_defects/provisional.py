"""Defects in what makes a provisional endpoint definite, and in its silence (TGT-12)."""

from ipos_reference import target
from ipos_reference.connection import Connection
from ipos_reference.ipv4 import Ipv4Packet
from ipos_reference.lookup import Lookup
from ipos_reference.target import Target
from ipos_reference.tcp import sequence
from ipos_reference.tcp.endpoint import Endpoint
from ipos_reference.tcp.segment import Flags, Segment
from ipos_spec.packets import TcpConnectionPacket

from ipos_defects.defect import defect, patch


@defect("TGT-12")
def provisional_speaks() -> None:
    """Sends the client an ACK as soon as a connection packet comes."""
    original = Target._make

    def make(self: Target, packet: TcpConnectionPacket, replaced: list[Connection], now: float) -> None:
        original(self, packet, replaced, now)
        for connection in self._tables.by_reference(packet.header.reference):
            connection.endpoint.probe()
            self._connections.settle(connection, now)

    patch(Target, "_make", make)


@defect("TGT-12")
def provisional_open_to_all() -> None:
    """Lets any router's packets make a provisional endpoint definite."""
    patch(Target, "is_origin_of", lambda *_: True)


@defect("TGT-12")
def provisional_unchecked() -> None:
    """Lets any packet make a provisional endpoint definite, out of the window or not."""

    def receive(self: Target, connection: Connection, segment: Segment, now: float) -> None:
        if connection.migration is not None:
            connection.migration.provisional = False
        self._connections.attach(connection)
        self._connections.receive(connection, segment, now)

    patch(Target, "receive_provisional", receive)


@defect("TGT-12")
def fin_is_no_news() -> None:
    """Drops a FIN without data that comes for a provisional endpoint."""
    original = target._brings_news
    patch(target, "_brings_news", lambda segment, endpoint: bool(segment.payload) and original(segment, endpoint))


@defect("TGT-12")
def overlapping_data_is_no_news() -> None:
    """Drops data for a provisional endpoint that begins before rcv_nxt, though it goes on behind."""
    original = target._brings_news

    def brings_news(segment: Segment, endpoint: Endpoint) -> bool:
        return sequence.difference(segment.seq, endpoint.rcv_nxt) >= 0 and original(segment, endpoint)

    patch(target, "_brings_news", brings_news)


@defect("TGT-12")
def provisional_survives_reset() -> None:
    """Keeps a provisional endpoint though the client has reset the connection."""
    original = Target.receive_provisional

    def receive(self: Target, connection: Connection, segment: Segment, now: float) -> None:
        if not segment.flags & Flags.RST:
            original(self, connection, segment, now)

    patch(Target, "receive_provisional", receive)


@defect("TGT-12")
def provisional_found_from_the_first_lan() -> None:
    """Lets a packet from the first LAN make a provisional endpoint definite."""
    original = Lookup.first_lan

    def receive(self: Lookup, packet: Ipv4Packet, octets: bytes, now: float) -> None:
        for connection in self._tables:
            if connection.migration is not None and connection.provisional and connection.client.ip == packet.source:
                connection.migration.provisional = False
                self._connections.attach(connection)
        original(self, packet, octets, now)

    patch(Lookup, "first_lan", receive)

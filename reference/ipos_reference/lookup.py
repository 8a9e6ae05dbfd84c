"""What a client's TCP packet is for: an endpoint, a Forward entry, or something new (TAB-1, FWD-5)."""

from ipos_spec.packets import TcpPacket

from ipos_reference import ipv4
from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.discards import Discard
from ipos_reference.forward_table import STALE, Entry
from ipos_reference.forwarding import Forwarder, Transit, transit
from ipos_reference.hold import Arrival
from ipos_reference.ipv4 import Ipv4Packet
from ipos_reference.origin import Origin
from ipos_reference.target import Target
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp import sequence
from ipos_reference.tcp.endpoint import Acceptance, Endpoint, State
from ipos_reference.tcp.reset import reset_for
from ipos_reference.tcp.segment import Flags, Segment, SegmentError

_OPENING = Flags.SYN | Flags.ACK | Flags.RST | Flags.FIN
"""Of these, a segment that opens a connection has SYN alone."""


class Lookup:
    """Finds the endpoint or entry that each packet is for."""

    def __init__(self, connections: Connections, origin: Origin, target: Target, forwarder: Forwarder) -> None:
        self._connections = connections
        self._tables = connections.tables
        self._forward = connections.forward
        self._discards = connections.discards
        self._origin = origin
        self._target = target
        self._forwarder = forwarder

    def first_lan(self, packet: Ipv4Packet, octets: bytes, now: float) -> None:
        """A packet of the first LAN: endpoints, then Forward, then something new."""
        found = transit(packet, octets, first=True)
        if found is None:
            self._discards.because(Discard.TCP_MALFORMED)
            return
        client, server = found.client, found.server
        half_open = self._tables.beside(client, server)
        if half_open is not None:
            self._connections.settle_half_open(client, server, now)  # the entry may be over since a moment ago
            half_open = self._tables.beside(client, server)
        if half_open is not None and self._receive_half_open(half_open, found, now):
            return
        connection = self._tables.by_client(client, server)
        if connection is not None and not connection.provisional:
            self._receive(connection, found, now)
        elif (entry := self._forward.get(client, server, now)) is not None:
            self._receive_for_entry(entry, found, now, may_open=half_open is None)
        elif connection is not None:
            self._discards.because(Discard.PROVISIONAL)
        elif (segment := self._segment(found)) is not None:
            self._receive_for_no_endpoint(segment, client, server, now)

    def second_lan(self, packet: TcpPacket, now: float) -> None:
        """A type 2 packet: endpoints by its reference and inner destination, then Forward by client and destination."""
        found = transit(ipv4.parse(packet.inner), packet.inner, first=False)  # the codec has checked it (ENC-10)
        if found is None:
            self._discards.because(Discard.TCP_MALFORMED)
            return
        client, server = found.client, found.server
        referred = self._tables.by_reference(packet.header.reference)
        connection = next((candidate for candidate in referred if candidate.server == server), None)
        if connection is not None and not connection.provisional:
            self._receive(connection, found, now)
        elif connection is not None and self._target.is_origin_of(connection, packet.ethernet.source):
            if (segment := self._segment(found)) is not None:
                self._target.receive_provisional(connection, segment, now)
        elif (entry := self._forward.get(client, server, now)) is not None:
            self._forwarder.forward(self._forward, entry, found, now)
        elif connection is not None:
            self._discards.because(Discard.PROVISIONAL)
        elif referred:
            self._discards.because(Discard.WRONG_INNER_DESTINATION)
        elif (segment := self._segment(found)) is not None:
            self._target.refuse(client, server, segment, now)

    def _receive(self, connection: Connection, found: Transit, now: float) -> None:
        segment = self._segment(found)
        if segment is None:
            return
        if not _starts_anew(segment, connection.endpoint):
            self._origin.receive(connection, Arrival(segment, found.octets, found.first), now)
            return
        self._connections.remove(connection, now)
        half_open = self._tables.by_client(found.client, found.server)
        if half_open is not None:  # it stood beside the one that has gone (FWD-5)
            self._origin.receive(half_open, Arrival(segment, found.octets, found.first), now)
        elif found.first and self._connections.listens(found.server):
            self._origin.open(segment, found.client, found.server, now, after=connection.endpoint.snd_nxt)
        elif found.first:
            self._receive_for_no_endpoint(segment, found.client, found.server, now)
        else:
            self._target.refuse(found.client, found.server, segment, now)

    def _receive_for_no_endpoint(self, segment: Segment, client: Address, server: Address, now: float) -> None:
        if server.ip != self._connections.settings.address:
            self._discards.because(Discard.IPV4_OTHER_DESTINATION)
        elif self._connections.listens(server) and segment.flags & _OPENING == Flags.SYN:
            self._origin.open(segment, client, server, now)
        elif (rst := reset_for(segment)) is not None:
            self._connections.answer(server, client, rst, now)
        else:
            self._discards.because(Discard.TCP_UNANSWERABLE)

    def _segment(self, found: Transit) -> Segment | None:
        segment = _read(found)
        if segment is None:
            self._discards.because(Discard.TCP_MALFORMED)
        return segment

    # A client that begins anew while it stands in Forward (FWD-5)

    def _receive_for_entry(self, entry: Entry, found: Transit, now: float, *, may_open: bool) -> None:
        opens = found.flags & (Flags.SYN | Flags.ACK | Flags.RST) == Flags.SYN
        if not opens:
            self._forwarder.forward(self._forward, entry, found, now)
            return
        if may_open and self._connections.listens(found.server):
            segment = _read(found)  # one whose checksum is wrong is forwarded like any other (FWD-1): no discard
            if segment is not None and self._is_believed(segment, entry, now):
                self._forward.doubt(found.client, None)
                self._origin.open(segment, found.client, found.server, now, beside=True)
                return
            if segment is not None:
                self._forward.doubt(found.client, segment.seq)
        self._forwarder.forward(self._forward, entry, found, now, renew=False)

    def _is_believed(self, syn: Segment, entry: Entry, now: float) -> bool:
        quiet = now - entry.heard >= STALE * self._connections.settings.timer_scale
        return entry.closing or quiet or entry.doubted == syn.seq

    def _receive_half_open(self, half_open: Connection, found: Transit, now: float) -> bool:
        """Whether a half-open endpoint took a packet: its SYN again, an RST for it, or what completes it."""
        segment, endpoint = _read(found), half_open.endpoint
        if segment is None:
            return False
        acceptance = endpoint.judge(segment, now)
        if segment.flags & Flags.RST:
            if segment.seq != endpoint.rcv_nxt:
                return False
            self._connections.remove(half_open, now)
        elif segment.flags & Flags.SYN:
            if acceptance is not Acceptance.REPEATED_SYN:
                return False
            self._connections.receive(half_open, segment, now)
        elif acceptance is Acceptance.ACCEPTABLE:
            self._complete(half_open, Arrival(segment, found.octets, found.first), now)
        else:
            return False
        return True

    def _complete(self, half_open: Connection, arrival: Arrival, now: float) -> None:
        """The client has begun anew indeed: what its earlier connection left here goes, silently."""
        client, server = half_open.client, half_open.server
        if self._forward.get(client, server, now) is not None:
            self._forward.remove(client)
            self._connections.journal.entry_ended(client, server, "the client has begun anew (FWD-5)")
        earlier = self._tables.by_client(client, server)
        if earlier is not None:
            self._connections.remove(earlier, now, failure="replaced")
        self._connections.settle_half_open(client, server, now)
        self._origin.receive(half_open, arrival, now)


def _read(found: Transit) -> Segment | None:
    """The segment in a packet; None if it is malformed or damaged."""
    try:
        return tcp_segment.parse(found.packet.payload, found.packet.source, found.packet.destination)
    except SegmentError:
        return None


def _starts_anew(segment: Segment, endpoint: Endpoint) -> bool:
    """Whether a SYN reopens a connection in TIME_WAIT (RFC 9293 3.10.7.4, RFC 1122 4.2.2.13)."""
    return (
        endpoint.state is State.TIME_WAIT
        and segment.flags & _OPENING == Flags.SYN
        and sequence.difference(segment.seq, endpoint.rcv_nxt) > 0
    )

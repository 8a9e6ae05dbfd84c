"""The target role: taking over endpoints, and their clients' packets (TGT-1 to TGT-8, TGT-12)."""

from collections.abc import Callable

from ipos_spec.addresses import Mac
from ipos_spec.codec import encode
from ipos_spec.encapsulation import Protocol
from ipos_spec.packets import ConnectionPacket, TcpConnectionPacket, TcpPacket, acknowledgement
from ipos_spec.tables import FORWARD_CONNECT

from ipos_reference.addresses import Address
from ipos_reference.connection import Connection, Migration, Numbers
from ipos_reference.connections import Connections
from ipos_reference.discards import Discard
from ipos_reference.judgement import Answer, Situation, judge
from ipos_reference.tables import Place
from ipos_reference.tcp import sequence
from ipos_reference.tcp.endpoint import Acceptance, Endpoint, State
from ipos_reference.tcp.reset import reset_for
from ipos_reference.tcp.segment import Flags, Segment

PROVISIONAL_LIFETIME = FORWARD_CONNECT.lifetime("provisional", Protocol.TCP).seconds
"""Seconds after which an endpoint that no packet made definite is removed (TGT-12)."""


class Target:
    """Endpoints in Forward-Connect, and the type 1 and 2 packets that concern them.

    deliver  called with an endpoint, a segment of its client and the time, in seconds
    emit     called with a frame for the second LAN
    """

    def __init__(
        self,
        connections: Connections,
        deliver: Callable[[Connection, Segment, float], None],
        emit: Callable[[bytes], None],
    ) -> None:
        self._connections = connections
        self._tables = connections.tables
        self._discards = connections.discards
        self._settings = connections.settings
        self._deliver = deliver
        self._emit = emit

    def receive_connection_packet(self, packet: ConnectionPacket, now: float) -> None:
        """Judge a connection packet; make an endpoint and acknowledge, or stay silent (TGT-1, TGT-2)."""
        if not isinstance(packet, TcpConnectionPacket):
            self._discards.because(Discard.NO_LISTENER)  # no UDP port is served
            return
        rivals = self._rivals(packet)
        answer = judge(packet, self._situation(packet, rivals, now))
        if isinstance(answer, Discard):
            self._discards.because(answer)
            return
        if answer is Answer.MAKE:
            self._make(packet, rivals, now)
        self._connections.journal.acknowledged(again=answer is Answer.REPEAT)
        self._emit(encode(acknowledgement(packet, source=self._settings.second_mac)))

    def receive_packet(self, packet: TcpPacket, client: Address, server: Address, segment: Segment, now: float) -> None:
        """Give a client's packet to the endpoint that its reference and inner destination name (TAB-1, TGT-5)."""
        found = self._tables.by_reference(packet.header.reference)
        connection = next((candidate for candidate in found if candidate.server == server), None)
        if connection is None and found:
            self._discards.because(Discard.WRONG_INNER_DESTINATION)
        elif connection is None:
            self._refuse(client, server, segment, now)
        elif connection.provisional:
            self._receive_provisional(connection, packet.ethernet.source, segment, now)
        else:
            self._deliver(connection, segment, now)

    def handle_timeout(self, connection: Connection, now: float) -> None:
        """Remove a provisional endpoint whose time is over, silently (TGT-12)."""
        self._connections.remove(connection, now)

    def _rivals(self, packet: TcpConnectionPacket) -> list[Connection]:
        header, connection = packet.header, packet.connection
        client = Address(header.source_ip, header.source_port)
        server = Address(connection.server_ip, connection.server_port)
        found = (*self._tables.by_reference(header.reference), self._tables.by_client(client, server))
        return list({rival.number: rival for rival in found if rival is not None}.values())

    def _situation(self, packet: TcpConnectionPacket, rivals: list[Connection], now: float) -> Situation:
        header, connection = packet.header, packet.connection
        client = Address(header.source_ip, header.source_port)
        server = Address(connection.server_ip, connection.server_port)
        makes_room = any(self._tables.place_of(rival) is Place.FORWARD_CONNECT for rival in rivals)
        return Situation(
            listens=self._connections.listening and header.destination_port in self._settings.listeners,
            own_server=connection.server_ip == self._settings.address,
            from_owner=self._settings.peers.get(connection.server_ip) == packet.ethernet.source,
            rivals=rivals,
            ended=self._connections.ended.numbers(client, server, now),
            room=makes_room or self._tables.has_room(Place.FORWARD_CONNECT),
        )

    def _make(self, packet: TcpConnectionPacket, replaced: list[Connection], now: float) -> None:
        for rival in replaced:
            over = rival.endpoint.state is State.TIME_WAIT
            self._connections.remove(rival, now, failure=None if over else "replaced")
        header, block = packet.header, packet.connection.control_block
        server = Address(packet.connection.server_ip, packet.connection.server_port)
        connection = Connection(
            number=self._tables.new_number(),
            client=Address(header.source_ip, header.source_port),
            server=server,
            key=header.reference,
            listener=header.destination_port,
            endpoint=Endpoint.restore(
                block,
                local_port=server.port,
                remote_port=header.source_port,
                settings=self._connections.tcp_settings(),
                now=now,
            ),
            migration=Migration(
                origin=packet.ethernet.source,
                numbers=Numbers.of(block),
                provisional=True,
                expires=now + PROVISIONAL_LIFETIME * self._settings.timer_scale,
            ),
            opened_at=now,
        )
        self._tables.enter(Place.FORWARD_CONNECT, connection)
        self._connections.settle(connection, now)

    def _receive_provisional(self, connection: Connection, source: Mac, segment: Segment, now: float) -> None:
        """Only its origin finds a provisional endpoint, and only data, FIN or RST do anything to it (TGT-12)."""
        endpoint, migration = connection.endpoint, connection.migration
        assert migration is not None  # noqa: S101 - that is what provisional means
        acceptable = source == migration.origin and endpoint.judge(segment, now) is Acceptance.ACCEPTABLE
        if acceptable and segment.flags & Flags.RST and segment.seq == endpoint.rcv_nxt:
            self._connections.remove(connection, now)
        elif acceptable and not segment.flags & (Flags.RST | Flags.SYN) and _brings_news(segment, endpoint):
            migration.provisional = False
            self._connections.journal.definite(connection)
            self._connections.attach(connection)
            self._connections.receive(connection, segment, now)
        else:
            self._discards.because(Discard.PROVISIONAL)

    def _refuse(self, client: Address, server: Address, segment: Segment, now: float) -> None:
        """Answer a packet for no endpoint as a closed connection does, but for a SYN (TGT-8)."""
        self._discards.because(Discard.NO_ENDPOINT)
        rst = None if segment.flags & Flags.SYN else reset_for(segment)
        # While an endpoint of this connection stands under another reference, nobody is told anything (TAB-1).
        if rst is not None and self._tables.by_client(client, server) is None:
            self._connections.answer(server, client, rst, now)


def _brings_news(segment: Segment, endpoint: Endpoint) -> bool:
    """Whether the segment has data or a FIN at or after rcv_nxt."""
    return segment.length > 0 and sequence.difference(segment.seq, endpoint.rcv_nxt) + segment.length > 0

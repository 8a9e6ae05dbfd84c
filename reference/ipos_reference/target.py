"""The target role: taking over TCP endpoints, and what makes them definite (TGT-1 to TGT-8, TGT-12, TGT-13)."""

from collections.abc import Callable

from ipos_spec.addresses import Mac
from ipos_spec.codec import encode
from ipos_spec.packets import TcpConnectionPacket, acknowledgement
from ipos_spec.tables import FORWARD_CONNECT

from ipos_reference.addresses import Address
from ipos_reference.connection import Connection, Migration
from ipos_reference.connections import Connections
from ipos_reference.discards import Discard
from ipos_reference.forward_table import Entry
from ipos_reference.judgement import Answer, Situation, judge
from ipos_reference.numbers import Numbers
from ipos_reference.tables import Place
from ipos_reference.tally import Happening
from ipos_reference.tcp import sequence
from ipos_reference.tcp.endpoint import Acceptance, Endpoint, State
from ipos_reference.tcp.reset import reset_for
from ipos_reference.tcp.segment import Flags, Segment

MAKES_ROOM_AFTER = FORWARD_CONNECT.lifetime("makes-room").seconds
"""Seconds after which a provisional endpoint without a Forward entry beside it may make room (TAB-4)."""


class Target:
    """Endpoints that came in by migration.

    emit  called with a frame for the second LAN
    """

    def __init__(self, connections: Connections, emit: Callable[[bytes], None]) -> None:
        self._connections = connections
        self._tables = connections.tables
        self._forward = connections.forward
        self._discards = connections.discards
        self._settings = connections.settings
        self._emit = emit

    def receive_connection_packet(self, packet: TcpConnectionPacket, now: float) -> None:
        """Judge a connection packet; make an endpoint and acknowledge, or stay silent (TGT-1, TGT-2)."""
        rivals = self._rivals(packet)
        answer = judge(packet, self._situation(packet, rivals, now))
        if isinstance(answer, Discard):
            self._discards.because(answer)
            return
        if answer is Answer.MAKE:
            self._make(packet, rivals, now)
        self._connections.journal.acknowledged(again=answer is Answer.REPEAT)
        self._emit(encode(acknowledgement(packet, source=self._settings.second_mac)))

    def is_origin_of(self, connection: Connection, source: Mac) -> bool:
        """Whether a provisional endpoint's connection packet came from this MAC (TGT-12)."""
        return connection.migration is not None and connection.migration.origin == source

    def receive_provisional(self, connection: Connection, segment: Segment, now: float) -> None:
        """Take what its origin sends a provisional endpoint: only data, FIN or RST do anything to it (TGT-12)."""
        endpoint, migration = connection.endpoint, connection.migration
        assert migration is not None  # noqa: S101 - that is what provisional means
        acceptable = endpoint.judge(segment, now) is Acceptance.ACCEPTABLE
        if acceptable and segment.flags & Flags.RST and segment.seq == endpoint.rcv_nxt:
            self._end_own_entry(connection, "the client has reset the connection (TGT-12)", now)
            self._connections.remove(connection, now)
        elif acceptable and not segment.flags & (Flags.RST | Flags.SYN) and _brings_news(segment, endpoint):
            self._end_own_entry(connection, "its own endpoint is definite again (FWD-4)", now)
            migration.provisional = False
            self._connections.provisional.pop(connection.number, None)
            self._connections.tally[Happening.DEFINITE] += 1
            self._connections.journal.definite(connection)
            self._connections.attach(connection)
            self._connections.receive(connection, segment, now)
        else:
            self._discards.because(Discard.PROVISIONAL)

    def refuse(self, client: Address, server: Address, segment: Segment, now: float) -> None:
        """Answer a packet for no endpoint as a closed connection does, but for a SYN (TGT-8)."""
        self._discards.because(Discard.NO_ENDPOINT)
        rst = None if segment.flags & Flags.SYN else reset_for(segment)
        # While an endpoint of this connection stands under another reference, nobody is told anything (TAB-1).
        if rst is not None and self._tables.by_client(client, server) is None:
            self._connections.answer(server, client, rst, now)

    def handle_timeout(self, connection: Connection, now: float) -> None:
        """A provisional endpoint's time is over (TGT-12), or a definite one's client has to be probed (TGT-13)."""
        if connection.provisional or not connection.probes.send(connection.endpoint, now):
            self._connections.remove(connection, now, failure="client vanished")
        else:
            self._connections.settle(connection, now)

    def end_entries(self, now: float) -> None:
        """Forward entries whose time is over end, each with a provisional endpoint beside it (FWD-2, TGT-12)."""
        for client, entry in self._forward.pop_over(now):
            self._entry_is_over(client, entry, now)

    def _entry_is_over(self, client: Address, entry: Entry, now: float) -> None:
        self._connections.journal.entry_ended(client, entry.server, "its time is over (FWD-2)")
        beside = self._tables.by_client(client, entry.server)
        came = None if beside is None else beside.migration
        if beside is not None and came is not None and came.provisional and came.since < self._forward.ends(entry):
            self._connections.remove(beside, now)
        else:
            self._connections.settle_half_open(client, entry.server, now)

    def _end_own_entry(self, connection: Connection, why: str, now: float) -> None:
        """A half-open endpoint beside the entry stays: its client may have been answered (FWD-5)."""
        client, server = connection.client, connection.server
        if self._forward.get(client, server, now) is not None:
            self._forward.remove(client)
            self._connections.journal.entry_ended(client, server, why)

    def _rivals(self, packet: TcpConnectionPacket) -> list[Connection]:
        client, server = _addresses(packet)
        found = (*self._tables.by_reference(packet.header.reference), self._tables.by_client(client, server))
        return list({rival.number: rival for rival in found if rival is not None}.values())

    def _situation(self, packet: TcpConnectionPacket, rivals: list[Connection], now: float) -> Situation:
        header, server_ip = packet.header, packet.connection.server_ip
        client, server = _addresses(packet)
        entry = self._forward.get(client, server, now)
        place = self._place(packet)
        makes_room = any(self._tables.place_of(rival) is place for rival in rivals)
        return Situation(
            listens=self._connections.listening
            and not self._connections.draining
            and header.destination_port in self._settings.listeners,
            own_server=server_ip == self._settings.address,
            from_owner=self._settings.peers.get(server_ip) == packet.ethernet.source,
            rivals=rivals,
            entry=None if entry is None else entry.numbers,
            ended=self._connections.ended.numbers(client, server, now),
            room=makes_room or self._tables.has_room(place) or self._making_room(place, now) is not None,
        )

    def _place(self, packet: TcpConnectionPacket) -> Place:
        """An endpoint that has come home stands in Local (TGT-1)."""
        return Place.LOCAL if packet.connection.server_ip == self._settings.address else Place.FORWARD_CONNECT

    def _making_room(self, place: Place, now: float) -> Connection | None:
        """The oldest provisional endpoint that a full table can do without (TAB-4)."""
        if place is not Place.FORWARD_CONNECT:
            return None
        latest = now - MAKES_ROOM_AFTER * self._settings.timer_scale
        for connection in self._connections.provisional.values():
            came = connection.migration
            assert came is not None  # noqa: S101 - that is what provisional means
            if came.since > latest:
                return None  # those behind it are younger
            stands_here = self._tables.place_of(connection) is place
            if stands_here and self._forward.get(connection.client, connection.server, now) is None:
                return connection
        return None

    def _make(self, packet: TcpConnectionPacket, replaced: list[Connection], now: float) -> None:
        for rival in replaced:
            over = rival.endpoint.state is State.TIME_WAIT
            self._connections.remove(rival, now, failure=None if over else "replaced")
        header, block, place = packet.header, packet.connection.control_block, self._place(packet)
        client, server = _addresses(packet)
        entry, numbers = self._forward.get(client, server, now), Numbers.of(block)
        if entry is not None and not (entry.numbers and entry.numbers.same_connection(numbers)):
            self._forward.remove(client)
            self._connections.journal.entry_ended(client, server, "the client has begun anew (TGT-4)")
        if not self._tables.has_room(place) and (least := self._making_room(place, now)) is not None:
            self._connections.remove(least, now)
        connection = Connection(
            number=self._tables.new_number(),
            client=client,
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
            migration=Migration(origin=packet.ethernet.source, numbers=numbers, provisional=True, since=now),
            opened_at=now,
        )
        self._connections.tally[Happening.TAKEN_OVER] += 1
        self._tables.enter(place, connection)
        self._connections.provisional[connection.number] = connection
        self._connections.settle(connection, now)


def _addresses(packet: TcpConnectionPacket) -> tuple[Address, Address]:
    """Client and server of the connection that a packet hands over."""
    header, connection = packet.header, packet.connection
    return Address(header.source_ip, header.source_port), Address(connection.server_ip, connection.server_port)


def _brings_news(segment: Segment, endpoint: Endpoint) -> bool:
    """Whether the segment has data or a FIN at or after rcv_nxt."""
    return segment.length > 0 and sequence.difference(segment.seq, endpoint.rcv_nxt) + segment.length > 0

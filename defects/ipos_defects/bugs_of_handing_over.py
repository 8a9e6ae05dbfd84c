"""Bugs of the target role: what comes twice, with other numbers, or home; and whom a refused packet takes along."""

from weakref import WeakKeyDictionary

from ipos_reference import judgement, target
from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.discards import Discard
from ipos_reference.judgement import Answer, Situation
from ipos_reference.numbers import Numbers
from ipos_reference.tables import EndpointTables, Placed
from ipos_reference.target import Target
from ipos_reference.tcp.segment import Segment
from ipos_spec.packets import TcpConnectionPacket

from ipos_defects.bug import bug
from ipos_defects.defect import patch


@bug(1, "bystander")
def refused_block_frees_the_last_endpoint() -> None:
    """Frees the endpoint that a client's segment came for last when it refuses a control block: a stale pointer."""
    last: WeakKeyDictionary[Connections, Connection] = WeakKeyDictionary()
    receive, receive_connection_packet = Connections.receive, Target.receive_connection_packet

    def receives(self: Connections, connection: Connection, segment: Segment, now: float) -> None:
        last[self] = connection
        receive(self, connection, segment, now)

    def receives_connection_packet(self: Target, packet: TcpConnectionPacket, now: float) -> None:
        before = self._discards[Discard.CONTROL_BLOCK]
        receive_connection_packet(self, packet, now)
        stale = last.get(self._connections)
        refused = self._discards[Discard.CONTROL_BLOCK] > before
        if refused and stale is not None and self._tables.by_number(stale.number) is stale:
            self._connections.remove(stale, now, failure="freed")

    patch(Connections, "receive", receives)
    patch(Target, "receive_connection_packet", receives_connection_packet)


@bug(3, "process")
def definite_endpoint_handed_over_again() -> None:
    """Asserts that whoever hands a connection over with other numbers finds it provisional still."""
    original = judgement._gives_way

    def gives_way(rival: Connection, packet: TcpConnectionPacket, situation: Situation) -> bool:
        came = rival.migration
        if came is not None and came.numbers.same_connection(Numbers.of(packet.connection.control_block)):
            assert came.provisional  # noqa: S101 - the bug
        return original(rival, packet, situation)

    patch(judgement, "_gives_way", gives_way)


@bug(3, "process")
def reference_outlives_its_endpoint() -> None:
    """Leaves a provisional endpoint's reference in an index when it ends, where its next packet finds nothing."""
    original = EndpointTables.remove

    def remove(self: EndpointTables[Placed], endpoint: Placed) -> None:
        original(self, endpoint)
        if isinstance(endpoint, Connection) and endpoint.provisional:
            self._by_reference.setdefault(endpoint.key, []).append(endpoint.number)

    patch(EndpointTables, "remove", remove)


@bug(3, "process")
def home_before_it_has_left() -> None:
    """Asserts that an endpoint came in by migration when a connection packet comes for one that is about to leave."""
    original = judgement.judge

    def judge(packet: TcpConnectionPacket, situation: Situation) -> Answer | Discard:
        for rival in situation.rivals:
            assert rival.migration is not None or not rival.migrating  # noqa: S101 - the bug
        return original(packet, situation)

    patch(target, "judge", judge)


@bug(5, "process")
def home_a_second_time() -> None:
    """Ends the Forward entry with what has come home when a later holder replaces that, and then reads the entry."""
    original = Target._make

    def make(self: Target, packet: TcpConnectionPacket, replaced: list[Connection], now: float) -> None:
        header, information = packet.header, packet.connection
        client = Address(header.source_ip, header.source_port)
        server = Address(information.server_ip, information.server_port)
        for rival in replaced:
            if rival.provisional and rival.server.ip == self._settings.address:
                self._forward.remove(client)
                entry = self._forward.get(client, server, now)
                assert entry is not None  # noqa: S101 - the bug
        original(self, packet, replaced, now)

    patch(Target, "_make", make)


@bug(6, "process")
def home_acknowledged_again() -> None:
    """Looks at the Forward entry beside an endpoint that has come home when its connection packet comes once more."""

    def judge(packet: TcpConnectionPacket, situation: Situation) -> Answer | Discard:
        answer = judgement.judge(packet, situation)
        if answer is Answer.REPEAT and situation.own_server:
            assert situation.entry is not None  # noqa: S101 - the bug
        return answer

    patch(target, "judge", judge)

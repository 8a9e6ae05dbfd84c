"""Defects of the target role (CON, TCB, TGT)."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any
from unittest import mock

from ipos_reference import forwarding, ipv4, judgement, lookup, target
from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.discards import Discard
from ipos_reference.first_lan import FirstLan
from ipos_reference.forwarding import Transit
from ipos_reference.ipv4 import Ipv4Packet
from ipos_reference.judgement import Answer, Situation
from ipos_reference.lookup import Lookup
from ipos_reference.target import Target
from ipos_reference.tcp import acceptability, acknowledgment, arrival, endpoint
from ipos_reference.tcp.acceptability import Acceptance
from ipos_reference.tcp.endpoint import Endpoint
from ipos_reference.tcp.reset import reset_for
from ipos_reference.tcp.segment import Flags, Segment
from ipos_spec import packets
from ipos_spec.addresses import BROADCAST_MAC, IPv4, Mac
from ipos_spec.control_block import MAXIMUM_MAXSEG, MAXIMUM_SCALE, MINIMUM_MAXSEG, ControlBlock, ControlFlag
from ipos_spec.fields import fields
from ipos_spec.packets import Acknowledgement, ConnectionPacket, TcpConnectionPacket, TcpPacket

from ipos_defects.defect import defect, patch

_TIMESTAMPS = int(ControlFlag.TIMESTAMPS)


def judging(change: Callable[[TcpConnectionPacket, Answer | Discard], Answer | Discard]) -> None:
    """Have the judgement about connection packets changed."""
    original = judgement.judge

    def judge(packet: TcpConnectionPacket, situation: Situation) -> Answer | Discard:
        return change(packet, original(packet, situation))

    patch(target, "judge", judge)


def _restoring(change: Callable[[ControlBlock], ControlBlock]) -> None:
    """Have endpoints restored from another control block than the one that came."""
    original = Endpoint.restore

    def restore(block: ControlBlock, **others: Any) -> Endpoint:
        return original(change(block), **others)

    patch(Endpoint, "restore", staticmethod(restore))


@defect("CON-1")
def answers_from_own_address() -> None:
    """Answers the client of a migrated connection from the router's own address."""
    original = Connections._send

    def send(self: Connections, server: Address, client: Address, segments: list[Segment], now: float) -> None:
        original(self, Address(self.settings.address, server.port), client, segments, now)

    patch(Connections, "_send", send)


@defect("TCB-2")
def any_control_block_accepted() -> None:
    """Continues whatever control block comes."""
    patch(ControlBlock, "refusal", lambda _self: None)


@defect("TCB-2")
def limits_of_a_control_block_excluded() -> None:
    """Refuses the smallest and the largest t_maxseg and the largest scale, as if the bounds were outside."""

    def change(packet: TcpConnectionPacket, answer: Answer | Discard) -> Answer | Discard:
        block = packet.connection.control_block
        scales = (block.snd_scale, block.rcv_scale, block.request_r_scale, block.requested_s_scale)
        at_a_limit = block.t_maxseg in (MINIMUM_MAXSEG, MAXIMUM_MAXSEG) or MAXIMUM_SCALE in scales
        return Discard.CONTROL_BLOCK if at_a_limit else answer

    judging(change)


@defect("TCB-3")
def reserved_octets_must_be_zero() -> None:
    """Discards a control block whose reserved or padding octets are not zero."""
    reserved = [name for name, wire in fields(ControlBlock) if wire.source == "TCB-3"]

    def change(packet: TcpConnectionPacket, answer: Answer | Discard) -> Answer | Discard:
        block = packet.connection.control_block
        values = [getattr(block, name) for name in reserved]
        return (
            answer
            if not any(value if isinstance(value, int) else any(value) for value in values)
            else Discard.CONTROL_BLOCK
        )

    judging(change)


@defect("TGT-1")
def acknowledgement_to_everybody() -> None:
    """Sends acknowledgements to the broadcast MAC."""
    original = packets.acknowledgement

    def acknowledgement(of: ConnectionPacket, source: Mac) -> Acknowledgement:
        right = original(of, source)
        return replace(right, ethernet=replace(right.ethernet, destination=BROADCAST_MAC))

    patch(target, "acknowledgement", acknowledgement)


@defect("TGT-1")
def acknowledgement_to_the_owner() -> None:
    """Sends acknowledgements to the router that owns the server address, whoever asked."""
    original = Target.receive_connection_packet

    def receive(self: Target, packet: TcpConnectionPacket, now: float) -> None:
        owner = self._settings.peers.get(packet.connection.server_ip, packet.ethernet.source)
        original(self, replace(packet, ethernet=replace(packet.ethernet, source=owner)), now)

    patch(Target, "receive_connection_packet", receive)


@defect("TGT-2")
def acknowledged_without_listener() -> None:
    """Acknowledges a connection packet for a port that nobody serves."""
    judging(lambda _packet, answer: Answer.REPEAT if answer is Discard.NO_LISTENER else answer)


@defect("TGT-5")
def inner_destination_ignored() -> None:
    """Gives a type 2 packet to the endpoint of its reference whatever its inner destination is."""
    original, transit = Lookup.second_lan, forwarding.transit
    meant: list[Address] = []

    def receive(self: Lookup, packet: TcpPacket, now: float) -> None:
        meant[:] = [found.server for found in self._tables.by_reference(packet.header.reference)]
        original(self, packet, now)
        meant.clear()

    def misread(packet: Ipv4Packet, octets: bytes, *, first: bool) -> Transit | None:
        found = transit(packet, octets, first=first)
        return found._replace(server=meant[0]) if found is not None and meant and not first else found

    patch(Lookup, "second_lan", receive)
    patch(lookup, "transit", misread)


@defect("TGT-6")
def an_octet_skipped() -> None:
    """Continues one sequence number after snd_nxt."""

    def change(block: ControlBlock) -> ControlBlock:
        following = (block.snd_nxt + 1) % 2**32
        return replace(block, snd_una=following, snd_nxt=following, snd_max=following)

    _restoring(change)


@defect("TGT-6")
def segment_size_ignored() -> None:
    """Sends segments of its own size, whatever t_maxseg says."""
    _restoring(lambda block: replace(block, t_maxseg=1460))


@defect("TGT-6")
def window_scale_ignored() -> None:
    """Reads and writes windows unscaled, though both scale flags are set."""
    _restoring(lambda block: replace(block, t_flags=block.t_flags & ~int(ControlFlag.SCALE)))


@defect("TGT-7")
def timestamp_clock_starts_anew() -> None:
    """Starts its timestamp clock at one, behind what the client has seen."""
    _restoring(lambda block: replace(block, ts_now=1))


@defect("TGT-7")
def timestamps_stop() -> None:
    """Goes on without timestamps, though both flags are set."""
    _restoring(lambda block: replace(block, t_flags=block.t_flags & ~_TIMESTAMPS))


@defect("TGT-7")
def timestamps_unasked() -> None:
    """Sends timestamps to a client that never agreed to them."""
    _restoring(lambda block: replace(block, t_flags=block.t_flags | _TIMESTAMPS, ts_now=block.ts_now or 1))
    _without_missing_timestamp()


@defect("TGT-7")
def missing_timestamp_accepted() -> None:
    """Takes segments without timestamps though they are in use."""
    _without_missing_timestamp()


def _without_missing_timestamp() -> None:
    judge_before = acceptability.judge

    def judge(connection: Any, segment: Segment, now: float) -> Acceptance:
        verdict = judge_before(connection, segment, now)
        if verdict is not Acceptance.MISSING_TIMESTAMP:
            return verdict
        stamped = segment.options._replace(timestamps=(connection.ts_recent, 0))
        return judge_before(connection, segment._replace(options=stamped), now)

    for module in (arrival, endpoint):
        patch(module, "judge", judge)


@defect("TGT-8")
def stray_packet_unanswered() -> None:
    """Drops a type 2 packet for no endpoint without an RST."""
    patch(Target, "refuse", lambda *_: None)


@defect("TGT-8")
def stray_syn_and_reset_answered() -> None:
    """Answers any type 2 packet for no endpoint with an RST, a SYN and an RST, too."""

    def refuse(self: Target, client: Address, server: Address, segment: Segment, now: float) -> None:
        rst = reset_for(segment._replace(flags=segment.flags & ~Flags.RST))
        if rst is not None and self._tables.by_client(client, server) is None:
            self._connections.answer(server, client, rst, now)

    patch(Target, "refuse", refuse)


@defect("TGT-8")
def stray_damaged_segment_answered() -> None:
    """Does not look at the TCP checksum of a type 2 packet for no endpoint."""
    original = Lookup.second_lan

    def receive(self: Lookup, packet: TcpPacket, now: float) -> None:
        known = self._tables.by_reference(packet.header.reference)
        with nullcontext() if known else mock.patch("ipos_reference.tcp.segment.verifies", return_value=True):
            original(self, packet, now)

    patch(Lookup, "second_lan", receive)


@defect("TGT-9")
def dont_fragment_set() -> None:
    """Sets DF on what it sends."""
    original = ipv4.build

    def build(packet: Ipv4Packet) -> bytes:
        return original(replace(packet, dont_fragment=True))

    patch(ipv4, "build", build)


@defect("TGT-11")
def asks_with_the_server_address() -> None:
    """Asks for the client's next hop in the name of the server whose connection it has taken over."""
    speaking: list[IPv4] = []
    send_before, ask_before = FirstLan.send, FirstLan._ask

    def send(self: FirstLan, source: IPv4, destination: IPv4, protocol: int, payload: bytes, now: float) -> None:
        speaking[:] = [source]
        send_before(self, source, destination, protocol, payload, now)

    def ask(self: FirstLan, address: IPv4) -> None:
        settings = self._settings
        self._settings = replace(settings, address=speaking[0])
        ask_before(self, address)
        self._settings = settings

    patch(FirstLan, "send", send)
    patch(FirstLan, "_ask", ask)


@defect("TGT-5")
def definite_endpoint_bound_to_its_origin() -> None:
    """Takes a definite endpoint's packets from the router only that handed it over."""
    original = Lookup.second_lan

    def receive(self: Lookup, packet: TcpPacket, now: float) -> None:
        migrations = [found.migration for found in self._tables.by_reference(packet.header.reference)]
        if all(one is None or one.origin == packet.ethernet.source for one in migrations):
            original(self, packet, now)

    patch(Lookup, "second_lan", receive)


@defect("TAB-1")
def first_lan_for_its_own_address_only() -> None:
    """Drops what comes from the first LAN for the server of a connection that it has taken over."""
    original = Lookup.first_lan

    def receive(self: Lookup, packet: Ipv4Packet, octets: bytes, now: float) -> None:
        if packet.destination == self._connections.settings.address:
            original(self, packet, octets, now)

    patch(Lookup, "first_lan", receive)


def _acknowledging(change: Callable[[Connection, int], int]) -> None:
    """Have a migrated endpoint acknowledge something else."""
    original = Connections._send

    def send(self: Connections, server: Address, client: Address, segments: list[Segment], now: float) -> None:
        connection = self.tables.by_client(client, server)
        if connection is not None and connection.migration is not None:
            segments = [segment._replace(ack=change(connection, segment.ack)) for segment in segments]
        original(self, server, client, segments, now)

    patch(Connections, "_send", send)


@defect("TGT-6")
def acknowledgement_number_stands_still() -> None:
    """Acknowledges rcv_nxt of the control block for ever, so that the client repeats its request."""

    def change(connection: Connection, ack: int) -> int:
        return connection.migration.numbers.rcv_nxt if connection.migration is not None else ack

    _acknowledging(change)


@defect("TGT-6")
def unsent_octets_acknowledged() -> None:
    """Acknowledges one octet more than the client has sent, so that the client drops all its segments."""
    _acknowledging(lambda _connection, ack: (ack + 1) % 2**32)


@defect("TGT-6")
def clients_window_ignored() -> None:
    """Sends as if the client's window were always 65535."""
    patch(acknowledgment, "_set_window", lambda connection, _segment: setattr(connection, "snd_wnd", 0xFFFF))
    _restoring(lambda block: replace(block, snd_wnd=0xFFFF, max_sndwnd=0xFFFF))

"""Defects in the connection packets and type 2 packets that an origin sends (CON, ENC, TCB, ORG-5)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ipos_reference import attempts, forwarding, origin
from ipos_reference.tcp.connection import Connection
from ipos_reference.tcp.endpoint import Endpoint
from ipos_reference.tcp.segment import Segment
from ipos_spec.checksum import internet_checksum
from ipos_spec.codec import encode
from ipos_spec.compiled import build
from ipos_spec.connection import TcpConnectionInformation
from ipos_spec.control_block import ControlBlock, ControlFlag
from ipos_spec.encapsulation import EncapsulationHeader, Protocol, Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import TcpConnectionPacket, TcpPacket, tcp_connection_packet, tcp_packet

from ipos_defects.defect import defect, patch

_SPACE = 1 << 32


def _swapped(header: EncapsulationHeader) -> EncapsulationHeader:
    return replace(
        header,
        source_ip=header.destination_ip,
        source_port=header.destination_port,
        destination_ip=header.source_ip,
        destination_port=header.source_port,
    )


def _connection_packets(change: Callable[[TcpConnectionPacket], TcpConnectionPacket]) -> None:
    def make(
        ethernet: EthernetHeader, reference: Reference, connection: TcpConnectionInformation
    ) -> TcpConnectionPacket:
        return change(tcp_connection_packet(ethernet, reference, connection))

    patch(origin, "tcp_connection_packet", make)


def _client_packets(change: Callable[[TcpPacket], TcpPacket]) -> None:
    def make(ethernet: EthernetHeader, reference: Reference, inner: bytes) -> TcpPacket:
        return change(tcp_packet(ethernet, reference, inner))

    makers = dict(forwarding._MAKE)
    makers[Protocol.TCP] = make
    patch(forwarding, "_MAKE", makers)


@defect("ENC-3")
def connection_packet_s_reference_swapped() -> None:
    """Sends connection packets from the target's endpoint to the client, as if the header were a from/to pair."""
    # On the way out only: inside, the attempt is the client's. (The sum of words does not depend on their order.)
    patch(attempts, "encode", lambda packet: encode(replace(packet, header=_swapped(packet.header))))


@defect("ENC-3")
def connection_packet_refers_to_the_client_s_port() -> None:
    """Puts a port of its own into the reference, though the target's endpoint is at the port that was addressed."""

    def change(packet: TcpConnectionPacket) -> TcpConnectionPacket:
        reference = packet.header.reference._replace(target_port=packet.header.destination_port + 1)
        return tcp_connection_packet(packet.ethernet, reference, packet.connection)

    _connection_packets(change)


@defect("ENC-3")
def client_packet_s_reference_swapped() -> None:
    """Sends type 2 packets with source and destination exchanged."""
    _client_packets(lambda packet: replace(packet, header=_swapped(packet.header)))


@defect("ENC-6")
def connection_packet_s_checksum_covers_the_header() -> None:
    """Leaves the connection information out of a connection packet's checksum."""

    def change(packet: TcpConnectionPacket) -> TcpConnectionPacket:
        blank = replace(packet.header, checksum=0)
        return replace(packet, header=replace(blank, checksum=internet_checksum(build(blank))))

    _connection_packets(change)


@defect("ENC-6")
def client_packet_s_checksum_covers_the_packet() -> None:
    """Takes the client's packet into a type 2 packet's checksum."""

    def change(packet: TcpPacket) -> TcpPacket:
        blank = replace(packet.header, checksum=0)
        return replace(packet, header=replace(blank, checksum=internet_checksum(build(blank) + packet.inner)))

    _client_packets(change)


@defect("CON-1")
def target_named_as_server() -> None:
    """Names the target's own address in the connection information, instead of the one that the client addressed."""

    def change(packet: TcpConnectionPacket) -> TcpConnectionPacket:
        connection = replace(packet.connection, server_ip=packet.header.destination_ip)
        return tcp_connection_packet(packet.ethernet, packet.header.reference, connection)

    _connection_packets(change)


def _exported(change: Callable[[ControlBlock, Connection], dict[str, Any]]) -> None:
    """Have fields of the control block differ."""
    original = Endpoint.export

    def export(self: Endpoint, now: float) -> ControlBlock:
        block = original(self, now)
        return replace(block, **change(block, self._connection))

    patch(Endpoint, "export", export)


@defect("TCB-1")
def state_of_another_system() -> None:
    """Numbers the states as RFC 9293 lists them."""
    _exported(lambda _block, _connection: {"t_state": 5})


@defect("TCB-1")
def syn_ack_outstanding() -> None:
    """Says that the octet of its SYN has not been acknowledged."""
    _exported(lambda block, _connection: {"snd_una": block.iss})


@defect("TCB-1")
def request_counts_as_received() -> None:
    """Says that the first octet of the request has been received, though no target will see it."""
    _exported(
        lambda block, _connection: {
            "rcv_nxt": (block.rcv_nxt + 1) % _SPACE,
            "last_ack_sent": (block.rcv_nxt + 1) % _SPACE,
        }
    )


@defect("TCB-3")
def reserved_octets_filled() -> None:
    """Leaves its own pointers, timers and padding in the control block."""
    _exported(
        lambda _block, _connection: {
            **dict.fromkeys(("seg_next", "seg_prev", "t_inpcb", "padding_2", "padding_3", "t_softerror"), 0x5A5A),
            **dict.fromkeys(("t_force", "padding_1", "t_oobflags", "t_iobc"), 0x5A),
            "t_timer": bytes(7) + b"\1",
        }
    )


@defect("ORG-5")
def timestamps_subtracted_from_the_mss() -> None:
    """Puts what fits beside timestamps into t_maxseg."""
    _exported(lambda block, _connection: {"t_maxseg": block.t_maxseg - 12 * block.uses_timestamps})


@defect("ORG-5")
def windows_unscaled() -> None:
    """Puts the window field into snd_wnd, scaling not applied."""
    _exported(lambda block, _connection: {"snd_wnd": block.snd_wnd >> block.snd_scale})


@defect("ORG-5")
def scales_exchanged() -> None:
    """Exchanges the scale of the client's windows with that of its own."""
    _exported(lambda block, _connection: {"snd_scale": block.rcv_scale, "rcv_scale": block.snd_scale})


@defect("ORG-5")
def flags_of_what_was_offered_alone() -> None:
    """Sets the flags of all that it would take itself, whether the client offered it or not."""
    everything = int(ControlFlag.SCALE | ControlFlag.TIMESTAMPS | ControlFlag.SACK_PERMIT)
    _exported(lambda block, _connection: {"t_flags": block.t_flags | everything})


@defect("ORG-5")
def buffer_s_end_as_right_edge() -> None:
    """Says that it has promised all that its buffer holds, which the SYN/ACK did not."""
    _exported(lambda block, _connection: {"rcv_adv": (block.rcv_adv + 1000) % _SPACE, "rcv_wnd": block.rcv_wnd + 1000})


@defect("ORG-5")
def initial_numbers_exchanged() -> None:
    """Exchanges iss and irs."""
    _exported(lambda block, _connection: {"iss": block.irs, "irs": block.iss})


@defect("ORG-5")
def clock_of_another_unit() -> None:
    """Puts the time in seconds into ts_now, which falls back behind what the client has seen."""
    _exported(lambda block, _connection: {"ts_now": block.ts_now and (block.ts_now - 1_000_000) % _SPACE})


@defect("ORG-5")
def time_instead_of_an_age() -> None:
    """Puts the time of the last timestamp into ts_recent_age, as Net/3 keeps it."""
    _exported(lambda block, _connection: {"ts_recent_age": 100_000 * block.uses_timestamps})


@defect("ORG-5")
def timestamp_of_a_later_ack() -> None:
    """Takes the timestamp of any acceptable segment for ts_recent while others are held."""
    original = Endpoint.receive_ack_only

    def receive(self: Endpoint, segment: Segment, now: float) -> None:
        original(self, segment, now)
        if segment.options.timestamps is not None:
            self._connection.ts_recent = max(self._connection.ts_recent, segment.options.timestamps[0])

    patch(Endpoint, "receive_ack_only", receive)

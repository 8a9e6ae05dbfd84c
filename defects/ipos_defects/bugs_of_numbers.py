"""Bugs at TCP's numbers: where they wrap, where they are zero, and at the bounds of what is allowed."""

import sys

from ipos_reference.origin import Origin
from ipos_reference.target import Target
from ipos_reference.tcp import acknowledgment, arrival, expiry, negotiation, opening, recovery, snapshot, transmit
from ipos_reference.tcp.congestion import Congestion
from ipos_reference.tcp.connection import Connection
from ipos_reference.tcp.negotiation import Agreement
from ipos_reference.tcp.segment import Flags, Segment
from ipos_reference.tcp.sequence import add
from ipos_reference.tcp.settings import Settings
from ipos_reference.tcp.timers import Retransmit
from ipos_reference.tcp.timestamp_clock import TimestampClock
from ipos_spec.packets import TcpConnectionPacket

from ipos_defects.bug import bug
from ipos_defects.defect import patch

_HEADERS_AND_OPTIONS = 80
"""Octets of an IPv4 and a TCP header, with as many options as a TCP header takes."""

_BITS = 32


@bug(1, "process")
def smallest_segments_divide_by_zero() -> None:
    """Reckons in segments what a client takes, and leaves nothing of a small t_maxseg beside headers and options."""
    original = opening.new_congestion

    def new_congestion(agreement: Agreement, settings: Settings, *, recover: int) -> Congestion:
        _segments = settings.send_buffer // max(0, agreement.peer_mss - _HEADERS_AND_OPTIONS)
        return original(agreement, settings, recover=recover)

    patch(snapshot, "new_congestion", new_congestion)


@bug(1, "log")
def shift_count_unchecked() -> None:
    """Shifts a control block's window before it looks at the shift count, which a sanitizer's report tells of."""
    original = Target.receive_connection_packet

    def receive(self: Target, packet: TcpConnectionPacket, now: float) -> None:
        block = packet.connection.control_block
        for count in (block.snd_scale, block.rcv_scale):
            if count >= _BITS:
                why = f"shift exponent {count} is too large for {_BITS}-bit type 'unsigned int'"
                print(f"restore.c:118:34: runtime error: {why}", file=sys.stderr)  # noqa: T201 - as UBSan writes it
        original(self, packet, now)

    patch(Target, "receive_connection_packet", receive)


@bug(2, "process")
def unknown_clock_asked() -> None:
    """Forgets that an origin may leave ts_now zero though timestamps are in use, and asks a clock that has no value."""
    patch(TimestampClock, "known", True)


@bug(2, "process")
def next_number_never_wraps() -> None:
    """Adds what a client sends to rcv_nxt without coming back to 0 behind 2^32 - 1."""
    patch(arrival, "add", lambda number, octets: number + octets)


@bug(2, "process")
def closed_window_divides_by_zero() -> None:
    """Divides what waits for the client by its window, be that closed."""
    original = transmit._size_to_send

    def size_to_send(connection: Connection, limit: int) -> int | None:
        _windows_to_come = connection.unsent // connection.snd_wnd
        return original(connection, limit)

    patch(transmit, "_size_to_send", size_to_send)


@bug(2, "process")
def urgent_pointer_believed() -> None:
    """Takes the urgent octet out of a segment, wherever the urgent pointer says that it is."""
    original = arrival._take_text

    def take_text(connection: Connection, segment: Segment, now: float) -> None:
        if segment.flags & Flags.URG:
            _out_of_band = segment.payload[segment.urgent - 1]
        original(connection, segment, now)

    patch(arrival, "_take_text", take_text)


@bug(2, "liveness")
def blocks_walked_through() -> None:
    """Walks through a SACK block octet by octet until it is at the end, which for a reversed block takes minutes."""
    original = recovery.take_blocks

    def take_blocks(connection: Connection, segment: Segment) -> bool:
        for first, last in segment.options.sack if connection.agreement.sack else ():
            number = first
            while number != last:
                number = add(number, 1)
        return original(connection, segment)

    patch(acknowledgment, "take_blocks", take_blocks)


@bug(2, "process")
def shift_count_of_a_syn_unbounded() -> None:
    """Takes any window scale of a SYN, and can't write the window that follows from it into a control block."""
    patch(negotiation, "MAXIMUM_SCALE", 255)


@bug(1, "process")
def text_of_a_syn_taken_twice() -> None:
    """Takes the text of a SYN along with its SYN/ACK, and looks for it again when that is repeated."""
    texts: dict[tuple[int, int], list[bytes]] = {}
    open_, repeat = Origin.open, expiry._repeat_syn_ack

    def opens(self: Origin, syn: Segment, *others: object, **more: object) -> None:
        if syn.payload:
            texts[syn.source_port, syn.seq] = []  # the first SYN/ACK has taken it
        open_(self, syn, *others, **more)  # type: ignore[arg-type]

    def repeats(connection: Connection, timer: Retransmit, now: float) -> None:
        waiting = texts.get((connection.remote_port, connection.irs))
        if waiting is not None:
            waiting.pop()
        repeat(connection, timer, now)

    patch(Origin, "open", opens)
    patch(expiry, "_repeat_syn_ack", repeats)

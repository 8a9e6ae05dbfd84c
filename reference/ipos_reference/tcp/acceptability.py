"""Whether a segment may be processed: pure functions of the connection and the segment."""

from enum import Enum

from ipos_reference.tcp.connection import Connection, State
from ipos_reference.tcp.segment import Flags, Segment
from ipos_reference.tcp.sequence import add, gt, in_window, le, lt

TS_RECENT_LIFETIME = 24 * 24 * 3600.0
"""RFC 7323 5.5: a client's clock of 1 ms ticks passes half its range in 24.8 days; then ts_recent says nothing."""


class Acceptance(Enum):
    """The verdict on a segment; only ACCEPTABLE means that its text, FIN or RST takes effect."""

    ACCEPTABLE = "acceptable"
    OUTSIDE_WINDOW = "outside the window"
    OLD_TIMESTAMP = "old timestamp"
    MISSING_TIMESTAMP = "missing timestamp"
    REPEATED_SYN = "repeated SYN"
    UNEXPECTED_SYN = "unexpected SYN"
    INEXACT_RESET = "RST in the window but not at its left edge"
    NO_ACK = "no ACK bit"
    UNACCEPTABLE_ACK = "unacceptable ACK"
    CLOSED = "closed"


def judge(connection: Connection, segment: Segment, now: float) -> Acceptance:
    """RFC 9293 3.10.7.4 with RFC 5961 and RFC 7323 5.3, in an order in which a restarted client is always answered."""
    if connection.state is State.CLOSED:
        return Acceptance.CLOSED
    if segment.flags & Flags.RST:
        return _judge_reset(connection, segment)
    if segment.flags & Flags.SYN:
        return _judge_syn(connection, segment)
    if connection.agreement.timestamps:
        if segment.options.timestamps is None:
            return Acceptance.MISSING_TIMESTAMP  # RFC 7323 3.2
        if is_old(connection, segment.options.timestamps[0], now):
            return Acceptance.OLD_TIMESTAMP  # RFC 7323 5.3 R1, before the sequence number
    if not _is_in_window(connection, segment):
        return Acceptance.OUTSIDE_WINDOW  # RFC 9293 3.10.7.4, first
    return _judge_ack(connection, segment)


def _judge_reset(connection: Connection, segment: Segment) -> Acceptance:
    """RFC 9293 3.10.7.4, second (RFC 5961 3.2). Timestamps don't matter (RFC 7323 3.2 and 5.2)."""
    if segment.seq == connection.rcv_nxt:
        return Acceptance.ACCEPTABLE
    if in_window(segment.seq, connection.rcv_nxt, connection.promised):
        return Acceptance.INEXACT_RESET
    return Acceptance.OUTSIDE_WINDOW


def _judge_syn(connection: Connection, segment: Segment) -> Acceptance:
    """RFC 9293 3.10.7.4, fourth (RFC 5961 4.2): irrespective of the sequence number; the SYN we answered excepted."""
    repeated = segment.seq == connection.irs and not segment.flags & Flags.ACK
    if connection.state is State.SYN_RECEIVED and repeated:
        return Acceptance.REPEATED_SYN
    return Acceptance.UNEXPECTED_SYN


def is_old(connection: Connection, value: int, now: float) -> bool:
    """PAWS (RFC 7323 5.3 R1), unless ts_recent has outlived its meaning (5.5)."""
    return lt(value, connection.ts_recent) and now - connection.ts_recent_at < TS_RECENT_LIFETIME


def _is_in_window(connection: Connection, segment: Segment) -> bool:
    """RFC 9293 3.4's four cases.

    One number more is allowed to a segment that occupies none: a client that has filled the window sends its ACKs from
    the right edge, and dropping them while an earlier segment is missing would stall both directions.
    """
    left, size, length = connection.rcv_nxt, connection.promised, segment.length
    if length == 0:
        return in_window(segment.seq, left, size + 1)
    return in_window(segment.seq, left, size) or in_window(add(segment.seq, length - 1), left, size)


def _judge_ack(connection: Connection, segment: Segment) -> Acceptance:
    """RFC 9293 3.10.7.4, fifth."""
    if not segment.flags & Flags.ACK:
        return Acceptance.NO_ACK
    if connection.state is State.SYN_RECEIVED:
        acceptable = gt(segment.ack, connection.snd_una)
    else:  # RFC 5961 5.2: not older than the largest window that the client has ever offered
        acceptable = le(add(connection.snd_una, -connection.max_sndwnd), segment.ack)
    if acceptable and le(segment.ack, connection.snd_max):
        return Acceptance.ACCEPTABLE
    return Acceptance.UNACCEPTABLE_ACK

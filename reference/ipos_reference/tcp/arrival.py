"""A segment arrives (RFC 9293 3.10.7.4): the verdict decides, then ACK, text and FIN are processed in this order."""

from ipos_reference.tcp.acceptability import Acceptance, is_old, judge
from ipos_reference.tcp.acknowledgment import acknowledge, complete_handshake
from ipos_reference.tcp.connection import Connection, State
from ipos_reference.tcp.reset import reset_for
from ipos_reference.tcp.segment import Flags, Segment
from ipos_reference.tcp.sequence import add, difference, le
from ipos_reference.tcp.timers import FinWait2, TimeWait

_TAKES_TEXT = (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2)


def segment_arrives(connection: Connection, segment: Segment, now: float) -> None:
    """Process one segment of this connection; whatever it calls for is sent by ``transmit``."""
    _start_clock(connection, segment, now)
    match judge(connection, segment, now):
        case Acceptance.ACCEPTABLE:
            connection.heard_at = now
            _process(connection, segment, now)
        case Acceptance.OUTSIDE_WINDOW:
            connection.heard_at = now
            _outside_window(connection, segment, now)
        case Acceptance.REPEATED_SYN:
            _remember_timestamp(connection, segment, now)
            connection.syn_ack_due = True
        case Acceptance.OLD_TIMESTAMP:  # RFC 7323 5.3 R1: send an ACK and drop
            _answer(connection, segment, now)
        case Acceptance.UNACCEPTABLE_ACK if connection.state is State.SYN_RECEIVED:
            _refuse_handshake(connection, segment)
        case Acceptance.INEXACT_RESET | Acceptance.UNEXPECTED_SYN | Acceptance.UNACCEPTABLE_ACK:
            _challenge(connection, now)  # RFC 5961 3.2, 4.2, 5.2
        case Acceptance.MISSING_TIMESTAMP | Acceptance.NO_ACK | Acceptance.CLOSED:
            pass  # RFC 7323 3.2 and RFC 9293 3.10.7.4 fifth: dropped without an answer


def ack_arrives(connection: Connection, segment: Segment, now: float) -> None:
    """Take the ACK and window of an acceptable segment and leave its text, its FIN and its TSval alone.

    With its text in place it can't pass for a duplicate ACK (RFC 5681 2); SND.WL1 must not run ahead of rcv_nxt, or the
    window of what comes in between would be ignored.
    """
    if judge(connection, segment, now) is not Acceptance.ACCEPTABLE or segment.flags & Flags.RST:
        return  # of an RST nobody has judged the ACK field
    _start_clock(connection, segment, now)
    connection.heard_at = now
    _take_ack(connection, segment._replace(seq=connection.rcv_nxt), now)


def _process(connection: Connection, segment: Segment, now: float) -> None:
    if segment.flags & Flags.RST:
        _reset(connection)
        return
    _remember_timestamp(connection, segment, now)
    _take_ack(connection, segment, now)
    if connection.state in _TAKES_TEXT and segment.length:
        _take_text(connection, segment, now)
    elif segment.length and connection.state is not State.CLOSED:
        connection.ack_now = True  # text after the client's FIN: ignored, but it learns where we are


def _take_ack(connection: Connection, segment: Segment, now: float) -> None:
    if connection.state is State.SYN_RECEIVED:
        complete_handshake(connection, segment, now)
    else:
        acknowledge(connection, segment, now)


def _start_clock(connection: Connection, segment: Segment, now: float) -> None:
    """TGT-7: the origin left ts_now zero though timestamps are in use."""
    timestamps = segment.options.timestamps
    if timestamps is not None and segment.flags & Flags.ACK and not connection.clock.known:
        connection.clock.start_after_echo(timestamps[1], now)


def _remember_timestamp(connection: Connection, segment: Segment, now: float) -> None:
    """RFC 7323 4.3 (2): the option of the segment that the next ACK is about, never of a later one."""
    if not connection.agreement.timestamps or segment.options.timestamps is None:
        return
    value = segment.options.timestamps[0]
    if le(segment.seq, connection.last_ack_sent) and not is_old(connection, value, now):
        connection.ts_recent, connection.ts_recent_at = value, now


def _reset(connection: Connection) -> None:
    """RFC 9293 3.10.7.4, second. Once everything was acknowledged in both directions it ends in order all the same."""
    finished = connection.state in (State.CLOSING, State.LAST_ACK) and not len(connection.send_buffer)
    connection.end(None if finished or connection.state is State.TIME_WAIT else "reset by peer")


def _outside_window(connection: Connection, segment: Segment, now: float) -> None:
    """RFC 9293 3.10.7.4, first: an ACK and nothing else, none for an RST."""
    if segment.flags & Flags.RST:
        return
    if connection.state is State.TIME_WAIT and segment.flags & Flags.FIN:
        # 3.10.7.4, eighth: the client repeats its FIN, so our last ACK was lost
        connection.timer = TimeWait(expires=now + connection.settings.time_wait)
    if connection.promised <= 0 and segment.seq == connection.rcv_nxt:
        _take_ack_only(connection, segment, now)
    _answer(connection, segment, now)


def _take_ack_only(connection: Connection, segment: Segment, now: float) -> None:
    """The special allowance of RFC 9293 3.10.7.4 for a window of zero: the text must wait, its ACK field need not."""
    bare = segment._replace(payload=b"", flags=segment.flags & ~(Flags.FIN | Flags.PSH))
    if judge(connection, bare, now) is Acceptance.ACCEPTABLE:
        _process(connection, bare, now)


def _answer(connection: Connection, segment: Segment, now: float) -> None:
    """Acknowledge an unacceptable segment; bare ACKs share the challenges' limit, lest two ends do so for ever."""
    if connection.state is State.SYN_RECEIVED and not segment.flags & Flags.ACK:
        return
    if segment.length:
        connection.ack_now = True
    else:
        _challenge(connection, now)


def _challenge(connection: Connection, now: float) -> None:
    """RFC 5961's challenge ACK, within the limit of its section 7."""
    if connection.challenges.allows(now):
        connection.ack_now = True


def _refuse_handshake(connection: Connection, segment: Segment) -> None:
    """RFC 9293 3.10.7.4, fifth, SYN-RECEIVED: <SEQ=SEG.ACK><CTL=RST>; the connection stays."""
    reply = reset_for(segment)
    if reply is not None:
        connection.replies.append(reply)


def _take_text(connection: Connection, segment: Segment, now: float) -> None:
    """RFC 9293 3.10.7.4, seventh and eighth: what lies in the window, the FIN included."""
    offset = difference(segment.seq, connection.rcv_nxt)
    fits = connection.promised - offset
    payload = segment.payload[: max(0, fits)]
    fin = bool(segment.flags & Flags.FIN) and len(segment.payload) < fits
    filling = connection.reassembly.has_gap
    advance = connection.reassembly.insert(offset, payload, fin=fin)
    if len(payload) < len(segment.payload) or fin != bool(segment.flags & Flags.FIN):
        connection.ack_now = True  # what was cut off is outside the window: 3.10.7.4, first
    connection.rcv_nxt = add(connection.rcv_nxt, advance)
    connection.largest_received = min(connection.settings.mss, max(connection.largest_received, len(payload)))
    if connection.reassembly.complete:
        connection.ack_now = True
        _fin_is_reached(connection, now)
    else:
        _schedule_ack(connection, advance, now, filling=filling)
    if isinstance(connection.timer, FinWait2):
        # the client is still sending: only silence counts
        connection.timer = FinWait2(expires=now + connection.settings.fin_wait_2)


def _schedule_ack(connection: Connection, advance: int, now: float, *, filling: bool) -> None:
    """RFC 5681 4.2 and RFC 9293 3.8.6.3: which ACKs may wait."""
    if advance == 0:
        connection.duplicate_acks += 1  # out of order, or received before: one for each
        return
    connection.unacknowledged += advance
    second_full_segment = connection.unacknowledged >= 2 * connection.largest_received
    if filling or second_full_segment:
        connection.ack_now = True
    elif connection.ack_at is None:
        connection.ack_at = now + connection.settings.delayed_ack


def _fin_is_reached(connection: Connection, now: float) -> None:
    """RFC 9293 3.10.7.4, eighth."""
    match connection.state:
        case State.ESTABLISHED:
            connection.state = State.CLOSE_WAIT
        case State.FIN_WAIT_1:
            connection.state = State.CLOSING
        case State.FIN_WAIT_2:
            connection.state = State.TIME_WAIT
            connection.timer = TimeWait(expires=now + connection.settings.time_wait)
        case _:
            pass

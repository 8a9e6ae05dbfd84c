"""What the ACK and window fields of an acceptable segment do to the sending side (RFC 9293 3.10.7.4, fifth)."""

from ipos_reference.tcp.connection import Connection, State
from ipos_reference.tcp.recovery import duplicate_arrived, take_blocks
from ipos_reference.tcp.segment import Flags, Segment
from ipos_reference.tcp.sequence import difference, ge, gt, later, le, lt
from ipos_reference.tcp.timers import IDLE, FinWait2, Persist, Retransmit, TimeWait
from ipos_reference.tcp.timestamp_clock import TICKS_PER_SECOND


def complete_handshake(connection: Connection, segment: Segment, now: float) -> None:
    """SYN-RECEIVED ends: our SYN is acknowledged (its number is SND.UNA, so the common path takes it off)."""
    connection.state = State.FIN_WAIT_1 if connection.fin_queued else State.ESTABLISHED
    connection.snd_wl1, connection.snd_wl2 = segment.seq, segment.ack
    _set_window(connection, segment)
    repeats = connection.timer.repeats if isinstance(connection.timer, Retransmit) else 0
    if repeats:
        connection.round_trip.handshake_was_repeated()
        connection.congestion.window = connection.congestion.mss  # RFC 6928 2, last paragraph
    _measure(connection, segment, now)
    connection.snd_una = segment.ack
    connection.timer = IDLE


def acknowledge(connection: Connection, segment: Segment, now: float) -> None:
    """ACK processing in the synchronized states."""
    repeated = _is_duplicate(connection, segment)
    if lt(segment.ack, connection.snd_una):
        return  # an old ACK: RFC 9293 lets it be ignored, its window too
    _update_window(connection, segment)
    if gt(segment.ack, connection.snd_una):
        _advance(connection, segment, now)
    news = take_blocks(connection, segment)
    if repeated or news:
        duplicate_arrived(connection)


def _is_duplicate(connection: Connection, segment: Segment) -> bool:
    """RFC 5681 2. Of a client that reports what it has, only news count (RFC 6675 2, ``take_blocks``).

    The answers to window probes are none: they say that the window is closed, not that anything was lost.
    """
    return (
        connection.flight > 0
        and not connection.reports
        and not isinstance(connection.timer, Persist)
        and segment.ack == connection.snd_una
        and not segment.payload
        and not segment.flags & Flags.FIN
        and _scaled_window(connection, segment) == connection.snd_wnd
    )


def _scaled_window(connection: Connection, segment: Segment) -> int:
    return segment.window << connection.agreement.snd_scale


def _update_window(connection: Connection, segment: Segment) -> None:
    """RFC 9293 3.10.7.4: only a segment that is not older than the last that updated the window."""
    newer = lt(connection.snd_wl1, segment.seq)
    if newer or (connection.snd_wl1 == segment.seq and le(connection.snd_wl2, segment.ack)):
        connection.snd_wl1, connection.snd_wl2 = segment.seq, segment.ack
        _set_window(connection, segment)


def _set_window(connection: Connection, segment: Segment) -> None:
    connection.snd_wnd = _scaled_window(connection, segment)
    connection.max_sndwnd = max(connection.max_sndwnd, connection.snd_wnd)


def _advance(connection: Connection, segment: Segment, now: float) -> None:
    """Something new was acknowledged."""
    octets = difference(segment.ack, connection.snd_una)
    _measure(connection, segment, now)
    connection.round_trip.progress()
    connection.send_buffer.release(segment.ack)
    connection.snd_una = segment.ack
    connection.snd_nxt = later(connection.snd_nxt, segment.ack)
    if connection.scoreboard.ranges:
        connection.scoreboard = connection.scoreboard.acknowledged(octets)
    if connection.congestion.acknowledged(segment.ack, octets, connection.flight):
        connection.retransmit_due = True
    elif not connection.congestion.recovering:
        connection.retransmit_due = False
    if connection.flight:  # RFC 6298 5.3; nowhere else does an ACK restart the timer
        connection.timer = Retransmit(expires=now + connection.round_trip.timeout, since=now)
    else:  # RFC 6298 5.2
        connection.timer = IDLE
    if connection.fin_acknowledged:
        _fin_was_acknowledged(connection, now)


def _measure(connection: Connection, segment: Segment, now: float) -> None:
    """One round-trip sample per ACK of something new, by timestamps (RFC 7323 4.1) or else Karn's way (RFC 6298 3).

    None by a D-SACK: the client had the octets before, and echoes the first copy. What was lost was its ACK, and the
    time until we repeated them is none that a packet took; the time-out would grow with each such loss.
    """
    if _reports_a_repetition(segment):
        return
    timestamps = segment.options.timestamps
    if connection.agreement.timestamps and timestamps is not None and timestamps[1]:
        ticks = difference(connection.clock.value(now), timestamps[1])
        if ticks >= 0:
            connection.round_trip.sample(ticks / TICKS_PER_SECOND)
    elif connection.timed is not None and ge(segment.ack, connection.timed[0]):
        connection.round_trip.sample(now - connection.timed[1])
        connection.timed = None


def _reports_a_repetition(segment: Segment) -> bool:
    """RFC 2883 4: the first block then lies before the cumulative ACK."""
    return bool(segment.options.sack) and le(segment.options.sack[0][1], segment.ack)


def _fin_was_acknowledged(connection: Connection, now: float) -> None:
    """RFC 9293 3.10.7.4, fifth: the states in which our FIN is outstanding."""
    match connection.state:
        case State.FIN_WAIT_1:
            connection.state = State.FIN_WAIT_2
            connection.timer = FinWait2(expires=now + connection.settings.fin_wait_2)
        case State.CLOSING:
            connection.state = State.TIME_WAIT
            connection.timer = TimeWait(expires=now + connection.settings.time_wait)
        case State.LAST_ACK:
            connection.end(None)
        case _:
            pass

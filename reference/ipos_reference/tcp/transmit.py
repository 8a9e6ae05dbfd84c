"""The one place that decides what is sent. ``next_segment`` is the dispatch; the predicates it asks are small."""

from collections.abc import Iterator

from ipos_reference.tcp.congestion import LARGEST_WINDOW
from ipos_reference.tcp.connection import Connection, State
from ipos_reference.tcp.negotiation import answer
from ipos_reference.tcp.options import NO_OPTIONS, Options, encode
from ipos_reference.tcp.receive_window import promise
from ipos_reference.tcp.recovery import in_flight, next_seg, note_repeated, skip_reported
from ipos_reference.tcp.scoreboard import Range, Rule
from ipos_reference.tcp.segment import Flags, Segment
from ipos_reference.tcp.sequence import add, difference, later
from ipos_reference.tcp.timers import Idle, Persist, Retransmit

_MAY_SEND = (State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
_LEAST_PAYLOAD = 8
"""Sent even where a client's MSS leaves less beside the options: an MSS of 0 must not stop the connection."""


class _Moment:
    """What all segments that are sent at one time have in common, worked out with the first of them.

    Nothing arrives in between, so it is the same for the others. The window field is a promise, and a clock may be
    unknown as long as nothing is sent: hence not before.
    """

    __slots__ = ("_connection", "_limit", "_options", "_window", "now")

    def __init__(
        self, connection: Connection, now: float, options: Options | None = None, window: int | None = None
    ) -> None:
        self.now = now
        self._connection = connection
        self._options, self._window = options, window
        self._limit: int | None = None

    @property
    def options(self) -> Options:
        """Of each segment."""
        if self._options is None:
            self._options = _options(self._connection, self.now)
        return self._options

    @property
    def limit(self) -> int:
        """Octets of text that fit beside the options."""
        if self._limit is None:
            self._limit = payload_limit(self._connection, self.options)
        return self._limit

    @property
    def window(self) -> int:
        """The window field."""
        if self._window is None:
            self._window = promise(self._connection)
        return self._window


def segments_to_send(connection: Connection, now: float) -> Iterator[Segment]:
    """Everything that may go now; afterwards a timer guards what could not go or may get lost."""
    yield from connection.replies
    connection.replies.clear()
    if connection.agreement.timestamps and not connection.clock.known and not connection.reset_due:
        return  # TGT-7: no TSval can be right before the client's echo is known
    if connection.state is State.CLOSED:
        if connection.reset_due:
            yield _reset(connection, now)
        return
    moment = _Moment(connection, now)
    while (segment := _next_segment(connection, moment)) is not None:
        yield segment
    _watch_for_window(connection, now)


def payload_limit(connection: Connection, options: Options) -> int:
    """Eff.snd.MSS (RFC 9293 3.7.1): the smaller of the client's MSS and our own limit, less the options."""
    largest = min(connection.agreement.peer_mss, connection.settings.largest_segment)
    return max(_LEAST_PAYLOAD, largest - len(encode(options)))


def _next_segment(connection: Connection, moment: _Moment) -> Segment | None:
    if connection.state is State.SYN_RECEIVED:
        return _handshake(connection, moment)
    if connection.duplicate_acks:
        connection.duplicate_acks -= 1
        return _acknowledgement(connection, moment)
    if connection.congestion.by_sack:
        return _recovery(connection, moment) or _bare(connection, moment)
    return _repetition(connection, moment) or _data(connection, moment) or _bare(connection, moment)


def _handshake(connection: Connection, moment: _Moment) -> Segment | None:
    if connection.syn_ack_due:
        return _syn_ack(connection, moment.now)
    return _acknowledgement(connection, moment) if connection.ack_now else None  # a challenge


def _bare(connection: Connection, moment: _Moment) -> Segment | None:
    """A segment without text: keep-alive, or an ACK that nothing else has carried."""
    if connection.probe_due:
        connection.probe_due = False  # RFC 9293 3.8.4: a number that the client has acknowledged makes it answer
        return _segment(connection, add(connection.snd_nxt, -1), Flags.ACK, moment)
    due = connection.ack_now or (connection.ack_at is not None and connection.ack_at <= moment.now)
    return _acknowledgement(connection, moment) if due else None


def _acknowledgement(connection: Connection, moment: _Moment) -> Segment:
    # numbered SND.NXT (RFC 9293 3.10.7.4); snd_max where a time-out has taken snd_nxt back, else it would look old
    return _segment(connection, connection.snd_max, Flags.ACK, moment)


def _repetition(connection: Connection, moment: _Moment) -> Segment | None:
    """The first unacknowledged segment again, for fast retransmit and fast recovery (RFC 5681 3.2, RFC 6582 3.2)."""
    if not connection.retransmit_due:
        return None
    connection.retransmit_due = False
    return _again(connection, _first_hole(connection), moment)


def _recovery(connection: Connection, moment: _Moment) -> Segment | None:
    """RFC 6675 5: the first segment whatever is in flight (4.3), then what NextSeg says (C)."""
    first, connection.retransmit_due = connection.retransmit_due, False
    if first:
        rule, hole = Rule.LOST, _first_hole(connection)
    else:
        choice = next_seg(connection, new=_new_text_may_go(connection, moment))
        if choice is None:
            return None
        if choice[0] is Rule.NEW:
            return _data(connection, moment)
        rule, hole = choice
    segment = _again(connection, hole, moment, from_end=rule is Rule.RESCUE)
    if segment is not None:
        note_repeated(connection, rule, add(segment.seq, segment.length), first=first)
    return segment


def _first_hole(connection: Connection) -> Range:
    return connection.scoreboard.first_hole(0) or (0, connection.flight)


def _new_text_may_go(connection: Connection, moment: _Moment) -> bool:
    if connection.state not in _MAY_SEND or not _something_waits(connection):
        return False
    return _size_to_send(connection, moment.limit) is not None


def _again(connection: Connection, hole: Range, moment: _Moment, *, from_end: bool = False) -> Segment | None:
    """One segment of a gap (offsets from snd_una) again: its beginning, or its end."""
    limit = moment.limit
    text_end = min(hole[1], len(connection.send_buffer))
    first = max(hole[0], text_end - limit) if from_end else hole[0]
    size = min(limit, text_end - first)
    if first + size > connection.snd_wnd and size:
        return None  # the window has shrunk: the retransmission timer deals with it
    segment = _stretch(connection, add(connection.snd_una, first), size, moment)
    connection.snd_nxt = later(connection.snd_nxt, add(segment.seq, segment.length))  # a FIN may have joined it
    return segment


def _data(connection: Connection, moment: _Moment) -> Segment | None:
    """Text and FIN from snd_nxt on."""
    repeating = connection.scoreboard.ranges and connection.snd_nxt != connection.snd_max
    gap = skip_reported(connection) if repeating else LARGEST_WINDOW
    if connection.state not in _MAY_SEND or not _something_waits(connection):
        connection.forced = False
        return None
    _restart_if_idle(connection, moment.now)
    size = _size_to_send(connection, min(gap, moment.limit))
    probing = size is None and connection.forced
    connection.forced = False
    if size is None:
        return _window_probe(connection, moment) if probing else None
    segment = _stretch(connection, connection.snd_nxt, size, moment)
    connection.snd_nxt = add(segment.seq, segment.length)
    return segment


def _something_waits(connection: Connection) -> bool:
    return connection.unsent > 0 or connection.fin_unsent


def _restart_if_idle(connection: Connection, now: float) -> None:
    if connection.flight == 0 and now - connection.sent_at > connection.round_trip.timeout:
        connection.congestion.idle()


def _size_to_send(connection: Connection, limit: int) -> int | None:
    """How many octets the next segment takes; 0 for a FIN alone, None if nothing may go yet."""
    usable = connection.snd_wnd - difference(connection.snd_nxt, connection.snd_una)
    if usable <= 0:
        return None
    unsent = connection.unsent
    size = min(unsent, usable, limit)
    outstanding = in_flight(connection)
    if outstanding and outstanding + max(size, 1) > _allowance(connection):
        return None
    return size if size == unsent or _is_worth_a_segment(connection, size, limit) else None


def _allowance(connection: Connection) -> int:
    """The congestion window; what limited transmit adds is for octets that were never sent before (RFC 3042 2).

    What was reported is not in flight, which is limited transmit by itself (RFC 6675 5, step 3).
    """
    congestion = connection.congestion
    fresh = connection.snd_nxt == connection.snd_max and not connection.scoreboard.ranges
    return congestion.allowance if fresh else congestion.window


def _is_worth_a_segment(connection: Connection, size: int, limit: int) -> bool:
    """Sender SWS avoidance, RFC 9293 3.8.6.2.1: a full segment, half the largest window, the override time-out.

    Its case 2 is the caller's "all that waits", since what is written is always pushed. Repetitions are not delayed.
    """
    repeated = connection.snd_nxt != connection.snd_max
    return size == limit or 2 * size >= connection.max_sndwnd or connection.forced or repeated


def _window_probe(connection: Connection, moment: _Moment) -> Segment:
    """One octet (or the FIN) beyond the window, RFC 9293 3.8.6.1. snd_nxt stays: it goes again if it is not taken."""
    return _stretch(connection, connection.snd_nxt, min(1, connection.unsent), moment, guarded=False)


def _stretch(connection: Connection, seq: int, size: int, moment: _Moment, *, guarded: bool = True) -> Segment:
    """Octets seq to seq + size, the FIN behind them if it is due; guarded: the retransmission timer runs for them."""
    payload = connection.send_buffer.octets(seq, size)
    at_end = add(seq, size) == connection.send_buffer.end
    flags = Flags.ACK
    if at_end and size:
        flags |= Flags.PSH  # RFC 9293 3.9.1.2: the last octet that was written
    if at_end and connection.fin_queued and _fin_fits(connection, seq, size):
        flags |= Flags.FIN
    segment = _segment(connection, seq, flags, moment, payload)
    _note_sent(connection, segment, moment.now, guarded=guarded)
    return segment


def _fin_fits(connection: Connection, seq: int, size: int) -> bool:
    """A FIN takes one number of the window; alone (as a probe) it is sent in spite of it."""
    return size == 0 or difference(seq, connection.snd_una) + size < connection.snd_wnd


def _note_sent(connection: Connection, segment: Segment, now: float, *, guarded: bool) -> None:
    end = add(segment.seq, segment.length)
    if segment.seq != connection.snd_max:
        connection.timed = None  # Karn (RFC 6298 3): an ACK now could be for either
    elif connection.timed is None and not connection.agreement.timestamps:
        connection.timed = (end, now)
    connection.snd_max = later(connection.snd_max, end)
    connection.sent_at = now
    if guarded and not isinstance(connection.timer, Retransmit):
        connection.timer = Retransmit(expires=now + connection.round_trip.timeout, since=now)  # RFC 6298 5.1


def _watch_for_window(connection: Connection, now: float) -> None:
    """Something waits and no outstanding octet's ACK will bring it on: persist timer (RFC 9293 3.8.6.1, 3.8.6.2.1)."""
    waits = connection.state in _MAY_SEND and _something_waits(connection)
    if waits and isinstance(connection.timer, Idle):
        connection.timer = Persist(expires=now + connection.round_trip.timeout, since=now)


def _syn_ack(connection: Connection, now: float) -> Segment:
    connection.syn_ack_due = False
    if not isinstance(connection.timer, Retransmit):
        expires = now + connection.settings.syn_ack_timeout
        connection.timer = Retransmit(expires=expires, since=now)
        if not connection.agreement.timestamps:
            connection.timed = (connection.snd_nxt, now)
    else:
        connection.timed = None
    options = answer(connection.agreement, connection.settings, _timestamps(connection, now))
    moment = _Moment(connection, now, options, promise(connection, scaled=False))
    return _segment(connection, connection.iss, Flags.SYN | Flags.ACK, moment)


def _reset(connection: Connection, now: float) -> Segment:
    """RFC 9293 3.10.5: <SEQ=SND.NXT><CTL=RST>."""
    connection.reset_due = False
    stamps = _timestamps(connection, now) if connection.clock.known else None
    return _segment(
        connection, connection.snd_max, Flags.RST | Flags.ACK, _Moment(connection, now, Options(timestamps=stamps))
    )


def _segment(connection: Connection, seq: int, flags: int, moment: _Moment, payload: bytes = b"") -> Segment:
    """Every segment is made here, so every one carries the latest ACK and window and settles what was due."""
    segment = Segment(
        source_port=connection.local_port,
        destination_port=connection.remote_port,
        seq=seq,
        ack=connection.rcv_nxt,
        flags=flags,
        window=moment.window,
        options=moment.options,
        payload=payload,
    )
    connection.last_ack_sent = connection.rcv_nxt
    connection.ack_now, connection.ack_at, connection.unacknowledged = False, None, 0
    return segment


def _options(connection: Connection, now: float) -> Options:
    timestamps = _timestamps(connection, now)
    blocks = _sack_blocks(connection, 3 if timestamps else 4)
    return Options(timestamps=timestamps, sack=blocks) if timestamps or blocks else NO_OPTIONS


def _timestamps(connection: Connection, now: float) -> tuple[int, int] | None:
    """RFC 7323 3.2: in every segment, once agreed."""
    return (connection.clock.value(now), connection.ts_recent) if connection.agreement.timestamps else None


def _sack_blocks(connection: Connection, limit: int) -> tuple[tuple[int, int], ...]:
    """RFC 2018 4: the block that arrived last comes first; as many as fit."""
    if not connection.agreement.sack:
        return ()
    rcv_nxt = connection.rcv_nxt
    return tuple((add(rcv_nxt, first), add(rcv_nxt, last)) for first, last in connection.reassembly.blocks(limit))

"""What client and target have said to each other in one TCP connection, as far as a judge needs it (RFC 9293).

Whatever makes it doubtful which numbers are the connection's own (a second SYN, another control block) makes it
`doubtful`, and no number is judged any more: a router may take the one or the other.
"""

from dataclasses import dataclass

from ipos_spec.control_block import ControlBlock

from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.flows import Flow
from ipos_fuzz.oracles.parsing import ACK, FIN, MSS, RST, SPACE, SYN, TIMESTAMPS, WINDOW_SCALE, Segment, tcp_options

_MANY, _STREAM = 64, 2048
_DEFAULT_MSS, _LARGEST_MSS, _LARGEST_SCALE = 536, 65495, 14
_HALF = SPACE >> 1
_PROVISIONAL = 900.0
"""Seconds of a provisional endpoint (TGT-12)."""


@dataclass(slots=True)
class Line:
    """A sequence space, measured from where it begins, so that far jumps do not wrap."""

    base: int

    def at(self, number: int) -> int:
        """How far from the base, negative before it."""
        return (number - self.base + _HALF) % SPACE - _HALF


@dataclass(frozen=True, slots=True)
class Offered:
    """A connection packet that the target may have taken: from which MAC, with which numbers, when."""

    mac: bytes
    block: ControlBlock
    time: float


class Connection(Flow):
    """One connection.

    syns         sound SYNs of the first LAN, each its number and its options
    offers       valid connection packets for it
    answerable   whether anything has come that RFC 9293 answers with an RST where there is no endpoint
    asks         whether any octet of a request has come (ORG-3)
    windows      that the client has offered, scaling applied; None: too many
    stamp        the target's last TSval
    speaks       whether something has come that makes a migrated endpoint definite (TGT-12)
    was_reset    whether an RST has come
    is_ending    whether a FIN or RST has passed, in either direction
    client, server  the sequence spaces, once something says where they begin
    reach        up to where the client has sent everything, from its base
    acked        up to where the target has acknowledged anything, SACK included, from the client's base; None: nothing
    client_acked, edge  furthest acknowledgement and right edge that the client has told, from the server's base
    sent_up_to   furthest octet that the target has sent, from the server's base
    """

    def __init__(self, is_new: bool) -> None:
        super().__init__(is_new)
        self.doubtful = not is_new
        self.syns: dict[int, dict[int, bytes]] = {}
        self.answered: dict[int, bytes] | None = None
        self.offers: list[Offered] = []
        self.answerable = self.asks = self.speaks = self.was_reset = self.is_ending = False
        self.windows: set[int] | None = set()
        self.stamp: int | None = None
        self.client: Line | None = None
        self.server: Line | None = None
        self.reach = 0
        self.acked: int | None = None
        self.client_acked: int | None = None
        self.edge: int | None = None
        self.blind = False
        self.sent_up_to = 0
        self.mss = 0
        self.scale = 0
        self.stamps: set[int] | None = set()
        self.ends: set[int] = set()
        self.acknowledgements: set[int] = set()
        self.refused_up_to: list[tuple[int, str]] = []
        self._gaps: list[tuple[int, int]] = []
        self._stream, self._stream_at = b"", 0

    # What the client says.

    def hear(self, segment: Segment) -> None:
        """A sound segment of the client's, on whichever way."""
        options = tcp_options(segment.options)
        self.was_reset |= bool(segment.flags & RST)
        self.is_ending |= bool(segment.flags & (RST | FIN))
        self.asks |= bool(segment.data) and not segment.flags & SYN
        if len(self.ends) < _MANY:
            self.ends.add(segment.end)
            self.acknowledgements.add(segment.ack)
        if TIMESTAMPS in options and self.stamps is not None:
            self.stamps.add(int.from_bytes(options[TIMESTAMPS][:4], "big"))
            if len(self.stamps) > 4 * _MANY:
                self.stamps = None
        if segment.flags & SYN:
            return
        if self.client is not None:
            self._extend(self.client.at(segment.seq), self.client.at(segment.seq) + segment.length)
        if segment.flags & ACK:
            self._note_window(segment)

    def hear_syn(self, segment: Segment) -> None:
        """A sound SYN without ACK or RST, on the first LAN."""
        options = tcp_options(segment.options)
        if self.offers or self.syns.get(segment.seq, options) != options or len(self.syns) > 1:
            self.doubtful = True
        if self.syns and segment.seq not in self.syns:
            self.doubtful = True
        self.doubtful |= self.is_ending  # what it says from now on may be another answer under the same numbers
        if len(self.syns) < _MANY:
            self.syns[segment.seq] = options
        self._allow(int.from_bytes(options.get(MSS, _DEFAULT_MSS.to_bytes(2, "big")), "big"))
        self.scale = max(self.scale, min(int.from_bytes(options.get(WINDOW_SCALE, b""), "big"), _LARGEST_SCALE))
        if self.windows is not None:
            self.windows.add(segment.window)  # never scaled (RFC 7323 2.2)
        if self.client is None:
            self.client = Line(segment.seq)
        self._extend(self.client.at(segment.seq), self.client.at(segment.seq) + 1)
        if self.attempts:
            self.began_anew = True

    def offer(self, offered: Offered) -> None:
        """A valid connection packet, which the target may take."""
        block = offered.block
        before = self.offers[0].block if self.offers else None
        same = block if before is None else before
        if (block.iss, block.irs, block.t_flags) != (same.iss, same.irs, same.t_flags):
            self.doubtful = True
        if self.syns and (block.irs not in self.syns or self.server is None or self.server.base != block.iss):
            self.doubtful = True
        self.doubtful |= self.is_ending
        self.offers = [*self.offers[-7:], offered]
        self._allow(block.t_maxseg)
        if block.uses_scaling:
            self.scale = max(self.scale, block.snd_scale)
        if self.client is None:
            self.client = Line(block.irs)
        if self.server is None:
            self.server = Line(block.iss)
            self.sent_up_to = self.server.at(block.snd_nxt)
            self.blind = bool(self.acknowledgements)
        self.sent_up_to = max(self.sent_up_to, self.server.at(block.snd_nxt))
        self.doubtful |= self.client.at(block.rcv_nxt) < 0 or self.server.at(block.snd_nxt) < 0
        self._extend(self.reach, self.client.at(block.rcv_nxt))
        self.edge = max(self.edge or 0, self.server.at(block.snd_nxt) + block.snd_wnd)
        if self.windows is not None:
            self.windows |= {block.snd_wnd, block.max_sndwnd}
        self.began_anew = True

    def lacks_stamp(self, segment: Segment) -> bool:
        """Whether a segment is discarded because timestamps are in use and it has none (TGT-7, RFC 7323 3.2)."""
        offered = all(offered.block.uses_timestamps for offered in self.offers)
        if not self.offers or not offered or self.syns or self.doubtful or segment.flags & RST:
            return False
        if self.was_reset:  # there may be no endpoint any more, and then it is answered (TGT-8)
            return False
        return TIMESTAMPS not in tcp_options(segment.options)

    def hear_refused(self, segment: Segment, requirement: str) -> None:
        """A segment that has to be discarded."""
        if self.client is not None:
            self.refused_up_to = [*self.refused_up_to[-15:], (self.client.at(segment.end), requirement)]

    def _extend(self, begin: int, end: int) -> None:
        """The client has sent these, too; what lies behind a gap counts only when the gap is closed."""
        if end <= self.reach:
            return
        rest = []
        for part in sorted([*self._gaps, (begin, end)]):
            if part[0] > self.reach:
                rest.append(part)
            else:
                self.reach = max(self.reach, part[1])
        self._gaps = rest[:_MANY]
        self.doubtful |= len(rest) > _MANY

    def _note_window(self, segment: Segment) -> None:
        if self.windows is not None:
            self.windows.add(segment.window << self.scale)
            if len(self.windows) > _MANY:
                self.windows = None
        if self.server is None:
            self.blind = True
            return
        acknowledged = self.server.at(segment.ack)
        self.client_acked = max(self.client_acked or acknowledged, acknowledged)
        edge = acknowledged + (segment.window << self.scale)
        self.edge = edge if self.edge is None else max(self.edge, edge)

    def _allow(self, mss: int) -> None:
        self.mss = max(self.mss, min(mss, _LARGEST_MSS))

    # What the target says.

    def open(self, segment: Segment) -> None:
        """Its SYN/ACK."""
        options = tcp_options(segment.options)
        if self.answered is not None and options.keys() != self.answered.keys():
            self.doubtful = True
        self.answered = options
        if self.server is None:
            self.server = Line(segment.seq)
            self.sent_up_to = 1
        elif self.server.base != segment.seq:
            self.doubtful = True

    def say(self, segment: Segment) -> bool:
        """Its octets. False if one of them is not what stood there before."""
        if self.server is None:
            return True
        begin = self.server.at(segment.seq)
        self.sent_up_to = max(self.sent_up_to, begin + segment.length)
        return self._repeats(begin, segment.data)

    def _repeats(self, begin: int, data: bytes) -> bool:
        """Whether octets continue or repeat the last ones. Of one alone nothing is said: a probe's may be any."""
        if len(data) <= 1:
            return True
        there = begin - self._stream_at
        if not 0 <= there <= len(self._stream):
            self._stream, self._stream_at = data, begin
            return True
        before = self._stream[there : there + len(data)]
        self._stream += data[len(before) :]
        self._stream_at += max(len(self._stream) - _STREAM, 0)
        self._stream = self._stream[-_STREAM:]
        return data.startswith(before)

    def acknowledge(self, number: int) -> None:
        """It has acknowledged up to here, or selectively."""
        if self.client is not None:
            here = self.client.at(number)
            self.acked = here if self.acked is None else max(self.acked, here)

    @property
    def stamped(self) -> bool | None:
        """Whether timestamps are in use (RFC 7323 3.2; TGT-7); None if that can't be said."""
        if self.doubtful:
            return None
        if self.offers:
            return self.offers[0].block.uses_timestamps if not self.syns else None
        if self.answered is None or len(self.syns) != 1:
            return None
        return TIMESTAMPS in self.answered and all(TIMESTAMPS in options for options in self.syns.values())

    @property
    def is_open(self) -> bool:
        """Whether the target may have an endpoint that speaks."""
        return bool(self.syns) or self.speaks

    def may_become_definite(self, segment: Segment, mac: bytes, now: float, facts: Facts) -> bool:
        """Whether a segment in a type 2 packet may make a provisional endpoint definite (TGT-12)."""
        if segment.flags & (SYN | RST) or not segment.flags & ACK or not (segment.data or segment.flags & FIN):
            return False
        has_stamp = TIMESTAMPS in tcp_options(segment.options)
        return any(
            offered.mac == mac
            # Beside an entry of this router's own, it lives as long as that.
            and (now < offered.time + facts.at_most(_PROVISIONAL) or bool(self.attempts))
            and Line(offered.block.rcv_nxt).at(segment.end) > 0
            and Line(offered.block.snd_nxt).at(segment.ack) <= 0
            and (has_stamp or not offered.block.uses_timestamps)
            for offered in self.offers
        )

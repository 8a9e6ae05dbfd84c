"""What a control block that a router sends has to say of the connection, field by field of FIG. 11D.

Judged by what the client and the router have said to each other on the first LAN; what nobody there can know is free.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ipos_spec.control_block import MAXIMUM_MAXSEG, MAXIMUM_SCALE, ControlBlock, ControlFlag
from ipos_spec.fields import layout

from ipos_conformance.frames import Frame
from ipos_conformance.stations.conversation import distance
from ipos_conformance.steps.attempt import Attempt

_SPACE = 1 << 32
_DEFAULT_MSS = 536
_TICK = 0.5
"""Seconds in Net/3's unit of time."""


@dataclass(frozen=True)
class Known:
    """What a connection's handshake and request were.

    offered    the client's options in its SYN, by Scapy's names
    answered   the router's in its SYN/ACK
    irs, iss   initial sequence numbers of the client and of the router
    window     the client's, scaling applied
    promised   the furthest right edge that the router has offered
    ts_sent    the router's last TSval; None without timestamps
    ts_echo    the client's TSval
    last_seq   sequence number of the client's last segment
    elapsed    seconds from the client's SYN to the connection packet
    """

    offered: Mapping[str, Any]
    answered: Mapping[str, Any]
    irs: int
    iss: int
    window: int
    promised: int
    ts_sent: int | None
    ts_echo: int | None
    last_seq: int
    elapsed: float

    @property
    def scaled(self) -> bool:
        """Whether both sides offered window scaling (RFC 7323 2.2)."""
        return "WScale" in self.offered and "WScale" in self.answered

    @property
    def stamped(self) -> bool:
        """Whether both sides offered timestamps (RFC 7323 3.2)."""
        return "Timestamp" in self.offered and "Timestamp" in self.answered

    @property
    def rcv_nxt(self) -> int:
        """Where the request begins."""
        return (self.irs + 1) % _SPACE

    @property
    def snd_nxt(self) -> int:
        """Behind the SYN/ACK: nothing else was sent."""
        return (self.iss + 1) % _SPACE

    @property
    def client_s_scale(self) -> int:
        """Shift count of the client's windows; more than 14 counts as 14 (RFC 7323 2.3)."""
        return min(self.offered["WScale"], MAXIMUM_SCALE) if self.scaled else 0


def known(attempt: Attempt) -> Known:
    """What the frames of an attempt's connection show until now."""
    client, evidence = attempt.client, attempt.dut.traffic.evidence
    syn = next(frame for frame in evidence if frame.octets.endswith(client.syn))
    answers = [frame for frame in evidence if client.is_mine(frame)]
    offered, answered = dict(syn.tcp.options), dict(answers[0].tcp.options)
    stamps = [dict(frame.tcp.options)["Timestamp"] for frame in answers if "Timestamp" in dict(frame.tcp.options)]
    edges = [_right_edge(frame, client.server_scale) for frame in answers]
    start = (syn.tcp.seq + 1) % _SPACE
    agreed = "WScale" in offered and "WScale" in answered
    return Known(
        offered=offered,
        answered=answered,
        irs=syn.tcp.seq,
        iss=answers[0].tcp.seq,
        window=client.window << (min(offered["WScale"], MAXIMUM_SCALE) if agreed else 0),
        promised=max(edges, key=lambda edge: distance(start, edge)),
        ts_sent=stamps[-1][0] if stamps else None,
        ts_echo=client.ts_value,
        last_seq=client.snd_nxt,
        elapsed=attempt.first.time - syn.time,
    )


def _right_edge(frame: Frame, scale: int) -> int:
    return int(frame.tcp.ack + (frame.tcp.window << (0 if "S" in frame.tcp.flags else scale))) % _SPACE


@dataclass(frozen=True)
class Expectation:
    """What a field has to be: in words, and whether it is; Net/3's meaning of its name, from both sides' segments."""

    words: Callable[[Known], str]
    holds: Callable[[Known, ControlBlock], bool]


def _is(field: str, value: Callable[[Known], int]) -> Expectation:
    return Expectation(lambda seen: str(value(seen)), lambda seen, block: getattr(block, field) == value(seen))


def _between(field: str, low: Callable[[Known], int], high: Callable[[Known], int]) -> Expectation:
    """In sequence space, both included."""
    return Expectation(
        lambda seen: f"from {low(seen)} to {high(seen)}",
        lambda seen, block: (
            distance(low(seen), getattr(block, field)) >= 0 and distance(getattr(block, field), high(seen)) >= 0
        ),
    )


def _flags(mask: ControlFlag, agreed: Callable[[Known], bool], free: Callable[[Known], bool]) -> Expectation:
    """All bits of a mask exactly where both sides agreed; ``free``: where it harms nobody either way."""
    return Expectation(
        lambda seen: f"{'all' if agreed(seen) else 'not all'} of {mask.name}",
        lambda seen, block: free(seen) or (block.t_flags & mask == mask) == agreed(seen),
    )


def _scale(field: str, value: Callable[[Known], int]) -> Expectation:
    """Without scaling it counts as 0, whatever it is."""
    return Expectation(
        lambda seen: str(value(seen)),
        lambda seen, block: not seen.scaled or getattr(block, field) == value(seen),
    )


_OFFERED_SCALE: Callable[[Known], int] = lambda seen: seen.answered.get("WScale", 0)  # noqa: E731 - a column of values

STATE = {
    "t_state": _is("t_state", lambda _: 4),
    "snd_una": _is("snd_una", lambda seen: seen.snd_nxt),
    "snd_nxt": _is("snd_nxt", lambda seen: seen.snd_nxt),
    "snd_max": _is("snd_max", lambda seen: seen.snd_nxt),
    "rcv_nxt": _is("rcv_nxt", lambda seen: seen.rcv_nxt),
    "last_ack_sent": _is("last_ack_sent", lambda seen: seen.rcv_nxt),
}
"""What TCB-1 asks for: established, quiescent, and nothing of the request acknowledged."""

AGREED = {
    "iss": _is("iss", lambda seen: seen.iss),
    "irs": _is("irs", lambda seen: seen.irs),
    "t_maxseg": _is("t_maxseg", lambda seen: min(seen.offered.get("MSS", _DEFAULT_MSS), MAXIMUM_MAXSEG)),
    "scale flags": _flags(ControlFlag.SCALE, lambda seen: seen.scaled, lambda _: False),
    "timestamp flags": _flags(ControlFlag.TIMESTAMPS, lambda seen: seen.stamped, lambda _: False),
    "sack flag": _flags(
        ControlFlag.SACK_PERMIT,
        lambda seen: "SAckOK" in seen.offered,
        lambda seen: "SAckOK" in seen.offered and "SAckOK" not in seen.answered,
    ),
    "snd_scale": _scale("snd_scale", lambda seen: seen.client_s_scale),
    "rcv_scale": _scale("rcv_scale", _OFFERED_SCALE),
    "request_r_scale": _scale("request_r_scale", _OFFERED_SCALE),
    "requested_s_scale": _scale("requested_s_scale", lambda seen: seen.client_s_scale),
    "snd_wnd": _is("snd_wnd", lambda seen: seen.window),
    "max_sndwnd": _is("max_sndwnd", lambda seen: seen.window),
    "snd_wl1": _between("snd_wl1", lambda seen: seen.irs, lambda seen: seen.last_seq),
    "snd_wl2": _between("snd_wl2", lambda seen: seen.iss, lambda seen: seen.snd_nxt),
    "rcv_adv": _is("rcv_adv", lambda seen: seen.promised),
    # Net/3 has the room of its buffer here, which the SYN/ACK could not say, but never less than it has promised.
    "rcv_wnd": Expectation(
        lambda seen: f"at least {distance(seen.rcv_nxt, seen.promised)}",
        lambda seen, block: block.rcv_wnd >= distance(seen.rcv_nxt, seen.promised),
    ),
    "ts_now": Expectation(
        lambda seen: f"{seen.ts_sent} or later, or zero" if seen.stamped else "zero",
        lambda seen, block: block.ts_now == 0 or (seen.stamped and distance(seen.ts_sent or 0, block.ts_now) >= 0),
    ),
    "ts_recent": Expectation(
        lambda seen: str(seen.ts_echo) if seen.stamped else "anything",
        lambda seen, block: not seen.stamped or block.ts_recent == seen.ts_echo,
    ),
    "ts_recent_age": Expectation(
        lambda seen: f"at most {seen.elapsed / _TICK + 1:.0f} ticks" if seen.stamped else "anything",
        lambda seen, block: not seen.stamped or block.ts_recent_age <= seen.elapsed / _TICK + 1,
    ),
}
"""What has to follow from the handshake and the client's segments."""

FLAGS = frozenset({"scale flags", "timestamp flags", "sack flag"})
"""The parts of t_flags that mean something to a target."""

RESERVED = {field.path: field.size for field in layout(ControlBlock) if field.wire.source == "TCB-3"}
"""Reserved and padding fields, and their octets."""

FREE = frozenset(
    {
        *("t_rxtshift", "t_rxtcur", "t_dupacks", "t_idle", "t_rtt", "t_rtseq", "t_srtt", "t_rttvar", "t_rttmin"),
        *("snd_cwnd", "snd_ssthresh", "snd_up", "rcv_up"),
    }
)
"""What the router alone can know, or what has no meaning where nothing is urgent."""


def not_later(ts_recent: int) -> Expectation:
    """ts_recent: in the client's clock, at or before this."""
    return Expectation(
        lambda _: f"ts_recent {ts_recent} or earlier", lambda _, block: distance(block.ts_recent, ts_recent) >= 0
    )


def is_zero(block: ControlBlock, name: str) -> bool:
    """Whether a reserved or padding field is."""
    return not any(value) if isinstance(value := getattr(block, name), bytes) else value == 0

"""The TCP control block of a connection packet: what can't be continued, and what is hard to continue."""

from random import Random

from ipos_spec.control_block import MAXIMUM_MAXSEG, MAXIMUM_SCALE, MINIMUM_MAXSEG, ControlFlag

from ipos_fuzz.operators.operator import Operator, Operators, control_block
from ipos_fuzz.subject import Subject

_BLOCK = "connection.control_block."
_SCALES = ("snd_scale", "rcv_scale", "request_r_scale", "requested_s_scale")
_SENT = ("snd_una", "snd_nxt", "snd_max")
_EDGES = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_WINDOWS = (0, 1, 0xFFFF, 0x10000, 0x3FFFFFFF, 0x40000000, 0x7FFFFFFF, 0xFFFFFFFF)
_WORD = 1 << 32


def _put(subject: Subject, values: dict[str, int]) -> bytes:
    return subject.put_fields({_BLOCK + name: value for name, value in values.items()})


def _refused(subject: Subject, random: Random) -> bytes:
    name = random.choice(("t_state", "t_maxseg", *_SCALES))
    if name == "t_state":
        value = random.choice((0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 0xFFFF))
    elif name == "t_maxseg":
        value = random.choice((0, MINIMUM_MAXSEG - 1, MAXIMUM_MAXSEG + 1, 0xFFFF))
    else:
        value = random.randrange(MAXIMUM_SCALE + 1, 0x100)
    return _put(subject, {name: value})


def _unquiet(subject: Subject, random: Random) -> bytes:
    name = random.choice(_SENT)
    number = subject.number(_BLOCK + name)
    return _put(subject, {name: (number + random.choice((1, 2, 1 << 16, 1 << 31, -1))) % _WORD})


def _sequence_wrap(subject: Subject, random: Random) -> bytes:
    """Both directions consistently moved to where sequence numbers begin anew."""
    sent, received = random.choice(_EDGES), random.choice(_EDGES)
    window = subject.number(f"{_BLOCK}rcv_wnd")
    values = dict.fromkeys((*_SENT, "snd_up", "snd_wl2"), sent) | {"iss": (sent - 1) % _WORD}
    values |= dict.fromkeys(("rcv_nxt", "rcv_up", "snd_wl1", "last_ack_sent"), received)
    return _put(subject, values | {"irs": (received - 1) % _WORD, "rcv_adv": (received + window) % _WORD})


def _inconsistent(subject: Subject, random: Random) -> bytes:
    """One sequence variable away from where the others are: behind, ahead, or on the other side of the circle."""
    name = random.choice(
        ("iss", "irs", "rcv_nxt", "rcv_adv", "last_ack_sent", "snd_wl1", "snd_wl2", "snd_up", "rcv_up")
    )
    moved = subject.number(_BLOCK + name) + random.choice((-1, 1, -0x10000, 0x10000, 1 << 31, (1 << 31) - 1))
    return _put(subject, {name: moved % _WORD})


def _windows(subject: Subject, random: Random) -> bytes:
    names = random.sample(("snd_wnd", "rcv_wnd", "max_sndwnd", "snd_cwnd", "snd_ssthresh"), 2)
    values = {name: random.choice(_WINDOWS) for name in names}
    if "rcv_wnd" in values and random.getrandbits(1):
        values["rcv_adv"] = (subject.number(f"{_BLOCK}rcv_nxt") + values["rcv_wnd"]) % _WORD
    return _put(subject, values)


def _scales(subject: Subject, random: Random) -> bytes:
    """Scales at their bounds, with the flags that make them count, or one of them missing."""
    flags = random.choice((0, ControlFlag.REQ_SCALE, ControlFlag.RCVD_SCALE, ControlFlag.SCALE))
    return _put(subject, {"t_flags": flags, **{name: random.choice((0, 1, MAXIMUM_SCALE)) for name in _SCALES}})


def _timestamps(subject: Subject, random: Random) -> bytes:
    flags = random.choice((0, ControlFlag.REQ_TSTMP, ControlFlag.RCVD_TSTMP, ControlFlag.TIMESTAMPS))
    values = {name: random.choice(_EDGES) for name in ("ts_now", "ts_recent", "ts_recent_age")}
    return _put(subject, {"t_flags": flags, **values})


def _flags(subject: Subject, random: Random) -> bytes:
    return _put(subject, {"t_flags": random.getrandbits(16)})


def _segment_sizes(subject: Subject, random: Random) -> bytes:
    """Acceptable, and at the bounds: 64 octets, the largest, and a receive window smaller than a segment."""
    largest = random.choice((MINIMUM_MAXSEG, MINIMUM_MAXSEG + 1, MAXIMUM_MAXSEG))
    return _put(subject, {"t_maxseg": largest, "snd_wnd": random.choice((1, largest - 1, largest))})


def _timers(subject: Subject, random: Random) -> bytes:
    """What a target may ignore: times and counts of the origin's retransmissions."""
    names = ("t_rxtshift", "t_rxtcur", "t_dupacks", "t_idle", "t_rtt", "t_srtt", "t_rttvar", "t_rttmin")
    return _put(subject, {name: random.choice((0, 1, 12, 13, 0x7FFF, 0xFFFF)) for name in random.sample(names, 3)})


CONTROL_BLOCK: Operators = {
    "refused-control-block": Operator("TCB-2", True, control_block, _refused),
    "unquiet-control-block": Operator("TCB-2", True, control_block, _unquiet),
    "sequence-wrap": Operator("TGT-6", False, control_block, _sequence_wrap),
    "inconsistent-sequence": Operator("TGT-6", False, control_block, _inconsistent),
    "window-extremes": Operator("TGT-6", False, control_block, _windows),
    "scale-extremes": Operator("TCB-2", False, control_block, _scales),
    "timestamp-extremes": Operator("TGT-7", False, control_block, _timestamps),
    "random-flags": Operator("TGT-7", False, control_block, _flags),
    "segment-size-extremes": Operator("TCB-2", False, control_block, _segment_sizes),
    "timer-extremes": Operator("TGT-13", False, control_block, _timers),
}

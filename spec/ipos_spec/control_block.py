"""FIG. 11D's TCP control block information: 140 octets, laid out as 4.4BSD's struct tcpcb on a 32-bit machine."""

from enum import IntFlag
from typing import Annotated, Any, ClassVar

from construct import Bytes, Int8ub, Int16ub, Int32ub

from ipos_spec.fields import Wire, violations
from ipos_spec.record import record
from ipos_spec.rules import Same, Within, Zero

ESTABLISHED = 4
"""Net/3's number of the only state in which an endpoint migrates (TCB-1)."""

MAXIMUM_SCALE = 14
"""Largest shift count of a window (RFC 7323 2.3; TCB-2)."""

MINIMUM_MAXSEG, MAXIMUM_MAXSEG = 64, 65495
"""Bounds of t_maxseg in octets; the upper one is 65535 less an IP and a TCP header (TCB-2)."""


class ControlFlag(IntFlag):
    """Bits of t_flags that mean something to a target."""

    NODELAY = 0x04
    REQ_SCALE = 0x20
    RCVD_SCALE = 0x40
    REQ_TSTMP = 0x80
    RCVD_TSTMP = 0x100
    SACK_PERMIT = 0x200

    SCALE = REQ_SCALE | RCVD_SCALE
    TIMESTAMPS = REQ_TSTMP | RCVD_TSTMP


_D = "fig 11D"


def _reserved(wire_format: Any, documentation: str) -> Wire:
    return Wire(wire_format, documentation, "TCB-3", rules=(Zero("TCB-3"),))


def _scale(documentation: str, source: str) -> Wire:
    return Wire(Int8ub, documentation, source, "shift count", rules=(Within(0, MAXIMUM_SCALE, "TCB-2"),))


@record
class ControlBlock:
    """TCP control block information (FIG. 11D), 140 octets. Names are Net/3's; sequence variables are RFC 9293's."""

    RULES: ClassVar = (Same(("snd_una", "snd_nxt", "snd_max"), "TCB-2"),)

    seg_next: Annotated[int, _reserved(Int32ub, "Reassembly queue pointer: zero, ignored.")] = 0
    seg_prev: Annotated[int, _reserved(Int32ub, "Reassembly queue pointer: zero, ignored.")] = 0
    t_state: Annotated[
        int,
        Wire(
            Int16ub,
            "Connection state: 4, ESTABLISHED.",
            "TCB-1, TCB-2",
            rules=(Within(ESTABLISHED, ESTABLISHED, "TCB-2"),),
        ),
    ] = ESTABLISHED
    t_timer: Annotated[bytes, _reserved(Bytes(8), "Four timers: zero, ignored; the target starts its own.")] = bytes(8)
    t_rxtshift: Annotated[int, Wire(Int16ub, "Retransmission back-off; a target may ignore it.", _D, "shift count")] = 0
    t_rxtcur: Annotated[int, Wire(Int16ub, "Retransmission time-out; a target may ignore it.", _D, "500 ms ticks")] = 0
    t_dupacks: Annotated[int, Wire(Int16ub, "Consecutive duplicate ACKs; a target may ignore it.", _D, "segments")] = 0
    t_maxseg: Annotated[
        int,
        Wire(
            Int16ub,
            "Largest segment to send to the client, timestamps not subtracted.",
            "TCB-2",
            "octets",
            rules=(Within(MINIMUM_MAXSEG, MAXIMUM_MAXSEG, "TCB-2"),),
        ),
    ]
    t_force: Annotated[int, _reserved(Int8ub, "Send one octet in spite of the window: zero, ignored.")] = 0
    padding_1: Annotated[int, _reserved(Int8ub, "Alignment: zero, ignored.")] = 0
    t_flags: Annotated[int, Wire(Int16ub, "TF_ bits.", _D, names=ControlFlag, hexadecimal=True)] = 0
    padding_2: Annotated[int, _reserved(Int16ub, "Alignment: zero, ignored.")] = 0
    ts_now: Annotated[
        int, Wire(Int32ub, "In t_template's place: the origin's timestamp clock, or zero.", "TGT-7", "milliseconds")
    ] = 0
    t_inpcb: Annotated[int, _reserved(Int32ub, "Pointer: zero, ignored.")] = 0
    snd_una: Annotated[int, Wire(Int32ub, "Oldest unacknowledged sequence number.", "RFC 9293 3.3.1", "sequence")]
    snd_nxt: Annotated[int, Wire(Int32ub, "Next sequence number to send.", "RFC 9293 3.3.1", "sequence")]
    snd_up: Annotated[int, Wire(Int32ub, "Send urgent pointer.", "RFC 9293 3.3.1", "sequence")] = 0
    snd_wl1: Annotated[int, Wire(Int32ub, "SEG.SEQ of the last window update.", "RFC 9293 3.3.1", "sequence")] = 0
    snd_wl2: Annotated[int, Wire(Int32ub, "SEG.ACK of the last window update.", "RFC 9293 3.3.1", "sequence")] = 0
    iss: Annotated[int, Wire(Int32ub, "Initial send sequence number.", "RFC 9293 3.3.1", "sequence")]
    snd_wnd: Annotated[int, Wire(Int32ub, "Send window, scaling applied.", "RFC 9293 3.3.1", "octets")]
    rcv_wnd: Annotated[
        int, Wire(Int32ub, "Receive window, scaling applied: rcv_adv - rcv_nxt.", "RFC 9293 3.3.1", "octets")
    ]
    rcv_nxt: Annotated[int, Wire(Int32ub, "Next sequence number expected.", "RFC 9293 3.3.1", "sequence")]
    rcv_up: Annotated[int, Wire(Int32ub, "Receive urgent pointer.", "RFC 9293 3.3.1", "sequence")] = 0
    irs: Annotated[int, Wire(Int32ub, "Initial receive sequence number.", "RFC 9293 3.3.1", "sequence")]
    rcv_adv: Annotated[int, Wire(Int32ub, "Right edge of the window already promised to the client.", _D, "sequence")]
    snd_max: Annotated[int, Wire(Int32ub, "Highest sequence number sent; equals snd_nxt.", "TCB-1", "sequence")]
    snd_cwnd: Annotated[int, Wire(Int32ub, "Congestion window.", "RFC 5681 2", "octets")] = 0
    snd_ssthresh: Annotated[int, Wire(Int32ub, "Slow start threshold.", "RFC 5681 2", "octets")] = 0
    t_idle: Annotated[
        int, Wire(Int16ub, "Time since the last segment; a target may ignore it.", _D, "500 ms ticks")
    ] = 0
    t_rtt: Annotated[int, Wire(Int16ub, "Round trip being timed; a target may ignore it.", _D, "500 ms ticks")] = 0
    t_rtseq: Annotated[int, Wire(Int32ub, "Sequence number being timed; a target may ignore it.", _D, "sequence")] = 0
    t_srtt: Annotated[int, Wire(Int16ub, "Smoothed round trip time, scaled by 8.", _D, "500 ms ticks / 8")] = 0
    t_rttvar: Annotated[int, Wire(Int16ub, "Variance of the round trip time, scaled by 4.", _D, "500 ms ticks / 4")] = 0
    t_rttmin: Annotated[int, Wire(Int16ub, "Smallest retransmission time-out.", _D, "500 ms ticks")] = 0
    padding_3: Annotated[int, _reserved(Int16ub, "Alignment: zero, ignored.")] = 0
    max_sndwnd: Annotated[int, Wire(Int32ub, "Largest send window seen.", _D, "octets")] = 0
    t_oobflags: Annotated[int, _reserved(Int8ub, "Out-of-band state: zero, ignored.")] = 0
    t_iobc: Annotated[int, _reserved(Int8ub, "Out-of-band octet: zero, ignored.")] = 0
    t_softerror: Annotated[int, _reserved(Int16ub, "Error not yet reported: zero, ignored.")] = 0
    snd_scale: Annotated[int, _scale("Scale of windows that the client sends.", "RFC 7323 2; TCB-2")] = 0
    rcv_scale: Annotated[int, _scale("Scale of windows sent to the client.", "RFC 7323 2; TCB-2")] = 0
    request_r_scale: Annotated[int, _scale("Scale that was offered to the client.", "TCB-2")] = 0
    requested_s_scale: Annotated[int, _scale("Scale that the client asked for.", "TCB-2")] = 0
    ts_recent: Annotated[int, Wire(Int32ub, "Timestamp to echo to the client.", "RFC 7323 4.3", "client's ticks")] = 0
    ts_recent_age: Annotated[int, Wire(Int32ub, "Age of ts_recent.", "RFC 7323 5.5", "500 ms ticks")] = 0
    last_ack_sent: Annotated[int, Wire(Int32ub, "Last acknowledgement number sent.", "RFC 7323 4.3", "sequence")] = 0

    @property
    def uses_timestamps(self) -> bool:
        """Both sides offered timestamps (TGT-7)."""
        return self.t_flags & ControlFlag.TIMESTAMPS == ControlFlag.TIMESTAMPS

    @property
    def uses_scaling(self) -> bool:
        """Both sides offered window scaling; otherwise the four scales count as 0."""
        return self.t_flags & ControlFlag.SCALE == ControlFlag.SCALE

    def refusal(self) -> str | None:
        """Why a target can't continue this connection (TCB-2), or None if it can."""
        violation = next(violations(self), None)
        return violation and str(violation)

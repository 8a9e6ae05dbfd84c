"""A client that acknowledges nothing: when TCP repeats what it has sent (RFC 6298)."""

from ipos_conformance.dut import Dut
from ipos_conformance.findings.evidence import Timing
from ipos_conformance.frames import Frame, describe
from ipos_conformance.stations.conversation import Conversation
from ipos_conformance.verdicts import Violation

LEAST, MOST = 0.18, 4.0
"""Seconds in which the first repetition is due. RFC 6298 2.4 asks for 1 s at least; stacks in use take 200 ms."""
_TWICE = 0.02
"""Seconds in which a segment that is sent twice without need comes again, which every receiver drops."""


def leave_unacknowledged(dut: Dut, client: Conversation) -> Frame:
    """Have a client ask, and not acknowledge the answer; its first segment with data."""
    client.request(dut.first.path)
    return dut.judge.expect(
        lambda frame: client.is_mine(frame) and bool(frame.tcp.payload),
        "the first octets of the answer",
        seconds=dut.target.timing.response,
    )


def expect_repeated_in_tcps_own_time(dut: Dut, client: Conversation, first: Frame) -> None:
    """The same octets came again, and not before any TCP would repeat them."""
    twice = first.time + _TWICE + dut.jitter
    frame = dut.judge.expect(
        lambda frame: (
            client.is_mine(frame) and bool(frame.tcp.payload) and frame.tcp.seq == first.tcp.seq and frame.time > twice
        ),
        "the same segment again, since nobody has acknowledged it",
    )
    observed = frame.time - first.time
    dut.traffic.inbox.timings.append(
        Timing(what="the time-out of TCP's retransmission", observed=round(observed, 6), earliest=LEAST, latest=MOST)
    )
    if not LEAST <= observed <= MOST:
        outcome = f"the same segment again {LEAST} to {MOST} s later, in TCP's own time"
        raise Violation((outcome,), (f"after {observed:.3f} s: {describe(frame)}",))

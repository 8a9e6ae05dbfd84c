"""TCP timestamps of a migrated connection: they go on, and never back."""

from typing import Any

from ipos_spec.control_block import ControlFlag

from ipos_conformance.case import parameters, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Frame
from ipos_conformance.stations.conversation import distance

_ON = ControlFlag.TIMESTAMPS
_CLOCKS = {
    "usual": {"ts_now": 1_000_000, "ts_recent": 2_000_000},
    "ahead": {"ts_now": 0x7000_0000, "ts_recent": 5},
    "clock-wraps": {"ts_now": 0xFFFF_FFFE, "ts_recent": 2_000_000},
    "echo-wraps": {"ts_now": 1_000_000, "ts_recent": 0xFFFF_FFF0},
}


@requirement("TGT-7")
@parameters(clock=_CLOCKS)
def test_timestamps_go_on(dut: Dut, clock: dict[str, Any]) -> None:
    """Every segment carries timestamps, from ts_now on, and echoes the client's."""
    endpoint = dut.hand_over(t_flags=_ON, **clock)
    dut.expect_exchange(endpoint, dut.large)
    dut.expect_every_segment(
        endpoint,
        f"TSval at or after {clock['ts_now']} and TSecr {endpoint.ts_value}",
        lambda frame: distance(clock["ts_now"], _ts(frame)[0]) >= 0 and _ts(frame)[1] == endpoint.ts_value,
    )


@requirement("TGT-7")
def test_clock_that_the_origin_left_zero_is_taken_from_the_client(dut: Dut) -> None:
    """With ts_now zero, TSvals start at the first packet's TSecr plus 10,000."""
    endpoint = dut.hand_over(t_flags=_ON, ts_now=0, ts_recent=2_000_000)
    first = endpoint.ts_echo + 10_000
    dut.expect_exchange(endpoint)
    dut.expect_every_segment(endpoint, f"TSval from {first} on", lambda frame: distance(first, _ts(frame)[0]) >= 0)


@requirement("TGT-7")
@parameters(
    flags={"none": 0, "requested-only": int(ControlFlag.REQ_TSTMP), "received-only": int(ControlFlag.RCVD_TSTMP)}
)
def test_no_timestamps_unless_both_sides_offered_them(dut: Dut, flags: int) -> None:
    """Where one of the two flags is missing, no segment carries timestamps."""
    endpoint = dut.hand_over(t_flags=flags, ts_now=1_000_000, ts_recent=2_000_000)
    dut.expect_exchange(endpoint)
    dut.expect_every_segment(endpoint, "no timestamps", lambda frame: "Timestamp" not in dict(frame.tcp.options))


@requirement("TGT-7")
def test_segment_without_timestamps_is_discarded(dut: Dut) -> None:
    """While timestamps are in use, a request without them does not count (RFC 7323 3.2)."""
    endpoint = dut.hand_over(t_flags=_ON, ts_now=1_000_000, ts_recent=2_000_000)
    endpoint.carry(endpoint.packet("PA", dut.wrong_request(), []))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


def _ts(frame: Frame) -> Any:
    """TSval and TSecr; a segment without them has none that could be right."""
    return dict(frame.tcp.options).get("Timestamp", (0, None))

"""The operator's factor: it scales the timers of the document, and TCP's own keep their times (TIM-1)."""

from ipos_conformance.case import CaseSteps, quick, requirement
from ipos_conformance.cases.lifetimes import WITHOUT_DATA
from ipos_conformance.dut import Dut
from ipos_conformance.steps.timers import Timer
from ipos_conformance.steps.unanswered import expect_repeated_in_tcps_own_time, leave_unacknowledged


@quick
@requirement("TIM-1")
def test_factor_scales_the_timers_of_the_document(dut: Dut) -> CaseSteps:
    """With the factor set, a connection without data is reset after 30 s times the factor."""
    dut.needs(dut.scale < 1, "the target runs with its timers unscaled")
    timer = Timer(dut, "the scaled reset of a connection without data", WITHOUT_DATA)
    client = dut.connect()
    timer.started()
    yield timer.when_over()
    timer.judge(dut.expect_segment(client, lambda tcp: "R" in tcp.flags, "RST 30 s times the factor later"))


@quick
@requirement("TIM-1")
def test_factor_leaves_tcp_alone(dut: Dut) -> CaseSteps:
    """An answer that the client does not acknowledge is repeated after TCP's own time-out, whatever the factor."""
    dut.needs(dut.scale < 1, "the target runs with its timers unscaled")
    segment = leave_unacknowledged(dut, endpoint := dut.hand_over())
    yield dut.pause(4 / dut.scale)
    expect_repeated_in_tcps_own_time(dut, endpoint, segment)

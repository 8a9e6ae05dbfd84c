"""UDP's own tables when they are full (TAB-4): what comes is refused as each has it, and what was there stays."""

from ipos_conformance.case import CaseSteps, exclusive, quick, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.steps.udp_filling import full_forward, full_forward_connect, full_local

_EMPTY = 105
"""Seconds of the document after which nothing is left of other cases (UDP-3)."""


@quick
@exclusive
@requirement("TAB-4")
def test_full_forward_connect_takes_nothing_more(dut: Dut) -> CaseSteps:
    """A UDP connection packet beyond the bound gets no answer, and the first endpoint works on."""
    yield dut.pause(_EMPTY)
    first = full_forward_connect(dut)
    dut.peer.send(dut.udp.connection_packet())
    dut.judge.expect_silence()
    dut.udp.expect_exchange(first)


@quick
@exclusive
@requirement("TAB-4")
def test_full_local_takes_nothing_more(dut: Dut) -> CaseSteps:
    """A new client's datagram beyond the bound is dropped, and the first client is answered on."""
    yield dut.pause(_EMPTY)
    first = full_local(dut)
    dut.udp.flow().send(b"one too many")
    dut.judge.expect_silence()
    dut.udp.expect_exchange(first)
    dut.judge.expect_silence()


@quick
@exclusive
@requirement("TAB-4")
def test_full_forward_takes_nothing_more(dut: Dut) -> CaseSteps:
    """Beyond the bound no client is handed over any more: it is served here, and the first one is forwarded on."""
    yield dut.pause(_EMPTY)
    first = full_forward(dut)
    dut.udp.expect_exchange(dut.udp.leaving())
    dut.judge.expect_silence()
    dut.udp.expect_forwarded(first, first.send(b"still there"))

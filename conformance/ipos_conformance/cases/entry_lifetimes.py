"""How long a router goes on forwarding a client that says nothing (FWD-2, FWD-5), and what stands beside its entry."""

from ipos_conformance.case import CaseSteps, parameters, quick, requirement
from ipos_conformance.cases.lifetimes import PROVISIONAL
from ipos_conformance.dut import Dut
from ipos_conformance.steps.moved import send_away
from ipos_conformance.steps.timers import Timer

IDLE, CLOSING, STALE = 900, 600, 60
"""Seconds of the document without a packet: an entry ends, one ends behind FIN or RST, its first SYN is believed."""
_ENDS = {"fin": "FA", "rst": "R"}


@quick
@requirement("FWD-2")
def test_entry_lives_for_900_s(dut: Dut) -> CaseSteps:
    """Shortly before 900 s without a packet have passed, the client's next one is still forwarded."""
    timer = Timer(dut, "the end of an entry without a packet", IDLE)
    moved = send_away(dut)
    timer.started()
    yield timer.shortly_before()
    timer.running()
    moved.expect_passed_on(moved.client.packet("PA", b"more"))


@quick
@requirement("FWD-2")
def test_entry_ends_after_900_s(dut: Dut) -> CaseSteps:
    """After 900 s without a packet the client's next one gets the RST of a closed port, and is not forwarded."""
    timer = Timer(dut, "the end of an entry without a packet", IDLE)
    moved = send_away(dut)
    timer.started()
    yield timer.when_over()
    timer.over()
    moved.carry(moved.client.packet("A"))
    dut.expect_closed(moved.client)
    moved.expect_nothing_forwarded()


@quick
@requirement("FWD-2")
def test_each_packet_begins_the_900_s_anew(dut: Dut) -> CaseSteps:
    """An entry that is used every 500 s lives for longer than 900 s."""
    moved = send_away(dut)
    yield dut.pause(500, 800)
    moved.expect_passed_on(moved.client.packet("PA", b"more"))
    yield dut.pause(500, 800)
    moved.expect_passed_on(moved.client.packet("PA", b"and more"))


@quick
@requirement("FWD-2")
@parameters(flags=_ENDS)
def test_closing_time_is_600_s(dut: Dut, flags: str) -> CaseSteps:
    """Shortly before 600 s after a FIN or an RST, the client's packets are still forwarded."""
    moved = send_away(dut)
    timer = Timer(dut, "the closing time", CLOSING)
    moved.expect_passed_on(moved.client.packet(flags))
    timer.started()
    yield timer.shortly_before()
    timer.running()
    moved.expect_passed_on(moved.client.packet("PA", b"more"))


@quick
@requirement("FWD-2")
@parameters(flags=_ENDS)
def test_entry_ends_with_the_closing_time(dut: Dut, flags: str) -> CaseSteps:
    """600 s after a FIN or an RST the client's next packet gets the RST of a closed port."""
    moved = send_away(dut)
    timer = Timer(dut, "the closing time", CLOSING)
    moved.expect_passed_on(moved.client.packet(flags))
    timer.started()
    yield timer.when_over()
    timer.over()
    moved.carry(moved.client.packet("A"))
    dut.expect_closed(moved.client)
    moved.expect_nothing_forwarded()


@quick
@requirement("FWD-2")
def test_each_packet_begins_the_closing_time_anew(dut: Dut) -> CaseSteps:
    """Behind a FIN, an entry that is used every 350 s lives for longer than 600 s."""
    moved = send_away(dut)
    moved.expect_passed_on(moved.client.packet("FA"))
    yield dut.pause(350, 500)
    moved.expect_passed_on(moved.client.packet("PA", b"more"))
    yield dut.pause(350, 500)
    moved.expect_passed_on(moved.client.packet("PA", b"and more"))


@quick
@requirement("FWD-5")
def test_first_syn_within_60_s_is_forwarded(dut: Dut) -> CaseSteps:
    """Shortly before 60 s without a packet have passed, the first SYN still goes to the holder."""
    timer = Timer(dut, "the quiet time of an entry", STALE)
    moved = send_away(dut)
    timer.started()
    yield timer.shortly_before()
    timer.running()
    moved.expect_passed_on(dut.unopened(moved.client.client).packet("S"))


@quick
@requirement("FWD-5")
def test_first_syn_after_60_s_is_answered(dut: Dut) -> CaseSteps:
    """After 60 s without a packet the first SYN gets a SYN/ACK, and is not forwarded."""
    timer = Timer(dut, "the quiet time of an entry", STALE)
    moved = send_away(dut)
    timer.started()
    yield timer.when_over()
    timer.over()
    dut.expect_syn_ack(dut.start_connecting(client=moved.client.client))
    moved.expect_nothing_forwarded()


@quick
@requirement("FWD-5")
def test_forwarded_syn_is_no_packet_of_the_entry(dut: Dut) -> CaseSteps:
    """A SYN that was forwarded meanwhile does not begin the 60 s anew: another one is answered after them."""
    timer = Timer(dut, "the quiet time of an entry", STALE)
    moved = send_away(dut)
    timer.started()
    yield dut.pause(30, 40)
    moved.expect_passed_on(dut.unopened(moved.client.client).packet("S"))
    yield timer.when_over()
    timer.over()
    dut.expect_syn_ack(dut.start_connecting(client=moved.client.client))
    moved.expect_nothing_forwarded()


@quick
@requirement("TGT-12")
def test_provisional_endpoint_beside_an_entry_outlives_900_s(dut: Dut) -> CaseSteps:
    """While packets keep the entry, the endpoint beside it stays for longer than 900 s, and its request is answered."""
    timer = Timer(dut, "the end of a provisional endpoint beside an entry", PROVISIONAL)
    moved = send_away(dut)
    back = moved.hand_back()
    timer.started()
    yield dut.pause(500, 800)
    moved.expect_passed_on(moved.client.packet("PA", b"more"))
    yield timer.when_over()
    dut.expect_exchange(back)


@quick
@requirement("TGT-12")
def test_provisional_endpoint_ends_with_the_entry_beside_it(dut: Dut) -> CaseSteps:
    """900 s after both have seen the last packet, neither is there any more, and nobody was told."""
    timer = Timer(dut, "the end of an entry, and of the provisional endpoint beside it", PROVISIONAL)
    moved = send_away(dut)
    back = moved.hand_back()
    timer.started()
    yield timer.when_over()
    timer.over()
    dut.judge.expect_silence()
    dut.expect_ended(back)
    moved.expect_no_entry(back)

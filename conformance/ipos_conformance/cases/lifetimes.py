"""How long things live without a sign from the client. These cases are parked while they wait."""

from ipos_conformance.case import CaseSteps, exclusive, quick, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.steps.timers import Timer

WITHOUT_DATA, PROVISIONAL, ENDED = 30, 900, 5
"""Seconds of the document."""


@quick
@requirement("ORG-10")
def test_connection_without_data_is_reset(dut: Dut) -> CaseSteps:
    """A client that sends nothing after its handshake is reset 30 s later, and not before."""
    timer = Timer(dut, "the reset of a connection without data", WITHOUT_DATA)
    client = dut.connect()
    timer.started()
    yield timer.when_over()
    timer.judge(dut.expect_segment(client, lambda tcp: "R" in tcp.flags, "RST 30 s after the handshake"))


@quick
@requirement("TGT-12")
def test_provisional_endpoint_lives_for_900_s(dut: Dut) -> CaseSteps:
    """Shortly before 900 s have passed, the request that its origin passes on is still answered."""
    timer = Timer(dut, "the end of a provisional endpoint", PROVISIONAL)
    endpoint = dut.hand_over()
    timer.started()
    yield timer.shortly_before()
    timer.running()
    dut.expect_exchange(endpoint)


@quick
@requirement("TGT-12")
def test_provisional_endpoint_ends_silently_after_900_s(dut: Dut) -> CaseSteps:
    """After 900 s nobody is told, and the request finds no endpoint."""
    timer = Timer(dut, "the end of a provisional endpoint", PROVISIONAL)
    endpoint = dut.hand_over()
    timer.started()
    yield timer.when_over()
    timer.over()
    dut.judge.expect_silence()
    dut.expect_ended(endpoint)


@exclusive  # the memory is bounded, and every case ends endpoints
@requirement("TGT-4")
def test_ended_endpoint_is_remembered_for_5_s(dut: Dut) -> CaseSteps:
    """Shortly before 5 s have passed since it was reset, its old connection packet still does not bring it back."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    timer = Timer(dut, "the memory of an ended endpoint", ENDED)
    endpoint.carry(endpoint.packet("R"))
    dut.judge.expect_silence()
    timer.started()
    yield timer.shortly_before()
    timer.running()
    dut.peer.send(packet)
    dut.judge.expect_silence()


@requirement("TGT-4")
def test_ended_endpoint_is_forgotten_after_5_s(dut: Dut) -> CaseSteps:
    """After 5 s the same connection packet is a new one: acknowledged, and its request is answered."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    timer = Timer(dut, "the memory of an ended endpoint", ENDED)
    endpoint.carry(endpoint.packet("R"))
    dut.judge.expect_silence()
    timer.started()
    yield timer.when_over()
    timer.over()
    dut.expect_exchange(dut.hand_over_by(dut.peer, packet))

"""How long UDP endpoints and entries live without a datagram, and how an origin notices that its target has gone."""

from ipos_conformance.case import CaseSteps, quick, requirement
from ipos_conformance.dut import Dut

# Pauses keep away from 30, 60 and 90 s by more than TIM-1 lets a timer miss its time.


@quick
@requirement("UDP-3")
def test_entry_lives_for_60_s(dut: Dut) -> CaseSteps:
    """Less than 60 s after the last datagram the client's next one is forwarded at once."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    dut.udp.lose(flow)
    yield dut.pause(40, 48)
    dut.udp.expect_forwarded(flow, flow.send(b"within a minute"))


@quick
@requirement("UDP-3")
def test_each_datagram_keeps_the_entry(dut: Dut) -> CaseSteps:
    """The 60 s begin anew with each datagram of the client."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    yield dut.pause(40, 48)
    dut.udp.expect_forwarded(flow, flow.send(b"within a minute"))
    dut.udp.settle(flow)
    dut.udp.lose(flow)
    yield dut.pause(40, 48)
    dut.udp.expect_forwarded(flow, flow.send(b"within a minute of that"))


@quick
@requirement("UDP-3")
def test_entry_ends_after_60_s(dut: Dut) -> CaseSteps:
    """More than 60 s after the last datagram the next one is a first: held until its acknowledgement."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    dut.udp.lose(flow)
    yield dut.pause(75)
    dut.udp.start_migrating(flow)
    dut.udp.expect_nothing_forwarded(flow)


@quick
@requirement("UDP-3")
def test_endpoint_lives_for_90_s(dut: Dut) -> CaseSteps:
    """Each datagram keeps a migrated endpoint for another 90 s."""
    endpoint = dut.udp.hand_over()
    dut.udp.expect_exchange(endpoint)
    yield dut.pause(60, 72)
    dut.udp.expect_exchange(endpoint)
    yield dut.pause(60, 72)
    dut.udp.expect_exchange(endpoint)


@quick
@requirement("UDP-3")
def test_endpoint_ends_after_90_s(dut: Dut) -> CaseSteps:
    """More than 90 s after the last datagram there is no endpoint: the client's next one gets no answer."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    dut.udp.expect_exchange(endpoint)
    yield dut.pause(105)
    endpoint.send(b"too late")
    dut.judge.expect_silence()
    dut.udp.expect_no_endpoint(packet)


@quick
@requirement("TGT-12")
def test_provisional_endpoint_lives_for_90_s(dut: Dut) -> CaseSteps:
    """Less than 90 s after the acknowledgement the first datagram makes the endpoint definite."""
    endpoint = dut.udp.hand_over()
    yield dut.pause(60, 72)
    dut.udp.expect_exchange(endpoint)


@quick
@requirement("TGT-12")
def test_provisional_endpoint_ends_silently_after_90_s(dut: Dut) -> CaseSteps:
    """Without a datagram it is gone then, and nobody is told."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    yield dut.pause(105)
    endpoint.send(b"too late")
    dut.judge.expect_silence()
    dut.udp.expect_no_endpoint(packet)


@quick
@requirement("UDP-4")
def test_entry_in_use_is_refreshed(dut: Dut) -> CaseSteps:
    """The first datagram 30 s after the acknowledgement makes the same connection packet appear again, before it."""
    flow = dut.udp.leaving()
    packet = dut.udp.migrate(flow)
    yield dut.pause(40, 48)
    later = flow.send(b"after half a minute")
    again = dut.udp.expect_connection_packet(flow)
    dut.udp.require(again == packet, f"the same connection packet: {packet}", str(again))
    dut.udp.expect_forwarded(flow, later)


@quick
@requirement("UDP-4")
def test_refresh_goes_before_the_datagram(dut: Dut) -> CaseSteps:
    """A target that was restarted has the endpoint again when the datagram comes."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    yield dut.pause(40, 48)
    flow.send(b"after half a minute")
    dut.udp.expect_refresh_before_datagram(flow)


@quick
@requirement("UDP-4")
def test_acknowledged_refresh_is_the_last_for_30_s(dut: Dut) -> CaseSteps:
    """Once it is acknowledged the connection packet does not appear again, and datagrams are forwarded alone."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    yield dut.pause(40, 48)
    flow.send(b"after half a minute")
    yield dut.pause(10, 20)
    dut.udp.settle(flow)
    dut.udp.expect_forwarded(flow, flow.send(b"soon after"))
    dut.judge.expect_silence()


@quick
@requirement("UDP-4")
def test_entry_is_not_refreshed_before_30_s(dut: Dut) -> CaseSteps:
    """A datagram less than 30 s after the acknowledgement is forwarded alone."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    yield dut.pause(10, 20)
    dut.udp.expect_forwarded(flow, flow.send(b"soon after"))
    dut.judge.expect_silence()


@quick
@requirement("UDP-4")
def test_unused_entry_is_not_refreshed(dut: Dut) -> CaseSteps:
    """An entry that nobody uses asks for nothing."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    yield dut.pause(50)
    dut.judge.expect_silence()


@quick
@requirement("UDP-4")
def test_unacknowledged_refresh_ends_the_entry(dut: Dut) -> CaseSteps:
    """After ORG-7's four copies without an answer the next datagram is a first, with a connection packet."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    dut.udp.lose(flow)
    yield dut.pause(40, 48)
    dut.udp.expect_forwarded(flow, flow.send(b"the target is gone"))
    yield dut.pause(10)
    dut.udp.attempts.expect_copies(flow, dut.udp.peer)
    dut.udp.start_migrating(flow)
    dut.udp.expect_nothing_forwarded(flow)

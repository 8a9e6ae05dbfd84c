"""Who may speak on the second LAN: a router with an allow-list hears its peers alone (SEC-1)."""

from ipos_spec.addresses import mac

from ipos_conformance.case import requirement
from ipos_conformance.changes import changed
from ipos_conformance.dut import Dut
from ipos_conformance.steps.silent import HALF, finish_asking, half_asked

_STRANGER = {"ethernet.source": mac("02:00:00:00:0b:ad")}


@requirement("SEC-1")
def test_stranger_s_connection_packet_is_discarded(dut: Dut) -> None:
    """A connection packet from a MAC of no peer gets no acknowledgement, and leaves no endpoint."""
    dut.needs(dut.target.pics.allow_list, "the target file does not claim pics.allow_list")
    packet = dut.peer.connection_packet(dut.new_client())
    dut.peer.send(changed(packet, _STRANGER))
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("SEC-1")
def test_stranger_s_client_packet_is_discarded(dut: Dut) -> None:
    """A request that a MAC of no peer passes on does not reach a definite endpoint, as through any peer it would."""
    dut.needs(dut.target.pics.allow_list, "the target file does not claim pics.allow_list")
    endpoint = half_asked(dut)
    wrong = dut.peer.client_packet(endpoint.client, endpoint.packet("PA", dut.wrong_request()[HALF:]))
    dut.peer.send(changed(wrong, _STRANGER))
    dut.expect_silence_in(endpoint)
    finish_asking(dut, endpoint)

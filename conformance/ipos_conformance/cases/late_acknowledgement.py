"""Acknowledgements of what is over: given up, reset, acknowledged before, or another connection's."""

from ipos_conformance.case import CaseSteps, parameters, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.steps.attempt import GIVEN_UP, LATE, Attempt


@requirement("ORG-6")
def test_acknowledgement_after_giving_up_is_discarded(dut: Dut) -> CaseSteps:
    """The client that is served here by then stays: it gets its answer, and none of its packets is passed on."""
    attempt = Attempt.begin(dut)
    yield dut.pause(GIVEN_UP + LATE)
    attempt.expect_given_up()
    attempt.peer.acknowledge(attempt.packet)
    attempt.expect_served_here(dut.origin.away)
    attempt.expect_nothing_passed_on()


@requirement("ORG-6")
def test_repeated_acknowledgement_is_discarded(dut: Dut) -> None:
    """The second one, though right, matches no migration in progress: nothing is passed on again."""
    attempt = Attempt.begin(dut)
    attempt.acknowledge()
    attempt.expect_held()
    attempt.peer.acknowledge(attempt.packet)
    dut.judge.expect_silence()


@requirement("ENC-7")
def test_acknowledgement_of_an_earlier_attempt_is_discarded(dut: Dut) -> CaseSteps:
    """The client has started anew from the same port: what acknowledges its first connection counts for nothing."""
    earlier = Attempt.begin(dut)
    earlier.client.carry(earlier.client.packet("R"))
    attempt = Attempt.begin(dut, dut.connect(client=earlier.client.client))
    earlier.peer.acknowledge(earlier.packet)
    yield from attempt.still_under_way()


@requirement("ORG-12")
@parameters(behind={"at-rcv-nxt": -256, "behind-the-held-octets": 0})
def test_reset_ends_the_attempt(dut: Dut, behind: int) -> None:
    """After an RST at rcv_nxt or at the end of what is held, an acknowledgement is discarded; the endpoint is gone."""
    attempt = Attempt.begin(dut)
    client = attempt.client
    client.carry(client.packet("R", seq=client.snd_nxt + behind))
    attempt.acknowledge()
    attempt.expect_nothing()
    client.carry(client.packet("A"))
    dut.expect_closed(client)


@requirement("ORG-12")
@parameters(behind={"behind-the-octets": 0, "behind-the-fin": 1})
def test_reset_of_a_client_that_has_finished_ends_the_attempt(dut: Dut, behind: int) -> None:
    """Where a FIN is held too, an RST with its number or with the one behind it is the client's own."""
    client = dut.connect()
    client.send("FPA", dut.origin.request_octets())
    attempt = Attempt.expect(dut, client)
    client.carry(client.packet("R", seq=client.snd_nxt - 1 + behind))
    attempt.acknowledge()
    attempt.expect_nothing()
    client.carry(client.packet("A"))
    dut.expect_closed(client)


@requirement("ORG-12")
@parameters(ahead={"before-the-request": -257, "in-the-held-octets": -100, "behind-them": 1, "far-behind": 1000})
def test_other_reset_is_dropped_during_the_attempt(dut: Dut, ahead: int) -> None:
    """It ends nothing and is not passed on: the acknowledgement counts, and the held request alone follows."""
    attempt = Attempt.begin(dut)
    client = attempt.client
    client.carry(client.packet("R", seq=client.snd_nxt + ahead))
    attempt.acknowledge()
    attempt.expect_held()

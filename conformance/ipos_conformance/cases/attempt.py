"""A migration under way: the connection packet, its repetitions, the silence meanwhile, the end without an answer."""

from ipos_conformance.case import CaseSteps, parameters, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.steps.attempt import GIVEN_UP, LATE, Attempt
from ipos_conformance.steps.schedule import Watch

_SHORTLY_AFTER = GIVEN_UP + LATE


@requirement("ORG-5")
def test_nothing_of_ipos_is_on_the_first_lan(dut: Dut) -> None:
    """Connection packet, acknowledgement and forwarded request are on the second LAN alone."""
    dut.needs(not dut.target.one_lan, "both LANs are one interface")
    attempt = Attempt.begin(dut)
    attempt.acknowledge()
    attempt.expect_held()
    attempt.expect_none_on_the_first_lan()


@requirement("ORG-7")
def test_connection_packet_is_repeated_on_time(dut: Dut) -> CaseSteps:
    """Without an acknowledgement the identical packet comes 200, 600 and 1400 ms after the first, and not again."""
    watch = Watch(Attempt.begin(dut))
    yield from watch.until(_SHORTLY_AFTER)
    watch.expect_copies()


@requirement("ORG-7")
def test_every_connection_packet_is_identical(dut: Dut) -> CaseSteps:
    """Until the attempt is over no other connection packet appears for this client."""
    attempt = Attempt.begin(dut)
    yield dut.pause(_SHORTLY_AFTER)
    attempt.expect_no_other_connection_packet()


@requirement("ORG-7")
def test_attempt_is_given_up_on_time(dut: Dut) -> CaseSteps:
    """3.0 s after the first packet, and not before, the client hears from the server that it addressed, or is reset."""
    watch = Watch(Attempt.begin(dut))
    yield from watch.until(_SHORTLY_AFTER)
    watch.expect_given_up()


@requirement("ORG-7")
def test_client_is_served_here_after_giving_up(dut: Dut) -> CaseSteps:
    """The client gets the whole answer from the server that it addressed, without repeating its request."""
    attempt = Attempt.begin(dut)
    yield dut.pause(_SHORTLY_AFTER)
    attempt.expect_served_here(dut.origin.away)


@requirement("ORG-7")
@parameters(copy={"second": 0.3, "third": 0.8, "fourth": 1.6})
def test_acknowledgement_of_any_copy_counts(dut: Dut, copy: float) -> CaseSteps:
    """The peer may answer a repetition as well as the first packet: the held request is passed on."""
    attempt = Attempt.begin(dut)
    yield dut.pause(copy, 2.5)
    attempt.acknowledge()
    attempt.expect_held()


@requirement("ORG-7")
def test_acknowledgement_ends_the_repetition(dut: Dut) -> CaseSteps:
    """Once it is acknowledged, the connection packet does not come again when the next copy would be due."""
    attempt = Attempt.begin(dut)
    attempt.acknowledge()
    attempt.expect_held()
    yield dut.pause(0.3)
    attempt.expect_no_copy()


@requirement("ORG-8")
@parameters(
    segment={
        "ack": ("A", b"", 0),
        "more-data": ("PA", b"more", 0),
        "request-again": ("PA", b"GET ", -256),
        "keep-alive": ("A", b"", -257),
        "data-beyond-the-window": ("PA", b"far", 0x5000_0000),
        "fin": ("FA", b"", 0),
        "syn": ("S", b"", 100),
        "rst-in-the-window": ("R", b"", 100),
    }
)
def test_client_hears_nothing_during_the_attempt(dut: Dut, segment: tuple[str, bytes, int]) -> None:
    """Whatever the client sends then, what any endpoint would have to answer included, gets no answer."""
    attempt, (flags, data, ahead) = Attempt.begin(dut), segment
    client = attempt.client
    client.carry(client.packet(flags, data, seq=client.snd_nxt + ahead))
    attempt.expect_nothing()


@requirement("ORG-8")
def test_client_hears_nothing_until_the_attempt_is_given_up(dut: Dut) -> CaseSteps:
    """For 2.8 s of the 3.0 s, and though the client repeats its request, nothing comes on the first LAN."""
    attempt = Attempt.begin(dut)
    attempt.client.carry(attempt.held[0])
    yield dut.pause(_SHORTLY_AFTER)
    attempt.expect_nothing()


@requirement("ORG-8")
def test_client_hears_nothing_after_the_acknowledgement(dut: Dut) -> CaseSteps:
    """A client that goes on sending, and then waits, hears nothing from the origin for good."""
    attempt = Attempt.begin(dut)
    attempt.acknowledge()
    attempt.client.send("PA", b"more")
    attempt.client.carry(attempt.held[0])
    yield dut.pause(_SHORTLY_AFTER)
    attempt.expect_held()

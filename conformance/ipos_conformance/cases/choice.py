"""Where the request decides for another server: the connection leaves, and the client hears nothing of it."""

from ipos_conformance.case import CaseSteps, parameters, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.steps.attempt import Attempt
from ipos_conformance.steps.choosing import Choice

_MOST = 16 * 1024
"""Octets without a complete request after which the choice is made (ORG-3)."""
_HELD_AT_MOST = 64
"""Packets (ORG-12)."""


@requirement("ORG-5")
def test_request_for_another_server_makes_a_connection_packet(dut: Dut) -> None:
    """A request for a URL of another server makes a connection packet for that server's router."""
    client = dut.connect()
    dut.origin.request(client)
    dut.origin.expect_connection_packet(client)


@requirement("ORG-6")
def test_acknowledgement_sends_the_held_request_on(dut: Dut) -> None:
    """After the acknowledgement the request that was held appears as a type 2 packet."""
    dut.origin.migrate(dut.connect())


@requirement("FWD-1")
def test_packet_of_a_migrated_client_is_forwarded(dut: Dut) -> None:
    """A later segment of the client goes to the new holder, octet for octet, and the client hears nothing."""
    attempt = Attempt.begin(dut)
    attempt.acknowledge()
    attempt.expect_held()
    later = attempt.client.packet("PA", b"more")
    attempt.client.carry(later)
    dut.origin.expect_forwarded(attempt.client, later)
    dut.judge.expect_silence()


@requirement("ORG-2")
def test_segment_as_large_as_was_offered_is_passed_on_whole(dut: Dut) -> None:
    """A client that fills the MSS of the SYN/ACK has its segment encapsulated, and nothing of it is lost."""
    client = dut.connect()
    choice, attempt = Choice.of(dut, client), Attempt.begin(dut, client)
    client.send("PA", bytes(min(choice.mss, choice.room - 256)))
    attempt.acknowledge()
    attempt.expect_held()


@requirement("ORG-3")
def test_handshake_alone_makes_no_choice(dut: Dut) -> None:
    """A client of a port that goes away with its first octet, and has not sent it, is offered to nobody."""
    client = dut.settle(Attempt.connect_raw(dut))
    dut.expect_silence_in(client)


@requirement("ORG-3")
def test_first_octet_of_a_raw_connection_makes_the_choice(dut: Dut) -> None:
    """On a raw port the request is complete with one octet: a connection packet appears, and the octet follows it."""
    attempt = Attempt.begin_raw(dut)
    attempt.acknowledge()
    attempt.expect_held()


@requirement("ORG-3")
@parameters(cut={"in-the-url": 7, "behind-the-url": 24, "in-a-field": 40, "before-the-last-octet": 255})
def test_incomplete_request_makes_no_choice(dut: Dut, cut: int) -> None:
    """Cut anywhere, the URL itself included, a request is held; it goes where it asks to go when it is complete."""
    client, octets = dut.connect(), dut.origin.request_octets()
    choice = Choice.of(dut, client)
    choice.send(octets[:cut])
    choice.expect_none_within(1.0)
    choice.send(octets[cut:])
    Attempt.expect(dut, client)


@requirement("ORG-3")
def test_request_without_end_makes_no_choice_before_16_kib(dut: Dut) -> None:
    """One octet less than 16 KiB without the end of a header section, and nothing is chosen yet."""
    choice = _long_request(dut, _MOST - 1)
    choice.expect_none_within(1.0)


@requirement("ORG-3")
def test_16_kib_without_the_end_of_a_request_make_the_choice(dut: Dut) -> None:
    """With the last of 16 KiB a server is chosen: well within the second that is granted to those who wait."""
    choice = _long_request(dut, _MOST)
    choice.expect_one()


@requirement("ORG-3")
def test_5_seconds_without_the_end_of_a_request_make_the_choice(dut: Dut) -> CaseSteps:
    """5 s after the first octet of half a request a server has been chosen, this one or another."""
    choice = Choice.of(dut, dut.connect())
    choice.send(dut.origin.request_octets()[:128])
    yield dut.pause(5.0)
    choice.expect_one()


@requirement("ORG-3")
def test_fin_without_data_makes_no_choice(dut: Dut) -> None:
    """On a port that goes away with the first octet, a FIN instead of it is the end of file of this server's own."""
    client = Attempt.connect_raw(dut)
    choice = Choice.of(dut, client)
    client.send("FA")
    choice.expect_end()
    dut.judge.expect_none(choice.is_offer, "no connection packet")


@requirement("ORG-4")
def test_request_for_this_server_is_offered_to_nobody(dut: Dut) -> None:
    """Where the chosen server is the origin's own, no connection packet appears."""
    choice = Choice.of(dut, dut.connect())
    choice.send(dut.right_request())
    choice.expect_served_here(dut.first)


@requirement("ORG-9")
@parameters(mss={"0": 0, "63": 63})
def test_client_whose_mss_is_below_64_is_served_here(dut: Dut, mss: int) -> None:
    """No target could continue such a connection (TCB-2): what is away is answered by this server itself."""
    choice = Choice.of(dut, dut.connect([("MSS", mss)]))
    choice.send(dut.origin.request_octets())
    choice.expect_served_here(dut.origin.away)


@requirement("ORG-11")
def test_request_completed_after_a_second_is_migrated_whole_or_served_here(dut: Dut) -> CaseSteps:
    """What was acknowledged meanwhile stays here: a connection packet appears only if nothing was."""
    choice, octets = Choice.of(dut, dut.connect()), dut.origin.request_octets()
    choice.send(octets[:128])
    yield dut.pause(1.2)
    choice.send(octets[128:])
    choice.expect_either(dut.origin.away)


def _long_request(dut: Dut, size: int) -> Choice:
    """So many octets of a request that does not end, sent by a new client; not applicable if they can't be held."""
    choice, start = Choice.of(dut, dut.connect()), b"GET / HTTP/1.1\r\nX-Fill: "
    dut.needs(choice.room >= _MOST, f"the target's window takes {choice.room} octets of a request")
    dut.needs(choice.mss * _HELD_AT_MOST >= _MOST, f"64 segments of {choice.mss} octets are less than 16 KiB")
    choice.send(start.ljust(size, b"x"))
    return choice

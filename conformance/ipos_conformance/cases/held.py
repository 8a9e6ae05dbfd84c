"""What the client has sent until the end of an attempt: held in order of arrival, passed on once, or input here."""

from ipos_conformance.case import CaseSteps, parameters, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.steps.attempt import GIVEN_UP, LATE, Attempt

_SPACE = 1 << 32
_MOST = 64
"""Packets that are held at most (ORG-12)."""


@requirement("ORG-6")
def test_held_packets_follow_in_order_of_arrival(dut: Dut) -> None:
    """The pieces of the request, and what came during the attempt, appear in the order in which they were sent.

    The ACK between the pieces need not be held, and may be.
    """
    client, octets = dut.connect(), dut.origin.request_octets()
    client.send("A", octets[:100])
    client.send()
    client.send("PA", octets[100:])
    attempt = Attempt.expect(dut, client)
    client.send("PA", b"one")
    client.send("PA", b"two")
    attempt.acknowledge()
    attempt.expect_held()


@requirement("ORG-12")
def test_packets_out_of_order_are_held_as_they_came(dut: Dut) -> None:
    """The second half came first, and is passed on first."""
    client, octets = dut.connect(), dut.origin.request_octets()
    client.carry(client.packet("PA", octets[128:], seq=client.snd_nxt + 128))
    client.send("A", octets[:128])
    client.snd_nxt = (client.snd_nxt + 128) % _SPACE
    attempt = Attempt.expect(dut, client)
    attempt.acknowledge()
    attempt.expect_held()


@requirement("ORG-12")
@parameters(data={"octet-for-octet": b"more", "of-the-same-range": b"else"})
def test_repeats_are_held_once_or_more_often(dut: Dut, data: bytes) -> None:
    """A repeat during the attempt, even with other octets, takes nothing from what was held before."""
    attempt = Attempt.begin(dut)
    client = attempt.client
    client.carry(client.packet("PA", b"more"))
    client.carry(client.packet("PA", data))
    attempt.acknowledge()
    attempt.expect_held()


@requirement("ORG-12")
@parameters(
    segment={
        "ack": ("A", b"", 0),
        "fin": ("FA", b"", 0),
        "fin-with-data": ("FPA", b"last", 0),
        "data-with-a-gap": ("PA", b"later", 1000),
        "a-part-of-the-request-again": ("PA", b"GET ", -256),
        "keep-alive": ("A", b"", -257),
    }
)
def test_every_packet_is_held_during_the_attempt(dut: Dut, segment: tuple[str, bytes, int]) -> None:
    """What comes while a migration is in progress is passed on behind the request, whatever it is."""
    attempt, (flags, data, ahead) = Attempt.begin(dut), segment
    client = attempt.client
    client.carry(client.packet(flags, data, seq=client.snd_nxt + ahead))
    attempt.acknowledge()
    attempt.expect_held()


@requirement("ORG-12")
@parameters(first={"in-one-segment": 0, "in-two": 128})
def test_fin_among_the_held_packets_does_not_prevent_migration(dut: Dut, first: int) -> None:
    """A client that has finished with its request is migrated, and its FIN goes with what is held."""
    client, octets = dut.connect(), dut.origin.request_octets()
    client.carry(client.packet("A", octets[:first]))
    client.snd_nxt = (client.snd_nxt + first) % _SPACE
    client.send("FPA", octets[first:])
    attempt = Attempt.expect(dut, client)
    attempt.acknowledge()
    attempt.expect_held()


@requirement("ORG-12")
def test_at_most_64_packets_are_held(dut: Dut) -> None:
    """Of the request and 64 packets more, the first 64 are passed on, and the last is not."""
    attempt = Attempt.begin(dut)
    attempt.send_singly(_MOST)
    attempt.acknowledge()
    attempt.expect_held(attempt.held[:_MOST])


@requirement("ORG-12")
def test_held_packets_are_input_in_order_of_arrival_after_giving_up(dut: Dut) -> CaseSteps:
    """Of two packets with the same octets of the stream the first counts: its page is answered, not the other's."""
    attempt = Attempt.begin(dut)
    client = attempt.client
    client.carry(client.packet("PA", dut.wrong_request()[1:], seq=client.snd_nxt - 255))
    yield dut.pause(GIVEN_UP + LATE)
    attempt.expect_served_here(dut.origin.away)


@requirement("ORG-12")
def test_what_was_held_out_of_order_is_input_after_giving_up(dut: Dut) -> CaseSteps:
    """Behind the first octet of a raw connection the third came before the second: all three are echoed in order."""
    attempt = Attempt.begin_raw(dut)
    client = attempt.client
    client.carry(client.packet("PA", b"c", seq=client.snd_nxt + 1))
    client.carry(client.packet("PA", b"b"))
    client.snd_nxt = (client.snd_nxt + 2) % _SPACE
    yield dut.pause(GIVEN_UP + LATE)
    attempt.expect_echo(b"abc")

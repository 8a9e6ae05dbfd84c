"""The client's request at the server that it addressed: delivered once and in order, held until complete."""

from ipos_conformance.case import CaseSteps, parameters, requirement, should
from ipos_conformance.dut import Dut
from ipos_conformance.stations.conversation import is_plain_ack, request_octets
from ipos_conformance.steps.choosing import Choice

_SPACE = 1 << 32


@requirement("ORG-4")
def test_request_is_answered(dut: Dut) -> None:
    """A request in one segment is answered by the server's application."""
    dut.expect_exchange(dut.connect())


@requirement("ORG-4")
def test_long_answer_arrives_whole(dut: Dut) -> None:
    """An answer of many segments arrives complete, every octet once and in order."""
    dut.expect_exchange(dut.connect(), dut.large)


@requirement("ORG-4")
@parameters(first={"a-word": 3, "half": 128, "all-but-one-octet": 255})
def test_request_in_two_segments_is_answered(dut: Dut, first: int) -> None:
    """A request that is cut somewhere is delivered as one."""
    client, octets = dut.connect(), request_octets(dut.first.path)
    client.send("A", octets[:first])
    client.send("PA", octets[first:])
    dut.expect_response(client, dut.first)


@requirement("ORG-4")
def test_request_out_of_order_is_answered(dut: Dut) -> None:
    """Where the second half arrives first, the application still gets the request in order."""
    client, octets = dut.connect(), request_octets(dut.first.path)
    client.carry(client.packet("PA", octets[128:], seq=client.snd_nxt + 128))
    client.carry(client.packet("A", octets[:128]))
    client.snd_nxt = (client.snd_nxt + 256) % _SPACE
    dut.expect_response(client, dut.first)


@requirement("ORG-4")
def test_repeated_octets_are_delivered_once(dut: Dut) -> None:
    """Of segments that repeat and overlap, the application gets each octet once."""
    client, octets = dut.connect(), request_octets(dut.first.path)
    client.carry(client.packet("A", octets[:128]))
    client.carry(client.packet("A", octets[:128]))
    client.carry(client.packet("PA", octets[100:], seq=client.snd_nxt + 100))
    client.snd_nxt = (client.snd_nxt + 256) % _SPACE
    dut.expect_response(client, dut.first)


@should
@requirement("ORG-11")
@parameters(at={"first-half": 0, "second-half": 128})
def test_incomplete_request_is_not_acknowledged_within_a_second(dut: Dut, at: int) -> CaseSteps:
    """For 1 s after half a request nothing of it is acknowledged, selectively or not; then all of it is answered."""
    client, octets = dut.connect([("MSS", 1460), ("SAckOK", b"")]), request_octets(dut.first.path)
    choice = Choice.of(dut, client)
    client.carry(client.packet("PA", octets[at : at + 128], seq=client.snd_nxt + at))
    yield dut.pause(1.0)
    choice.expect_none_within(1.0)
    client.send("PA", octets)
    dut.expect_response(client, dut.first)


@should
@requirement("ORG-11")
def test_fin_behind_an_incomplete_request_does_not_shorten_the_second(dut: Dut) -> CaseSteps:
    """Nothing will complete such a request, but what is acknowledged could not be taken back."""
    client = dut.connect()
    choice = Choice.of(dut, client)
    client.send("FPA", request_octets(dut.first.path)[:128])
    yield dut.pause(1.0)
    choice.expect_none_within(1.0)


@requirement("ORG-12")
def test_reset_behind_held_octets_ends_the_connection(dut: Dut) -> None:
    """After half a request and an RST right behind it, the next segment finds no endpoint and is reset."""
    client = dut.connect()
    client.send("PA", request_octets(dut.first.path)[:128])
    client.carry(client.packet("R"))
    client.carry(client.packet("A"))
    dut.expect_closed(client)


@requirement("ORG-12")
def test_other_reset_is_dropped_while_octets_are_held(dut: Dut) -> None:
    """While half a request is held an RST elsewhere in the window changes nothing, and the whole one is answered.

    "Meanwhile" may be the migration alone: before it, a challenge ACK (ORG-9) is as right as silence.
    """
    client, octets = dut.connect(), request_octets(dut.first.path)
    client.send("PA", octets[:128])
    dut.settle(client)
    client.carry(client.packet("R", seq=client.snd_nxt + 100))
    dut.judge.expect_silence(
        "a challenge ACK",
        tolerated=lambda frame: client.is_mine(frame) and is_plain_ack(frame.tcp) and not frame.tcp.payload,
    )
    client.send("PA", octets[128:])
    dut.expect_response(client, dut.first)


@requirement("ORG-3")
def test_fin_without_data_ends_the_application_s_input(dut: Dut) -> None:
    """A FIN without any request goes to the application, which closes too: the client gets a FIN in return."""
    client = dut.connect()
    client.send("FA")
    dut.judge.expect(
        lambda frame: client.is_mine(frame) and "F" in frame.tcp.flags and frame.tcp.ack == client.snd_nxt,
        "a FIN that acknowledges the client's",
        seconds=dut.target.timing.response,
    )

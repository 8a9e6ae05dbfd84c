"""The target's echo services over TCP, whose first octet is the request (ORG-3)."""

from ipos_conformance.dut import Dut
from ipos_conformance.frames import Client
from ipos_conformance.stations.conversation import Conversation
from ipos_conformance.verdicts import NotApplicable, Violation


def connect_to_echo(dut: Dut, client: Client, port: int | None) -> Conversation:
    """A connection of this client to one of the ports of `pixit.raw`; not applicable where the target has none."""
    if port is None:
        raise NotApplicable("the target file names no such port in pixit.raw")
    conversation = dut.start_connecting(client=client, port=port)
    dut.finish_connecting(conversation)
    return dut.settle(conversation)


def expect_echo(dut: Dut, client: Conversation, octets: bytes) -> None:
    """Octets that are sent now come back."""
    client.send("PA", octets)
    outcome = f"the octets {octets!r} again, from the server that the client addressed"
    while len(client.received) < len(octets):
        client.take(dut.judge.expect(client.is_mine, outcome, seconds=dut.target.timing.response))
        if client.was_reset or client.finished:
            break
    if bytes(client.received) != octets:
        raise Violation((outcome,), (f"{bytes(client.received)!r}",))

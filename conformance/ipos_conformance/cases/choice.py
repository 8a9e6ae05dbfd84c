"""Where the request decides for another server: the connection leaves, and the client hears nothing of it."""

from ipos_conformance.case import requirement
from ipos_conformance.dut import Dut


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
    client = dut.connect()
    dut.origin.migrate(client)
    later = client.packet("PA", b"more")
    client.carry(later)
    dut.origin.expect_forwarded(client, later)
    dut.judge.expect_silence()

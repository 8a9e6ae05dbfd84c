"""A router with both LANs on one interface: ordinary clients, and ipOS frames, come and go on the same wire."""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from bed import FIRST_LAN, FIRST_MAC, PEER_MAC, ROUTER_IP, SECOND_MAC, Bed
from in_memory import connection_packet
from ipos_reference import ethernet
from ipos_spec.addresses import mac
from ipos_spec.codec import decode, encode
from ipos_spec.packets import Acknowledgement

pytestmark = pytest.mark.kernel


@pytest.fixture
def bed(make_bed: Callable[..., Bed]) -> Bed:
    """A router with one TAP."""
    return make_bed(site={"page": b"here"}, second_lan=FIRST_LAN)


@dataclass
class Wire:
    """The client's interface, with everything that goes by."""

    socket: socket.socket

    def answer_to(self, frame: bytes) -> bytes:
        """The first ipOS frame after this one was sent."""
        self.socket.send(frame)
        give_up = time.monotonic() + 5
        while time.monotonic() < give_up:
            found = self.socket.recv(65536)
            if found[12:14] == b"\x00\x07" and found != frame:
                return found
        raise AssertionError("no answer")


@pytest.fixture
def wire(bed: Bed) -> Iterator[Wire]:
    """Of the peer, which stands where the client does."""

    def opened() -> socket.socket:
        packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        packet.bind(("eth0", 3))
        return packet

    with bed.client.within(opened) as packet:
        packet.settimeout(5)
        yield Wire(packet)


def test_a_client_is_served(bed: Bed) -> None:
    assert bed.curl(f"http://{ROUTER_IP}/page").stdout == b"here"
    neighbours = bed.client.run("ip", "neigh", "show", ROUTER_IP).stdout.decode()
    assert FIRST_MAC in neighbours


def test_a_peer_is_acknowledged_from_the_second_lans_mac(bed: Bed, wire: Wire) -> None:
    del bed
    packet = connection_packet()
    assert (packet.ethernet.source, packet.ethernet.destination) == (mac(PEER_MAC), mac(SECOND_MAC))
    answer = wire.answer_to(encode(packet))
    acknowledgement = decode(answer, 0x0007)
    assert isinstance(acknowledgement, Acknowledgement)
    frame = ethernet.parse(answer)
    assert frame is not None
    assert (frame.source, frame.destination) == (mac(SECOND_MAC), mac(PEER_MAC))

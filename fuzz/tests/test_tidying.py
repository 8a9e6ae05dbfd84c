"""What is sent after a batch, so that a right target's tables do not fill up with the harness's own clients."""

from collections.abc import Iterable

import pytest
from ipos_conformance.frames import Client, Direction, Frame, Lan
from ipos_fuzz.campaign.tidying import tidy
from ipos_spec import vectors
from ipos_spec.addresses import Mac, ipv4_text
from ipos_spec.codec import decode, encode
from ipos_spec.packets import TcpConnectionPacket, acknowledgement
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

OFFER = decode(vectors.FRAMES["tcp-connection"])
assert isinstance(OFFER, TcpConnectionPacket)
CLIENT = Client(OFFER.header.source_ip, OFFER.header.source_port)
SERVER = Client(OFFER.connection.server_ip, OFFER.connection.server_port)


def sent(octets: bytes) -> Frame:
    return Frame(Lan.SECOND, Direction.SENT, 0.0, octets, OFFER.ethernet.type)


def received(octets: bytes, lan: Lan) -> Frame:
    return Frame(lan, Direction.RECEIVED, 0.0, octets, OFFER.ethernet.type)


OFFERED = sent(encode(OFFER))
ACKNOWLEDGED = received(encode(acknowledgement(OFFER, Mac(b"\2\0\0\0\2\1"))), Lan.SECOND)


def segment(flags: str, ack: int) -> Frame:
    packet = IP(src=ipv4_text(SERVER.ip), dst=ipv4_text(CLIENT.ip)) / TCP(
        sport=SERVER.port, dport=CLIENT.port, flags=flags, ack=ack
    )
    return received(bytes(Ether(src="02:00:00:00:01:01", dst="02:00:00:00:01:fe") / packet), Lan.FIRST)


def resets(frames: Iterable[Frame]) -> list[tuple[Lan, str, int]]:
    """LAN, flags and sequence number of what is sent, which has to be from the client to its server."""
    found = []
    for lan, octets in tidy(frames):
        packet = IP(octets[30 if lan is Lan.SECOND else 14 :])
        assert Frame(Lan.FIRST, Direction.SENT, 0.0, bytes(Ether() / packet), 7).ends == (CLIENT, SERVER)
        found.append((lan, str(packet[TCP].flags), packet[TCP].seq))
    return found


def test_what_was_taken_over_is_reset_where_it_was_handed_over() -> None:
    expected = [(Lan.SECOND, "R", OFFER.connection.control_block.rcv_nxt)]
    assert resets([OFFERED, ACKNOWLEDGED]) == expected
    assert resets([OFFERED, ACKNOWLEDGED, OFFERED, ACKNOWLEDGED]) == expected


@pytest.mark.parametrize("frames", [[OFFERED], [ACKNOWLEDGED], [ACKNOWLEDGED, OFFERED], [segment("RA", 5)], []])
def test_nothing_is_reset_of_which_the_target_has_nothing(frames: list[Frame]) -> None:
    assert resets(frames) == []


def test_who_is_spoken_to_resets_where_the_target_says_that_it_is() -> None:
    assert resets([segment("SA", 77)]) == [(Lan.FIRST, "R", 77)]
    assert resets([OFFERED, ACKNOWLEDGED, segment("A", 78)]) == [(Lan.SECOND, "R", 78)]


def test_bystanders_are_left_in_peace() -> None:
    frames = [OFFERED, ACKNOWLEDGED, segment("SA", 77)]
    assert list(tidy(frames, lambda client: client == CLIENT)) == []
    assert len(list(tidy(frames, lambda client: client == SERVER))) == 1

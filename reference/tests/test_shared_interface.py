"""Both LANs on one interface: told apart by EtherType alone (section 1, ENC-11)."""

import random
import selectors
from dataclasses import replace

import pytest
from in_memory import EDGE_MAC, FIRST_MAC, ROUTER_IP, SECOND_MAC, SETTINGS, connection_packet
from ipos_reference import arp, ethernet
from ipos_reference.arp import ArpPacket, Operation
from ipos_reference.discards import Discard
from ipos_reference.ethernet import Frame
from ipos_reference.ports import Port
from ipos_reference.ports.memory import MemoryPort
from ipos_reference.ports.shared import halves
from ipos_reference.router import Lan, Router
from ipos_reference.settings import Settings
from ipos_spec.addresses import BROADCAST_MAC, Mac, ipv4
from ipos_spec.codec import encode
from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE, ETHER_TYPE

HOST_IP = ipv4("192.0.2.100")
IPOS = encode(connection_packet())
QUESTION = arp.build(ArpPacket(Operation.REQUEST, EDGE_MAC, HOST_IP, Mac(bytes(6)), ROUTER_IP))


def asks(whom: Mac) -> bytes:
    """An ARP request for the router's address."""
    return ethernet.build(Frame(whom, EDGE_MAC, ethernet.ARP, QUESTION))


def exchanged(*frames: bytes, settings: Settings = SETTINGS) -> tuple[Router, list[bytes]]:
    """Hand frames on one interface to a router; returns it and its answers."""
    device, router = MemoryPort(), Router(settings, random.Random(1))
    device.incoming.extend(frames)
    lans = dict(zip(Lan, halves(device, settings.ether_type), strict=True))
    for lan, half in lans.items():
        for frame in half.receive(0.0, 64):
            router.receive(lan, frame, 0.0)
    for lan, frame in router.frames_to_send():
        assert lans[lan].send(frame, 0.0)
    lans[Lan.SECOND].close()
    return router, list(device.outgoing)


def test_an_ipos_frame_is_accepted_on_it() -> None:
    router, answers = exchanged(IPOS)
    assert [ethernet.parse(answer).type for answer in answers] == [ETHER_TYPE]  # type: ignore[union-attr]
    assert len(router.tables) == 1
    assert not router.discards


def test_the_other_ether_type_is_none_of_ours() -> None:
    settings = replace(SETTINGS, ether_type=ALTERNATIVE_ETHER_TYPE)
    assert exchanged(IPOS, settings=settings)[0].discards == {Discard.OTHER_MAC: 1}
    assert len(exchanged(IPOS[:12] + b"\x88\xb5" + IPOS[14:], settings=settings)[0].tables) == 1


@pytest.mark.parametrize("second_mac", [FIRST_MAC, SECOND_MAC], ids=["one MAC", "two MACs"])
def test_arp_for_the_own_address_is_answered_once_with_the_first_lans_mac(second_mac: Mac) -> None:
    settings = replace(SETTINGS, second_mac=second_mac)
    (answer,) = exchanged(asks(BROADCAST_MAC), settings=settings)[1]
    frame = ethernet.parse(answer)
    assert frame is not None
    assert (frame.destination, frame.source) == (EDGE_MAC, FIRST_MAC)


def test_arp_to_the_second_mac_is_for_nobody() -> None:
    router, answers = exchanged(asks(SECOND_MAC))
    assert not answers
    assert router.discards == {Discard.OTHER_MAC: 1}


def test_a_frame_shorter_than_its_header_is_counted_once() -> None:
    assert exchanged(b"short")[0].discards == {Discard.SHORT_FRAME: 1}


# As a driver uses them


def readable(port: Port) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(port, selectors.EVENT_READ)
        return bool(selector.select(0))


def test_the_second_half_is_readable_as_long_as_frames_wait() -> None:
    device = MemoryPort()
    first, second = halves(device, ETHER_TYPE)
    assert not readable(second)
    device.incoming.extend([IPOS, asks(BROADCAST_MAC), IPOS])
    assert first.receive(0.0, 64) == [asks(BROADCAST_MAC)]
    assert readable(second)
    assert second.receive(0.0, 1) == [IPOS]
    assert readable(second)
    assert second.receive(0.0, 64) == [IPOS]
    assert not readable(second)
    assert second.receive(0.0, 64) == []
    first.close()
    second.close()


def test_what_the_second_half_does_not_take_is_left_to_the_device() -> None:
    device = MemoryPort()
    first, second = halves(device, ETHER_TYPE)
    device.incoming.extend([IPOS] * 1000)
    for _ in range(100):
        first.receive(0.0, 64)
    assert len(device.incoming) == 1000 - 256
    assert len(second.receive(0.0, 1000)) == 256
    first.receive(0.0, 64)
    assert len(device.incoming) == 1000 - 256 - 64
    second.close()

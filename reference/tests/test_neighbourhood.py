"""The router as a neighbour and as a host: ARP, echo, UDP ports that nobody serves (NBR-1, NBR-2)."""

from dataclasses import replace

import pytest
from in_memory import CLIENT, EDGE_MAC, FIRST_MAC, GATEWAY_IP, ROUTER_IP, SETTINGS, World, says
from ipos_reference import arp, ethernet, ipv4
from ipos_reference.addresses import Address
from ipos_reference.arp import ArpPacket, Operation
from ipos_reference.discards import Discard
from ipos_reference.ethernet import Frame
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.router import Lan
from ipos_reference.tcp.segment import Flags
from ipos_spec.addresses import BROADCAST_MAC, IPv4, Mac, mac
from ipos_spec.checksum import internet_checksum

GROUP_MAC = mac("01:00:5e:00:00:01")
UNSERVED = 9


@pytest.fixture
def world() -> World:
    return World()


def speaks_arp(world: World, operation: Operation, sender_mac: Mac) -> None:
    """The edge router says something about itself, with the MAC given."""
    packet = ArpPacket(operation, sender_mac, GATEWAY_IP, FIRST_MAC, ROUTER_IP)
    world.receives(Lan.FIRST, ethernet.build(Frame(FIRST_MAC, EDGE_MAC, ethernet.ARP, arp.build(packet))))


def receives_datagram(world: World, datagram: bytes, options: bytes = b"") -> bytes:
    """A client's datagram comes in on the first LAN; returns its IP packet."""
    packet = bytearray(
        ipv4.build(
            Ipv4Packet(source=CLIENT.ip, destination=ROUTER_IP, protocol=IpProtocol.UDP, payload=options + datagram)
        )
    )
    packet[0] += len(options) // 4
    packet[10:12] = bytes(2)
    packet[10:12] = internet_checksum(bytes(packet[: 20 + len(options)])).to_bytes(2, "big")
    world.receives(Lan.FIRST, ethernet.build(Frame(FIRST_MAC, EDGE_MAC, ethernet.IPV4, bytes(packet))))
    return bytes(packet)


def datagram(payload: bytes = b"hello", *, length: int | None = None, damage: int = 0) -> bytes:
    """A client's UDP datagram to a port that nobody serves."""
    size = 8 + len(payload)
    ports = CLIENT.port.to_bytes(2, "big") + UNSERVED.to_bytes(2, "big")
    header = ports + (size if length is None else length).to_bytes(2, "big")
    pseudo_header = CLIENT.ip.to_bytes(4, "big") + ROUTER_IP.to_bytes(4, "big") + b"\0\x11" + size.to_bytes(2, "big")
    checksum = internet_checksum(pseudo_header + header + bytes(2) + payload) ^ damage
    return header + checksum.to_bytes(2, "big") + payload


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("group", [BROADCAST_MAC, GROUP_MAC])
def test_nobody_has_a_group_mac(world: World, operation: Operation, group: Mac) -> None:
    speaks_arp(world, operation, group)
    assert not world.sent()
    assert world.router.discards == {Discard.ARP_MALFORMED: 1}
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN))
    assert len(world.answers()) == 1  # to the edge router, which was asked for


def test_a_client_that_does_not_answer_arp_is_asked_three_times(world: World) -> None:
    neighbour = Address(IPv4(ROUTER_IP + 48), 49152)
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN, client=neighbour), neighbour)
    world.waits(3.5)
    sent = world.sent()
    assert [question.target_ip for _, question in sent.questions] == [neighbour.ip] * 4  # the repeated SYN/ACK's, too
    assert not sent.segments
    assert world.router.discards[Discard.NEIGHBOUR_SILENT] > 0


def test_without_a_gateway_strangers_are_not_answered() -> None:
    world = World(replace(SETTINGS, gateway=None))
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN))
    assert not world.sent()
    assert world.router.discards == {Discard.NO_ROUTE: 1}


def test_a_datagram_for_a_port_that_nobody_serves_is_answered(world: World) -> None:
    packet = receives_datagram(world, datagram())
    ((_, frame),) = world.sent().other
    message = ipv4.parse(frame.payload).payload
    assert message[:2] == bytes((3, 3))
    assert message[8:] == packet[:28]


def test_the_answer_quotes_the_ports_behind_ip_options(world: World) -> None:
    packet = receives_datagram(world, datagram(), options=bytes((1, 1, 1, 0)))
    ((_, frame),) = world.sent().other
    assert ipv4.parse(frame.payload).payload[8:] == packet[:32]


@pytest.mark.parametrize("wrong", [datagram(damage=1), datagram(length=7), datagram(length=1000), datagram()[:7]])
def test_a_malformed_datagram_is_not_answered(world: World, wrong: bytes) -> None:
    receives_datagram(world, wrong)
    assert not world.sent()
    assert world.router.discards == {Discard.UDP_MALFORMED: 1}


def test_a_datagram_without_checksum_is_well_formed(world: World) -> None:
    whole = datagram()
    receives_datagram(world, whole[:6] + bytes(2) + whole[8:])
    assert len(world.sent().other) == 1

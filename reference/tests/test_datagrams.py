"""UDP in both roles (UDP-1 to UDP-5, TAB-5): served here, handed over, refreshed, taken over."""

from dataclasses import replace

import pytest
from in_memory import (
    CLIENT,
    EDGE_MAC,
    FIRST_MAC,
    OTHER_PEER_MAC,
    PEER_IP,
    PEER_MAC,
    ROUTER_IP,
    SECOND_MAC,
    SETTINGS,
    World,
)
from ipos_reference import ethernet, ipv4, udp
from ipos_reference.addresses import Address
from ipos_reference.datagrams import IDLE, PROVISIONAL_LIFETIME, REFRESH
from ipos_reference.discards import Discard
from ipos_reference.ethernet import Frame
from ipos_reference.events import Attached, Datagram, Detached, Event
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.router import Lan
from ipos_reference.settings import Bounds, Entered, idle
from ipos_reference.tally import Happening
from ipos_spec.addresses import Mac
from ipos_spec.connection import UdpConnectionInformation
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import (
    Acknowledgement,
    Packet,
    UdpConnectionPacket,
    UdpPacket,
    acknowledgement,
    udp_connection_packet,
    udp_packet,
)
from ipos_spec.tables.records import ListeningSocket

PORT = 9
SERVER, PEER_SERVER = Address(ROUTER_IP, PORT), Address(PEER_IP, PORT)
REFERENCE = Reference(*CLIENT, ROUTER_IP, PORT)
FORWARD_IDLE = 60.0
GIVEN_UP = 3.0

HERE = replace(SETTINGS, udp_listeners=frozenset({PORT}))
ELSEWHERE = replace(
    HERE,
    entered=Entered(
        server_states=(idle(PEER_IP), replace(idle(ROUTER_IP), cpu_utilization=9_000)),
        listening={Protocol.UDP: (ListeningSocket(server_ip=PEER_IP, port=PORT, process=0),)},
    ),
)


def datagram(octets: bytes, client: Address = CLIENT, server: Address = SERVER) -> bytes:
    """A client's IP packet around a datagram."""
    payload = udp.build(client, server, octets)
    return ipv4.build(Ipv4Packet(source=client.ip, destination=server.ip, protocol=IpProtocol.UDP, payload=payload))


def says(world: World, octets: bytes, client: Address = CLIENT, server: Address = SERVER) -> None:
    """A client's datagram comes in on the first LAN."""
    packet = datagram(octets, client, server)
    world.receives(Lan.FIRST, ethernet.build(Frame(FIRST_MAC, EDGE_MAC, ethernet.IPV4, packet)))


def told(world: World) -> list[bytes]:
    """The datagrams that applications were given since they were last asked."""
    return [event.octets for event in world.events() if isinstance(event, Datagram)]


def attached(events: list[Event]) -> int:
    (event,) = [event for event in events if isinstance(event, Attached)]
    assert (event.port, event.protocol) == (PORT, Protocol.UDP)
    return event.number


def ipos(world: World) -> list[Packet]:
    """IpOS packets that the router has sent, and nothing else."""
    sent = world.sent()
    assert (sent.segments, sent.other) == ([], [])
    return sent.ipos


def answers(world: World) -> list[tuple[Address, Address, bytes]]:
    """Datagrams that the router has sent to clients: from, to, octets."""
    found = []
    for _, frame in world.sent().other:
        packet = ipv4.parse(frame.payload)
        assert udp.is_well_formed(packet.payload, packet.source, packet.destination)
        ports = int.from_bytes(packet.payload[:2], "big"), int.from_bytes(packet.payload[2:4], "big")
        ends = Address(packet.source, ports[0]), Address(packet.destination, ports[1])
        found.append((*ends, udp.payload(packet.payload)))
    return found


def leaves(world: World, octets: bytes = b"one") -> UdpConnectionPacket:
    """A client's first datagram is for another server; returns the connection packet."""
    says(world, octets)
    (packet,) = ipos(world)
    assert isinstance(packet, UdpConnectionPacket)
    return packet


def acknowledges(world: World, packet: UdpConnectionPacket, source: Mac = PEER_MAC) -> None:
    world.peer_sends(acknowledgement(packet, source=source))


def inner(packets: list[Packet]) -> list[bytes]:
    assert all(isinstance(packet, UdpPacket) for packet in packets)
    return [packet.inner for packet in packets if isinstance(packet, UdpPacket)]


# Served here


def test_datagrams_go_to_the_application_and_its_answers_to_the_client() -> None:
    world = World(HERE)
    says(world, b"one")
    says(world, b"")
    events = world.events()
    number = attached(events)
    assert [event.octets for event in events if isinstance(event, Datagram)] == [b"one", b""]
    world.router.datagram(number, b"answer", world.now)
    world._sort()
    assert answers(world) == [(SERVER, CLIENT, b"answer")]


def test_each_clients_port_has_an_endpoint_which_ends_after_silence() -> None:
    world = World(HERE)
    says(world, b"one")
    says(world, b"two", Address(CLIENT.ip, 1))
    assert len(world.router.datagrams.tables) == 2
    world.waits(IDLE - 1)
    says(world, b"three")
    world.events()
    world.waits(2)
    assert [type(event) for event in world.events()] == [Detached]
    world.waits(IDLE)
    assert len(world.router.datagrams.tables) == 0
    assert world.router.next_timeout() is None


def test_a_full_table_drops_new_datagrams_and_keeps_what_it_has() -> None:
    world = World(replace(HERE, bounds=Bounds(local=1)))
    says(world, b"one")
    says(world, b"two", Address(CLIENT.ip, 1))
    says(world, b"three")
    assert told(world) == [b"one", b"three"]
    assert world.router.discards[Discard.LOCAL_FULL] == 1


def test_a_port_that_only_tcp_serves_is_unreachable() -> None:
    world = World(HERE)
    says(world, b"one", server=Address(ROUTER_IP, 80))
    ((_, frame),) = world.sent().other
    assert ipv4.parse(frame.payload).payload[:2] == bytes([3, 3])


def test_a_damaged_datagram_opens_nothing() -> None:
    world = World(HERE)
    packet = datagram(b"one")
    damaged = packet[:-1] + b"x"
    world.receives(Lan.FIRST, ethernet.build(Frame(FIRST_MAC, EDGE_MAC, ethernet.IPV4, damaged)))
    assert not world.sent()
    assert len(world.router.datagrams.tables) == 0


def test_an_answer_that_does_not_fit_is_dropped_and_counted() -> None:
    world = World(HERE)
    says(world, b"one")
    number = attached(world.events())
    world.router.datagram(number, bytes(1473), world.now)
    world.router.datagram(number, bytes(1472), world.now)
    world._sort()
    assert len(answers(world)) == 1
    assert world.router.discards[Discard.TOO_LARGE_FOR_FIRST_LAN] == 1


# Handed over


def test_the_first_datagram_makes_a_connection_packet_of_fig_11f() -> None:
    packet = leaves(World(ELSEWHERE))
    assert (packet.ethernet.destination, packet.ethernet.source) == (PEER_MAC, SECOND_MAC)
    assert packet.header.reference == Reference(*CLIENT, PEER_IP, PORT)
    assert (packet.connection.server_ip, packet.connection.server_port) == SERVER


def test_what_was_held_follows_the_acknowledgement_in_order() -> None:
    world = World(ELSEWHERE)
    packet = leaves(world)
    says(world, b"two")
    says(world, b"two")
    assert not world.sent()
    acknowledges(world, packet)
    assert inner(ipos(world)) == [datagram(b"one"), datagram(b"two"), datagram(b"two")]
    says(world, b"three")
    assert inner(ipos(world)) == [datagram(b"three")]
    assert world.events() == []


def test_without_an_acknowledgement_the_client_is_served_here() -> None:
    world = World(ELSEWHERE)
    leaves(world)
    says(world, b"two")
    world.waits(GIVEN_UP - 0.01)
    assert len(ipos(world)) == 3
    world.waits(0.02)
    assert told(world) == [b"one", b"two"]
    assert not world.sent()


def test_no_more_than_sixty_four_are_held() -> None:
    world = World(ELSEWHERE)
    packet = leaves(world)
    for _ in range(70):
        says(world, b"x")
    acknowledges(world, packet)
    assert len(ipos(world)) == 64


def test_an_entry_ends_after_a_minute_and_the_next_datagram_is_a_first_one() -> None:
    world = World(ELSEWHERE)
    acknowledges(world, leaves(world))
    ipos(world)
    world.waits(FORWARD_IDLE - 1)
    says(world, b"two")
    packets = ipos(world)
    assert isinstance(packets[-1], UdpPacket)
    acknowledges(world, next(packet for packet in packets if isinstance(packet, UdpConnectionPacket)))
    world.waits(FORWARD_IDLE + 1)
    assert isinstance(leaves(world, b"three"), UdpConnectionPacket)


def test_an_entry_in_use_is_refreshed_and_ends_where_nobody_answers() -> None:
    world = World(ELSEWHERE)
    first = leaves(world)
    acknowledges(world, first)
    ipos(world)
    world.waits(REFRESH - 1)
    says(world, b"two")
    assert inner(ipos(world)) == [datagram(b"two")]
    world.waits(2)
    says(world, b"three")
    refresh, forwarded = ipos(world)
    assert refresh == first
    assert inner([forwarded]) == [datagram(b"three")]
    acknowledges(world, first)
    assert world.router.tally[Happening.REFRESHED] == 1
    says(world, b"four")
    assert inner(ipos(world)) == [datagram(b"four")]
    world.waits(REFRESH + 1)
    says(world, b"five")
    world.waits(GIVEN_UP + 0.01)
    assert [type(packet) for packet in ipos(world)] == [UdpConnectionPacket, UdpPacket] + [UdpConnectionPacket] * 3
    assert len(world.router.datagrams.forward) == 0
    assert isinstance(leaves(world, b"six"), UdpConnectionPacket)


def test_a_second_server_port_of_the_same_client_stays_here() -> None:
    listening = tuple(ListeningSocket(server_ip=PEER_IP, port=port, process=0) for port in (PORT, 10))
    entered = replace(ELSEWHERE.entered, listening={Protocol.UDP: listening})
    world = World(replace(ELSEWHERE, udp_listeners=frozenset({PORT, 10}), entered=entered))
    leaves(world)
    says(world, b"two", server=Address(ROUTER_IP, 10))
    assert not world.sent()
    assert told(world) == [b"two"]


def test_a_client_with_port_zero_stays_here() -> None:
    world = World(ELSEWHERE)
    says(world, b"one", client=Address(CLIENT.ip, 0))
    assert not world.sent()
    assert told(world) == [b"one"]
    assert world.router.tally[Happening.PORT_ZERO] == 1


# Taken over


def connection_packet(
    reference: Reference = REFERENCE, server: Address = PEER_SERVER, source: Mac = PEER_MAC
) -> UdpConnectionPacket:
    information = UdpConnectionInformation(server_ip=server.ip, server_port=server.port)
    return udp_connection_packet(EthernetHeader(destination=SECOND_MAC, source=source), reference, information)


def passes_on(world: World, octets: bytes, server: Address = PEER_SERVER, source: Mac = PEER_MAC) -> None:
    header = EthernetHeader(destination=SECOND_MAC, source=source)
    world.peer_sends(udp_packet(header, REFERENCE, datagram(octets, CLIENT, server)))


def is_acknowledged(world: World, packet: UdpConnectionPacket) -> bool:
    world.peer_sends(packet)
    found = ipos(world)
    assert all(isinstance(answer, Acknowledgement) for answer in found)
    return len(found) == 1


def test_a_taken_over_endpoint_answers_under_the_address_that_the_client_talks_to() -> None:
    world = World(HERE)
    assert is_acknowledged(world, connection_packet())
    passes_on(world, b"one")
    events = world.events()
    assert [event.octets for event in events if isinstance(event, Datagram)] == [b"one"]
    world.router.datagram(attached(events), b"answer", world.now)
    world._sort()
    assert answers(world) == [(PEER_SERVER, CLIENT, b"answer")]


def test_until_its_origin_has_spoken_it_is_silent_and_deaf() -> None:
    world = World(HERE)
    world.peer_sends(connection_packet())
    ipos(world)
    passes_on(world, b"one", source=OTHER_PEER_MAC)
    says(world, b"two", server=PEER_SERVER)
    assert world.events() == []
    passes_on(world, b"three")
    passes_on(world, b"four", source=OTHER_PEER_MAC)
    assert told(world) == [b"three", b"four"]


def test_a_repetition_changes_nothing() -> None:
    world = World(HERE)
    assert is_acknowledged(world, connection_packet())
    passes_on(world, b"one")
    assert is_acknowledged(world, connection_packet())
    assert len(world.router.datagrams.tables) == 1


@pytest.mark.parametrize("unserved", [80, 10])
def test_a_port_without_a_listener_is_not_acknowledged(unserved: int) -> None:
    reference = REFERENCE._replace(target_port=unserved)
    assert not is_acknowledged(World(HERE), connection_packet(reference))


def test_nothing_comes_home() -> None:
    world = World(ELSEWHERE)
    acknowledges(world, leaves(world))
    ipos(world)
    assert not is_acknowledged(world, connection_packet(server=SERVER))


def test_another_server_takes_the_place_only_by_its_own_router() -> None:
    world = World(HERE)
    assert is_acknowledged(world, connection_packet())
    other = Address(PEER_SERVER.ip, 53)
    assert not is_acknowledged(world, connection_packet(server=other, source=OTHER_PEER_MAC))
    assert is_acknowledged(world, connection_packet(server=other))
    assert len(world.router.datagrams.tables) == 1


def test_a_provisional_one_ends_in_silence() -> None:
    world = World(HERE)
    world.peer_sends(connection_packet())
    ipos(world)
    world.waits(PROVISIONAL_LIFETIME + 1)
    assert not world.sent()
    assert len(world.router.datagrams.tables) == 0


def test_tcp_and_udp_of_one_reference_stand_beside_each_other() -> None:
    world = World(replace(HERE, listeners={**HERE.listeners, PORT: next(iter(HERE.listeners.values()))}))
    assert is_acknowledged(world, connection_packet())
    world.migrates(reference=REFERENCE, server=PEER_SERVER)
    assert [type(packet) for packet in ipos(world)] == [Acknowledgement]
    numbers = [endpoint.number for endpoint in (*world.router.tables, *world.router.datagrams.tables)]
    assert len(set(numbers)) == 2

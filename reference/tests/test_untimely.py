"""What comes at an unlucky moment: entries that are over but not gone, applications that were let go, doubled keys."""

from dataclasses import replace

import pytest
from in_memory import (
    BLOCK,
    CLIENT,
    HTTP,
    OTHER_PEER_MAC,
    PEER_IP,
    PEER_MAC,
    PEER_SERVER,
    RAW,
    ROUTER_IP,
    SECOND_MAC,
    SERVER,
    World,
    connection_packet,
    later,
    opened,
    says,
)
from in_memory import forwarded as type_2
from ipos_reference import ethernet, ipv4, udp
from ipos_reference.addresses import Address
from ipos_reference.events import Attached, Datagram, Detached
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.router import Lan
from ipos_reference.settings import Bounds, Entered, idle
from ipos_reference.tables import Place
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp.endpoint import State
from ipos_reference.tcp.segment import Flags, Options, Segment
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import TcpConnectionPacket, UdpConnectionPacket, UdpPacket, acknowledgement, tcp_packet
from ipos_spec.tables.records import ListeningSocket
from migrating import ELSEWHERE, HERE, MIGRATING, acknowledges, attached, forwarded, leaves, served_here

NAMES = 53


@pytest.fixture
def world() -> World:
    return World(MIGRATING)


def came_home(world: World, reference: Reference | None = None) -> TcpConnectionPacket:
    """CLIENT's connection left for a peer, and is now provisional here again, beside the Forward entry."""
    packet, _ = leaves(world)
    acknowledges(world, packet)
    world.sent()
    block = later(packet.connection.control_block, len(ELSEWHERE))
    back = connection_packet(block, server=SERVER, reference=reference or Reference(*CLIENT, *SERVER))
    world.peer_sends(back)
    assert len(world.sent().ipos) == 1
    return back


def syn(seq: int, port: int = HTTP) -> Segment:
    return says(seq=seq, ack=0, flags=Flags.SYN, options=Options(mss=1460), port=port)


def moved_on(world: World) -> TcpConnectionPacket:
    """CLIENT's connection to PEER_SERVER has been served here, and has moved on to the other peer."""
    world.migrates()
    world.forwards(says(HERE))
    number = attached(world)
    world.reads(number)
    world.writes(number, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    answer = world.sent().segments[-1][2]
    asked = says(b"GET /other HTTP/1.1\r\nHost: a\r\n\r\n", seq=901 + len(HERE), ack=answer.seq + answer.length)
    world.forwards(asked)
    (onward,) = world.sent().ipos
    assert isinstance(onward, TcpConnectionPacket)
    acknowledges(world, onward, OTHER_PEER_MAC)
    world.sent()
    return onward


# Two endpoints of one client under one of FIG. 12's keys


def test_an_endpoint_that_came_home_to_another_port_shares_its_key_with_the_client_of_that_port(world: World) -> None:
    """Local then has two records with one key, told apart by the address that the client talks to (TAB-1)."""
    raw = Address(ROUTER_IP, RAW)
    back = came_home(world, Reference(*CLIENT, *raw))
    world.client_sends(syn(900, RAW), CLIENT, raw)
    ((_, _, answer),) = world.sent().segments
    world.client_sends(says(b"x", ack=answer.seq + 1, port=RAW), CLIENT, raw)
    number = attached(world)
    assert world.reads(number) == b"x"
    world.sent()
    block = back.connection.control_block
    world.peer_sends(
        type_2(says(HERE, seq=block.rcv_nxt, ack=block.snd_nxt), reference=back.header.reference, server=SERVER)
    )
    assert world.reads(attached(world)) == HERE
    assert len(world.router.tables.records(Place.LOCAL)) == 2
    world.ends()
    assert len(world.router.tables) == 0


# Forward entries that are over, and looked at a moment later


def test_a_half_open_endpoint_outlives_its_entry_from_the_moment_on_when_that_is_over(world: World) -> None:
    packet, _ = leaves(world)
    acknowledges(world, packet)
    world.waits(890.0)
    world.client_sends(syn(70_000))
    assert world.router.tables.beside(CLIENT, SERVER) is not None
    world.waits(10.01)  # the entry is over, and not taken out yet
    assert world.router.forward.of(CLIENT, world.now) is None
    world.sent()
    world.client_sends(syn(80_000))
    ((_, _, challenge),) = world.sent().segments
    assert (challenge.flags, challenge.ack) == (Flags.ACK, 70_001)
    world.waits(100.0)
    assert len(world.router.tables) == 0


def test_a_new_provisional_endpoint_does_not_go_with_an_entry_that_was_over_before(world: World) -> None:
    moved_on(world)
    world.waits(900.01)
    assert len(world.router.forward) == 1  # over, and not taken out yet
    world.peer_sends(connection_packet(replace(BLOCK, iss=9000, snd_una=9001, snd_nxt=9001, snd_max=9001)))
    world.waits(5.0)
    assert world.router.tables.by_client(CLIENT, PEER_SERVER) is not None


def test_a_provisional_endpoint_goes_with_its_entry_though_the_client_has_another_connection(world: World) -> None:
    """The next entry of the client, for another server, must not come before the old one's end was seen to (TGT-12)."""
    moved = moved_on(world)
    block = later(moved.connection.control_block, 500)
    world.peer_sends(connection_packet(block, source=OTHER_PEER_MAC))
    world.waits(890.0)
    world.sent()
    answer = opened(world)
    world.waits(10.01)
    world.client_sends(says(ELSEWHERE, ack=answer.seq + 1))
    for packet in world.sent().ipos:
        acknowledges(world, packet)
    world.waits(5.0)
    assert world.router.tables.by_client(CLIENT, PEER_SERVER) is None


def test_an_entry_that_is_over_does_not_end_the_next_migration_of_its_udp_client() -> None:
    world = names_elsewhere()
    datagram(world, b"one")
    (packet,) = world.sent().ipos
    assert isinstance(packet, UdpConnectionPacket)
    world.peer_sends(acknowledgement(packet, source=PEER_MAC))
    world.waits(60.05)
    assert world.router.datagrams.forward.of(CLIENT, world.now) is None
    world.sent()
    datagram(world, b"two")
    world.waits(4.0)
    assert len(world.sent().ipos) == 4  # nobody has acknowledged: it is served here
    assert [event.octets for event in world.events() if isinstance(event, Datagram)] == [b"two"]


def names_elsewhere(bounds: Bounds = Bounds()) -> World:  # noqa: B008 - a frozen value
    """A router that chooses the peer for each UDP client."""
    sockets = (ListeningSocket(server_ip=PEER_IP, port=NAMES, process=0),)
    entered = Entered(server_states=(idle(PEER_IP),), listening={Protocol.UDP: sockets})
    world = World(replace(MIGRATING, udp_listeners=frozenset({NAMES}), entered=entered, bounds=bounds))
    world.router.operations.drain()
    return world


def datagram(world: World, octets: bytes, client: Address = CLIENT) -> None:
    server = Address(ROUTER_IP, NAMES)
    packet = Ipv4Packet(
        source=client.ip, destination=ROUTER_IP, protocol=IpProtocol.UDP, payload=udp.build(client, server, octets)
    )
    frame = ethernet.Frame(world.settings.first_mac, world.settings.second_mac, ethernet.IPV4, ipv4.build(packet))
    world.receives(Lan.FIRST, ethernet.build(frame))


# A client that begins anew


def test_a_syn_in_time_wait_meets_the_half_open_endpoint_beside(world: World) -> None:
    """The half-open endpoint is an ordinary one as soon as the other has gone, and is asked first (FWD-5)."""
    packet, _ = leaves(world)
    acknowledges(world, packet)
    world.waits(61.0)
    world.client_sends(syn(70_000))
    block = later(packet.connection.control_block, len(ELSEWHERE))
    reference = Reference(*CLIENT, *SERVER)
    world.peer_sends(connection_packet(block, server=SERVER, reference=reference))
    world.peer_sends(type_2(says(HERE, seq=block.rcv_nxt, ack=block.snd_nxt), reference=reference, server=SERVER))
    number = attached(world)
    world.reads(number)
    world.closes(number)
    end = block.rcv_nxt + len(HERE)
    world.client_sends(says(seq=end, ack=block.snd_nxt + 1, flags=Flags.ACK | Flags.FIN))
    connection = world.router.tables.by_number(number)
    assert connection is not None
    assert connection.endpoint.state is State.TIME_WAIT
    world.sent()
    world.client_sends(syn(end + 1000))
    ((_, _, challenge),) = world.sent().segments
    assert (challenge.flags, challenge.ack) == (Flags.ACK, 70_001)
    world.waits(100.0)
    assert len(world.router.tables) == 0


def test_a_syn_in_time_wait_is_refused_once_the_ports_are_closed(world: World) -> None:
    number, client_next, server_next = served_here(world)
    world.closes(number)
    world.client_sends(says(seq=client_next, ack=server_next + 1, flags=Flags.ACK | Flags.FIN))
    world.sent()
    world.router.stop_listening()
    world.client_sends(syn(client_next + 1000))
    ((_, _, answer),) = world.sent().segments
    assert answer.flags == Flags.RST | Flags.ACK
    assert len(world.router.tables) == 0


def test_a_syn_from_before_a_quiet_time_is_a_first_one_again_once_packets_come(world: World) -> None:
    """Who has spoken since has not begun anew with it (FWD-5)."""
    packet, answer = leaves(world)
    acknowledges(world, packet)
    world.client_sends(syn(70_000))
    world.waits(61.0)
    world.client_sends(says(seq=packet.connection.control_block.rcv_nxt, ack=answer.seq + 1))
    world.sent()
    world.client_sends(syn(70_000))
    assert len(forwarded(world)) == 1
    world.client_sends(syn(70_000))
    assert len(world.answers()) == 1


# An application that was let go of


@pytest.mark.parametrize("end", ["closes", "aborts"])
def test_an_application_that_was_let_go_of_has_no_say_in_what_follows(world: World, end: str) -> None:
    number, client_next, server_next = served_here(world)
    world.client_sends(says(ELSEWHERE, seq=client_next, ack=server_next))
    assert len(world.sent().ipos) == 1
    getattr(world, end)(number)  # it has not been told yet
    world.waits(4.0)
    events = [event for event in world.events() if isinstance(event, Attached | Detached)]
    assert events == [Detached(number, None), Attached(number, HTTP)]
    assert world.reads(number) == ELSEWHERE
    world.writes(number, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert world.sent().segments[-1][2].payload.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("end", ["closes", "aborts"])
def test_a_provisional_endpoint_is_silent_whatever_an_application_says(world: World, end: str) -> None:
    world.migrates()
    world.sent()
    (connection,) = world.router.tables
    getattr(world, end)(connection.number)
    assert not world.sent()
    assert connection.endpoint.state is State.ESTABLISHED


def test_an_application_that_spoke_up_during_the_request_keeps_it(world: World) -> None:
    """It may have answered already, with 408 for instance: nobody else is to answer again (TGT-10)."""
    number, client_next, server_next = served_here(world)
    world.client_sends(says(ELSEWHERE[:9], seq=client_next, ack=server_next))
    world.writes(number, b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
    ((_, _, answer),) = world.sent().segments
    acked = answer.seq + len(answer.payload)
    world.client_sends(says(ELSEWHERE[9:], seq=client_next + 9, ack=acked))
    assert world.sent().ipos == []
    assert world.reads(number) == ELSEWHERE


def test_writing_nothing_changes_nothing(world: World) -> None:
    """An application without room says nothing: that is neither the end of its answers nor one to no request."""
    number, client_next, server_next = served_here(world)
    world.writes(number, b"")
    world.client_sends(says(ELSEWHERE, seq=client_next, ack=server_next))
    assert len(world.sent().ipos) == 1


def test_no_octet_of_a_slow_head_and_a_large_body_is_lost() -> None:
    """What is kept back until the head is whole counts as written (section 10's cookie)."""
    world = World(replace(MIGRATING, session_cookies=frozenset({HTTP})))
    answer = opened(world)
    world.client_sends(says(HERE, ack=answer.seq + 1))
    number = attached(world)
    world.reads(number)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nX: " + bytes([120]) * 10_000
    assert world.router.write(number, head, world.now) == len(head)
    rest = b"\r\n\r\n" + b"y" * 1_000_000
    taken = world.router.write(number, rest, world.now)
    connection = world.router.tables.by_number(number)
    assert connection is not None
    inside = connection.endpoint._connection.send_buffer
    assert len(inside) == len(head) + taken + len("Set-Cookie: ipos=; Path=/; HttpOnly\r\n") + 32


# What is held


def test_a_client_whose_fin_is_held_is_probed_like_any_other(world: World) -> None:
    """A FIN alone begins no request: its endpoint waits, and ends in silence when nobody answers (TGT-13)."""
    world.migrates()
    world.forwards(says(HERE))
    number = attached(world)
    world.reads(number)
    world.writes(number, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    answer = world.sent().segments[-1][2]
    acked = answer.seq + len(answer.payload)
    world.forwards(says(seq=901 + len(HERE) + 5, ack=acked, flags=Flags.ACK | Flags.FIN))
    world.sent()
    world.waits(300.1)
    ((_, _, probe),) = world.sent().segments
    assert probe.flags == Flags.ACK
    world.waits(230.0)
    assert all(segment.flags == Flags.ACK for _, _, segment in world.sent().segments)
    assert len(world.router.tables) == 0


def test_a_syn_is_challenged_while_part_of_a_request_is_held(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(HERE[:5], ack=answer.seq + 1))
    assert not world.sent()
    world.client_sends(syn(77))
    (challenge,) = world.answers()
    assert (challenge.flags, challenge.ack) == (Flags.ACK, 901)


def test_a_handshake_that_nobody_completes_ends_silently() -> None:
    world = World(replace(MIGRATING, timer_scale=0.1))
    world.client_sends(syn(900))
    world.sent()
    world.waits(3.5)
    assert len(world.router.tables) == 0
    assert all(segment.flags == Flags.SYN | Flags.ACK for _, _, segment in world.sent().segments)


def test_a_repeated_connection_packet_is_acknowledged_while_draining(world: World) -> None:
    """Its endpoint is here already: TGT-3 asks for no more."""
    packet = world.migrates()
    world.sent()
    world.router.operations.drain()
    world.peer_sends(packet)
    assert len(world.sent().ipos) == 1


# What counts, and what is told


def test_a_refresh_takes_no_place_of_a_migration_in_forward() -> None:
    """Its client's entry is counted already (TAB-4)."""
    world = names_elsewhere(Bounds(forward=2))
    datagram(world, b"one")
    (packet,) = world.sent().ipos
    assert isinstance(packet, UdpConnectionPacket)
    world.peer_sends(acknowledgement(packet, source=PEER_MAC))
    world.waits(31.0)
    datagram(world, b"two")
    assert [type(sent) for sent in world.sent().ipos] == [UdpPacket, UdpConnectionPacket, UdpPacket]
    datagram(world, b"other", Address(CLIENT.ip, 1))
    assert [type(sent) for sent in world.sent().ipos] == [UdpConnectionPacket]


def test_only_the_first_forwarder_tells_the_client_that_its_packet_is_too_large() -> None:
    """One that was held here, but had come on the second LAN, had passed another forwarder (MTU-1)."""
    world = World(replace(MIGRATING, second_mtu=600))
    world.migrates()
    world.forwards(says(HERE))
    number = attached(world)
    world.reads(number)
    world.writes(number, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    answer = world.sent().segments[-1][2]
    request = b"GET /other HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 600 + b"\r\n\r\n"
    asked = says(request, seq=901 + len(HERE), ack=answer.seq + answer.length)
    inner = ipv4.build(
        Ipv4Packet(
            source=CLIENT.ip,
            destination=PEER_IP,
            protocol=IpProtocol.TCP,
            payload=tcp_segment.build(asked, CLIENT.ip, PEER_IP),
            dont_fragment=True,
        )
    )
    ethernet_header = EthernetHeader(destination=SECOND_MAC, source=PEER_MAC)
    world.peer_sends(tcp_packet(ethernet_header, Reference(*CLIENT, ROUTER_IP, HTTP), inner))
    (onward,) = world.sent().ipos
    acknowledges(world, onward, OTHER_PEER_MAC)
    assert not world.sent()

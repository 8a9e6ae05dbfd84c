"""Full tables, floods and vanished clients: what TAB-4, TGT-13 and SYN floods ask of a router."""

from dataclasses import replace

import pytest
from in_memory import (
    CLIENT,
    HTTP,
    PEER_IP,
    REFERENCE,
    SETTINGS,
    World,
    connection_packet,
    forwarded,
    opened,
    says,
)
from ipos_reference.addresses import Address
from ipos_reference.discards import Discard
from ipos_reference.keep_alive import SILENCE_OF_OWN
from ipos_reference.settings import Bounds
from ipos_reference.tables import Place
from ipos_reference.target import MAKES_ROOM_AFTER
from ipos_reference.tcp.segment import Flags
from ipos_spec.addresses import IPv4, ipv4
from ipos_spec.packets import TcpConnectionPacket
from migrating import HERE, attached, served_here

FLOOD = 100_000
PROBE, PROBE_AFTER_FIN, ANSWER = 300.0, 60.0, 75.0


def another(number: int) -> TcpConnectionPacket:
    """A peer's connection packet for the client with this port."""
    return connection_packet(reference=REFERENCE._replace(client_port=number))


# Tables


def test_with_forward_connect_full_nobody_is_acknowledged_until_one_has_gone() -> None:
    world = World(replace(SETTINGS, bounds=Bounds(forward_connect=2)))
    for port in (1, 2, 3):
        world.peer_sends(another(port))
    assert len(world.sent().ipos) == 2
    assert world.router.discards[Discard.FORWARD_CONNECT_FULL] == 1
    block = another(1).connection.control_block
    rst = says(seq=block.rcv_nxt, flags=Flags.RST, client=Address(CLIENT.ip, 1))
    world.peer_sends(forwarded(rst, reference=REFERENCE._replace(client_port=1)))
    world.peer_sends(another(3))
    assert len(world.sent().ipos) == 1


def test_a_provisional_endpoint_makes_room_after_thirty_seconds_a_definite_one_never() -> None:
    world = World(replace(SETTINGS, bounds=Bounds(forward_connect=1)))
    world.peer_sends(another(1))
    world.waits(MAKES_ROOM_AFTER - 1)
    world.sent()
    world.peer_sends(another(2))
    assert world.sent().ipos == []
    world.waits(2)
    world.peer_sends(another(2))
    assert len(world.sent().ipos) == 1
    request = says(HERE, client=Address(CLIENT.ip, 2))
    world.peer_sends(forwarded(request, reference=REFERENCE._replace(client_port=2)))
    world.waits(MAKES_ROOM_AFTER + 1)
    world.sent()
    world.peer_sends(another(3))
    assert world.sent().ipos == []
    assert [connection.client.port for connection in world.router.tables] == [2]


def test_the_oldest_of_those_that_are_still_there_makes_room() -> None:
    world = World(replace(SETTINGS, bounds=Bounds(forward_connect=2)))
    world.peer_sends(another(1))
    world.waits(1)
    world.peer_sends(another(2))
    rst = says(flags=Flags.RST, client=Address(CLIENT.ip, 1))
    world.peer_sends(forwarded(rst, reference=REFERENCE._replace(client_port=1)))
    world.waits(1)
    world.peer_sends(another(3))
    world.waits(MAKES_ROOM_AFTER + 1)
    world.sent()
    world.peer_sends(another(4))
    assert len(world.sent().ipos) == 1
    assert [connection.client.port for connection in world.router.tables] == [3, 4]


def test_with_local_full_a_connection_is_reset_and_those_from_before_go_on() -> None:
    world = World(replace(SETTINGS, bounds=Bounds(local=1)))
    number, seq, ack = served_here(world)
    other = Address(CLIENT.ip, 1)
    answer = opened(world, other)
    world.client_sends(says(HERE, ack=answer.seq + 1, client=other), other)
    assert [segment.flags & Flags.RST for segment in world.answers()] == [Flags.RST]
    world.client_sends(says(HERE, seq=seq, ack=ack))
    assert world.reads(number) == HERE


# Floods


def test_a_hundred_thousand_syns_stop_no_established_client() -> None:
    world = World()
    number, seq, ack = served_here(world)
    settings = world.router.settings
    for count in range(FLOOD):
        stranger = Address(IPv4(ipv4("198.18.0.0") + count % 60_000), 1024 + count // 60_000)
        world.client_sends(says(seq=count, ack=0, flags=Flags.SYN, client=stranger), stranger)
        if count % 10_000 == 0:
            world.sent()
            world.client_sends(says(HERE, seq=seq, ack=ack))
            seq += len(HERE)
            assert world.reads(number) == HERE
            world.writes(number, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            ack = (ack + 40) % 2**32
            assert [len(segment.payload) for segment in world.answers() if segment.payload] == [40]
            world.client_sends(says(seq=seq, ack=ack))
        assert len(world.router.tables) <= settings.bounds.temporary + 1
    assert world.router.discards[Discard.TEMPORARY_FULL] == FLOOD - settings.bounds.temporary
    # What the flood has left goes by itself, and then new clients are taken again.
    world.waits(65)
    world.sent()
    assert len(world.router.tables) == 1
    opened(world, Address(CLIENT.ip, 1))


# Clients that have vanished (TGT-13)


def definite(world: World) -> int:
    """An endpoint that came in, whose client has had its answer and acknowledged it."""
    world.migrates()
    world.forwards(says(HERE))
    number = attached(world)
    assert world.reads(number) == HERE
    world.writes(number, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    world.forwards(says(seq=901 + len(HERE), ack=5001 + 40))
    world.sent()
    return number


def probes(world: World, seconds: float) -> list[float]:
    """When the router has sent the client something, in seconds from now."""
    began, found = world.now, []
    while world.now < began + seconds:
        world.waits(0.5)
        found += [world.now - began for _ in world.answers()]
    return found


def test_a_silent_client_is_probed_three_times_and_then_forgotten_in_silence() -> None:
    world = World()
    definite(world)
    assert probes(world, 600) == [PROBE, PROBE + ANSWER, PROBE + 2 * ANSWER]
    assert len(world.router.tables) == 0
    world.forwards(says(b"x", seq=901 + len(HERE), ack=5041))
    assert [segment.flags & Flags.RST for segment in world.answers()] == [Flags.RST]


def test_an_answer_begins_the_silence_anew() -> None:
    world = World()
    definite(world)
    assert probes(world, PROBE + 1) == [PROBE]
    world.client_sends(says(seq=901 + len(HERE), ack=5041), server=Address(PEER_IP, HTTP))
    assert probes(world, PROBE + 1) == [PROBE]


def test_behind_the_clients_fin_it_is_asked_sooner() -> None:
    world = World()
    definite(world)
    world.forwards(says(seq=901 + len(HERE), ack=5041, flags=Flags.FIN | Flags.ACK))
    world.sent()
    assert probes(world, PROBE_AFTER_FIN + 1) == [PROBE_AFTER_FIN]


def test_with_something_outstanding_tcp_repeats_and_nothing_is_probed() -> None:
    world = World()
    number = definite(world)
    world.writes(number, b"more")
    assert all(segment.payload for segment in world.answers())
    world.waits(90)
    assert {segment.payload for segment in world.answers()} == {b"more"}


def test_the_factor_scales_probes() -> None:
    world = World(replace(SETTINGS, timer_scale=0.1))
    definite(world)
    assert probes(world, 60) == [PROBE / 10, PROBE / 10 + 7.5, PROBE / 10 + 15]


@pytest.mark.parametrize("scale", [1.0, 0.01])
def test_the_client_of_an_own_endpoint_is_asked_after_two_hours(scale: float) -> None:
    world = World(replace(SETTINGS, timer_scale=scale))
    number, seq, ack = served_here(world)
    world.client_sends(says(seq=seq, ack=ack))
    world.sent()
    world.waits(SILENCE_OF_OWN - 1)
    assert not world.sent()
    world.waits(2)
    assert len(world.answers()) == 1
    world.waits(300)
    assert world.router.endpoint(number) is None


def test_a_provisional_endpoint_is_asked_nothing() -> None:
    world = World()
    world.peer_sends(another(1))
    world.sent()
    world.waits(890)
    assert not world.sent()
    (connection,) = world.router.tables
    assert world.router.tables.place_of(connection) is Place.FORWARD_CONNECT
    world.waits(20)
    assert (len(world.router.tables), bool(world.sent())) == (0, False)

"""The origin role: connection packets, acknowledgements, what is held, and giving up (ORG-5 to 12, TCB-1, TAB-3)."""

from dataclasses import replace
from typing import Any

import pytest
from in_memory import (
    CLIENT,
    HTTP,
    OTHER_PEER_MAC,
    PEER_IP,
    PEER_MAC,
    ROUTER_IP,
    SECOND_MAC,
    SERVER,
    World,
    client_packet,
    opened,
    says,
)
from ipos_reference.addresses import Address
from ipos_reference.discards import Discard
from ipos_reference.events import Detached
from ipos_reference.settings import Bounds
from ipos_reference.tables import Place
from ipos_reference.tally import Happening
from ipos_reference.tcp.endpoint import State
from ipos_reference.tcp.segment import Flags, Options, Segment
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.packets import TcpConnectionPacket
from migrating import ELSEWHERE, HERE, MIGRATING, acknowledges, attached, forwarded, leaves, served_here

COPIES = 0.0, 0.2, 0.6, 1.4
GIVEN_UP = 3.0


@pytest.fixture
def world() -> World:
    return World(MIGRATING)


def test_the_connection_packet_names_client_target_and_server(world: World) -> None:
    packet, _ = leaves(world)
    assert (packet.ethernet.destination, packet.ethernet.source) == (PEER_MAC, SECOND_MAC)
    assert packet.header.reference == Reference(*CLIENT, PEER_IP, HTTP)
    assert Address(packet.connection.server_ip, packet.connection.server_port) == SERVER


def test_the_control_block_is_quiescent_and_begins_where_the_request_does(world: World) -> None:
    packet, answer = leaves(world)
    block = packet.connection.control_block
    assert (block.t_state, block.iss, block.irs, block.rcv_nxt) == (4, answer.seq, 900, 901)
    assert block.snd_una == block.snd_nxt == block.snd_max == answer.seq + 1
    assert block.refusal() is None


def test_repeats_are_identical_and_at_their_times_then_the_client_is_served_here(world: World) -> None:
    packet, _ = leaves(world)
    began, seen = world.now, []
    while world.now < began + GIVEN_UP - 0.001:
        world.waits(0.001)
        sent = world.sent()
        assert sent.segments == []
        seen += [(round(world.now - began, 2), copy) for copy in sent.ipos]
    assert seen == [(when, packet) for when in COPIES[1:]]
    assert world.events() == []
    world.waits(0.002)
    assert world.reads(attached(world)) == ELSEWHERE
    assert world.router.tally[Happening.GIVEN_UP] == 1


def test_the_acknowledgement_puts_the_client_into_forward_and_sends_what_was_held(world: World) -> None:
    packet, answer = leaves(world)
    more = says(b"more", seq=901 + len(ELSEWHERE), ack=answer.seq + 1)
    world.client_sends(more)
    world.client_sends(says(seq=901 + len(ELSEWHERE) + 4, ack=answer.seq + 1))
    assert not world.sent()
    acknowledges(world, packet)
    packets = forwarded(world)
    assert [found.inner for found in packets] == [
        client_packet(says(ELSEWHERE, ack=answer.seq + 1)),
        client_packet(more),
        client_packet(says(seq=901 + len(ELSEWHERE) + 4, ack=answer.seq + 1)),
    ]
    assert {found.header.reference for found in packets} == {Reference(*CLIENT, PEER_IP, HTTP)}
    assert len(world.router.tables) == 0
    assert len(world.router.forward) == 1


def test_after_the_acknowledgement_everything_is_forwarded_octet_for_octet(world: World) -> None:
    packet, answer = leaves(world)
    acknowledges(world, packet)
    world.sent()
    for segment in (says(b"x", seq=950, ack=answer.seq + 1), says(seq=7, ack=9), says(seq=951, flags=Flags.RST)):
        world.client_sends(segment)
        (found,) = forwarded(world)
        assert found.inner == client_packet(segment)
    world.waits(10)
    assert not world.sent()


@pytest.mark.parametrize("wrong", ["another MAC", "another reference", "another attempt"])
def test_an_acknowledgement_of_something_else_changes_nothing(world: World, wrong: str) -> None:
    packet, _ = leaves(world)
    source, other = PEER_MAC, packet
    if wrong == "another MAC":
        source = OTHER_PEER_MAC
    elif wrong == "another reference":
        other = replace(packet, header=replace(packet.header, source_port=1))
    else:
        block = replace(packet.connection.control_block, rcv_nxt=5)
        other = replace(packet, connection=replace(packet.connection, control_block=block))
    acknowledges(world, other, source)
    assert not world.sent()
    assert len(world.router.forward) == 0
    assert world.router.discards[Discard.NOT_IN_PROGRESS] == 1
    acknowledges(world, packet)
    assert len(forwarded(world)) == 1


def test_a_late_acknowledgement_is_discarded(world: World) -> None:
    packet, _ = leaves(world)
    world.waits(GIVEN_UP + 0.1)
    world.sent()
    acknowledges(world, packet)
    assert not world.sent()
    assert len(world.router.forward) == 0


@pytest.mark.parametrize("at", ["rcv_nxt", "the end of what is held"])
def test_the_clients_reset_ends_an_endpoint_that_is_being_migrated(world: World, at: str) -> None:
    packet, _ = leaves(world)
    world.client_sends(says(seq=901 if at == "rcv_nxt" else 901 + len(ELSEWHERE), flags=Flags.RST))
    acknowledges(world, packet)
    world.waits(GIVEN_UP)
    assert not world.sent()
    assert len(world.router.tables) == len(world.router.forward) == 0


def test_another_reset_is_dropped_meanwhile(world: World) -> None:
    packet, _ = leaves(world)
    world.client_sends(says(seq=905, flags=Flags.RST))
    acknowledges(world, packet)
    assert len(forwarded(world)) == 1


def test_a_fin_behind_the_request_goes_after_it(world: World) -> None:
    packet, answer = leaves(world, flags=Flags.ACK | Flags.FIN)
    acknowledges(world, packet)
    (found,) = forwarded(world)
    assert found.inner == client_packet(says(ELSEWHERE, ack=answer.seq + 1, flags=Flags.ACK | Flags.FIN))


def test_no_more_than_sixty_four_packets_are_held(world: World) -> None:
    packet, answer = leaves(world)
    for number in range(70):
        world.client_sends(says(b"x", seq=901 + len(ELSEWHERE) + number, ack=answer.seq + 1))
    acknowledges(world, packet)
    assert len(forwarded(world)) == 64
    assert world.router.discards[Discard.HOLD_FULL] == 7


# What keeps an endpoint here


def kept(world: World, answer: Segment, server: Address = SERVER, client: Address = CLIENT) -> None:
    """A client asks for another server's page and is served here all the same."""
    ask = says(ELSEWHERE, ack=answer.seq + 1, client=client, port=server.port)
    world.client_sends(ask, client, server)
    assert world.sent().ipos == []
    assert world.reads(attached(world)) == ELSEWHERE


def test_a_second_connection_of_the_same_client_and_port_stays(world: World) -> None:
    settings = replace(MIGRATING, listeners={**MIGRATING.listeners, 8080: MIGRATING.listeners[HTTP]})
    sockets = MIGRATING.entered.listening[Protocol.TCP]
    more = tuple(replace(socket, port=8080) for socket in sockets)
    listening = {Protocol.TCP: (*sockets, *more)}
    world = World(replace(settings, entered=replace(MIGRATING.entered, listening=listening)))
    packet, _ = leaves(world)
    kept(world, opened(world, port=8080), Address(ROUTER_IP, 8080))
    acknowledges(world, packet)
    assert len(world.router.forward) == 1
    assert world.router.tally[Happening.SECOND_CONNECTION] == 1


def test_a_client_with_port_zero_stays(world: World) -> None:
    nameless = Address(CLIENT.ip, 0)
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN, client=nameless), nameless)
    (answer,) = world.answers()
    world.client_sends(says(ack=answer.seq + 1, client=nameless), nameless)
    kept(world, answer, client=nameless)
    assert world.router.tally[Happening.PORT_ZERO] == 1


@pytest.mark.parametrize("mss", [0, 63])
def test_a_client_with_a_tiny_mss_stays(world: World, mss: int) -> None:
    syn = says(seq=900, ack=0, flags=Flags.SYN, options=Options(mss=mss))
    world.client_sends(syn)
    (answer,) = world.answers()
    world.client_sends(says(ack=answer.seq + 1))
    kept(world, answer)
    assert world.router.tally[Happening.SMALL_SEGMENTS] == 1


def test_a_client_with_a_huge_mss_is_told_as_65495(world: World) -> None:
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN, options=Options(mss=65535)))
    (answer,) = world.answers()
    world.client_sends(says(ack=answer.seq + 1))
    world.client_sends(says(ELSEWHERE, ack=answer.seq + 1))
    (packet,) = world.sent().ipos
    assert isinstance(packet, TcpConnectionPacket)
    assert packet.connection.control_block.t_maxseg == 65495


def test_with_forward_full_nothing_more_is_migrated(world: World) -> None:
    world = World(replace(MIGRATING, bounds=Bounds(forward=1)))
    packet, _ = leaves(world)
    other = Address(CLIENT.ip, 50_000)
    kept(world, opened(world, other), client=other)  # a migration in progress counts
    acknowledges(world, packet)
    assert len(forwarded(world)) == 1
    third = Address(CLIENT.ip, 50_001)
    kept(world, opened(world, third), client=third)
    assert world.router.tally[Happening.FORWARD_FULL] == 2


def test_an_incomplete_request_is_served_here_after_a_second(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(ELSEWHERE[:10], ack=answer.seq + 1))
    world.waits(0.999)
    assert not world.sent()
    world.waits(0.1)
    world.client_sends(says(ELSEWHERE[10:], seq=911, ack=answer.seq + 1))
    assert world.sent().ipos == []
    assert world.reads(attached(world)) == ELSEWHERE


# Further requests on the same connection (TGT-10)


def test_a_kept_open_connection_leaves_at_its_next_request(world: World) -> None:
    number, seq, ack = served_here(world)
    world.client_sends(says(ELSEWHERE, seq=seq, ack=ack))
    sent = world.sent()
    (packet,) = sent.ipos
    assert isinstance(packet, TcpConnectionPacket)
    block = packet.connection.control_block
    assert (block.rcv_nxt, block.snd_nxt, sent.segments) == (seq, ack, [])
    assert world.events()[-1] == Detached(number, None)
    acknowledges(world, packet)
    assert [found.inner for found in forwarded(world)] == [client_packet(says(ELSEWHERE, seq=seq, ack=ack))]


def test_one_whose_migration_fails_gets_an_application_anew(world: World) -> None:
    number, seq, ack = served_here(world)
    world.client_sends(says(ELSEWHERE, seq=seq, ack=ack))
    assert world.events()[-1] == Detached(number, None)
    world.waits(GIVEN_UP)
    assert attached(world) == number
    assert world.reads(number) == ELSEWHERE
    (connection,) = world.router.tables
    assert world.router.tables.place_of(connection) is Place.LOCAL


def test_a_request_that_comes_before_the_answer_is_acknowledged_whole_stays(world: World) -> None:
    number, seq, ack = served_here(world)
    world.client_sends(says(ELSEWHERE, seq=seq, ack=ack - 1))
    assert world.sent().ipos == []
    assert world.reads(number) == ELSEWHERE
    assert world.router.tally[Happening.NOT_QUIESCENT] == 1


def test_a_request_behind_a_request_stays_with_it(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(HERE, ack=answer.seq + 1))
    number = attached(world)
    assert world.reads(number) == HERE
    world.client_sends(says(ELSEWHERE, seq=901 + len(HERE), ack=answer.seq + 1))
    assert world.sent().ipos == []
    assert world.reads(number) == ELSEWHERE


def test_the_second_request_may_come_in_pieces_out_of_order(world: World) -> None:
    _, seq, ack = served_here(world)
    world.client_sends(says(ELSEWHERE[10:], seq=seq + 10, ack=ack, options=Options()))
    assert not world.sent()
    world.client_sends(says(ELSEWHERE[:10], seq=seq, ack=ack))
    (packet,) = world.sent().ipos
    assert isinstance(packet, TcpConnectionPacket)
    assert packet.connection.control_block.rcv_nxt == seq


def test_ts_recent_is_not_later_than_any_held_packets_timestamp() -> None:
    world = World(MIGRATING)
    syn = says(seq=900, ack=0, flags=Flags.SYN, options=Options(mss=1460, timestamps=(100, 0)))
    world.client_sends(syn)
    (answer,) = world.answers()
    assert answer.options.timestamps is not None
    echo = answer.options.timestamps[0]

    def stamped(tsval: int, **others: Any) -> Segment:
        return says(options=Options(timestamps=(tsval, echo)), ack=answer.seq + 1, **others)

    world.client_sends(stamped(101))
    world.client_sends(stamped(102, payload=ELSEWHERE[10:], seq=911))
    world.client_sends(stamped(500))
    world.client_sends(stamped(110, payload=ELSEWHERE[:10]))
    (packet,) = world.sent().ipos
    assert isinstance(packet, TcpConnectionPacket)
    assert packet.connection.control_block.ts_recent == 101


def test_state_of_the_endpoint_is_kept_when_the_migration_is_refused(world: World) -> None:
    leaves(world)
    world.waits(GIVEN_UP)
    (connection,) = world.router.tables
    assert connection.endpoint.state is State.ESTABLISHED
    assert not connection.migrating

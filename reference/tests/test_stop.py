"""A router that is about to end: nobody new comes in, who is there may finish, the rest is reset."""

import pytest
from in_memory import CLIENT, REQUEST, World, opened, says
from ipos_reference.addresses import Address
from ipos_reference.discards import Discard
from ipos_reference.events import Attached, Detached
from ipos_reference.tcp.segment import Flags


@pytest.fixture
def world() -> World:
    return World()


def test_a_port_is_as_closed_to_new_clients(world: World) -> None:
    world.router.stop_listening()
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN))
    (answer,) = world.answers()
    assert answer.flags == Flags.RST | Flags.ACK


def test_a_connection_packet_is_not_acknowledged(world: World) -> None:
    world.router.stop_listening()
    world.migrates()
    assert not world.sent()
    assert world.router.discards == {Discard.NO_LISTENER: 1}


def test_who_is_there_is_served_to_the_end(world: World) -> None:
    answer = opened(world)
    world.router.stop_listening()
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    (number,) = [event.number for event in world.events() if isinstance(event, Attached)]
    assert world.reads(number) == REQUEST
    assert world.router.busy


def test_a_half_open_connection_is_not_waited_for(world: World) -> None:
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN))
    assert not world.router.busy


def test_what_is_left_is_reset_and_its_application_told(world: World) -> None:
    answer = opened(world)
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    world.events()
    world.sent()
    world.ends()
    (reset,) = world.answers()
    assert reset.flags & Flags.RST
    assert [event.failure for event in world.events() if isinstance(event, Detached)] == ["aborted"]
    assert len(world.router.tables) == 0


def test_a_provisional_endpoint_ends_silently_since_another_router_may_speak_for_it(world: World) -> None:
    world.migrates()
    world.sent()
    world.ends()
    assert not world.sent()
    assert len(world.router.tables) == 0


def test_several_connections_are_all_reset(world: World) -> None:
    for port in range(5000, 5010):
        opened(world, Address(CLIENT.ip, port))
    world.ends()
    assert len(world.answers()) == 10

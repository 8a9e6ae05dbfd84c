"""Which addresses an ipOS packet may have (ENC-12, ENC-13)."""

from dataclasses import replace

import pytest
from in_memory import (
    CLIENT,
    OTHER_PEER_IP,
    PEER_IP,
    PEER_SERVER,
    REFERENCE,
    REQUEST,
    ROUTER_IP,
    World,
    connection_packet,
    forwarded,
    says,
)
from ipos_reference.addresses import Address
from ipos_reference.discards import Discard
from ipos_spec.addresses import BROADCAST_MAC, IPv4, mac
from ipos_spec.addresses import ipv4 as ip
from ipos_spec.packets import Packet, acknowledgement

NOT_ONE_HOST = [ip("0.0.0.0"), ip("224.0.0.1"), ip("239.255.255.255"), ip("255.255.255.255")]  # noqa: S104
GROUP_MAC = mac("03:00:00:00:02:02")


@pytest.fixture
def world() -> World:
    return World()


def expect_discarded(world: World, packet: Packet, reason: Discard = Discard.REFERENCE) -> None:
    """The packet vanishes for this reason alone."""
    world.peer_sends(packet)
    assert not world.sent()
    assert len(world.router.tables) == 0
    assert world.router.discards == {reason: 1}


@pytest.mark.parametrize("address", [*NOT_ONE_HOST, ROUTER_IP])
def test_a_client_is_another_host(world: World, address: IPv4) -> None:
    reference = REFERENCE._replace(client_ip=address)
    expect_discarded(world, connection_packet(reference=reference))


@pytest.mark.parametrize("address", [*NOT_ONE_HOST, ROUTER_IP])
def test_a_client_of_a_passed_on_packet_is_another_host(world: World, address: IPv4) -> None:
    expect_discarded(world, forwarded(says(REQUEST), reference=REFERENCE._replace(client_ip=address)))


@pytest.mark.parametrize("address", NOT_ONE_HOST)
def test_a_server_is_one_host(world: World, address: IPv4) -> None:
    expect_discarded(world, connection_packet(server=PEER_SERVER._replace(ip=address)))


@pytest.mark.parametrize("address", NOT_ONE_HOST)
def test_the_server_of_a_passed_on_packet_is_one_host(world: World, address: IPv4) -> None:
    expect_discarded(world, forwarded(says(REQUEST), server=PEER_SERVER._replace(ip=address)))


@pytest.mark.parametrize(
    "packet",
    [
        connection_packet(reference=REFERENCE._replace(client_port=0)),
        connection_packet(reference=REFERENCE._replace(target_port=0)),
        connection_packet(server=PEER_SERVER._replace(port=0)),
        forwarded(says(REQUEST, client=CLIENT._replace(port=0)), reference=REFERENCE._replace(client_port=0)),
        forwarded(says(REQUEST), reference=REFERENCE._replace(target_port=0)),
        forwarded(says(REQUEST, port=0), server=Address(PEER_IP, 0)),
    ],
)
def test_no_port_is_zero(world: World, packet: Packet) -> None:
    expect_discarded(world, packet)


@pytest.mark.parametrize("make", [connection_packet, lambda **other: forwarded(says(REQUEST), **other)])
def test_the_target_is_this_router(world: World, make: object) -> None:
    reference = REFERENCE._replace(target_ip=OTHER_PEER_IP)
    expect_discarded(world, make(reference=reference))  # type: ignore[operator]


@pytest.mark.parametrize("source", [BROADCAST_MAC, GROUP_MAC])
def test_no_frame_comes_from_a_group(world: World, source: bytes) -> None:
    expect_discarded(world, connection_packet(source=source))  # type: ignore[arg-type]


def test_a_stranger_is_not_listened_to(world: World) -> None:
    expect_discarded(world, connection_packet(source=mac("02:00:00:00:02:77")), Discard.UNKNOWN_PEER)


@pytest.mark.parametrize("destination", [BROADCAST_MAC, mac("02:00:00:00:02:99")])
def test_frames_for_others_are_not_looked_at(world: World, destination: bytes) -> None:
    packet = connection_packet()
    elsewhere = replace(packet, ethernet=replace(packet.ethernet, destination=destination))
    expect_discarded(world, elsewhere, Discard.OTHER_ROUTER)


def test_an_acknowledgement_names_its_sender_as_the_target(world: World) -> None:
    migrated_away = connection_packet(reference=REFERENCE._replace(target_ip=PEER_IP))
    answer = acknowledgement(migrated_away, source=migrated_away.ethernet.source)
    back = replace(answer, ethernet=migrated_away.ethernet)
    expect_discarded(world, back, Discard.NOT_IN_PROGRESS)

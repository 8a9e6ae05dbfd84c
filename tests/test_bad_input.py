"""Whatever comes in on either LAN: the router lives, is silent, keeps its tables, counts each frame with a reason."""

from random import Random

import pytest
from in_memory import FIRST_MAC, PEER_MAC, REFERENCE, SECOND_MAC, World, says
from ipos_fuzz.mutate import OPERATORS, mutants
from ipos_fuzz.subject import Subject
from ipos_reference.router import Lan
from ipos_reference.tcp.segment import Flags
from ipos_spec import vectors
from ipos_spec.packets import Acknowledgement, acknowledges

SEED = 20_26
MUTANTS_OF_EACH = 20_000  # of five packets: 100,000 in all

_SURELY_WRONG = [name for name, operator in OPERATORS.items() if operator.must_be_discarded]


FRAMES = {name: SECOND_MAC + PEER_MAC + frame[12:] for name, frame in vectors.FRAMES.items()}
"""The worked examples as frames from a peer to the router: the acknowledgement, too, though nobody waits for it."""


@pytest.fixture
def world() -> World:
    """A router with a connection of its own and one that came in, so that there is something to damage."""
    world = World()
    world.client_sends(says(seq=900, ack=0, flags=Flags.SYN))
    world.migrates(reference=REFERENCE._replace(client_port=50_000))
    world.sent()
    return world


def expect_discarded(world: World, lan: Lan, frame: bytes, hint: str) -> None:
    """Hand in a frame that has to vanish with nothing but a count."""
    before, counted = world.tables(), world.router.discards.total()
    world.receives(lan, frame)
    assert not world.sent(), (hint, frame.hex())
    assert world.tables() == before, (hint, frame.hex())
    assert world.router.discards.total() == counted + 1, (hint, frame.hex())


@pytest.mark.parametrize("name", FRAMES)
def test_every_truncation_of_every_packet_is_discarded(world: World, name: str) -> None:
    packet = vectors.PACKETS[name]
    meant = len(FRAMES[name]) - len(packet.padding)
    for length in range(meant):
        expect_discarded(world, Lan.SECOND, FRAMES[name][:length], f"{length} octets")


@pytest.mark.parametrize("name", FRAMES)
def test_a_hundred_thousand_surely_wrong_mutants_are_discarded(world: World, name: str) -> None:
    applicable = [operator for operator in _SURELY_WRONG if applies(operator, name)]
    for mutant in mutants(FRAMES[name], MUTANTS_OF_EACH, SEED, applicable):
        expect_discarded(world, Lan.SECOND, mutant.frame, mutant.operator)
    assert {"ENC-4: unknown type", "ENC-5: unknown protocol", "ENC-8: truncated"} <= set(world.router.discards)


@pytest.mark.parametrize("name", FRAMES)
def test_mutants_that_may_be_right_do_no_harm_either(world: World, name: str) -> None:
    for mutant in mutants(FRAMES[name], 2000, SEED):
        world.receives(Lan.SECOND, mutant.frame)
        world.waits(0.01)
    world.sent()  # each frame of it was well-formed, or it could not have been sorted
    packet = world.migrates(reference=REFERENCE._replace(client_port=50_001))
    (answer,) = world.sent().ipos
    assert isinstance(answer, Acknowledgement)
    assert acknowledges(answer, packet)


@pytest.mark.parametrize("lan", Lan)
@pytest.mark.parametrize("start", [b"", FIRST_MAC, SECOND_MAC, b"\xff" * 6])
def test_random_octets_are_discarded(world: World, lan: Lan, start: bytes) -> None:
    random = Random(SEED)
    for _ in range(1000):
        expect_discarded(world, lan, start + random.randbytes(random.randrange(200)), "random")


@pytest.mark.parametrize("ether_type", [b"\x08\x00", b"\x08\x06", b"\x00\x07"])
@pytest.mark.parametrize("lan", Lan)
def test_random_octets_behind_a_right_header_are_discarded(world: World, lan: Lan, ether_type: bytes) -> None:
    random = Random(SEED)
    mac = FIRST_MAC if lan is Lan.FIRST else SECOND_MAC
    for _ in range(1000):
        frame = mac + bytes(5) + b"\x09" + ether_type + random.randbytes(random.randrange(200))
        expect_discarded(world, lan, frame, "random")


def test_ipos_frames_on_the_first_lan_are_discarded(world: World) -> None:
    for frame in FRAMES.values():
        expect_discarded(world, Lan.FIRST, FIRST_MAC + frame[6:], "first LAN")


def applies(operator: str, name: str) -> bool:
    """Whether a mutation operator can be applied to a packet at all."""
    return OPERATORS[operator].applies(Subject.of(FRAMES[name]))

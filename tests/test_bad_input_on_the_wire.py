"""The wrong frames of `test_bad_input` against the running process: over a TAP device, as fast as it takes them."""

from collections.abc import Callable
from random import Random

import pytest
from bed import SECOND_LAN, Bed
from in_memory import REFERENCE, connection_packet
from ipos_conformance.bench.wire import Port, wait
from ipos_conformance.frames import Lan
from ipos_fuzz.mutate import OPERATORS, mutants
from ipos_spec.codec import decode, encode
from ipos_spec.packets import Acknowledgement, acknowledges
from test_bad_input import FRAMES, SEED, applies

MUTANTS_OF_EACH = 20_000
BURST = 200
"""Frames between two barriers: fewer than the TAP's queue holds, so none is lost on the way."""

pytestmark = pytest.mark.kernel


def expect_only_the_barrier_s_answer(port: Port, client_port: int) -> None:
    """A valid connection packet is acknowledged, and nothing else was sent before."""
    packet = connection_packet(reference=REFERENCE._replace(client_port=client_port))
    port.send(encode(packet))
    frames = wait([port], 10.0)
    answers = [decode(frame.octets) for frame in frames if frame.type == 7]
    assert len(answers) == len(frames) == 1, [frame.octets.hex() for frame in frames]
    assert isinstance(answers[0], Acknowledgement)
    assert acknowledges(answers[0], packet)


def test_a_hundred_thousand_wrong_frames_are_not_answered_and_a_right_one_is(make_bed: Callable[..., Bed]) -> None:
    bed = make_bed()
    port = bed.lan.within(lambda: Port(Lan.SECOND, SECOND_LAN, 7))
    wrong = [
        mutant.frame
        for name, frame in FRAMES.items()
        for mutant in mutants(frame, MUTANTS_OF_EACH, SEED, [n for n in OPERATORS if must_vanish(n, name)])
    ]
    Random(SEED).shuffle(wrong)
    for number, start in enumerate(range(0, len(wrong), BURST)):
        for frame in wrong[start : start + BURST]:
            port.send(frame)
        expect_only_the_barrier_s_answer(port, 1 + number)
    assert port.drops() == 0
    port.close()


def must_vanish(operator: str, name: str) -> bool:
    """Whether the operator applies to this packet and promises that its mutants are discarded."""
    return OPERATORS[operator].must_be_discarded and applies(operator, name)

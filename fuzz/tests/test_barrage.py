"""An event whose frames are all changed: a dozen of them, each by another operator, and nothing behind it."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from frames_of import TARGET
from ipos_conformance.bench.wire import Port
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Direction, Frame, Lan
from ipos_fuzz.campaign.gate import Gate, Reach
from ipos_fuzz.campaign.tampering import tamper
from ipos_fuzz.operators import OPERATORS
from ipos_fuzz.sessions.event import EVENTS
from ipos_fuzz.sessions.session import Performance, Step

DOZEN = 12
SEEDS = range(20)
BARRAGES = [name for name, event in EVENTS.items() if event.barrage]


@pytest.fixture
def wire(monkeypatch) -> Iterator[list[bytes]]:
    """What left through a gate: ports have no sockets, and nobody answers."""
    left: list[bytes] = []
    reading, writing = os.pipe()

    def send(port: Any, octets: bytes) -> Frame:
        left.append(octets)
        return Frame(port.lan, Direction.SENT, 0.0, octets, 7)

    monkeypatch.setattr(Port, "__init__", lambda port, lan, *_: setattr(port, "lan", lan))
    monkeypatch.setattr(Port, "send", send)
    monkeypatch.setattr(Port, "receive", lambda _: [])
    monkeypatch.setattr(Port, "fileno", lambda _: reading)
    yield left
    os.close(reading)
    os.close(writing)


def performance(seed: int) -> tuple[Performance, Gate]:
    """A client that has begun to open a connection; and the gate through which it does."""
    reach, tape = Reach(TARGET), list[Frame]()
    gates = {lan: Gate(lan, "none", 7, 1e6, reach=reach, longest=1514, tape=tape) for lan in Lan}
    dut = Dut(TARGET, gates, seed)
    dut.start_case("barrage")
    made = Performance(dut, tuple(gates.values()), tamper)
    assert made.do(Step("syn", 0, seed))
    return made, gates[Lan.FIRST]


def test_there_is_one():
    assert BARRAGES == ["malformed"]


@pytest.mark.parametrize("seed", SEEDS)
def test_each_frame_is_changed_by_an_operator_of_its_own(wire, seed):
    made, gate = performance(seed)
    wire.clear()
    assert made.do(Step("malformed", 0, seed))
    assert len(wire) == DOZEN
    # Where a mutant would leave the target's reach, or is what it was made of, that goes out.
    assert DOZEN // 2 < gate.changed.total() + gate.withheld <= DOZEN
    assert len(gate.changed) >= DOZEN // 3
    assert gate.changed.keys() <= OPERATORS.keys()


@pytest.mark.parametrize("seed", SEEDS)
def test_next_event_is_as_it_should_be(wire, seed):
    made, gate = performance(seed)
    made.do(Step("malformed", 0, seed))
    gate.changed.clear()
    wire.clear()
    assert made.do(Step("next-data", 0, seed))
    assert len(wire) == 1
    assert gate.changed.total() == 0


def test_the_same_step_sends_the_same(wire):
    sent = []
    for seed in (1, 1, 2):
        made, _ = performance(1)
        wire.clear()
        made.do(Step("malformed", 0, seed))
        sent.append(wire[:])
        # A kept session has no operator there: its seed draws all twelve.
        assert made.performed.steps[-1] == Step("malformed", 0, seed)
    assert sent[0] == sent[1] != sent[2]


def test_other_seeds_draw_other_operators(wire):
    drawn = set()
    for seed in SEEDS:
        made, gate = performance(1)
        made.do(Step("malformed", 0, seed))
        drawn |= gate.changed.keys()
    assert len(wire) == (DOZEN + 1) * len(SEEDS)
    assert len(drawn) > 2 * DOZEN

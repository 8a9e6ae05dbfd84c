"""What a turn has sent, again and again: what a target keeps of it is told, with the frames of which it keeps it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from frames_of import FRAMES, TARGET, TEMPLATES
from ipos_conformance.frames import Client, Direction, Frame, Lan
from ipos_fuzz.campaign import repeating
from ipos_fuzz.campaign.about import clients_in
from ipos_fuzz.campaign.repeating import repeat
from ipos_fuzz.oracles.resources import DESCRIPTORS, MEMORY, Taken
from ipos_fuzz.sources.templates import Template
from ipos_fuzz.violation import Violation
from ipos_spec.addresses import ipv4

Keeps = Callable[[bytes], Taken]
NOTHING, AT_FIRST = Taken(0, 0), Taken(50 << 20, 9)
EACH = 0.0001
"""Seconds that a frame takes."""
OFFERS, SEGMENTS = b"\0\7", b"\x08\0"


@dataclass
class Port:
    """Hands frames to the target in no time that really passes."""

    target: "Leaking"

    def try_to_send(self, octets: bytes) -> None:
        self.target.now += EACH
        self.target.got.append(octets)
        if len(self.target.got) <= self.target.until:
            kept = self.target.keeps(octets)
            self.target.has = Taken(
                self.target.has.memory + kept.memory, self.target.has.descriptors + kept.descriptors
            )


@dataclass
class Leaking:
    """A target that keeps something of frames, and all that `repeat` asks a place for.

    until   how many frames it keeps something of
    lives   how many barriers it answers
    """

    keeps: Keeps = lambda _: NOTHING
    until: int = 1 << 40
    lives: int = 1 << 40
    is_local: bool = True
    now: float = 0.0
    has: Taken = AT_FIRST
    got: list[bytes] = field(default_factory=list)
    target: Any = TARGET

    @property
    def gates(self) -> Mapping[Lan, Port]:
        return dict.fromkeys(Lan, Port(self))

    @property
    def dut(self) -> "Leaking":
        return self

    judge = traffic = dut

    def processes(self) -> "Leaking":
        return self

    def collect(self, seconds: float) -> None:
        self.now += seconds

    def answer_time(self) -> float | None:
        self.now += EACH
        self.lives -= 1
        return EACH if self.lives >= 0 else None

    def monotonic(self) -> float:
        return self.now


def frames(kinds: Mapping[str, Template], clients: int = 20) -> Iterator[Frame]:
    """One of each kind for each client, a second apart."""
    for number in range(clients):
        client = Client(ipv4("198.51.100.1") + number, 40000)
        for octets in (template.of(client) for template in kinds.values()):
            lan = Lan.SECOND if octets[12:14] == OFFERS else Lan.FIRST
            yield Frame(lan, Direction.SENT, float(number), octets, 7)


def sorts() -> Mapping[str, Template]:
    """A template of each sort: connection packets, and what comes in on the first LAN."""
    return {octets[12:14].hex(): one for one in TEMPLATES for octets in [one.of(Client(ipv4("198.51.100.1"), 1))]}


HISTORY = [one for one in frames(sorts()) if one.octets[12:14] in (OFFERS, SEGMENTS)]


def found(
    target: Leaking, monkeypatch: pytest.MonkeyPatch, history: list[Frame] = HISTORY, seed: int = 1
) -> list[tuple[Violation, list[Frame]]]:
    monkeypatch.setattr(repeating, "time", target)
    monkeypatch.setattr(repeating, "taken", lambda place: place.has)
    place: Any = target
    return [(violation, list(chosen)) for violation, chosen in repeat(place, history, Random(seed))]


def test_history_has_both_sorts():
    assert {one.octets[12:14] for one in HISTORY} == {OFFERS, SEGMENTS}
    assert all(clients_in(one, TARGET) for one in HISTORY)


@pytest.mark.parametrize("sort", [OFFERS, SEGMENTS])
def test_kind_of_which_a_target_keeps_something_is_told(monkeypatch, sort):
    """Whichever kind is drawn: each is, sooner or later."""
    told = []
    for seed in range(6):
        leaks = Leaking(lambda octets: Taken(4096 * (octets[12:14] == sort), 0))
        told += found(leaks, monkeypatch, seed=seed)
    assert told
    assert {violation.kind for violation, _ in told} == {MEMORY}
    by_kind = [chosen for _, chosen in told if len({one.octets[12:14] for one in chosen}) == 1]
    assert by_kind
    assert all(one.octets[12:14] == sort for chosen in by_kind for one in chosen)


def test_what_adds_up_only_over_both_sorts_is_told_with_frames_of_a_few_clients(monkeypatch):
    last = [b""]

    def keeps(octets: bytes) -> Taken:
        """A descriptor for each change from one sort to the other."""
        changes, last[0] = last[0] not in (b"", octets[12:14]), octets[12:14]
        return Taken(0, int(changes))

    ((violation, chosen),) = found(Leaking(keeps), monkeypatch)
    assert violation.kind == DESCRIPTORS
    about = {client.ip for one in chosen for client in clients_in(one, TARGET)}
    assert 1 < len(about) <= 8
    assert [one.time for one in chosen] == sorted(one.time for one in chosen)


def test_tables_that_become_full_are_no_leak(monkeypatch):
    """As much as is kept while it warms up, and nothing later."""
    leaks = Leaking(lambda _: Taken(1 << 20, 10), until=2000)
    assert found(leaks, monkeypatch) == []
    assert leaks.has.memory > 100 << 20


def test_target_that_keeps_nothing_is_sent_it_again_and_again(monkeypatch):
    target = Leaking()
    assert found(target, monkeypatch) == []
    assert len(target.got) > 10 * len(HISTORY)
    assert set(target.got) <= {one.octets for one in HISTORY}


@pytest.mark.parametrize(
    "history",
    [
        [],
        [Frame(Lan.FIRST, Direction.SENT, 0.0, FRAMES["arp"], 7)],
        [Frame(one.lan, Direction.RECEIVED, one.time, one.octets, 7) for one in HISTORY],
    ],
)
def test_nothing_is_sent_where_nothing_was(monkeypatch, history):
    target = Leaking()
    assert found(target, monkeypatch, history) == []
    assert target.got == []


def test_device_is_not_measured(monkeypatch):
    target = Leaking(is_local=False)
    assert found(target, monkeypatch) == []
    assert target.got == []


def test_dead_target_is_sent_nothing_more(monkeypatch):
    target = Leaking(lives=2)
    assert found(target, monkeypatch) == []
    assert 0 < len(target.got) <= 2 * 512

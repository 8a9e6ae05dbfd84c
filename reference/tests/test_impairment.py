"""The bad wire: as bad as it says, and alike for the same seed."""

import itertools
from collections import Counter
from typing import Any

import pytest
from ipos_reference.ports.impairment import KEPT_BACK, ImpairedPort, Impairment
from ipos_reference.ports.memory import MemoryPort

KINDS = ["loss", "corruption", "duplication", "reordering"]


def numbered(count: int) -> list[bytes]:
    """Frames that say their number twice, so that none becomes another by one bit."""
    return [b"%08d%08d" % (number, number) for number in range(count)]


def sent_through(count: int, seed: int = 7, **probabilities: float) -> list[bytes]:
    """What comes out of a bad wire into which that many numbered frames went."""
    inner = MemoryPort()
    port = ImpairedPort(inner, Impairment(seed=seed, **probabilities))
    for frame in numbered(count):
        port.send(frame, 0.0)
    port.flush(KEPT_BACK)
    return list(inner.outgoing)


def received_through(count: int, seed: int = 7, **probabilities: float) -> list[bytes]:
    """The same in the other direction."""
    inner = MemoryPort()
    inner.incoming.extend(numbered(count))
    port = ImpairedPort(inner, Impairment(seed=seed, **probabilities))
    return port.receive(0.0, count) + port.receive(KEPT_BACK, count)


def mishaps(came: list[bytes], count: int) -> dict[str, int]:
    """How often each kind of badness is seen in what came of numbered frames."""
    sent = set(numbered(count))
    whole = [int(frame[:8]) for frame in came if frame in sent]
    counts = Counter(whole)
    damaged = len(came) - len(whole)
    found = {
        "loss": count - len(counts) - damaged,
        "corruption": damaged,
        "duplication": sum(number > 1 for number in counts.values()),
        "reordering": sum(a > b for a, b in itertools.pairwise(whole)),
    }
    return {kind: number for kind, number in found.items() if number}


def test_a_wire_without_probabilities_is_a_good_one() -> None:
    assert sent_through(100) == received_through(100) == numbered(100)


@pytest.mark.parametrize("through", [sent_through, received_through])
@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_wire_is_bad_as_often_as_it_says_and_in_no_other_way(through: Any, kind: str) -> None:
    found = mishaps(through(10_000, **{kind: 0.1}), 10_000)
    assert list(found) == [kind]
    assert 800 < found[kind] < 1200


@pytest.mark.parametrize("through", [sent_through, received_through])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_is_the_same_chance_and_another_is_another(through: Any, kind: str) -> None:
    came = through(1000, **{kind: 0.1})
    assert came == through(1000, **{kind: 0.1})
    assert came != through(1000, seed=8, **{kind: 0.1})


def test_all_kinds_at_once_are_repeatable() -> None:
    came = sent_through(1000, **dict.fromkeys(KINDS, 0.1))
    assert came == sent_through(1000, **dict.fromkeys(KINDS, 0.1))


def test_the_two_directions_have_each_a_chance_of_its_own() -> None:
    assert sent_through(1000, loss=0.1) != received_through(1000, loss=0.1)


def test_a_damaged_frame_has_one_other_bit_anywhere() -> None:
    flipped = [
        int.from_bytes(came) ^ int.from_bytes(sent)
        for came, sent in zip(sent_through(10_000, corruption=1.0), numbered(10_000), strict=True)
    ]
    assert {bits.bit_count() for bits in flipped} == {1}
    assert {bits.bit_length() for bits in flipped} == set(range(1, 129))


def test_corruption_leaves_what_a_seed_loses_doubles_and_reorders() -> None:
    others = {"loss": 0.1, "duplication": 0.1, "reordering": 0.1}
    came, damaged = sent_through(1000, **others), sent_through(1000, corruption=0.5, **others)
    differences = [(int.from_bytes(a) ^ int.from_bytes(b)).bit_count() for a, b in zip(came, damaged, strict=True)]
    assert set(differences) == {0, 1}


def test_a_frame_that_nothing_overtakes_goes_on_by_itself() -> None:
    inner = MemoryPort()
    port = ImpairedPort(inner, Impairment(reordering=1.0))
    inner.incoming.append(b"x")
    assert port.receive(0.0, 10) == []
    assert port.next_timeout() == KEPT_BACK
    assert port.receive(KEPT_BACK, 10) == [b"x"]

"""What of a long sequence is tried first, by what the (here: pretended) target does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from frames_of import TARGET
from ipos_conformance.frames import Direction, Frame, Lan
from ipos_conformance.reproducer.recipe import Recipe
from ipos_fuzz.findings.narrowing import narrowed
from ipos_fuzz.findings.trial import Trials
from ipos_fuzz.violation import Violation
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

DEATH, LEAK = Violation("process", "", "ended", ""), Violation("resources", "TAB-4", "memory grows", "")


def frame(client: int, number: int = 0) -> bytes:
    """What one of many clients sends."""
    ip = IP(src=f"198.51.100.{client}", dst="192.0.2.1") / TCP(sport=50000 + client, dport=80, seq=number)
    return bytes(Ether(dst="02:00:00:00:01:01", src="02:00:00:00:01:fe", type=0x0800) / ip)


def recipe(frames: Sequence[bytes]) -> Recipe:
    steps = tuple((0.001 * place, "sent", 0, octets) for place, octets in enumerate(frames))
    return Recipe({"ether_type": 7}, steps, ("",) * len(steps), (), "wrong")


def sent(of: Recipe | None) -> list[bytes]:
    assert of is not None
    return [octets for *_, octets in of.steps]


@dataclass
class Pretended:
    """A target that dies at some frame, and keeps something of each frame of one client."""

    target = TARGET
    deadly: int | None = None
    kept: bytes = b""
    asked: list[int] = field(default_factory=list)

    def step_that_shows(self, _recipe: Recipe, _violation: Violation) -> int | None:
        return self.deadly

    def growth(self, recipes: Sequence[Recipe], _violation: Violation) -> list[int]:
        return [sent(one).count(self.kept) for one in recipes]


def pretended(target: Pretended | None = None) -> Trials:
    return cast("Trials", cast("Any", target or Pretended()))


def search(
    whole: Sequence[bytes], target: Pretended, needs: Sequence[bytes], violation: Violation = DEATH
) -> tuple[list[bytes], int]:
    """What is found, and how many tries it took."""
    tries = []

    def shows(candidate: Recipe) -> bool:
        tries.append(candidate)
        left = iter(sent(candidate))
        return all(any(octets == one for one in left) for octets in needs)  # in this order

    return sent(narrowed(violation, recipe(whole), pretended(target), shows)), len(tries)


MANY = [frame(client, number) for number in range(10) for client in range(1, 21)]


def test_the_deadly_frame_is_tried_alone() -> None:
    assert search(MANY, Pretended(deadly=77), [MANY[77]]) == ([MANY[77]], 1)


def test_then_what_was_sent_about_its_client() -> None:
    found, tries = search(MANY, Pretended(deadly=77), [MANY[37], MANY[77]])
    assert (found, tries) == ([MANY[17], MANY[37], MANY[57], MANY[77]], 2)


@pytest.mark.parametrize("oracle", ["model", "log"])
def test_what_does_not_kill_is_found_at_its_frame_too(oracle: str) -> None:
    assert search(MANY, Pretended(deadly=77), [MANY[77]], Violation(oracle, "", "", "")) == ([MANY[77]], 1)


def test_few_frames_that_kill_nobody_are_left_out_one_by_one_at_once() -> None:
    few = MANY[:16]
    model = Violation("model", "", "", "")
    assert narrowed(model, recipe(few), pretended(Pretended(deadly=7)), lambda _: pytest.fail("no try")) is None
    assert search(few, Pretended(deadly=7), [MANY[7]]) == ([MANY[7]], 1)


def test_what_barriers_hide_is_looked_for_before_the_wrong_frame_s_client() -> None:
    """Here the frame before decides, and a barrier between the two would take its place."""
    octets = MANY[150][6:12] + MANY[150][:6] + MANY[150][12:26] + MANY[150][30:34] + MANY[150][26:30]
    answer = Frame(Lan.FIRST, Direction.RECEIVED, 1.0, octets + MANY[150][36:38] + MANY[150][34:36] + bytes(16), 7)
    about = [octets for octets in MANY if octets[26:30] == MANY[150][26:30]]
    needs = [MANY[140], about[-1]]
    found, tries = search(MANY, Pretended(), needs, Violation("model", "", "", "", answer))
    assert found == needs
    assert tries < 16


@pytest.mark.parametrize("place", [0, 61, 150, 198])
def test_a_target_may_die_a_while_after_its_fate_is_sealed(place: int) -> None:
    """The last frame only marks the time; so a proof of two is found in some ten tries."""
    found, tries = search(MANY, Pretended(), [MANY[place], MANY[-1]])
    assert found in ([MANY[place], MANY[-1]], MANY[-2:])
    assert tries < 20


def test_the_client_about_whom_a_target_keeps_most_is_found() -> None:
    target = Pretended(kept=MANY[5])
    found, tries = search(MANY, target, [MANY[5]], LEAK)
    assert found == MANY[5::20]
    assert tries == 1


def test_what_harms_a_bystander_is_looked_for_in_parts() -> None:
    """Here all of it does not show, since something before it takes the harm."""

    def shows(candidate: Recipe) -> bool:
        return MANY[150] in sent(candidate) and MANY[100] not in sent(candidate)

    found = narrowed(Violation("bystander", "TAB-2", "", ""), recipe(MANY), pretended(), shows)
    assert MANY[150] in sent(found)
    assert len(sent(found)) == 50


@pytest.mark.parametrize("violation", [DEATH, Violation("model", "", "", "")])
def test_what_nothing_shows_is_not_narrowed(violation: Violation) -> None:
    assert narrowed(violation, recipe(MANY), pretended(), lambda _: False) is None

"""Which frames are tried for a proof, in which order; and by which barriers a script asks whether a target lives."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import pytest
from frames_of import TARGET
from ipos_conformance.findings.evidence import Evidence, Part, evidence
from ipos_conformance.findings.valid import Valid
from ipos_conformance.frames import Direction, Frame, Lan
from ipos_conformance.reproducer.recipe import Recipe
from ipos_fuzz.campaign.batch import Batch
from ipos_fuzz.findings import as_case
from ipos_fuzz.findings.proving import Proved, Prover, Suspicion, of_the_attack
from ipos_fuzz.findings.script import script
from ipos_fuzz.findings.trial import Seen, Trials
from ipos_fuzz.violation import Violation
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import ARP, Ether

ROUTER, GATEWAY = "02:00:00:00:01:01", "02:00:00:00:01:fe"
ONE, OTHER = "198.51.100.7", "198.51.100.8"


def sent(time: float, client: str = ONE) -> Frame:
    packet = (
        Ether(dst=ROUTER, src=GATEWAY) / IP(src=client, dst="192.0.2.1") / TCP(sport=40000, dport=80, seq=int(time))
    )
    return Frame(Lan.FIRST, Direction.SENT, time, bytes(packet), 7)


def received(time: float, client: str = ONE) -> Frame:
    packet = Ether(dst=GATEWAY, src=ROUTER) / IP(src="192.0.2.1", dst=client) / TCP(sport=80, dport=40000, flags="SA")
    return Frame(Lan.FIRST, Direction.RECEIVED, time, bytes(packet), 7)


def trials_of_target() -> Trials:
    trials = Trials.__new__(Trials)
    object.__setattr__(trials, "target", TARGET)
    return trials


def candidates(wrong: Frame | None, frames: list[Frame], history: list[Frame]) -> list[list[Frame]]:
    suspicion = Suspicion(
        Violation("model", "", "a kind", "what", wrong), frames, history, Valid(), lambda _: False, Batch("volume")
    )
    prover = Prover(trials_of_target(), as_case.who(TARGET, ()))
    return [list(one) for one in prover._candidates(suspicion)]


def test_those_about_the_wrong_frame_s_client_come_first():
    history = [sent(1), sent(2, OTHER)]
    frames = [sent(3, OTHER), sent(4), received(5), sent(6)]
    own, with_history, late, everything = candidates(frames[2], frames, history)
    assert own == [frames[1], frames[2]]  # nothing that was sent behind it
    assert with_history == [history[0], frames[1], frames[2]]
    assert late == frames[:3]
    assert everything == [*history, *frames[:3]]


def test_without_a_wrong_frame_all_of_late_comes_first():
    history, frames = [sent(1)], [sent(2), sent(3, OTHER)]
    assert candidates(None, frames, history) == [frames, [*history, *frames]]
    assert candidates(None, frames, []) == [frames]


def arp(time: float, direction: Direction, operation: int) -> Frame:
    host, router = "192.0.2.254", "192.0.2.1"
    addresses = {"pdst": host, "psrc": router} if operation == 1 else {"pdst": router, "psrc": host}
    octets = bytes(Ether(dst=ROUTER, src=GATEWAY) / ARP(op=operation, **addresses))
    return Frame(Lan.FIRST, direction, time, octets, 7)


def test_arp_that_nobody_asked_for_is_part_of_the_attack() -> None:
    request, answer = arp(1, Direction.RECEIVED, 1), arp(2, Direction.SENT, 2)
    unasked, ours = arp(3, Direction.SENT, 2), arp(4, Direction.SENT, 1)
    frames = evidence([request, answer, unasked, ours, sent(5), received(6)], Valid())
    assert [one.time for one in of_the_attack(frames)] == [3, 4, 5, 6]


@pytest.mark.parametrize("oracle", ["liveness", "process", "log", "model", "bystander"])
def test_barriers_are_hurried_only_where_a_target_is_to_be_silent(oracle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow one that had not answered within the guess was taken for silent, and what it printed then was missed."""
    asked: list[bool] = []

    @contextmanager
    def stage(_self: Trials, *, hurries: bool) -> Iterator[None]:
        asked.append(hurries)
        raise LookupError
        yield

    monkeypatch.setattr(Trials, "_stage", stage)
    for hurries in (True, False):
        with pytest.raises(LookupError):
            trials_of_target().play(Recipe({}, (), (), (), "all"), oracle, hurries=hurries)
    assert asked == [oracle == "liveness", False]


class Falls:
    """A target that is tried again, and falls somewhere else once it was sent the frame of a time."""

    target, seed = TARGET, 1

    def __init__(self, deadly: Frame) -> None:
        self.deadly = deadly.octets

    def play(self, recipe: Recipe, _oracle: str, *, hurries: bool) -> Seen:
        del hurries
        falls = any(octets == self.deadly for *_, octets in recipe.steps)
        return Seen((Violation("process", "", "elsewhere", ""),) if falls else (), (), ())

    def step_that_shows(self, _recipe: Recipe, _violation: Violation) -> None:
        return None


def proved_at(target: Falls, oracle: str, known: Sequence[str] = ()) -> Proved:
    frames = [sent(time) for time in range(1, 6)]
    suspicion = Suspicion(Violation(oracle, "", "here", ""), frames, (), Valid(), lambda _: False, Batch("volume"))
    return Prover(cast("Trials", target), as_case.who(TARGET, ()), known.__contains__).prove(suspicion)


def test_a_target_that_falls_elsewhere_when_it_is_tried_again_shows_that_fall() -> None:
    found = proved_at(Falls(sent(3)), "process")
    assert found.violation.kind == "elsewhere"
    assert found.smaller is not None
    assert (found.smaller.failed, found.smaller.steps) == (3, (2,))


def test_a_fall_that_is_known_takes_no_other_s_place() -> None:
    assert proved_at(Falls(sent(3)), "process", ["process/elsewhere"]).seen is None
    assert proved_at(Falls(sent(3)), "model").seen is None
    assert proved_at(Falls(sent(9)), "process").seen is None


def shown(frame: Frame, part: Part) -> Evidence:
    return Evidence(
        time=frame.time,
        lan=frame.lan,
        direction=frame.direction,
        octets=frame.octets.hex(),
        meaning="a frame",
        part=part,
    )


def probe(client: str, *, answered: bool) -> list[Evidence]:
    syn = Ether(dst=ROUTER, src=GATEWAY) / IP(src=client, dst="192.0.2.1") / TCP(sport=41000, dport=9, flags="S")
    reset = Ether(dst=GATEWAY, src=ROUTER) / IP(src="192.0.2.1", dst=client) / TCP(sport=9, dport=41000, flags="RA")
    asked = Frame(Lan.FIRST, Direction.SENT, 0.5, bytes(syn), 7)
    answer = Frame(Lan.FIRST, Direction.RECEIVED, 0.6, bytes(reset), 7)
    return [shown(asked, Part.PROBE), *([shown(answer, Part.PROBE)] if answered else [])]


def written(oracle: str, everything: list[Evidence]) -> tuple[str, str]:
    violation = Violation(oracle, "", "a kind", "what")
    case = as_case.case(violation, [shown(sent(1), Part.CASE)], "finding")
    return script(case, as_case.results([case], as_case.who(TARGET, ()), TARGET, 1), oracle, everything)


def probes_of(text: str) -> dict[str, list[list[object]]]:
    namespace: dict[str, object] = {"__name__": "a script"}
    exec(compile(text, "script", "exec"), namespace)  # noqa: S102 - it is what a user runs
    setup = namespace["SETUP"]
    assert isinstance(setup, dict)
    found: dict[str, list[list[object]]] = setup["probes"]
    return found


@pytest.mark.parametrize("oracle", ["process", "liveness"])
def test_script_of_a_death_asks_by_an_answered_barrier(oracle):
    text, why_not = written(oracle, [*probe(OTHER, answered=False), *probe("198.51.100.9", answered=True)])
    found = probes_of(text)
    assert why_not == ""
    assert found["before"] == found["after"]
    ((lan, octets, key),) = found["before"]
    assert (lan, str(octets)[52:60], key) == (0, "c6336409", "c63364090009a028")


def test_script_of_what_nothing_shows_outside_says_so():
    for oracle, words in (("log", "what it printed"), ("resources", "how much memory")):
        text, why_not = written(oracle, [])
        assert words in why_not
        assert "COMPARE = 'sent'" in text

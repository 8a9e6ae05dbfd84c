"""From a case's end to its verdict, and from all verdicts to the exit status."""

import time
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest
from ipos_conformance.bench.health import health, troubles
from ipos_conformance.case import Case
from ipos_conformance.errors import BenchError
from ipos_conformance.findings.results import Results, TargetIdentity
from ipos_conformance.frames import Lan
from ipos_conformance.inbox import Inbox, inbox
from ipos_conformance.pause import pause
from ipos_conformance.runs.engine import Engine
from ipos_conformance.runs.events import CaseFinished, CaseStarted
from ipos_conformance.runs.recording import case_result
from ipos_conformance.verdicts import ExitCode, Inconclusive, NotApplicable, Skipped, TargetLost, Verdict, Violation
from ipos_spec.requirements import requirement

IDENTITY = TargetIdentity(name="fake", firmware="", router="", command=())


@dataclass
class NoPort:
    """A LAN on which nothing happens, but for what a test has happen: drops at each look, link losses."""

    dropping: int = 0
    dropped: int = 0
    losses: int = 0

    def drops(self) -> int:
        self.dropped += self.dropping
        return self.dropped

    def link_losses(self) -> int:
        return self.losses


class NoTraffic:
    def __init__(self, port: NoPort) -> None:
        self.ports = {Lan.FIRST: port}

    def collect_for(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass
class NoDut:
    """Stands for a device under test of which cases ask nothing."""

    port: NoPort = field(default_factory=NoPort)
    end: str | None = None
    turns: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.traffic = NoTraffic(self.port)
        self.judge = SimpleNamespace(is_hopeless=False)
        self.clients = SimpleNamespace(is_about_probe=lambda _: False)

    def start_case(self, name: str) -> Inbox:
        self.turns.append(name)
        return inbox(0, name)

    def turn_to(self, case: Inbox) -> None: ...

    def end_case(self) -> None: ...

    def target_end(self) -> str | None:
        return self.end


def case_that(ends_with: Exception | None, slug: str = "ENC-7") -> Case:
    def function(_):
        if ends_with is not None:
            raise ends_with

    return Case("some/case", requirement(slug), "It shows something.", function)


def run(*cases: Case, dut: NoDut | None = None, unready: str = "", heard: list | None = None) -> Results:
    engine = Engine(dut or NoDut(), "usual", (heard if heard is not None else []).append, 0.0)
    found = engine.run(cases, unready)
    return Results(target=IDENTITY, started="", seconds=0.0, seed=1, cases=tuple(found), lost=engine.lost)


VIOLATION = Violation(("silence",), ("noise",))


@pytest.mark.parametrize(
    ("end", "slug", "verdict", "code"),
    [
        (None, "ENC-7", Verdict.PASS, ExitCode.CONFORMANT),
        (VIOLATION, "ENC-7", Verdict.FAIL, ExitCode.NOT_CONFORMANT),
        (VIOLATION, "ORG-8", Verdict.FAIL, ExitCode.NOT_CONFORMANT),
        (VIOLATION, "TGT-8", Verdict.WARN, ExitCode.CONFORMANT),
        (VIOLATION, "TGT-9", Verdict.WARN, ExitCode.CONFORMANT),
        (Inconclusive("dark"), "ENC-7", Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        (NotApplicable("one LAN"), "ENC-7", Verdict.NOT_APPLICABLE, ExitCode.INCONCLUSIVE),
        (TargetLost("gone"), "ENC-7", Verdict.INCONCLUSIVE, ExitCode.TARGET_LOST),
        (ZeroDivisionError("our own"), "ENC-7", Verdict.ERROR, ExitCode.INCONCLUSIVE),
        (BenchError("no such interface"), "ENC-7", Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        (Skipped("too long"), "ENC-7", Verdict.SKIP, ExitCode.INCONCLUSIVE),
    ],
)
def test_end_of_a_case_becomes_its_verdict(monkeypatch, end, slug, verdict, code):
    monkeypatch.setattr("ipos_conformance.runs.engine._LAST_BREATH", 0)
    found = run(case_that(end, slug))
    assert (found.cases[0].verdict, found.exit_code) == (verdict, code)


def test_violation_says_sentence_expectation_and_finding():
    (case,) = run(case_that(VIOLATION)).cases
    assert (case.expected, case.actual) == (("silence",), ("noise",))
    assert "wrong checksum" in case.sentence


@pytest.mark.parametrize("end", [None, VIOLATION])
def test_lost_frames_make_a_judgement_inconclusive(end):
    found = run(case_that(end), dut=NoDut(NoPort(dropping=3)))
    assert found.cases[0].verdict is Verdict.INCONCLUSIVE
    assert "dropped 3" in found.cases[0].reason


def test_lost_link_makes_a_judgement_inconclusive():
    dut = NoDut()

    def function(_):
        dut.port.losses += 1

    (case,) = run(replace(case_that(None), function=function), dut=dut).cases
    assert (case.verdict, case.reason) == (Verdict.INCONCLUSIVE, "the first LAN lost its link")


def test_set_clock_makes_a_judgement_inconclusive():
    before = health({})
    assert troubles(before, health({}, lambda: time.time() + 0.5)) == ("this machine's clock was set by +0.500 s",)


def test_what_could_not_be_judged_is_run_again_and_says_so():
    dut, ends = NoDut(), iter([Inconclusive("dark"), None])

    def function(_):
        if (end := next(ends)) is not None:
            raise end

    (case,) = run(replace(case_that(None), function=function), dut=dut).cases
    assert (case.verdict, case.attempts, case.health) == (Verdict.PASS, 2, ("dark",))
    assert dut.turns == ["some/case", "some/case#2"]


def test_nothing_is_run_more_than_three_times():
    (case,) = run(case_that(Inconclusive("dark"))).cases
    assert (case.verdict, case.attempts) == (Verdict.INCONCLUSIVE, 3)


def test_other_cases_run_while_one_is_parked():
    order = []

    def waiting(_):
        order.append("begins")
        yield pause(0.05)
        order.append("goes on")

    first = replace(case_that(None), id="a/waits", function=waiting)
    others = [replace(case_that(None), id=f"b/{n}", function=lambda _: order.append("another")) for n in range(3)]
    found = run(*others, first)
    assert order == ["begins", "another", "another", "another", "goes on"]
    assert {case.verdict for case in found.cases} == {Verdict.PASS}


def test_case_that_goes_on_too_late_is_not_judged():
    def waiting(_):
        yield pause(0.0, -1.0)

    (case,) = run(replace(case_that(None), function=waiting)).cases
    assert case.verdict is Verdict.INCONCLUSIVE
    assert "too late" in case.reason


def test_nothing_is_parked_beside_a_case_that_wants_to_be_alone():
    order = []

    def waiting(_):
        yield pause(0.05)
        order.append("goes on")

    alone = replace(case_that(None), id="b/alone", function=lambda _: order.append("alone"), exclusive=True)
    run(alone, replace(case_that(None), id="a/waits", function=waiting))
    assert order == ["goes on", "alone"]


def test_after_the_loss_of_the_target_nothing_is_judged():
    found = run(case_that(TargetLost("gone")), case_that(None))
    assert [case.verdict for case in found.cases] == [Verdict.INCONCLUSIVE, Verdict.SKIP]


def test_bench_error_of_a_dead_target_is_its_loss():
    found = run(case_that(None), dut=NoDut(end="ended"))
    assert (found.lost, found.cases[0].verdict) == ("ended", Verdict.SKIP)


def test_target_that_is_not_ready_is_not_judged():
    found = run(case_that(None), unready="no answer")
    assert (found.cases[0].verdict, found.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)


def test_nothing_judged_is_not_conformant():
    assert run().exit_code is ExitCode.INCONCLUSIVE


def test_a_fail_outweighs_what_could_not_be_judged():
    assert run(case_that(VIOLATION), case_that(Inconclusive("dark"))).exit_code is ExitCode.NOT_CONFORMANT


def test_listeners_hear_everything_in_order():
    heard = []
    run(case_that(None), heard=heard)
    assert [type(event) for event in heard] == [CaseStarted, CaseFinished]


def test_result_survives_json():
    found = run(case_that(VIOLATION), case_that(None))
    assert Results.model_validate_json(found.model_dump_json()) == found


def test_sentence_and_level_come_from_the_registry():
    case = case_that(None, "TGT-9")
    result = case_result(replace(case), Verdict.PASS)
    assert (result.level, result.sentence) == ("SHOULD NOT", case.requirement.sentence)


def test_broken_should_inside_a_must_is_a_warning():
    (result,) = run(replace(case_that(VIOLATION, "MTU-1"), should=True)).cases
    assert (result.verdict, result.level) == (Verdict.WARN, "SHOULD")


@pytest.mark.parametrize("end", [None, VIOLATION])
def test_clock_that_is_set_during_a_case_makes_its_judgement_inconclusive(monkeypatch, end):
    """Times of received frames are the wall clock's: who sets it, moves them."""
    steps = iter(range(100))
    monkeypatch.setattr(
        "ipos_conformance.runs.engine.health",
        lambda ports: health(ports, clock=lambda: time.time() + 2 * next(steps)),
    )
    found = run(case_that(end))
    assert (found.cases[0].verdict, found.exit_code) == (Verdict.INCONCLUSIVE, ExitCode.INCONCLUSIVE)
    assert "this machine's clock was set by +2.000 s" in found.cases[0].reason


def test_interface_that_is_gone_is_waited_for_once(monkeypatch):
    """Whether the target went with it shows within a second; after that it is the bench, and a run comes to its end."""
    monkeypatch.setattr("ipos_conformance.runs.engine._LAST_BREATH", 0.2)
    began = time.monotonic()
    found = run(*[case_that(BenchError("no such interface"))] * 10)
    assert set(found.counts) == {Verdict.INCONCLUSIVE}
    assert time.monotonic() - began < 1.0

"""From a case's end to its verdict, and from all verdicts to the exit status."""

from dataclasses import dataclass, field, replace

import pytest
from ipos_conformance.case import Case
from ipos_conformance.engine import Engine
from ipos_conformance.errors import BenchError
from ipos_conformance.events import CaseFinished, CaseStarted, RunFinished, RunStarted
from ipos_conformance.results import Results, TargetIdentity, case_result
from ipos_conformance.verdicts import ExitCode, Inconclusive, NotApplicable, TargetLost, Verdict, Violation
from ipos_spec.requirements import requirement

IDENTITY = TargetIdentity(name="fake", firmware="", router="", command=())


@dataclass
class NoTraffic:
    dropped: int = 0
    evidence: list = field(default_factory=list)

    def drops(self) -> int:
        return self.dropped


@dataclass
class NoDut:
    """Stands for a device under test of which cases ask nothing."""

    traffic: NoTraffic = field(default_factory=NoTraffic)
    end: str | None = None

    def start_case(self) -> None: ...

    def end_case(self) -> None: ...

    def target_end(self) -> str | None:
        return self.end


def case_that(ends_with: Exception | None, slug: str = "ENC-7") -> Case:
    def function(_):
        if ends_with is not None:
            raise ends_with

    return Case("some/case", requirement(slug), "It shows something.", function)


def run(*cases: Case, dut: NoDut | None = None, unready: str = "") -> Results:
    return Engine(dut or NoDut(), IDENTITY, 1, []).run(cases, unready)


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
        (BenchError("no such interface"), "ENC-7", Verdict.ERROR, ExitCode.INCONCLUSIVE),
    ],
)
def test_end_of_a_case_becomes_its_verdict(monkeypatch, end, slug, verdict, code):
    monkeypatch.setattr("ipos_conformance.engine._LAST_BREATH", 0)
    found = run(case_that(end, slug))
    assert (found.cases[0].verdict, found.exit_code) == (verdict, code)


def test_violation_says_sentence_expectation_and_finding():
    (case,) = run(case_that(VIOLATION)).cases
    assert (case.expected, case.actual) == (("silence",), ("noise",))
    assert "wrong checksum" in case.sentence


@pytest.mark.parametrize("end", [None, VIOLATION])
def test_lost_frames_make_a_judgement_inconclusive(end):
    found = run(case_that(end), dut=NoDut(NoTraffic(dropped=3)))
    assert found.cases[0].verdict is Verdict.INCONCLUSIVE
    assert "dropped 3" in found.cases[0].reason


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
    Engine(NoDut(), IDENTITY, 1, [heard.append]).run([case_that(None)])
    assert [type(event) for event in heard] == [RunStarted, CaseStarted, CaseFinished, RunFinished]


def test_result_survives_json():
    found = run(case_that(VIOLATION), case_that(None))
    assert Results.model_validate_json(found.model_dump_json()) == found


def test_sentence_and_level_come_from_the_registry():
    case = case_that(None, "TGT-9")
    result = case_result(replace(case), Verdict.PASS)
    assert (result.level, result.sentence) == ("SHOULD NOT", case.requirement.sentence)

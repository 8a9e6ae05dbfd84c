"""Two runs, as of two firmwares: what became worse, better, fails otherwise, can't be compared."""

import pytest
from ipos_conformance.findings.results import CaseResult
from ipos_conformance.findings.verdict_changes import Kind, progress
from ipos_conformance.verdicts import Verdict
from test_baseline import NOISE, OTHER_NOISE, SAME_NOISE, case, run

PASS, FAIL, WARN = case(Verdict.PASS), case(Verdict.FAIL, NOISE), case(Verdict.WARN, NOISE)


def kinds(before: CaseResult | None, after: CaseResult | None) -> list[Kind]:
    found = progress(run(*filter(None, [before])), run(*filter(None, [after])))
    return [change.kind for change in found.changes]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (PASS, PASS, None),
        (FAIL, case(Verdict.FAIL, SAME_NOISE), None),
        (FAIL, case(Verdict.XFAIL, SAME_NOISE), None),
        (PASS, FAIL, Kind.WORSE),
        (PASS, WARN, Kind.WORSE),
        (WARN, FAIL, Kind.WORSE),
        (PASS, case(Verdict.INCONCLUSIVE), Kind.WORSE),
        (PASS, case(Verdict.SKIP), Kind.WORSE),
        (FAIL, PASS, Kind.BETTER),
        (FAIL, WARN, Kind.BETTER),
        (FAIL, case(Verdict.FAIL, OTHER_NOISE), Kind.OTHER_FAILURE),
        (None, PASS, Kind.NEW),
        (PASS, None, Kind.GONE),
        (PASS, case(Verdict.NOT_APPLICABLE), Kind.NOT_COMPARABLE),
        (case(Verdict.INCONCLUSIVE), PASS, Kind.NOT_COMPARABLE),
        (case(Verdict.INCONCLUSIVE), case(Verdict.INCONCLUSIVE), None),
        (PASS, PASS.model_copy(update={"sentence": "Now more is asked for."}), Kind.NOT_COMPARABLE),
    ],
)
def test_case_is_told_as_what_became_of_it(before, after, kind):
    assert kinds(before, after) == ([] if kind is None else [kind])


def test_the_most_urgent_comes_first_and_the_rest_is_counted():
    old = run(case(Verdict.FAIL, name="a/b"), case(Verdict.PASS, name="c/d"), PASS)
    new = run(case(Verdict.PASS, name="a/b"), case(Verdict.FAIL, name="c/d"), PASS)
    found = progress(old, new)
    assert ([change.case for change in found.changes], found.same) == (["c/d", "a/b"], 1)
    assert found.is_worse
    assert not progress(new, new).is_worse


def test_what_makes_runs_less_comparable_is_said():
    other = run(PASS).model_copy(update={"seed": 2, "lost": "it ended"})
    seed, lost = progress(run(PASS), other).remarks
    assert "the seed was 1, and is 2" in seed
    assert "a target was lost" in lost

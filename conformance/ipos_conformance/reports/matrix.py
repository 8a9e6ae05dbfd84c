"""The requirement matrix: which cases judge a requirement, and what became of them; also where there is no case."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from ipos_conformance.findings.results import CaseResult, Results, Statement
from ipos_conformance.verdicts import Verdict

_WORST_FIRST = (
    Verdict.FAIL,
    Verdict.XPASS,
    Verdict.ERROR,
    Verdict.INCONCLUSIVE,
    Verdict.WARN,
    Verdict.XFAIL,
    Verdict.PASS,
    Verdict.SKIP,
    Verdict.NOT_APPLICABLE,
)


@dataclass(frozen=True)
class Row:
    """One requirement. worst: the verdict that counts for it; None without cases, and `why` says why there are none."""

    statement: Statement
    cases: tuple[CaseResult, ...]
    counts: dict[Verdict, int]
    worst: Verdict | None
    why: str


@dataclass(frozen=True)
class Counts:
    """Cases per verdict and level: never one number."""

    levels: tuple[str, ...]
    rows: tuple[tuple[Verdict, tuple[int, ...], int], ...]


def matrix(results: Results) -> tuple[Row, ...]:
    """A row for each requirement of the registry, in its order."""
    cases: dict[str, list[CaseResult]] = defaultdict(list)
    for case in results.cases:
        cases[case.requirement].append(case)
    return tuple(_row(statement, tuple(cases[statement.id])) for statement in results.requirements)


def counts(results: Results) -> Counts:
    """Of all cases."""
    levels = tuple(dict.fromkeys(sorted(case.level for case in results.cases)))
    counter = Counter((case.verdict, case.level) for case in results.cases)
    return Counts(
        levels,
        tuple(
            (verdict, tuple(counter[verdict, level] for level in levels), number)
            for verdict, number in results.counts.items()
        ),
    )


def _row(statement: Statement, cases: tuple[CaseResult, ...]) -> Row:
    found = Counter(case.verdict for case in cases)
    worst = next((verdict for verdict in _WORST_FIRST if verdict in found), None)
    ordered = {verdict: found[verdict] for verdict in _WORST_FIRST if verdict in found}
    return Row(statement, cases, ordered, worst, "" if cases else _why(statement))


def _why(statement: Statement) -> str:
    """Why a requirement has no case in this run."""
    if statement.disposition == "tested":
        return "None of its cases was selected."
    return f"{statement.disposition[:1].upper()}{statement.disposition[1:]}. {statement.reason}"

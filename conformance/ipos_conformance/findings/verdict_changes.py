"""What changed between two runs, as between two firmwares: worse, better, failing otherwise, not to be compared."""

from collections.abc import Iterator
from enum import StrEnum

from ipos_conformance.findings.record import Record
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.findings.signature import differing, signature
from ipos_conformance.verdicts import Verdict

_RANKS = {Verdict.PASS: 0, Verdict.XPASS: 0, Verdict.WARN: 1, Verdict.XFAIL: 2, Verdict.FAIL: 2}
_OPEN = (Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.SKIP)


class Kind(StrEnum):
    """What became of a case, the most urgent first."""

    WORSE = "worse"
    OTHER_FAILURE = "other failure"
    NOT_COMPARABLE = "not comparable"
    NEW = "new"
    GONE = "gone"
    BETTER = "better"


class Change(Record):
    """One case that is not as it was."""

    kind: Kind
    """What became of it."""
    case: str
    """Its id."""
    requirement: str
    """That it judges."""
    before: str
    """Its verdict in the old run; empty if it was not in it."""
    after: str
    """Its verdict in the new run; empty if it is not in it."""
    note: str = ""
    """In words, why."""


class Progress(Record):
    """From one run to another."""

    old: str
    """Target, firmware and time of the old run."""
    new: str
    """The same of the new one."""
    remarks: tuple[str, ...]
    """In what the runs differ as a whole, so that a reader can weigh the changes."""
    same: int
    """How many cases are as they were."""
    changes: tuple[Change, ...]
    """All others, the most urgent kind first."""

    @property
    def is_worse(self) -> bool:
        """Whether something became worse."""
        return any(change.kind is Kind.WORSE for change in self.changes)


def progress(old: Results, new: Results) -> Progress:
    """What changed from one run to the next."""
    before = {case.id: case for case in old.cases}
    after = {case.id: case for case in new.cases}
    found = []
    revised = _revised_requirements(old, new)
    for name in dict.fromkeys((*before, *after)):
        change = _change(before.get(name), after.get(name), revised)
        if change is not None:
            found.append(change)
    order = list(Kind)
    changes = sorted(found, key=lambda change: order.index(change.kind))
    same = len(before.keys() | after.keys()) - len(changes)
    return Progress(
        old=_name(old), new=_name(new), remarks=tuple(_remarks(old, new)), same=same, changes=tuple(changes)
    )


def _change(before: CaseResult | None, after: CaseResult | None, revised: frozenset[str]) -> Change | None:
    known = after or before
    if known is None:
        return None
    kind, note = _kind(before, after, revised)
    if kind is None:
        return None
    return Change(
        kind=kind,
        case=known.id,
        requirement=known.requirement,
        before="" if before is None else before.verdict,
        after="" if after is None else after.verdict,
        note=note,
    )


def _kind(before: CaseResult | None, after: CaseResult | None, revised: frozenset[str]) -> tuple[Kind | None, str]:
    if before is None or after is None:
        return (Kind.NEW if before is None else Kind.GONE), ""
    if after.requirement in revised or (before.sentence, before.shows) != (after.sentence, after.shows):
        return Kind.NOT_COMPARABLE, "the requirement or the case was revised"
    if before.verdict in _RANKS and after.verdict in _RANKS:
        return _of_judged(before, after)
    if before.verdict is after.verdict:
        return None, ""
    if before.verdict in (Verdict.PASS, Verdict.WARN) and after.verdict in _OPEN:
        return Kind.WORSE, f"could not be judged any more: {after.reason}"
    return Kind.NOT_COMPARABLE, before.reason if before.verdict not in _RANKS else after.reason


def _of_judged(before: CaseResult, after: CaseResult) -> tuple[Kind | None, str]:
    step = _RANKS[after.verdict] - _RANKS[before.verdict]
    if step:
        return (Kind.WORSE, "; ".join(after.actual[:1])) if step > 0 else (Kind.BETTER, "")
    then, now = signature(before), signature(after)
    if _RANKS[after.verdict] and set(then) != set(now):
        return Kind.OTHER_FAILURE, differing(then, now)
    return None, ""


def _remarks(old: Results, new: Results) -> Iterator[str]:
    if old.target.name != new.target.name:
        yield f"the target was {old.target.name}, and is {new.target.name}"
    if old.seed != new.seed:
        yield f"the seed was {old.seed}, and is {new.seed}: other octets were sent"
    if old.suite != new.suite:
        yield "another suite or another registry judged: its cases may ask for more"
    if old.lost or new.lost:
        yield f"a target was lost, so the rest was not tested: {new.lost or old.lost}"


def _revised_requirements(old: Results, new: Results) -> frozenset[str]:
    then = {entry.id: entry.revision for entry in old.requirements}
    return frozenset(entry.id for entry in new.requirements if then.get(entry.id, entry.revision) != entry.revision)


def _name(results: Results) -> str:
    firmware = f" {results.target.firmware}" if results.target.firmware else ""
    return f"{results.target.name}{firmware}, {results.started}"

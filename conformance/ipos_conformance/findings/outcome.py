"""What all verdicts of a run come to: one sentence, the formula behind it, an exit status."""

from collections import Counter
from collections.abc import Iterable, Mapping

from ipos_conformance.findings.record import Record
from ipos_conformance.verdicts import ExitCode, Verdict

_MEANINGS = {
    ExitCode.CONFORMANT: "conformant in everything that was tested",
    ExitCode.NOT_CONFORMANT: "not conformant",
    ExitCode.INCONCLUSIVE: "inconclusive: not everything could be judged",
    ExitCode.TARGET_LOST: "lost during the run",
}


class Outcome(Record):
    """The run in one sentence. It follows from the cases alone; a file in which it does not is refused."""

    exit_status: ExitCode
    """Of `ipos-conformance run`: 0 conformant, 1 not, 3 inconclusive, 4 target lost."""
    sentence: str
    """For people."""
    formula: str
    """By which numbers, compared in which order, the sentence came about."""
    counts: Mapping[Verdict, int]
    """Cases per verdict; a verdict that no case has is left out."""


def outcome(name: str, verdicts: Iterable[Verdict], lost: str) -> Outcome:
    """What the cases of a run come to.

    name   of the target
    lost   how it ended, if it did
    """
    counter = Counter(verdicts)
    code, formula = _judged(counter, lost=bool(lost))
    but = _but_for(counter) if code is ExitCode.CONFORMANT else ""
    return Outcome(
        exit_status=code,
        sentence=f"{name} is {_MEANINGS[code]}{but}{f' ({lost})' if lost else ''}; exit status {code.value}.",
        formula=formula,
        counts={verdict: counter[verdict] for verdict in Verdict if counter[verdict]},
    )


def _judged(counts: Mapping[Verdict, int], *, lost: bool) -> tuple[ExitCode, str]:
    """A lost target comes first, for the rest was not tested; then what is wrong; then what could not be judged.

    Conformant is only what was judged completely.
    """
    if lost:
        return ExitCode.TARGET_LOST, "The target was lost, so the rest is not tested."
    wrong, sum_of_wrong = _sum(counts, Verdict.FAIL, Verdict.XPASS)
    if wrong:
        return ExitCode.NOT_CONFORMANT, f"{sum_of_wrong} > 0, so not conformant."
    open_, sum_of_open = _sum(counts, Verdict.INCONCLUSIVE, Verdict.ERROR)
    if open_:
        return ExitCode.INCONCLUSIVE, f"{sum_of_wrong}, and {sum_of_open} > 0, so inconclusive."
    right, sum_of_right = _sum(counts, Verdict.PASS, Verdict.WARN)
    if not right:
        return ExitCode.INCONCLUSIVE, f"{sum_of_right}: nothing was judged, so inconclusive."
    return ExitCode.CONFORMANT, f"{sum_of_wrong}, {sum_of_open}, and {sum_of_right} > 0, so conformant."


def _but_for(counts: Mapping[Verdict, int]) -> str:
    """Expected failures are told with the verdict: they are no passes."""
    number = counts.get(Verdict.XFAIL, 0)
    return f" but for {number} expected failure{'s' * (number > 1)}" if number else ""


def _sum(counts: Mapping[Verdict, int], *verdicts: Verdict) -> tuple[int, str]:
    total = sum(counts.get(verdict, 0) for verdict in verdicts)
    numbers = " + ".join(str(counts.get(verdict, 0)) for verdict in verdicts)
    return total, f"{' + '.join(verdicts)} = {numbers} = {total}"

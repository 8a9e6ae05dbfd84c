"""What a campaign comes to: one sentence, and an exit status."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ipos_conformance.verdicts import ExitCode

from ipos_fuzz.campaign.record import Record
from ipos_fuzz.findings.finding import Finding

LOST = "the target is lost"
"""How the reason begins for which a campaign ended without its target."""


@dataclass(frozen=True)
class Outcome:
    """sentence: for people; exit_status: what the process of a campaign ends with."""

    sentence: str
    exit_status: ExitCode


def distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once: a campaign may know one by the signature of its first sight, and by that of its proof."""
    return tuple({finding.slug: finding for finding in findings}.values())


def outcome(record: Record, findings: Sequence[Finding]) -> Outcome:
    """Of a campaign as it stands now."""
    status = _status(record, findings)
    end = f"; exit status {status.value}." if record.ended else ", so far."
    return Outcome(_sentence(record, len(distinct(findings)), status) + end, status)


def _status(record: Record, findings: Sequence[Finding]) -> ExitCode:
    if findings:
        return ExitCode.NOT_CONFORMANT
    if record.ended.startswith(LOST):
        return ExitCode.TARGET_LOST
    return ExitCode.INCONCLUSIVE if record.doubts or not record.all_cases else ExitCode.CONFORMANT


def _sentence(record: Record, findings: int, status: ExitCode) -> str:
    match status:
        case ExitCode.NOT_CONFORMANT:
            lost = ", which is lost now" if record.ended.startswith(LOST) else ""
            return f"{counted(findings, 'finding')} in {record.target}{lost}"
        case ExitCode.TARGET_LOST:
            return f"{record.target} is lost, and nothing was found before"
        case ExitCode.INCONCLUSIVE if record.doubts:
            return f"Nothing is proved of {record.target}, with {counted(len(record.doubts), 'doubt')}"
        case ExitCode.INCONCLUSIVE:
            return f"Nothing was tried at {record.target}"
    return f"Nothing found in {record.target} by {counted(record.all_cases, 'case')}"


def counted(number: int, name: str, plural: str = "") -> str:
    """A number of things: `1 case`, `2,000 cases`."""
    return f"{number:,} {name if number == 1 else plural or f'{name}s'}"

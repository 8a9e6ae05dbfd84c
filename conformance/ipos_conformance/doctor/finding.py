"""What the doctor finds: a state, a sentence, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ipos_conformance.doctor.settings import Change
from ipos_conformance.verdicts import ExitCode


class State(StrEnum):
    """How it stands with one thing."""

    WELL = "well"
    NOTE = "note"
    """It will do, but one should know."""
    FAULT = "fault"
    """A run would judge the bench or the target file, not the target."""
    UNKNOWN = "unknown"
    """It can't be judged, because of something else that is wrong, or because it takes what is not there."""


@dataclass(frozen=True)
class Finding:
    """One thing.

    subject  whose: `machine`, `first LAN`, `second LAN`, `target`
    says     a sentence: what was found, and what was expected
    do       a sentence that begins with what to do; empty if there is nothing
    repair   what does it, if the suite can
    """

    subject: str
    state: State
    says: str
    do: str = ""
    repair: Change | None = None


def well(subject: str, says: str) -> Finding:
    """All is as it should be."""
    return Finding(subject, State.WELL, says)


def note(subject: str, says: str, do: str = "", repair: Change | None = None) -> Finding:
    """Something to know."""
    return Finding(subject, State.NOTE, says, do, repair)


def fault(subject: str, says: str, do: str, repair: Change | None = None) -> Finding:
    """Something to mend."""
    return Finding(subject, State.FAULT, says, do, repair)


def unknown(subject: str, says: str, do: str = "") -> Finding:
    """Something that can't be judged."""
    return Finding(subject, State.UNKNOWN, says, do)


def exit_code(findings: Sequence[Finding]) -> ExitCode:
    """All findings in one number: 1 if something is to be mended, else 3 if something could not be judged, else 0."""
    states = {finding.state for finding in findings}
    if State.FAULT in states:
        return ExitCode.NOT_CONFORMANT
    return ExitCode.INCONCLUSIVE if State.UNKNOWN in states else ExitCode.CONFORMANT

"""What a case can end with, and what a whole run can end with."""

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from ipos_conformance.errors import CaseEnd

if TYPE_CHECKING:
    from ipos_conformance.findings.evidence import Comparison


class Verdict(StrEnum):
    """Result of one case."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    """A MUST or MUST NOT is broken."""
    WARN = "WARN"
    """A SHOULD or SHOULD NOT is broken."""
    INCONCLUSIVE = "INCONCLUSIVE"
    """The suite could not see enough to judge: barrier unanswered, frames lost by our kernel."""
    NOT_APPLICABLE = "NOT APPLICABLE"
    """The target file declares, or an observation proves, that the requirement does not arise here."""
    SKIP = "SKIP"
    ERROR = "ERROR"
    """The suite itself is at fault."""
    XFAIL = "XFAIL"
    XPASS = "XPASS"


class ExitCode(IntEnum):
    """Exit status of `ipos-conformance run`."""

    CONFORMANT = 0
    NOT_CONFORMANT = 1
    USAGE = 2
    INCONCLUSIVE = 3
    TARGET_LOST = 4
    NOTHING_SELECTED = 5


class Violation(CaseEnd):
    """The target did something else than the requirement's acceptable outcomes.

    expected   the acceptable outcomes, one text each
    actual     what came instead, decoded; one text per frame, or one that says that nothing came
    compared   where one exact frame was expected: field for field against the one that came nearest to it
    """

    def __init__(
        self, expected: tuple[str, ...], actual: tuple[str, ...], compared: "Comparison | None" = None
    ) -> None:
        super().__init__(f"expected {' or '.join(expected)}; got {'; '.join(actual)}")
        self.expected = expected
        self.actual = actual
        self.compared = compared


class Inconclusive(CaseEnd):
    """The suite can't judge; the text says why."""


class NotApplicable(CaseEnd):
    """The requirement does not arise; the text is the proof."""


class Skipped(CaseEnd):
    """It was not tested, though it could be; the text says why."""


class TargetLost(CaseEnd):
    """The target's process has ended; the text says how."""

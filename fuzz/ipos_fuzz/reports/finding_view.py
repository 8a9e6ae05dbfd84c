"""A finding as terminal and page show it: what was sent, what came, in which order, and how to see it again."""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ipos_conformance.findings.results import Results
from ipos_conformance.reports.case_view import CaseView, case_view

from ipos_fuzz.findings import as_case
from ipos_fuzz.findings.finding import FILE, Finding
from ipos_fuzz.findings.script import NAME as SCRIPT
from ipos_fuzz.findings.store import CAPTURE, FINDINGS, FIRST
from ipos_fuzz.violation import Violation

DEFAULT_FOLDER = Path("ipos-fuzz-results")
"""Of a campaign, where nothing else is said."""


@dataclass(frozen=True)
class FindingView:
    """One of them. files: (name, what it is) of those in its folder; again: (what for, command line)."""

    finding: Finding
    case: CaseView
    files: tuple[tuple[str, str], ...]
    again: tuple[tuple[str, str], ...]

    @property
    def anchor(self) -> str:
        """Its id in the page."""
        return f"finding-{self.finding.slug}"


def finding_view(finding: Finding, folder: Path) -> FindingView:
    """The view of a finding of the campaign in this folder."""
    violation = Violation(finding.oracle, finding.requirement, finding.kind, finding.what)
    case = as_case.case(violation, finding.frames, finding.slug)
    if finding.wrong:
        case = case.model_copy(update={"actual": (finding.wrong,)})
    run = Results(
        target=finding.target,
        started=finding.found,
        seconds=0.0,
        seed=finding.seed,
        settings=finding.settings,
        cases=(case,),
    )
    return FindingView(finding, case_view(case, run), tuple(_files(finding)), tuple(commands(finding, folder)))


def _files(finding: Finding) -> Iterator[tuple[str, str]]:
    yield SCRIPT, "shows it again with Python's standard library alone"
    yield CAPTURE, "these frames, for Wireshark"
    if finding.first:
        yield FIRST, f"the {len(finding.first)} frames among which it was seen for the first time"
    yield FILE, "all of it, for programs"


def commands(finding: Finding, folder: Path) -> Iterator[tuple[str, str]]:
    """What to do with a finding: label, and a line for the shell."""
    option = option_of(folder)
    by_key = {setting.key: setting.value for setting in finding.settings}
    first, second = (by_key.get(f"{lan}_lan.interface", f"{lan.upper()}_LAN") for lan in ("first", "second"))
    yield "frames and fields", f"ipos-fuzz show {finding.slug}{option}"
    yield "again", f"ipos-fuzz replay {finding.slug}{option}"
    script = folder / FINDINGS / finding.slug / SCRIPT
    yield "by itself", f"sudo python3 {shlex.quote(os.fspath(script))} {first} {second}"


def option_of(folder: Path) -> str:
    """What names a campaign's folder on the command line."""
    return "" if folder == DEFAULT_FOLDER else f" --results {shlex.quote(os.fspath(folder))}"

"""The suite's cases as pytest items. They are run together, as the suite does it, when the first one is due."""

import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipos_conformance.case import Case, all_cases
from ipos_conformance.cli.arguments import words
from ipos_conformance.errors import SuiteError
from ipos_conformance.findings.results import CaseResult, Results, read
from ipos_conformance.reports.junit import explanation
from ipos_conformance.runs.baseline import read_baseline
from ipos_conformance.selection import select
from ipos_conformance.target import read_target
from ipos_conformance.verdicts import Verdict

_RUN = pytest.StashKey[Results | str]()
"""What the run found, or why there was none."""
_OPTIONS = {"--ipos-launch": "--launch", "--ipos-seed": "--seed", "--ipos-baseline": "--baseline"}
_OPEN = (Verdict.INCONCLUSIVE, Verdict.ERROR)


class IposWarning(UserWarning):
    """A broken SHOULD."""


class CaseFailed(Exception):  # noqa: N818 - what it reports is a failure, no error
    """The target breaks a requirement; the text says how."""


class NotJudged(Exception):  # noqa: N818 - the same
    """Nobody can say: that is never green."""


class CaseItem(pytest.Item):
    """One case."""

    case: Case

    def setup(self) -> None:
        """What could not be judged is an error of the item, no failure of the target."""
        try:
            run = _run(self.session)
            found = self._result(run)
        except NotJudged as error:
            pytest.fail(str(error), pytrace=False)
        if found.verdict in _OPEN or (found.verdict is Verdict.SKIP and run.lost):
            pytest.fail(f"{found.verdict}: {found.reason}", pytrace=False)

    def runtest(self) -> None:
        """Tell what the suite found."""
        found = self._result(_run(self.session))
        self.user_properties += [("requirement", found.requirement), ("level", found.level), ("verdict", found.verdict)]
        tell(found)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """The suite's words, no traceback of its own."""
        if isinstance(excinfo.value, CaseFailed):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))  # type: ignore[arg-type]

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it belongs to: the target file."""
        return self.path, None, f"{self.case.requirement.id} {self.case.id}"

    def _result(self, run: Results) -> CaseResult:
        found = next((one for one in run.cases if one.id == self.case.id), None)
        if found is None:
            raise NotJudged("the run ended before this case")
        return found


def tell(found: CaseResult) -> None:
    """Raise what pytest makes of a verdict; return if it is PASS, or WARN after a warning."""
    match found.verdict:
        case Verdict.FAIL | Verdict.XPASS:
            raise CaseFailed(f"{found.verdict}: {explanation(found)}")
        case Verdict.WARN:
            warnings.warn(IposWarning(f"{found.id}: {explanation(found)}"), stacklevel=2)
        case Verdict.XFAIL:
            pytest.xfail(found.reason)
        case Verdict.NOT_APPLICABLE | Verdict.SKIP:
            pytest.skip(found.reason)
        case Verdict.INCONCLUSIVE | Verdict.ERROR:
            raise NotJudged(f"{found.verdict}: {found.reason}")


def collected(session: pytest.Session) -> Iterator[pytest.Item]:
    """An item for each case that is selected."""
    config = session.config
    file = Path(config.getoption("--ipos-target"))
    try:
        cases = select(all_cases(), config.getoption("--ipos-select"))
        _check(config, file)
    except SuiteError as error:
        raise pytest.UsageError(str(error)) from error
    for case in cases:
        item = CaseItem.from_parent(session, name=case.id, nodeid=f"{file.name}::{case.id}")
        item.path, item.case = file.resolve(), case
        yield item


def _check(config: pytest.Config, file: Path) -> None:
    """A mistake is told once, before anything is launched, and not by each case. Raises SuiteError."""
    read_target(file)
    if launch := config.getoption("--ipos-launch"):
        words(launch)
    if baseline := config.getoption("--ipos-baseline"):
        read_baseline(Path(baseline), known={case.id for case in all_cases()})
    if (seed := config.getoption("--ipos-seed")) and not seed.isdecimal():
        raise SuiteError(f"--ipos-seed: found {seed!r}, expected a number")


def _run(session: pytest.Session) -> Results:
    """The results of all items that are left, run once by the suite's own command. Raises NotJudged."""
    if _RUN not in session.stash:
        session.stash[_RUN] = _run_all(session)
    found = session.stash[_RUN]
    if isinstance(found, str):
        raise NotJudged(found)
    return found


def _run_all(session: pytest.Session) -> Results | str:
    config = session.config
    names = [item.case.id for item in session.items if isinstance(item, CaseItem)]
    options = [
        word for ours, theirs in _OPTIONS.items() if (value := config.getoption(ours)) for word in (theirs, value)
    ]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(config.getoption("--ipos-output") or folder)
        command = [sys.executable, "-m", "ipos_conformance", "run", "-q", config.getoption("--ipos-target"), *names]
        done = subprocess.run(  # noqa: S603 - the operator's own command
            [*command, *options, "--output", str(output)], capture_output=True, text=True, check=False
        )
        if not (output / "results.json").exists():
            return done.stderr.strip() or f"the suite ended with status {done.returncode}"
        return read(output)

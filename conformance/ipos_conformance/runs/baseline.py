"""Expected failures as contracts: which case, failing how, why that is known, until when. None makes a FAIL a PASS."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ipos_conformance.errors import SuiteError
from ipos_conformance.findings.results import CaseResult, Results
from ipos_conformance.findings.signature import differing, signature
from ipos_conformance.verdicts import Verdict

_HEAD = """\
# Expected failures: each is a contract about one case that fails in one way, with a reason, until a day.
# `ipos-conformance run --baseline` calls that very failure XFAIL; another failure of the case stays FAIL, a pass is
# XPASS (exit status 1: take the entry out), and after the day the failure is FAIL again.

format = "ipos-baseline"
version = 1
"""


class BaselineError(SuiteError):
    """The baseline file is wrong: which entry and key, what was found, what was expected."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expected(_Table):
    """[[expected]]: one failure.

    case       the id
    signature  as `signature.signature` tells it
    link       where it is followed up
    expires    the last day on which it is expected
    reason     why it is left as it is
    """

    case: str
    signature: Annotated[tuple[str, ...], Field(min_length=1)]
    link: Annotated[str, Field(min_length=1)]
    expires: date
    reason: Annotated[str, Field(min_length=1)]


class _Document(_Table):
    format: Literal["ipos-baseline"]
    version: Literal[1]
    expected: tuple[Expected, ...] = ()


@dataclass(frozen=True)
class Baseline:
    """All expected failures by case id, as they are on one day."""

    expected: Mapping[str, Expected]
    today: date

    def revised(self, case: CaseResult) -> CaseResult:
        """The case with the verdict that the baseline makes of it."""
        contract = self.expected.get(case.id)
        if contract is None:
            return case
        if case.verdict in (Verdict.PASS, Verdict.WARN):
            text = f"it was expected to fail until {contract.expires} ({contract.link}): take it out of the baseline"
            return case.model_copy(update={"verdict": Verdict.XPASS, "reason": text})
        if case.verdict is not Verdict.FAIL:
            return case
        return self._of_failure(case, contract)

    def _of_failure(self, case: CaseResult, contract: Expected) -> CaseResult:
        found = signature(case)
        if set(found) != set(contract.signature):
            return _with_remark(case, f"another failure than the expected one: {differing(contract.signature, found)}")
        if self.today > contract.expires:
            return _with_remark(case, f"this failure was expected until {contract.expires} only ({contract.link})")
        text = f"expected until {contract.expires}: {contract.reason} ({contract.link})"
        return case.model_copy(update={"verdict": Verdict.XFAIL, "reason": text})


def read_baseline(path: Path, known: Collection[str], today: date | None = None) -> Baseline:
    """Read and check a baseline. known: ids of all cases. Raises BaselineError with one line that names the key."""
    try:
        document = _Document.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BaselineError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BaselineError(f"{path}: no TOML: {error}") from error
    except ValidationError as error:
        raise BaselineError(f"{path}: {_first_problem(error)}") from error
    contracts: dict[str, Expected] = {}
    for one in document.expected:
        if one.case not in known:
            raise BaselineError(f"{path}: case: found {one.case!r}, which is no case{_suggestion(one.case, known)}")
        if one.case in contracts:
            raise BaselineError(f"{path}: case: found {one.case!r} twice, expected each case once")
        contracts[one.case] = one
    return Baseline(contracts, today or datetime.now(UTC).date())


def write_baseline(results: Results, path: Path, *, link: str, reason: str, expires: date) -> int:
    """Write a contract for every failure of a run; how many there are. Raises BaselineError.

    A file that is there stays as it is: somebody may have edited its contracts.
    """
    failed = [case for case in results.cases if case.verdict in (Verdict.FAIL, Verdict.XFAIL)]
    entries = [_entry(case, link, reason, expires) for case in failed]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write("\n".join([_HEAD, *entries]))
    except FileExistsError as error:
        raise BaselineError(f"{path} is there already; name another file by --output") from error
    except OSError as error:
        raise BaselineError(f"{path}: {error.strerror}, expected a file that can be written") from error
    return len(failed)


def _entry(case: CaseResult, link: str, reason: str, expires: date) -> str:
    lines = "".join(f"  {_quoted(text)},\n" for text in signature(case))
    return (
        f"[[expected]]\ncase = {_quoted(case.id)}\nsignature = [\n{lines}]\n"
        f"link = {_quoted(link)}\nexpires = {expires.isoformat()}\nreason = {_quoted(reason)}\n"
    )


def _quoted(text: str) -> str:
    """A TOML basic string."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\u{ord(character):04x}"


def _with_remark(case: CaseResult, remark: str) -> CaseResult:
    return case.model_copy(update={"actual": (*case.actual, remark)})


def _first_problem(error: ValidationError) -> str:
    # A misspelt key is missing as well: the misspelling is what helps.
    problems = error.errors(include_url=False)
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"{key}: nothing found, expected a value"
    if first["type"] == "extra_forbidden":
        return f"{key}: found {first['input']!r}, expected no such key"
    return f"{key}: found {first['input']!r}, expected: {first['msg']}"


def _suggestion(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.4)
    return f"; did you mean {near[0]}?" if near else ""

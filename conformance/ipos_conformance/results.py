"""The results of a run: the one value from which file, terminal and JUnit are made."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ipos_spec.addresses import mac_text
from pydantic import BaseModel, ConfigDict

from ipos_conformance.case import Case
from ipos_conformance.frames import Frame, describe
from ipos_conformance.target import Target
from ipos_conformance.verdicts import ExitCode, Verdict

FORMAT: Literal["ipos-results"] = "ipos-results"
VERSION: Literal[1] = 1


class Record(BaseModel):
    """Base: a value that is written to and read from JSON, strictly."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Evidence(Record):
    """One frame. time: seconds since the epoch; octets: hexadecimal, without frame check sequence."""

    lan: str
    direction: str
    time: float
    octets: str
    meaning: str


class CaseResult(Record):
    """One case.

    expected   the acceptable outcomes, where they were missed
    actual     what came instead, decoded
    reason     why there is no judgement, for verdicts other than PASS, FAIL and WARN
    seconds    how long it took
    """

    id: str
    requirement: str
    level: str
    sentence: str
    shows: str
    verdict: Verdict
    expected: tuple[str, ...] = ()
    actual: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    frames: tuple[Evidence, ...] = ()


class TargetIdentity(Record):
    """What was tested."""

    name: str
    firmware: str
    router: str
    command: tuple[str, ...]


class Results(Record):
    """A whole run. lost: how the target ended, if it did."""

    format: Literal["ipos-results"] = FORMAT
    version: Literal[1] = VERSION
    target: TargetIdentity
    started: str
    seconds: float
    seed: int
    cases: tuple[CaseResult, ...]
    lost: str = ""

    @property
    def counts(self) -> dict[Verdict, int]:
        """Cases per verdict, in the order of `Verdict`, zeros left out."""
        counter = Counter(case.verdict for case in self.cases)
        return {verdict: counter[verdict] for verdict in Verdict if counter[verdict]}

    @property
    def exit_code(self) -> ExitCode:
        """The run in one number.

        A lost target comes first, for the rest was not tested; then what is wrong; then what could not be judged.
        Conformant is only what was judged completely.
        """
        counts = self.counts
        if self.lost:
            return ExitCode.TARGET_LOST
        if Verdict.FAIL in counts or Verdict.XPASS in counts:
            return ExitCode.NOT_CONFORMANT
        if {Verdict.INCONCLUSIVE, Verdict.ERROR} & counts.keys() or not {Verdict.PASS, Verdict.WARN} & counts.keys():
            return ExitCode.INCONCLUSIVE
        return ExitCode.CONFORMANT


def identity(target: Target, command: Sequence[str]) -> TargetIdentity:
    """What the target file says about the target; ``command`` is what really launched it."""
    return TargetIdentity(
        name=target.target.name,
        firmware=target.target.firmware,
        router=f"{mac_text(target.first_lan.router_mac)} and {mac_text(target.second_lan.router_mac)}",
        command=tuple(command),
    )


def case_result(
    case: Case,
    verdict: Verdict,
    *,
    expected: tuple[str, ...] = (),
    actual: tuple[str, ...] = (),
    reason: str = "",
    seconds: float = 0.0,
    frames: Sequence[Frame] = (),
) -> CaseResult:
    """A result with what the registry and the case say of themselves."""
    return CaseResult(
        id=case.id,
        requirement=case.requirement.id,
        level=case.requirement.level,
        sentence=case.requirement.sentence,
        shows=case.sentence,
        verdict=verdict,
        expected=expected,
        actual=actual,
        reason=reason,
        seconds=round(seconds, 6),
        frames=tuple(_evidence(frame) for frame in frames),
    )


def read(path: Path) -> Results:
    """Read a results file. Raises pydantic's ValidationError if it is none of this version."""
    return Results.model_validate_json(path.read_text(encoding="utf-8"))


def write(results: Results, path: Path) -> None:
    """Write a results file."""
    path.write_text(results.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _evidence(frame: Frame) -> Evidence:
    return Evidence(
        lan=frame.lan,
        direction=frame.direction,
        time=round(frame.time, 9),
        octets=frame.octets.hex(),
        meaning=describe(frame),
    )

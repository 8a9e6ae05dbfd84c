"""The results of a run: the one value from which file, terminal and JUnit are made."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from ipos_spec.addresses import mac_text
from pydantic import BaseModel, ConfigDict

from ipos_conformance.case import Case
from ipos_conformance.frames import Frame, describe
from ipos_conformance.target import Target
from ipos_conformance.verdicts import ExitCode, Verdict

FORMAT: Literal["ipos-results"] = "ipos-results"
VERSION: Literal[2] = 2


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


class Timing(Record):
    """A time that was measured against what the document asks for; seconds.

    what      which time
    observed  by the kernel's timestamps
    earliest, latest  the window: the nominal time, scaled, with its tolerance and the measured jitter
    """

    what: str
    observed: float
    earliest: float
    latest: float


class CaseResult(Record):
    """One case.

    shows      what the case shows, one sentence; ``sentence`` is the requirement's
    expected   the acceptable outcomes, where they were missed
    actual     what came instead, decoded
    reason     why there is no judgement, for verdicts other than PASS, FAIL and WARN
    attempts   how often it was run: again, if nothing could be judged
    started    seconds from the beginning of the run
    seconds    how long it took, pauses included
    phase      "usual", or "quick" for the target's second configuration
    timings    times that it measured
    health     what went wrong with our own bench meanwhile, in any attempt; the verdict is the last one's
    frames     of the last attempt
    """

    id: str
    requirement: str
    level: str
    role: str = ""
    tags: tuple[str, ...] = ()
    sentence: str
    shows: str
    verdict: Verdict
    expected: tuple[str, ...] = ()
    actual: tuple[str, ...] = ()
    reason: str = ""
    attempts: int = 1
    started: float = 0.0
    seconds: float = 0.0
    phase: str = "usual"
    timings: tuple[Timing, ...] = ()
    health: tuple[str, ...] = ()
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
    version: Literal[2] = VERSION
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


def case_result(case: Case, verdict: Verdict, frames: Sequence[Frame] = (), **found: Any) -> CaseResult:
    """A result with what the registry and the case say of themselves; ``found`` are further fields of `CaseResult`."""
    return CaseResult(
        id=case.id,
        requirement=case.requirement.id,
        level=case.requirement.level,
        role=case.requirement.role,
        tags=case.tags,
        sentence=case.requirement.sentence,
        shows=case.sentence,
        verdict=verdict,
        frames=tuple(_evidence(frame) for frame in frames),
        **found,
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

"""A fault in the conformance suite's terms, whose captures, views and scripts it so gets."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from ipos_conformance.findings.evidence import Evidence
from ipos_conformance.findings.features import settings
from ipos_conformance.findings.results import CaseResult, Results, TargetIdentity
from ipos_conformance.frames import describe
from ipos_conformance.runs.recording import identity
from ipos_conformance.target import Target
from ipos_conformance.verdicts import Verdict
from ipos_spec.requirements import registry

from ipos_fuzz.violation import Violation

NOBODY_SAYS_IT = "No sentence of the specification says it: a router has to survive whatever it is sent."


def case(violation: Violation, frames: Sequence[Evidence], name: str) -> CaseResult:
    """The fault as a case that fails.

    Where one frame is wrong, that frame is the case's actual outcome; else the words of the oracle are.
    """
    requirement = registry().get(violation.requirement)
    return CaseResult(
        id=f"fuzz/{name}",
        requirement=violation.requirement or "SURVIVE",
        level=requirement.level if requirement else "MUST",
        role=requirement.role if requirement else "any",
        sentence=requirement.sentence if requirement else NOBODY_SAYS_IT,
        shows=f"{violation.oracle}: {violation.kind}.",
        verdict=Verdict.FAIL,
        expected=(f"no such thing: {violation.what}",),
        actual=(describe(violation.frame) if violation.frame is not None else violation.what,),
        frames=tuple(frames),
    )


def results(cases: Iterable[CaseResult], who: TargetIdentity, target: Target, seed: int) -> Results:
    """The run that such cases would have come from."""
    return Results(
        target=who,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=0.0,
        seed=seed,
        settings=settings(target),
        cases=tuple(cases),
    )


def who(target: Target, launch: Sequence[str], given: Sequence[str] = ()) -> TargetIdentity:
    """What the target file says of the target. launch: what really launched it; given: what the user gave instead."""
    made = identity(target, launch, given)
    # Findings are tried again in other folders than the one in which the campaign was begun.
    return made.model_copy(update={"file": str(target.file.resolve())}) if made.file else made

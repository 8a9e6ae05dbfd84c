"""From what happened to what stands in the results."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from ipos_spec.addresses import mac_text

from ipos_conformance.case import Case
from ipos_conformance.clients import Clients
from ipos_conformance.findings.evidence import Evidence, evidence
from ipos_conformance.findings.results import CaseResult, TargetIdentity
from ipos_conformance.inbox import Inbox
from ipos_conformance.target import DEFAULT_TARGET, Target
from ipos_conformance.verdicts import Verdict


class Keep(StrEnum):
    """Of which cases the frames are kept, in results.json and as captures."""

    FAILED = "failed"
    """Of all that did not simply pass."""
    ALL = "all"
    NONE = "none"

    def keeps(self, verdict: Verdict) -> bool:
        """Whether those of a case with this verdict are."""
        return self is Keep.ALL or (self is Keep.FAILED and verdict is not Verdict.PASS)


def identity(target: Target, command: Sequence[str], launch: Sequence[str] = ()) -> TargetIdentity:
    """What the target file says about the target.

    command   what really launched it
    launch    what the user gave in place of the target file's command
    """
    return TargetIdentity(
        name=target.target.name,
        firmware=target.target.firmware,
        router=f"{mac_text(target.first_lan.router_mac)} and {mac_text(target.second_lan.router_mac)}",
        command=tuple(command),
        file="" if target.file in (Path(), DEFAULT_TARGET) else str(target.file),
        launch=tuple(launch),
        ether_type=target.second_lan.ether_type,
    )


def case_result(case: Case, verdict: Verdict, **found: Any) -> CaseResult:
    """A result with what the registry and the case say of themselves; ``found`` are further fields of `CaseResult`."""
    return CaseResult(
        id=case.id,
        requirement=case.requirement.id,
        level=case.level,
        role=case.requirement.role,
        tags=case.tags,
        sentence=case.requirement.sentence,
        shows=case.sentence,
        verdict=verdict,
        **found,
    )


def frames_of(inbox: Inbox, clients: Clients) -> tuple[Evidence, ...]:
    """The frames of a case, with what was changed in those that it sent."""
    return evidence(inbox.evidence, inbox.valid, clients.is_about_probe)

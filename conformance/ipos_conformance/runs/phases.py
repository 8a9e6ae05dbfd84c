"""The phases of a run: the target as it is, and the same target with timers scaled and tables small ([quick])."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ipos_conformance.case import Case
from ipos_conformance.target import CONFIGURATION, TableBounds, Target

USUAL, QUICK = "usual", "quick"


@dataclass(frozen=True)
class Phase:
    """One configuration of the target, and the cases for it.

    launch, reset  commands, placeholders filled in
    scale          the factor on its timers (TIM-1)
    bounds         of its tables, as far as they are known
    """

    name: str
    launch: tuple[str, ...]
    reset: tuple[str, ...]
    scale: float
    bounds: TableBounds
    cases: tuple[Case, ...]

    def salt(self) -> str:
        """What keeps a run's clients from being another's: a target that nobody sets up anew may still know those."""
        return "" if self.launch or self.reset else str(time.time_ns())


def phases(target: Target, cases: Sequence[Case], launch: Sequence[str] = ()) -> list[Phase]:
    """Those that have cases. launch: a command in place of the target file's."""
    second = quick(target, [case for case in cases if case.quick], launch)
    if second is None:
        return [usual(target, cases, launch)]
    found = [usual(target, [case for case in cases if not case.quick], launch), second]
    return [phase for phase in found if phase.cases]


def quick(target: Target, cases: Sequence[Case], launch: Sequence[str] = ()) -> Phase | None:
    """The target with timers scaled and tables small; None if nobody can say how to set it up so.

    launch: a command in place of the target file's; one that takes no configuration knows but one.
    """
    second = target.quick
    if second is None or (launch and CONFIGURATION not in " ".join(launch)):
        return None
    return Phase(
        QUICK,
        tuple(target.command(tuple(launch) or second.launch or target.target.launch, second.configuration)),
        tuple(target.command(second.reset, second.configuration)),
        second.scale,
        second.bounds,
        tuple(cases),
    )


def usual(target: Target, cases: Sequence[Case], launch: Sequence[str]) -> Phase:
    """The target as it is. launch: a command in place of the target file's."""
    identity = target.target
    return Phase(
        USUAL,
        tuple(target.command(tuple(launch) or identity.launch, identity.configuration)),
        tuple(target.command(identity.reset, identity.configuration)),
        target.timing.scale,
        TableBounds(),
        tuple(cases),
    )

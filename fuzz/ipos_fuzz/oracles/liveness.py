"""Whether the target still answers what everybody may ask: a barrier on each LAN, and failing that, ARP."""

from collections.abc import Callable

from ipos_conformance.errors import BenchError
from ipos_conformance.judge import Judge
from ipos_conformance.verdicts import Inconclusive, TargetLost

from ipos_fuzz.violation import Violation

SILENT, DEAF = "answers nothing", "answers ARP, but no barrier"
"""What goes before the LAN."""


def liveness(judge: Judge, end: Callable[[], str | None]) -> Violation | None:
    """Send the barriers. None if both are answered. end: how the target's process ended, waited for a little."""
    try:
        return _liveness(judge)
    except TargetLost as lost:
        return ended(str(lost))
    except BenchError as error:
        died = end()
        if died is None:
            raise
        return ended(f"{died} ({error})")


def ended(how: str) -> Violation:
    """The target's process is gone."""
    return Violation("process", "", "ended", how)


def _liveness(judge: Judge) -> Violation | None:
    try:
        judge.pass_barriers()
    except Inconclusive as silence:
        return _silence(judge, str(silence))
    return None


def _silence(judge: Judge, what: str) -> Violation:
    try:
        judge.prove_alive()
    except Inconclusive as silence:
        return Violation("liveness", "", SILENT, str(silence))
    lan = "first LAN" if "first LAN" in what else "second LAN"
    requirement = "ORG-1" if lan == "first LAN" else "TGT-1"
    return Violation("liveness", requirement, f"{DEAF} on the {lan}", f"{what}, though ARP is answered")

"""What the target's operator says about it, beside what the run saw: PICS and PIXIT."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ipos_conformance.findings.record import Record
from ipos_conformance.target import Target
from ipos_conformance.verdicts import Verdict

_REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    "origin": ("TCB-1", "TAB-3", "ORG-5", "ORG-7", "ORG-8", "FWD-1", "FWD-2", "FWD-5"),
    "udp": ("UDP-1", "UDP-2", "UDP-3", "UDP-4", "UDP-5", "TAB-5"),
    "moves_on": ("TGT-10", "FWD-3", "FWD-4"),
    "allow_list": ("SEC-1",),
    "advertises": ("ADV-1", "ADV-2"),
    "hears_advertisements": ("ADV-3",),
    "extensions": ("ADV-1",),
}
"""By feature of [pics]: the requirements whose cases show it. A case may say more exactly by a tag of this name."""


class Feature(Record):
    """One optional feature: what is claimed of it, what was seen of it, how much of it was tested."""

    name: str
    """As the target file's [pics] names it."""
    declared: str
    """What the target file says: "yes", "no", or a list of values."""
    observed: str
    """What the cases saw: "yes" if one of them passed, "no" if they looked in vain, "not seen" if none judged it."""
    requirements: tuple[str, ...]
    """Those that its cases judge."""
    tested: Mapping[Verdict, int]
    """Its cases per verdict."""


class Setting(Record):
    """One value of the target file (PIXIT, timing, addresses)."""

    key: str
    """Dotted, as in the file."""
    value: str
    """As text."""


def features(target: Target, judged: Iterable[tuple[str, Sequence[str], Verdict]]) -> tuple[Feature, ...]:
    """The features of the target file's [pics]. judged: requirement, tags and verdict of each case."""
    cases = list(judged)
    claimed = target.pics.model_dump(mode="json")
    return tuple(_feature(name, value, cases) for name, value in claimed.items())


def settings(target: Target) -> tuple[Setting, ...]:
    """Everything that the target file says beside the claims."""
    document = target.model_dump(mode="json", exclude={"pics"}, exclude_none=True)
    return tuple(Setting(key=key, value=value) for key, value in _flat("", document))


def _feature(name: str, value: Any, cases: Sequence[tuple[str, Sequence[str], Verdict]]) -> Feature:
    requirements = _REQUIREMENTS.get(name, ())
    verdicts = [verdict for requirement, tags, verdict in cases if requirement in requirements or name in tags]
    return Feature(
        name=name,
        declared=_declared(value),
        observed=_observed(verdicts),
        requirements=requirements,
        tested={verdict: verdicts.count(verdict) for verdict in Verdict if verdict in verdicts},
    )


def _declared(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(f"0x{one:02x}" for one in value) or "none"


def _observed(verdicts: Sequence[Verdict]) -> str:
    if Verdict.PASS in verdicts:
        return "yes"
    return "no" if {Verdict.FAIL, Verdict.WARN, Verdict.XFAIL} & set(verdicts) else "not seen"


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for key, one in value.items():
                yield from _flat(f"{prefix}.{key}" if prefix else key, one)
        case list() if value and isinstance(value[0], dict):
            for number, one in enumerate(value, start=1):
                yield from _flat(f"{prefix}.{number}", one)
        case list():
            yield prefix, " ".join(map(str, value))
        case _:
            yield prefix, str(value)

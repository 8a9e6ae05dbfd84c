"""What the pages are made of: the registry, the suite's cases, the planted defects, the schemas."""

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

from ipos_spec.description import ProtocolDescription, describe
from ipos_spec.requirements import DISPOSITIONS, Requirement, registry
from ipos_spec.wording import everything, slug


@dataclass(frozen=True, slots=True)
class JudgingCase:
    """A case of the suite with all its instances.

    id         subject and name, such as `checksum/wrong-checksum-is-discarded`
    instances  how often it is run, with different parameters
    """

    id: str
    requirement: str
    sentence: str
    level: str
    instances: int


@dataclass(frozen=True, slots=True)
class PlantedDefect:
    """A wrong router that the cases of its requirement have to convict."""

    name: str
    requirement: str
    description: str


@dataclass(frozen=True, slots=True)
class Sources:
    """All of it, as values."""

    requirements: Mapping[str, Requirement]
    cases: tuple[JudgingCase, ...]
    defects: tuple[PlantedDefect, ...]
    protocol: ProtocolDescription

    def cases_of(self, requirement: str) -> tuple[JudgingCase, ...]:
        """Those that judge a requirement, in the order in which they run."""
        return tuple(case for case in self.cases if case.requirement == requirement)

    def defects_of(self, requirement: str) -> tuple[PlantedDefect, ...]:
        """Those that break a requirement."""
        return tuple(defect for defect in self.defects if defect.requirement == requirement)

    def linked_from(self, requirement: str) -> tuple[str, ...]:
        """Ids of the requirements whose links lead to this one."""
        return tuple(other.id for other in self.requirements.values() if requirement in other.links)

    def case_names(self) -> dict[str, str]:
        """Of each case the requirement: in the registry's order, those of one requirement by name."""
        order = {id_: place for place, id_ in enumerate(self.requirements)}
        by_place = sorted(self.cases, key=lambda case: (order.get(case.requirement, len(order)), case.id))
        return {case.id: case.requirement for case in by_place}

    def fields(self) -> Iterator[str]:
        """Every field of every packet and structure: slug, dot, dotted path."""
        for described in everything(self.protocol):
            yield from (f"{slug(described)}.{field.path}" for field in described.fields)


@functools.cache
def sources() -> Sources:
    """What the rooms of this project say now. Raises SpecError where the registry breaks its own rules."""
    requirements = registry()
    all_cases = import_module("ipos_conformance.case").all_cases()
    import_module("ipos_defects.__main__")  # imports the modules that fill the register
    register = import_module("ipos_defects.defect").DEFECTS
    defects = (PlantedDefect(one.name, one.requirement, one.description) for one in register.values())
    return Sources(requirements, tuple(_merged(all_cases)), tuple(defects), describe())


def contradictions(found: Sources) -> list[str]:
    """What is said of requirements, cases and defects that can't be true together, each as a sentence."""
    judged = {case.requirement for case in found.cases}
    return [
        *(problem for entry in found.requirements.values() for problem in _of_disposition(entry, entry.id in judged)),
        *(
            f"case {case.id} judges {case.requirement}, which is not in the registry"
            for case in found.cases
            if case.requirement not in found.requirements
        ),
        *(
            f"defect {defect.name} breaks {defect.requirement}, which is not in the registry"
            for defect in found.defects
            if defect.requirement not in found.requirements
        ),
    ]


def _of_disposition(entry: Requirement, is_judged: bool) -> Iterator[str]:
    if entry.disposition not in DISPOSITIONS:
        yield f"{entry.id} ({entry.level}) has no disposition, expected one of {', '.join(DISPOSITIONS)}"
    elif entry.disposition == "tested" and not is_judged:
        yield f"{entry.id} is tested, but no case judges it"
    elif entry.disposition != "tested" and is_judged:
        yield f"{entry.id} is {entry.disposition}, but a case judges it"


def _merged(cases: Iterable[object]) -> Iterator[JudgingCase]:
    """Instances of one function as one case."""
    by_function: dict[tuple[str, str], list[object]] = {}
    for case in cases:
        subject, name, *_ = case.id.split("/")  # type: ignore[attr-defined]
        by_function.setdefault((subject, name), []).append(case)
    for (subject, name), instances in by_function.items():
        first = instances[0]
        yield JudgingCase(
            f"{subject}/{name}",
            first.requirement.id,  # type: ignore[attr-defined]
            first.sentence,  # type: ignore[attr-defined]
            first.level,  # type: ignore[attr-defined]
            len(instances),
        )

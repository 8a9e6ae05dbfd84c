"""What a case is: a function `test_...(dut)` with a requirement, a sentence, and perhaps parameters."""

import inspect
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from itertools import product
from types import ModuleType
from typing import Any, TypeVar

from ipos_spec.requirements import Requirement
from ipos_spec.requirements import requirement as registered

from ipos_conformance.pause import Pause
from ipos_conformance.runs.smoke import SMOKE, TAG

CaseSteps = Generator[Pause, None, None]
"""What a case that waits for a timer is: it yields a `Pause`, and others run meanwhile."""

CaseFunction = Callable[..., CaseSteps | None]

FunctionT = TypeVar("FunctionT", bound=CaseFunction)

SUBJECTS = (
    "neighbours",
    "handshake",
    "request",
    "established",
    "encapsulation",
    "checksum",
    "length",
    "addresses",
    "inner_packet",
    "control_block",
    "field_values",
    "acknowledgement",
    "later_holder",
    "provisional",
    "migrated",
    "timestamps",
    "choice",
    "attempt",
    "held",
    "wrong_acknowledgement",
    "late_acknowledgement",
    "sent_packets",
    "datagram_wire",
    "datagram_packets",
    "datagram_target",
    "datagram_holders",
    "datagram_origin",
    "datagram_forwarding",
    "datagram_times",
    "separate_tables",
    "advertisements",
    "advertising",
    "full_datagram_tables",
    "lifetimes",
    "forwarding",
    "too_large",
    "starting_anew",
    "come_home",
    "later_than_the_entry",
    "passing_on",
    "second_connection",
    "moving_on",
    "entry_lifetimes",
    "keep_alive",
    "scaled_timers",
    "strangers",
    "full_tables",
)
"""Modules of `ipos_conformance.cases`, in the order in which they run."""


@dataclass(frozen=True)
class Case:
    """One case instance.

    id         subject/name, and one more part for each parameter: `checksum/wrong-checksum-is-discarded/inverted`
    sentence   what the case shows, from the function's docstring
    tags       what it can be selected by besides
    quick      whether it belongs to the target's second configuration: timers scaled, tables small
    exclusive  whether no other case may be under way beside it, as when it fills a table
    generated  whether its instances come from a schema, instead of being typed by hand
    should     whether it judges a SHOULD inside a sentence of another level
    """

    id: str
    requirement: Requirement
    sentence: str
    function: CaseFunction
    arguments: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    quick: bool = False
    exclusive: bool = False
    generated: bool = False
    should: bool = False

    @property
    def waits(self) -> bool:
        """Whether it is parked while it waits for a timer."""
        return inspect.isgeneratorfunction(self.function)

    @property
    def is_must(self) -> bool:
        """Whether a violation is a FAIL (MUST, MUST NOT), else it is a WARN."""
        return self.level.startswith("MUST")

    @property
    def level(self) -> str:
        """RFC 2119 word of what it judges."""
        return "SHOULD" if self.should else self.requirement.level


def requirement(slug: str) -> Callable[[FunctionT], FunctionT]:
    """Say which requirement of the registry a case judges; sentence and level come from there."""
    entry = registered(slug)

    def mark(function: FunctionT) -> FunctionT:
        function.requirement = entry  # type: ignore[attr-defined]
        return function

    return mark


def parameters(**named: Mapping[str, Any]) -> Callable[[FunctionT], FunctionT]:
    """Run a case once for each value: `@parameters(kind={"broadcast": BROADCAST, ...})`; several multiply."""

    def mark(function: FunctionT) -> FunctionT:
        function.parameters = {**named, **getattr(function, "parameters", {})}  # type: ignore[attr-defined]
        return function

    return mark


def tagged(*tags: str) -> Callable[[FunctionT], FunctionT]:
    """Give a case words by which it can be selected (`tag:smoke`)."""

    def mark(function: FunctionT) -> FunctionT:
        function.tags = (*getattr(function, "tags", ()), *tags)  # type: ignore[attr-defined]
        return function

    return mark


def quick(function: FunctionT) -> FunctionT:
    """Run a case against the target's second configuration, [quick], if it has one."""
    function.quick = True  # type: ignore[attr-defined]
    return function


def exclusive(function: FunctionT) -> FunctionT:
    """Run a case when no other is parked."""
    function.exclusive = True  # type: ignore[attr-defined]
    return function


def generated(function: FunctionT) -> FunctionT:
    """Say that a case's instances come from a schema."""
    function.generated = True  # type: ignore[attr-defined]
    return function


def should(function: FunctionT) -> FunctionT:
    """Say that a case judges a SHOULD inside a requirement of another level, such as MTU-1's ICMP."""
    function.should = True  # type: ignore[attr-defined]
    return function


def all_cases() -> list[Case]:
    """Every case of the suite, in running order."""
    modules = [import_module(f"ipos_conformance.cases.{subject}") for subject in SUBJECTS]
    return [case for module in modules for case in cases_of(module)]


def cases_of(module: ModuleType) -> Iterator[Case]:
    """The cases of one module, in the order of its lines."""
    subject = _slug(module.__name__.rpartition(".")[2])
    for name, function in vars(module).items():
        if name.startswith("test_") and inspect.isfunction(function):
            yield from _instances(subject, function)


def _instances(subject: str, function: CaseFunction) -> Iterator[Case]:
    entry: Requirement = function.requirement  # type: ignore[attr-defined]
    axes: Mapping[str, Mapping[str, Any]] = getattr(function, "parameters", {})
    stem = f"{subject}/{_slug(function.__name__.removeprefix('test_'))}"
    sentence = " ".join((inspect.getdoc(function) or "").split())
    for labels in product(*axes.values()):
        case_id = "/".join((stem, *map(_slug, labels)))
        arguments = {axis: axes[axis][label] for axis, label in zip(axes, labels, strict=True)}
        yield Case(
            case_id,
            entry,
            sentence,
            function,
            arguments,
            tags=(*getattr(function, "tags", ()), *((TAG,) if case_id in SMOKE else ())),
            quick=getattr(function, "quick", False),
            exclusive=getattr(function, "exclusive", False),
            generated=getattr(function, "generated", False),
            should=getattr(function, "should", False),
        )


def _slug(text: str) -> str:
    return text.replace("_", "-").replace(" ", "-").lower()

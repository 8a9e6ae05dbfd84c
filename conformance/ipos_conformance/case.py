"""What a case is: a function `test_...(dut)` with a requirement, a sentence, and perhaps parameters."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from itertools import product
from types import ModuleType
from typing import Any, TypeVar

from ipos_spec.requirements import Requirement
from ipos_spec.requirements import requirement as registered

FunctionT = TypeVar("FunctionT", bound=Callable[..., None])

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
    "acknowledgement",
    "later_holder",
    "provisional",
    "migrated",
    "timestamps",
)
"""Modules of `ipos_conformance.cases`, in the order in which they run."""


@dataclass(frozen=True)
class Case:
    """One case instance.

    id         subject/name, and one more part for each parameter: `checksum/wrong-checksum-is-discarded/inverted`
    sentence   what the case shows, from the function's docstring
    """

    id: str
    requirement: Requirement
    sentence: str
    function: Callable[..., None]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_must(self) -> bool:
        """Whether a violation is a FAIL (MUST, MUST NOT), else it is a WARN."""
        return self.requirement.level.startswith("MUST")


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


def _instances(subject: str, function: Callable[..., None]) -> Iterator[Case]:
    entry: Requirement = function.requirement  # type: ignore[attr-defined]
    axes: Mapping[str, Mapping[str, Any]] = getattr(function, "parameters", {})
    stem = f"{subject}/{_slug(function.__name__.removeprefix('test_'))}"
    sentence = " ".join((inspect.getdoc(function) or "").split())
    for labels in product(*axes.values()):
        arguments = {axis: axes[axis][label] for axis, label in zip(axes, labels, strict=True)}
        yield Case("/".join((stem, *map(_slug, labels))), entry, sentence, function, arguments)


def _slug(text: str) -> str:
    return text.replace("_", "-").replace(" ", "-").lower()

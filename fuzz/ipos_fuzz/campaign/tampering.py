"""Operators at work in a session: the frame that a station has just built is changed on its way out."""

from collections.abc import Callable
from random import Random

from ipos_conformance.target import Target
from ipos_spec.errors import SpecError

from ipos_fuzz.mutate import OPERATORS
from ipos_fuzz.subject import Subject


def names(target: Target) -> tuple[str, ...]:  # noqa: ARG001 - an EtherType may leave some out
    """Operators that can be used at this target."""
    return tuple(OPERATORS)


def tamper(operator: str, seed: int) -> Callable[[bytes], bytes]:
    """What this operator makes of a frame; the frame itself where it can't be applied."""

    def change(octets: bytes) -> bytes:
        try:
            subject = Subject.of(octets)
            chosen = OPERATORS[operator]
            if chosen.applies(subject):
                return chosen.mutate(subject, Random(seed))  # noqa: S311 - reproducible, not secret
        except SpecError:
            return octets
        return octets

    return change

"""Single frames, each with one thing wrong, odd or extreme: the operators of the catalogue on a valid frame.

An operator promises in advance whether what it makes must be discarded: then any answer to it, and any trace of it in
a table, is a finding. Of the other mutants only the general oracles speak (the router lives, its answers are valid).
"""

from collections.abc import Collection, Iterator
from random import Random
from typing import NamedTuple

from ipos_spec import vectors
from ipos_spec.errors import SpecError
from ipos_spec.ethernet import ETHER_TYPE

from ipos_fuzz.operators import OPERATORS
from ipos_fuzz.subject import Subject

__all__ = ["OPERATORS", "Mutant", "UnknownOperatorError", "mutants"]


class Mutant(NamedTuple):
    """What came out of an operator.

    operator           its name, a key of OPERATORS
    frame              without frame check sequence
    must_be_discarded  whether a router has to discard it silently, whatever state it is in
    fields             paths of the fields that were changed, checksums that followed included
    """

    operator: str
    frame: bytes
    must_be_discarded: bool
    fields: tuple[str, ...]


class UnknownOperatorError(SpecError):
    """No operator has this name, or none of those named applies to the frame."""


def mutants(
    frame: bytes, count: int, seed: int, operators: Collection[str] = (), ether_type: int = ETHER_TYPE
) -> Iterator[Mutant]:
    """Yield `count` mutants of a valid frame, the same ones for the same seed.

    frame       of ipOS, or IPv4 or ARP as a client sends it on the first LAN
    operators   names to choose among; all that apply to the frame if empty
    ether_type  of ipOS

    Raises ipos_spec.DecodeError if the frame itself is not valid, UnknownOperatorError.
    """
    subject = Subject.of(frame, ether_type, others=tuple(vectors.FRAMES.values()))
    chosen = _applicable(subject, operators)
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    for _ in range(count):
        name = random.choice(chosen)
        operator = OPERATORS[name]
        made = operator.mutate(subject, random)
        yield Mutant(name, made, operator.must_be_discarded, operator.touched(subject, made))


def _applicable(subject: Subject, names: Collection[str]) -> list[str]:
    unknown = sorted(set(names) - set(OPERATORS))
    if unknown:
        raise UnknownOperatorError(f"no operator is called {unknown[0]!r}")
    chosen = [name for name in OPERATORS if (not names or name in names) and OPERATORS[name].applies(subject)]
    if not chosen:
        raise UnknownOperatorError(f"{', '.join(sorted(names))}: applies to no {subject.shape.title}")
    return chosen

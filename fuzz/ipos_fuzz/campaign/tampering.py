"""Operators at work in a session: the frame that a station has just built is changed on its way out."""

from collections.abc import Callable
from itertools import count
from random import Random

from ipos_spec.errors import SpecError

from ipos_fuzz.mutate import OPERATORS
from ipos_fuzz.sessions.session import ANY
from ipos_fuzz.subject import Subject


def tamper(operator: str, seed: int) -> Callable[[bytes], tuple[str, bytes]]:
    """What this operator makes of a frame, and its name; nothing where it can't be applied.

    operator  a key of OPERATORS, or ANY: one of those that apply to the frame, another one for each frame
    """
    frames = count()

    def change(octets: bytes) -> tuple[str, bytes]:
        number = next(frames)
        try:
            subject = Subject.of(octets)
            applying = [name for name in OPERATORS if OPERATORS[name].applies(subject)]
            name = _drawn(applying, f"{seed}/{number}/operator") if operator == ANY else operator
            if name in applying:
                return name, OPERATORS[name].mutate(subject, Random(f"{seed}/{number}/octets"))  # noqa: S311 - no secret
        except SpecError:
            pass
        return operator, octets

    return change


def _drawn(applying: list[str], seed: str) -> str:
    return Random(seed).choice(applying) if applying else ANY  # noqa: S311 - reproducible, not secret

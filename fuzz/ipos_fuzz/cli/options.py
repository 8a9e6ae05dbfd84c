"""Options that several commands take, and what they say in words: durations."""

import re
from typing import Annotated

import typer

from ipos_fuzz.errors import FuzzError

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}

Duration = Annotated[str, typer.Option("--time", help="How long: 60s, 5m, 8h, or 0 for no end.")]
Seed = Annotated[int | None, typer.Option(help="Of all that is drawn by chance.", show_default="drawn")]
Force = Annotated[bool, typer.Option(help="Stand on an interface even if it carries the default route.")]


def seconds(text: str) -> float:
    """A duration such as 90, 60s, 5m or 8h, in seconds. Raises FuzzError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip())
    if found is None or found[2] not in _UNITS:
        raise FuzzError(f"--time: found {text!r}, expected a duration such as 60s, 5m or 8h")
    return float(found[1]) * _UNITS[found[2]]

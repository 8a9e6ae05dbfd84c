"""What becomes of clients, servers and neighbours where a requirement is broken: consequences.toml, a sentence each."""

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files


@functools.cache
def consequences() -> Mapping[str, str]:
    """By requirement id."""
    text = files("ipos_conformance.findings").joinpath("consequences.toml").read_text(encoding="utf-8")
    return {name: " ".join(sentence.split()) for name, sentence in tomllib.loads(text).items()}

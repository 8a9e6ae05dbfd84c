"""What a run of the suite found, so that entries can show how their cases ended."""

import functools
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """A run, as far as pages tell of it.

    said      whom it judged and when; empty without a run
    verdicts  by case (subject and name): how many of its instances ended how
    """

    said: str = ""
    verdicts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@functools.cache
def run(file: str) -> Run:
    """The run of a results.json; an empty name is none. Raises OSError, or ValueError where it is none."""
    if not file:
        return Run()
    try:
        results = json.loads(Path(file).read_text(encoding="utf-8"))
        counted: dict[str, Counter[str]] = {}
        for case in results["cases"]:
            counted.setdefault("/".join(case["id"].split("/")[:2]), Counter())[case["verdict"]] += 1
        return Run(f"{results['target']['name']}, {results['started'][:10]}", counted)
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{file} is no results.json of ipos-conformance: {error!r}") from None

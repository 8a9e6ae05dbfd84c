"""The protocol's model for a target in one of its configurations."""

from collections.abc import Callable, Collection
from dataclasses import replace

from ipos_conformance.runs.phases import Phase
from ipos_conformance.target import Target

from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.model import Model
from ipos_fuzz.oracles.observer import Blind, Observer
from ipos_fuzz.violation import ORACLES


def observers(target: Target, phase: Phase, oracles: Collection[str] = ORACLES) -> Callable[[], Observer]:
    """What makes a new one for each time that the target is set up: it knows nothing of what was before."""
    if "model" not in oracles:
        return Blind
    facts = replace(Facts.of(target), scale=phase.scale)
    return lambda: Model(facts, fresh=bool(phase.launch))

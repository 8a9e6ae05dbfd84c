"""Plays the steps one after the other."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from ipos_reference.lab.demo.showing import Showing
from ipos_reference.lab.demo.stage import Stage
from ipos_reference.lab.demo.values import Check, Crossed, Said, Step
from ipos_reference.lab.laboratory import Laboratory


def perform(lab: Laboratory, showing: Showing, steps: Mapping[int, Step]) -> int:
    """Play steps by their numbers; returns how many checks were wrong. One that is keeps no step from playing."""
    checks: list[Check] = []
    with tempfile.TemporaryDirectory(prefix="ipos-lab-") as directory, Stage(lab, Path(directory)) as stage:
        for number, step in steps.items():
            showing.step(number, step)
            stage.begin()
            for event in step.play(stage):
                match event:
                    case Said():
                        showing.said(event)
                    case Crossed():
                        showing.crossed(stage.lines(event.client))
                    case Check():
                        checks.append(event)
                        showing.check(event)
    wrong = sum(not check.right for check in checks)
    showing.end(len(checks), wrong)
    return wrong

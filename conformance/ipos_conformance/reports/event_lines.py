"""A run's events as lines of JSON, for another program that watches: one object a line, with format and version."""

import json
from typing import Any

from ipos_conformance.runs.events import CaseFinished, CaseParked, CaseStarted, Event, RunFinished, RunStarted, Waiting

FORMAT = "ipos-events"
VERSION = 1


def line(event: Event) -> str:
    """One event, with its line feed; empty for what only a terminal cares about.

    What is long, or the same in every run, is in the results.
    """
    if isinstance(event, CaseParked | Waiting):
        return ""
    return json.dumps({"format": FORMAT, "version": VERSION, **_content(event)}, ensure_ascii=False) + "\n"


def _content(event: RunStarted | CaseStarted | CaseFinished | RunFinished) -> dict[str, Any]:
    match event:
        case RunStarted():
            return {"event": "run-started", "target": event.name, "cases": event.cases}
        case CaseStarted():
            return {"event": "case-started", "id": event.case.id, "requirement": event.case.requirement.id}
        case CaseFinished():
            result = event.result.model_dump(mode="json", exclude={"frames", "comparison", "sentence", "shows"})
            return {"event": "case-finished", **result}
        case RunFinished():
            found = event.results
            return {
                "event": "run-finished",
                "seconds": found.seconds,
                "lost": found.lost,
                "outcome": found.outcome.model_dump(mode="json"),
            }

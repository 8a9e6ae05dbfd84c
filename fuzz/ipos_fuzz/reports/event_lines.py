"""A campaign's events as lines of JSON, for another program that watches: one object a line."""

import json
from typing import Any

from ipos_fuzz.campaign.events import Doubted, Event, Finished, Found, Progressed, Reset, Started, Suspected, Tried
from ipos_fuzz.campaign.outcome import distinct, outcome
from ipos_fuzz.campaign.record import Record

FORMAT, VERSION = "ipos-fuzz-events", 1


def line(event: Event) -> str:
    """One event, without its line feed."""
    return json.dumps({"format": FORMAT, "version": VERSION, **_content(event)})


def _content(event: Event) -> dict[str, Any]:
    match event:
        case Started():
            record = event.record
            return {
                "event": "started",
                "target": record.target,
                "seed": record.seed,
                "resumed": event.resumed,
                "seconds": event.seconds,
                "cases": event.cases,
                "unasked": event.unasked,
            }
        case Progressed():
            rate, elapsed = round(event.rate, 1), round(event.elapsed, 3)
            totals = {**_totals(event.record), "findings": event.findings}
            return {"event": "progressed", "elapsed": elapsed, "rate": rate, **totals}
        case Suspected():
            return {"event": "suspected", "signature": event.signature, "what": event.what}
        case Tried():
            return {"event": "tried", "signature": event.signature, "tries": event.tries}
        case Found():
            finding = event.finding.model_dump(mode="json", exclude={"first", "settings"})
            return {"event": "found", "folder": event.finding.slug, "trouble": event.trouble, "finding": finding}
        case Doubted():
            return {"event": "doubted", "signature": event.signature, "what": event.what}
        case Reset():
            return {"event": "reset", "why": event.why}
        case Finished():
            found = outcome(event.record, event.findings)
            return {
                "event": "finished",
                "why": event.why,
                **_totals(event.record),
                "findings": len(distinct(event.findings)),
                "outcome": found.sentence,
                "exit_status": found.exit_status.value,
            }


def _totals(record: Record) -> dict[str, Any]:
    return {
        "cases": record.cases,
        "frames": record.frames,
        "seconds": round(record.seconds, 3),
        "losses": record.losses,
        "resets": record.resets,
        "share_of_events": round(record.coverage.share_of_events, 3),
        "operators_on_fields": len(record.coverage.operators),
    }

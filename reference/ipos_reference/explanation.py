"""A decision in words, for people and for programs: `ipos-router explain`."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ipos_spec.addresses import ipv4_text

from ipos_reference.choosing import Candidate, Decision
from ipos_reference.record_text import told


def sentences(decision: Decision) -> Iterator[str]:
    """The server, then each rule of section 10 and what it said, then who was weighed, a line each."""
    yield f"{ipv4_text(decision.server)} is chosen."
    for step in decision.steps:
        about = f": {step.about}" if step.about else ""
        yield f"rule {step.rule}: {step.reason}{about}"
    for candidate in decision.candidates:
        yield f"{ipv4_text(candidate.server)}: {_verdict(candidate, decision)}"
        if candidate.state is not None:
            yield f"  {told(candidate.state)}"


def document(decision: Decision) -> dict[str, Any]:
    """The same as JSON has it: addresses as text, ``state`` with FIG. 12's names and units."""
    return {
        "server": ipv4_text(decision.server),
        "steps": [{"rule": step.rule, "reason": step.reason.name, "about": step.about} for step in decision.steps],
        "candidates": [
            {
                "server": ipv4_text(candidate.server),
                "left_out": candidate.left_out and candidate.left_out.name,
                "state": candidate.state and asdict(candidate.state) | {"server_ip": ipv4_text(candidate.server)},
            }
            for candidate in decision.candidates
        ],
    }


def _verdict(candidate: Candidate, decision: Decision) -> str:
    if candidate.left_out is None:
        return "chosen"
    return f"{candidate.left_out}{', and serves all the same' if candidate.server == decision.server else ''}"

"""What an oracle has seen: one way in which a target went wrong."""

from dataclasses import dataclass, field

from ipos_conformance.frames import Frame

ORACLES = ("liveness", "model", "bystander", "log", "resources")
"""Whom a campaign asks. Who answers nothing, or has ended ("process"), is seen by the first, which is always asked."""


@dataclass(frozen=True)
class Violation:
    """One of them.

    oracle       who says so: "liveness", "model", "bystander", "process", "log" or "resources"
    requirement  id of the sentence that is broken; empty where none says it, as for a crash
    kind         the signature's words: nothing in them varies from run to run
    what         what came, and what would have been right, in a sentence
    frame        the received frame that is wrong, if it is one
    """

    oracle: str
    requirement: str
    kind: str
    what: str
    frame: Frame | None = field(default=None, compare=False)

    @property
    def signature(self) -> str:
        """Two violations with the same one are taken for the same fault."""
        return "/".join(part for part in (self.oracle, self.requirement, self.kind) if part)

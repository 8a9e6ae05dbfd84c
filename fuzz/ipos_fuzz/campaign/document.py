"""A campaign as it stands in its file, strictly: what is written, read, and described by a JSON Schema."""

from collections.abc import Mapping
from typing import Annotated, Literal

from ipos_conformance.findings.record import Record
from pydantic import Field

FORMAT: Literal["ipos-campaign"] = "ipos-campaign"
VERSION: Literal[1] = 1

Count = Annotated[int, Field(ge=0)]
Counts = Mapping[str, Count]


class DoubtDocument(Record):
    """Something that was seen and did not show again."""

    what: str
    """What was wrong."""
    count: Count
    """How often it was seen."""


class CoverageDocument(Record):
    """What was tried."""

    events: Counts
    """How often each event was done in each state of a client: "state x event"."""
    operators: Counts
    """How often each operator was applied to each field, or in each event of a session: "operator x field"."""
    answers: tuple[str, ...]
    """What came of events: state, event, whether anything came, state afterwards."""


class CampaignDocument(Record):
    """A campaign, all its runs together."""

    format: Literal["ipos-campaign"] = FORMAT
    """What this file is."""
    version: Literal[1] = VERSION
    """Of the format."""
    target: str
    """Name and firmware."""
    identity: str
    """Hash of target file and launch command: another target is another campaign."""
    seed: int
    """Of all that is drawn by chance."""
    began: str = ""
    """When the first run began: ISO 8601, UTC."""
    command: tuple[str, ...] = ()
    """The command line of the latest run."""
    ended: str = ""
    """Why the latest run is over: "time", "cases", "findings", "interrupted", or how the target was lost. Empty
    while it runs, or if its end could not be written."""
    seconds: Annotated[float, Field(ge=0)]
    """For how long targets were attacked, all runs together."""
    frames: Count
    """That passed, either way, those of proofs left out."""
    cases: Counts
    """By source: sessions, or single frames."""
    losses: Count
    """How often the target stopped answering."""
    resets: Count
    """How often it was set up anew."""
    withheld: Count
    """Frames that were not sent: they would have left the target's reach, or the interface would not take them."""
    doubts: Mapping[str, DoubtDocument]
    """By signature: what was seen, and did not show again."""
    troubles: Counts
    """What went wrong with our own machine, and in how many batches."""
    again: Counts
    """By signature of a finding: how often it was met after it had been found."""
    muted: Mapping[str, tuple[str, ...]]
    """By signature: operators and events that were left out, because they only found that again."""
    coverage: CoverageDocument
    """What was tried, and how often."""

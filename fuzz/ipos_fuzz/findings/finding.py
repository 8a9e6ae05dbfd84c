"""A finding, as it stands in its file: what was seen, how it is seen again, and on what that rests."""

import hashlib
from pathlib import Path
from typing import Literal

from ipos_conformance.findings.evidence import Evidence
from ipos_conformance.findings.features import Setting
from ipos_conformance.findings.record import Record
from ipos_conformance.findings.results import TargetIdentity
from ipos_conformance.frames import Direction

from ipos_fuzz import documents

FORMAT: Literal["ipos-finding"] = "ipos-finding"
VERSION: Literal[1] = 1
FILE = "finding.json"
_LONGEST_NAME, _DIGEST = 80, 8
"""Characters."""


class Proof(Record):
    """How often it was tried to be seen again, each time on a target that was set up anew."""

    confirmed: int
    """Of the last tries, how many showed it again."""
    of: int
    """How many last tries there were."""
    tries: int
    """All that were made to make it smaller."""
    cut_short: bool
    """Whether the tries ran out before nothing more could be left out."""
    packets: int = 0
    """How many frames are left; what a client's side answers to data by itself is not counted. 0: it is not known."""
    restored: tuple[str, ...] = ()
    """Fields that were changed, and need not be."""
    unfinished: str = ""
    """Why the tries were broken off before they could tell; empty if they were not."""

    @property
    def is_flaky(self) -> bool:
        """Whether it was not seen each time."""
        return self.confirmed < self.of

    @property
    def in_words(self) -> str:
        """How often it was seen."""
        if self.unfinished:
            return f"seen, and not tried to the end: {self.unfinished}"
        return f"shown again {self.confirmed} of {self.of} times" if self.confirmed else "seen once, not again"


class Finding(Record):
    """One fault."""

    format: Literal["ipos-finding"] = FORMAT
    """What this file is."""
    version: Literal[1] = VERSION
    """Of the format."""
    signature: str
    """By which another sight of it is recognised."""
    oracle: str
    """Who saw it: "liveness", "model", "bystander", "process", "log" or "resources"."""
    requirement: str
    """Id of the sentence that is broken; empty where none says it."""
    sentence: str
    """That sentence."""
    kind: str
    """What is wrong, in words that do not vary."""
    what: str
    """What is wrong, this time."""
    wrong: str = ""
    """The received frame that is wrong, as its meaning stands among the frames; empty if it is not one frame."""
    source: str
    """Where the stimulus came from: "sessions", "volume", "schemas"."""
    story: tuple[str, ...] = ()
    """Events of the session, or operators, that led to it."""
    seed: int
    """Of the campaign."""
    phase: str
    """ "usual", or "quick" for the target's second configuration."""
    after_seconds: float
    """Since the campaign began."""
    after_frames: int
    """How many frames had been sent by then."""
    found: str
    """When: ISO 8601, UTC."""
    again: int = 0
    """How often it was met later."""
    proof: Proof
    """How well it is shown again."""
    script: str = ""
    """Why there is no script that sees it by itself; empty if there is one."""
    target: TargetIdentity
    """What was attacked."""
    settings: tuple[Setting, ...]
    """The target file."""
    frames: tuple[Evidence, ...]
    """The smallest sequence, as it passed in the last try that showed it."""
    first: tuple[Evidence, ...] = ()
    """What had passed when it was seen for the first time, where that is more."""

    @property
    def packets(self) -> int:
        """How many frames the harness has to send."""
        return self.proof.packets or sum(frame.direction == Direction.SENT for frame in self.frames)

    @property
    def slug(self) -> str:
        """For file names."""
        return slug(self.signature)


def slug(signature: str) -> str:
    """A file's name for a signature; another one for another signature, also where it is cut off."""
    kept = "".join(one if one.isascii() and one.isalnum() else "-" for one in signature.lower())
    whole = "-".join(filter(None, kept.split("-")))
    if 0 < len(whole) <= _LONGEST_NAME:
        return whole
    digest = hashlib.sha256(signature.encode()).hexdigest()[:_DIGEST]
    return f"{whole[: _LONGEST_NAME - _DIGEST - 1]}-{digest}"


def read(path: Path) -> Finding:
    """Read a finding's file, or that of its folder. Raises FuzzError."""
    return documents.read(path / FILE if path.is_dir() else path, Finding, "what `ipos-fuzz run` writes of a finding")

"""A campaign's own file: how far it is, so that it can be stopped at any time and gone on with."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from ipos_conformance.target import Target

from ipos_fuzz import documents
from ipos_fuzz.campaign.coverage import Coverage
from ipos_fuzz.campaign.document import CampaignDocument
from ipos_fuzz.errors import FuzzError

FILE = "campaign.json"
_EXPECTED = "what `ipos-fuzz run` writes; choose another --output"


@dataclass
class Doubt:
    """Something that was seen and did not show again: no finding. count: how often it was seen."""

    what: str
    count: int = 1


@dataclass
class Record:
    """The whole campaign, all its runs together.

    target    name and firmware
    identity  hash of target file and launch command: another target is another campaign
    began     when the first run began: ISO 8601, UTC
    command   line of the latest run
    ended     why that is over, as `Finished.why`; empty while it runs
    seconds   that it ran
    cases     by source
    losses    how often the target stopped answering
    resets    how often it was set up anew
    withheld  frames that would have left the target's reach
    doubts    by signature
    troubles  what went wrong with our own machine, and how often
    again     by signature of a finding: how often it was met after it had been found
    muted     operators and events that were left out, because they only found again what was known
    """

    target: str
    identity: str
    seed: int
    began: str = ""
    command: list[str] = field(default_factory=list)
    ended: str = ""
    seconds: float = 0.0
    frames: int = 0
    cases: dict[str, int] = field(default_factory=dict)
    losses: int = 0
    resets: int = 0
    withheld: int = 0
    doubts: dict[str, Doubt] = field(default_factory=dict)
    troubles: dict[str, int] = field(default_factory=dict)
    again: dict[str, int] = field(default_factory=dict)
    muted: dict[str, list[str]] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)

    @property
    def all_cases(self) -> int:
        """Of all sources together."""
        return sum(self.cases.values())

    def write(self, folder: Path) -> None:
        """Write it, whole. Raises OSError."""
        known = {name: value for name, value in vars(self).items() if name not in ("doubts", "coverage")}
        doubts = {signature: vars(doubt) for signature, doubt in self.doubts.items()}
        document = CampaignDocument.model_validate({**known, "doubts": doubts, "coverage": self.coverage.document()})
        new = folder / f".{FILE}.new"
        new.write_text(document.model_dump_json(indent=1) + "\n", encoding="utf-8")
        new.replace(folder / FILE)


def read(folder: Path) -> Record | None:
    """The campaign of a folder; None if there is none. Raises FuzzError if it can't be read."""
    file = folder / FILE
    try:
        document = documents.read(file, CampaignDocument, _EXPECTED)
        coverage = Coverage.of(document.coverage.model_dump())
    except documents.NoSuchFileError:
        return None
    except ValueError as error:
        raise FuzzError(f"{file}: coverage: {error}, expected {_EXPECTED}") from error
    doubts = {signature: Doubt(**doubt.model_dump()) for signature, doubt in document.doubts.items()}
    others = document.model_dump(exclude={"format", "version", "doubts", "coverage", "command", "muted"})
    muted = {signature: list(names) for signature, names in document.muted.items()}
    return Record(command=list(document.command), muted=muted, doubts=doubts, coverage=coverage, **others)


def identity(target: Target, launch: tuple[str, ...]) -> str:
    """A hash of what is attacked, and how it is launched."""
    text = target.model_dump_json(exclude={"here", "file"}) + "\0".join(launch)
    return hashlib.sha256(text.encode()).hexdigest()

"""A campaign's own file: how far it is, so that it can be stopped at any time and gone on with."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ipos_conformance.target import Target

from ipos_fuzz.campaign.coverage import Coverage
from ipos_fuzz.errors import FuzzError

FILE = "campaign.json"
_FORMAT, _VERSION = "ipos-campaign", 1


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
        document = {**vars(self), "coverage": self.coverage.document()}
        document["doubts"] = {signature: vars(doubt) for signature, doubt in self.doubts.items()}
        text = json.dumps({"format": _FORMAT, "version": _VERSION, **document}, indent=1)
        new = folder / f".{FILE}.new"
        new.write_text(text, encoding="utf-8")
        new.replace(folder / FILE)


def read(folder: Path) -> Record | None:
    """The campaign of a folder; None if there is none. Raises FuzzError if it can't be read."""
    file = folder / FILE
    try:
        document: dict[str, Any] = json.loads(file.read_bytes())
        if (document.pop("format"), document.pop("version")) != (_FORMAT, _VERSION):
            raise FuzzError(f"{file}: another format, expected version {_VERSION} of {_FORMAT}")
        coverage = Coverage.of(document.pop("coverage"))
        doubts = {signature: Doubt(**doubt) for signature, doubt in document.pop("doubts").items()}
        return Record(coverage=coverage, doubts=doubts, **document)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FuzzError(f"{file}: {error.strerror}, expected a campaign's file, or none") from error
    except (KeyError, TypeError, ValueError) as error:
        raise FuzzError(f"{file}: {error}, expected what `ipos-fuzz run` writes; choose another --output") from error


def identity(target: Target, launch: tuple[str, ...]) -> str:
    """A hash of what is attacked, and how it is launched."""
    text = target.model_dump_json(exclude={"here", "file"}) + "\0".join(launch)
    return hashlib.sha256(text.encode()).hexdigest()

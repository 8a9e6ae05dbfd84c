"""A fault of a router in this process, as it stands in its file: the frames are all that is needed."""

from pathlib import Path
from typing import Literal

from ipos_conformance.findings.record import Record
from ipos_conformance.frames import Direction, Lan, describe

from ipos_fuzz import documents
from ipos_fuzz.findings.finding import slug
from ipos_fuzz.in_process.hunt import Fault
from ipos_fuzz.in_process.playing import Fed

FORMAT: Literal["ipos-in-process-fault"] = "ipos-in-process-fault"
VERSION: Literal[1] = 1


class Passed(Record):
    """One frame, sent to the router or received from it."""

    at: float
    """Seconds of the router's clock."""
    direction: Direction
    """As the harness sees it."""
    lan: Lan
    """On which it passed."""
    octets: str
    """Hexadecimal, without frame check sequence."""
    meaning: str
    """In words."""


class Given(Record):
    """One frame that shows the fault."""

    at: float
    """When the router gets it, in seconds of its clock: what is due before then is done first."""
    lan: Lan
    """On which it comes in."""
    octets: str
    """Hexadecimal, without frame check sequence."""
    operator: str
    """What was done to it."""


class FaultFile(Record):
    """The file."""

    format: Literal["ipos-in-process-fault"] = FORMAT
    """What this file is."""
    version: Literal[1] = VERSION
    """Of the format."""
    router: str
    """MODULE:FACTORY."""
    signature: str
    """By which another sight of it is recognised."""
    requirement: str
    """Id of the sentence that is broken; empty where none says it."""
    what: str
    """What is wrong."""
    seed: int
    """Of the hunt."""
    after_cases: int
    """How many frames had been handed over by then."""
    frames: tuple[Given, ...]
    """The fewest that show it."""
    passed: tuple[Passed, ...]
    """These, with the router's answers, and what stations answered by themselves."""

    def fed(self) -> list[Fed]:
        """The frames for the router."""
        return [Fed(one.at, one.lan, bytes.fromhex(one.octets), one.operator) for one in self.frames]


def document(fault: Fault, router: str, seed: int) -> FaultFile:
    """A fault as it stands in its file. router: MODULE:FACTORY; seed: of the hunt."""
    return FaultFile(
        router=router,
        signature=fault.violation.signature,
        requirement=fault.violation.requirement,
        what=fault.violation.what,
        seed=seed,
        after_cases=fault.after_cases,
        frames=tuple(
            Given(at=at, lan=lan, octets=octets.hex(), operator=name) for at, lan, octets, name in fault.frames
        ),
        passed=tuple(
            Passed(at=one.time, direction=one.direction, lan=one.lan, octets=one.octets.hex(), meaning=describe(one))
            for one in fault.passed
        ),
    )


def write(found: FaultFile, folder: Path) -> Path:
    """Write it, whole. Raises OSError."""
    path = folder / f"{slug(found.signature)}.json"
    new = path.with_name(f".{path.name}.new")
    folder.mkdir(parents=True, exist_ok=True)
    new.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
    new.replace(path)
    return path


def read(path: Path) -> FaultFile:
    """Read one. Raises FuzzError."""
    return documents.read(path, FaultFile, "what `ipos-fuzz in-process` writes")

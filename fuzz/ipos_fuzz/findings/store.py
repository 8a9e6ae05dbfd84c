"""Where findings are kept: a folder for each, whole or not there at all; one that can't be written is not lost."""

import contextlib
import os
import shlex
import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ipos_conformance.findings.results import CaseResult
from ipos_conformance.reports.captures import capture

from ipos_fuzz.errors import FuzzError
from ipos_fuzz.findings.finding import FILE, Finding, read
from ipos_fuzz.findings.script import NAME as SCRIPT
from ipos_fuzz.interruption import uninterrupted

FINDINGS = "findings"
PAGE, CAPTURE, FIRST = "README.md", "finding.pcapng", "first.pcapng"


@dataclass(frozen=True)
class Written:
    """All files of a finding. case, first: its frames as cases, of which captures are made."""

    finding: Finding
    script: str
    case: CaseResult
    first: CaseResult | None = None


@dataclass
class Store:
    """The findings of a campaign.

    folder     of all of them
    unwritten  those that could not be written yet, by the names of their folders
    trouble    why the last one could not
    """

    folder: Path
    unwritten: dict[str, Written] = field(default_factory=dict)
    trouble: str = ""

    def keep(self, written: Written, folder: str = "") -> None:
        """Write a finding; or remember it, if that can't be done now. folder: its name, if it is not the slug."""
        self.unwritten[folder or written.finding.slug] = written
        self.retry()

    def retry(self) -> bool:
        """Write what could not be written before. Whether all is written now."""
        self.trouble = ""
        for name, written in list(self.unwritten.items()):
            try:
                with uninterrupted():
                    _write(written, self.folder / name)
                    del self.unwritten[name]
            except OSError as error:
                self.trouble = f"{error.filename or self.folder}: {error.strerror}"
        return not self.unwritten

    def read(self) -> list[Finding]:
        """Those that are there, in the order in which they were found. Raises FuzzError for one that is damaged."""
        _put_back(self.folder)
        return sorted(map(read, _files(self.folder)), key=lambda one: (one.after_seconds, one.slug))


def _files(folder: Path) -> list[Path]:
    """Of the findings that are there whole. Raises FuzzError where that can't be seen: it is not taken for none."""
    try:
        return sorted(one / FILE for one in folder.iterdir() if not one.name.startswith(".") and (one / FILE).exists())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise FuzzError(f"{error.filename}: {error.strerror}, expected findings that can be read") from error


def _write(written: Written, folder: Path) -> None:
    """Under another name first: whoever reads meanwhile, or after the power failed, sees all of it or nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new, old = (folder.with_name(f".{folder.name}.{state}") for state in ("new", "old"))
    shutil.rmtree(new, ignore_errors=True)
    try:
        new.mkdir()
        for name, octets in _contents(written):
            write_through(new / name, octets)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)  # others may need the room
        raise
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)  # left there by a kill; without `folder` it is the only one
        folder.replace(old)
    new.replace(folder)
    shutil.rmtree(old, ignore_errors=True)


def _contents(written: Written) -> Iterator[tuple[str, bytes]]:
    yield FILE, written.finding.model_dump_json(indent=1).encode()
    yield CAPTURE, capture(written.case)
    if written.first is not None:
        yield FIRST, capture(written.first)
    yield SCRIPT, written.script.encode()
    yield PAGE, ("\n".join(page(written.finding)) + "\n").encode()


def write_through(path: Path, octets: bytes) -> None:
    """Write a file so that it is there before anything that is done later, also if the power fails."""
    with path.open("wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())


def _put_back(folder: Path) -> None:
    """What was moved aside, and nothing has come in its place because we were killed in between."""
    for old in folder.glob(".*.old"):
        with contextlib.suppress(OSError):
            old.rename(folder / old.name.removeprefix(".").removesuffix(".old"))


def page(finding: Finding) -> Iterator[str]:
    """The finding for a person, in Markdown."""
    yield f"# {finding.signature}\n"
    yield textwrap.fill(f"{finding.target.name} {finding.target.firmware}".strip() + f", {finding.found}.", 120) + "\n"
    if finding.requirement:
        yield textwrap.fill(f"{finding.requirement}: {finding.sentence}", 120) + "\n"
    yield textwrap.fill(f"Seen ({finding.oracle}): {finding.what}", 120) + "\n"
    proof = finding.proof
    if proof.confirmed:
        often = f"Shown again {proof.confirmed} of {proof.of} times by {finding.packets} packets"
        yield f"{often}, each time on a target that was set up anew ({proof.tries} tries to make it smaller).\n"
    else:
        yield f"{proof.in_words[0].upper()}{proof.in_words[1:]}.\n"
    yield "## What was sent, and what came\n"
    yield from (f"    {one.time:.6f}  {one.direction:<8}  {one.meaning}" for one in finding.frames)
    if finding.story:
        yield f"\nIt came from {finding.source}: " + ", ".join(finding.story) + f"; seed {finding.seed}."
    yield "\n## See it again\n"
    first, second = (
        next((one.value for one in finding.settings if one.key == f"{lan}_lan.interface"), f"{lan.upper()}_LAN")
        for lan in ("first", "second")
    )
    script, again = f"sudo python3 {SCRIPT} {first} {second}", "ipos-fuzz replay ."
    width = max(len(script), len(again))
    yield f"    {script:<{width}}  # Python's standard library alone; 1: reproduced, 0: not"
    yield f"    {again:<{width}}  # FIXED, STILL, OTHER or ERROR, by all that saw it"
    if finding.target.command:
        yield "\n`replay` starts the target itself. For the script it has to run on these interfaces, started by\n"
        yield f"    {shlex.join(finding.target.command)}"
    if finding.script:
        yield f"\nThe script sends it, but can't tell by itself: {finding.script}."


def find(folder: Path, names: list[str]) -> list[Path]:
    """Folders of findings: those named, each once, or all of a campaign's. Raises FuzzError."""
    named = list(dict.fromkeys(_named(folder, name) for name in names))
    if named:
        return named
    all_of_it = [file.parent for file in _files(folder / FINDINGS)]
    if not all_of_it:
        raise FuzzError(f"{folder / FINDINGS}: no findings; `ipos-fuzz run --output {folder}` looks for some")
    return all_of_it


def _named(folder: Path, name: str) -> Path:
    path, expected = Path(name), f"expected a finding's folder, or its name in {folder / FINDINGS}"
    try:
        for found in (folder / FINDINGS / name, path.parent if path.name == FILE else path):
            if (found / FILE).exists():
                return found.resolve()
    except OSError as error:
        raise FuzzError(f"{name}: {error.strerror}, {expected}") from error
    raise FuzzError(f"{name}: no finding; {expected}")

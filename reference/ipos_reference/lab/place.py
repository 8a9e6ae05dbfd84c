"""Where a lab keeps its files: one directory, of which nothing is left when it is taken down."""

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipos_reference.capture_file import earlier
from ipos_reference.lab import plan

DIRECTORY_VARIABLE = "IPOS_LAB"

SAID = "lab: "
"""What a line of the keeper's log begins with that is for people; libraries complain there in their own way."""


class LabError(Exception):
    """The lab can't be made or changed; the text is one line that says why and what to do."""


class NoLabError(LabError):
    """No lab is up where it was looked for."""


def usual_directory(environment: Mapping[str, str]) -> Path:
    """Where the lab is if nobody says otherwise: there is one for each user."""
    if environment.get("XDG_RUNTIME_DIR"):
        return Path(environment["XDG_RUNTIME_DIR"]) / "ipos-lab"
    return Path("/run/ipos-lab") if os.geteuid() == 0 else Path(f"/tmp/ipos-lab-{os.getuid()}")  # noqa: S108 - 0700


@dataclass(frozen=True, slots=True)
class Place:
    """The files of a lab by their names."""

    directory: Path

    @property
    def network(self) -> Path:
        """What the keeper has made: is there once the lab is up."""
        return self.directory / "network.json"

    @property
    def log(self) -> Path:
        """What the keeper says."""
        return self.directory / "keeper.log"

    @property
    def capture(self) -> Path:
        """What crossed both LANs."""
        return self.directory / "lans.pcapng"

    def of_server(self, name: str) -> Path:
        """The directory of a server: its router's configuration, log and control socket, its web pages."""
        return self.directory / name

    def control(self, name: str) -> Path:
        """The control socket of a server's router."""
        return self.of_server(name) / "control.sock"

    def router_log(self, name: str) -> Path:
        """What a server's router says."""
        return self.of_server(name) / "router.log"


def named(directory: Path) -> Place:
    """The place in a directory that somebody has named: by its one real name, whichever links lead to it."""
    return Place(Path(os.path.realpath(directory)))


def remove_files(place: Place) -> bool:
    """Remove a lab's files, and the directory if nothing else is in it; returns whether there were any.

    They are a lab's if the keeper's log is there, which is made first and goes last. Raises OSError.
    """
    if not place.log.exists():
        return False
    servers = [place.of_server(server.name) for server in plan.SERVERS]
    files = [place.network, _draft(place.network), place.capture, earlier(place.capture)]
    for directory in servers:
        if directory.exists():
            shutil.rmtree(directory)
    for file in (*files, place.log):
        file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # somebody else's things stay, and so does what a file system is mounted on
        place.directory.rmdir()
    return True


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a file that is there as a whole or not at all."""
    draft = _draft(path)
    draft.write_text(json.dumps(document, indent=2), encoding="utf-8")
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """Read it; None if it is not there, or somebody has damaged it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _draft(path: Path) -> Path:
    return path.with_suffix(".draft")


def said(place: Place) -> list[str]:
    """What the keeper and the sniffer have said to people."""
    lines = place.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.removeprefix(SAID) for line in lines if line.startswith(SAID)]

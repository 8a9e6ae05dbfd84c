"""Pages that Sphinx builds for a test: all of them, or one that the test writes, in rooms that it may change."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_ROOMS = ("spec", "reference", "conformance", "defects", "fuzz")


def built(
    pages: Path, output: Path, *options: str, instead: Mapping[str, Path] | None = None
) -> subprocess.CompletedProcess[str]:
    """Sphinx on a folder of pages; `instead` has a room's copy for some of the rooms."""
    rooms = {room: ROOT / room for room in _ROOMS} | dict(instead or {})
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", *options, pages, output],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, rooms.values()))},
        capture_output=True,
        text=True,
        check=False,
    )


def empty_pages(folder: Path) -> Path:
    """A folder for pages that a test writes, with the documentation's own configuration."""
    folder.mkdir()
    configuration = ROOT / "docs" / "conf.py"
    shutil.copytree(ROOT / "docs" / "_static", folder / "_static")
    # What the configuration says of files beside it is said of the documentation's.
    text = f"__file__ = {str(configuration)!r}\n{configuration.read_text(encoding='utf-8')}\nipos_complete = False\n"
    (folder / "conf.py").write_text(text, encoding="utf-8")
    return folder


def page(folder: Path, text: str) -> Path:
    """Write the one page."""
    (folder / "index.rst").write_text(f"Page\n====\n\n{text}\n", encoding="utf-8")
    return folder


def room_with(tmp_path: Path, room: str, file: str, old: str, new: str) -> dict[str, Path]:
    """A copy of a room in which every `old` in a file, or in all files that match, is `new`."""
    copy = tmp_path / room
    shutil.copytree(ROOT / room, copy, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    changed = 0
    for path in copy.glob(file):
        text = path.read_text(encoding="utf-8")
        changed += text.count(old)
        path.write_text(text.replace(old, new), encoding="utf-8")
    assert changed
    return {room: copy}


def complaint(finished: subprocess.CompletedProcess[str]) -> str:
    """What a build that failed said, on one line."""
    assert finished.returncode != 0
    return " ".join(finished.stderr.split())


class _Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.ids += [value for name, value in attrs if name == "id" and value is not None]


def ids(file: Path) -> list[str]:
    """Every id of a page, in order."""
    parser = _Ids()
    parser.feed(file.read_text(encoding="utf-8"))
    return parser.ids

"""tshark with the generated dissector, and without: what it shows of frames, as values."""

import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
from ipos_spec.captures import CaptureWriter
from ipos_spec.description import describe
from ipos_spec.export.wireshark import wireshark

SECOND_NS = 10**9


class Place(NamedTuple):
    """A field as it is shown: where it stands, its octets, and the line of text."""

    offset: int
    size: int
    octets: str
    line: str


class Shown(NamedTuple):
    """A frame as it is shown: its layers, its fields by filter name, and what it breaks by requirement."""

    protocols: str
    fields: dict[str, list[Place]]
    broken: dict[str, str]
    malformed: bool

    def line(self, name: str) -> str:
        (place,) = self.fields[name]
        return place.line


Snapped = tuple[bytes, int]
"""The octets of a frame that were captured, and how many it had."""

Frames = Iterable[bytes | Snapped]
Show = Callable[..., list[Shown]]
Run = Callable[..., str]


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wireshark") / "ipos.lua"
    path.write_text(wireshark(describe()), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run tshark over frames without the dissector, with these options; the answer is its output."""
    if shutil.which("tshark") is None:
        pytest.skip("needs tshark (package tshark)")

    def run(frames: Frames, *options: str) -> str:
        path = tmp_path_factory.mktemp("capture") / "frames.pcapng"
        with path.open("wb") as file:
            writer = CaptureWriter(file, ["second LAN"])
            for number, frame in enumerate(frames, start=1):
                octets, length = frame if isinstance(frame, tuple) else (frame, len(frame))
                writer.write("second LAN", number * SECOND_NS, octets, original_length=length)
        ran = subprocess.run(["tshark", "-n", "-r", path, *options], check=True, capture_output=True, text=True)
        assert "Lua" not in ran.stderr
        return ran.stdout

    return run


@pytest.fixture(scope="session")
def dissected(plain: Run, script: Path) -> Run:
    """The same with the dissector. A failure inside it would be told in the output."""

    def run(frames: Frames, *options: str) -> str:
        output = plain(frames, "-X", f"lua_script:{script}", *options)
        assert "Lua Error" not in output
        return output

    return run


@pytest.fixture(scope="session")
def show(dissected: Run) -> Show:
    """The frames as the dissector shows them, in two passes, as Wireshark's window does."""

    def shown(frames: Frames, *options: str) -> list[Shown]:
        pdml = dissected(frames, "-2", "-T", "pdml", *options)
        document = ElementTree.fromstring(pdml)  # noqa: S314 - tshark's, of frames made here
        return [_shown(packet) for packet in document.iter("packet")]

    return shown


def _shown(packet: ElementTree.Element) -> Shown:
    fields = defaultdict(list)
    for field in packet.iter("field"):
        if field.get("name", "").startswith(("ip_os.", "eth.", "frame.protocols")):
            place = (int(field.get("pos", "0")), int(field.get("size", "0")), field.get("value", ""))
            fields[field.get("name", "")].append(Place(*place, field.get("showname", "") or field.get("show", "")))
    experts = [expert for expert in packet.iter("field") if expert.get("name") == "_ws.expert"]
    broken = {_requirement(expert[0]): expert[0].get("showname", "") for expert in experts if _is_ours(expert)}
    layers = fields.pop("frame.protocols")[0].line.removeprefix("Protocols in frame: ")
    return Shown(layers, dict(fields), broken, any("Malformed" in str(layer.get("showname")) for layer in packet))


def _is_ours(expert: ElementTree.Element) -> bool:
    return expert[0].get("name", "").startswith("ip_os.")


def _requirement(expert: ElementTree.Element) -> str:
    return expert.get("name", "").removeprefix("ip_os.").upper().replace("_", "-")

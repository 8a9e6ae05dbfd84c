"""The real consumers and producers: tshark, capinfos, editcap and mergecap read ours, and we read theirs."""

import io
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ipos_spec import captures, vectors
from ipos_spec.captures import CapturedFrame, CaptureWriter, Direction
from ipos_spec.captures.blocks import BlockType, InterfaceOption, Option

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs Wireshark's tools (package tshark)")

FRAMES = [
    CapturedFrame(
        octets=octets,
        original_length=len(octets),
        time_ns=1_700_000_000_000_000_001 + number * 200_000_000,
        interface=("first LAN", "second LAN")[number % 2],
        comments=(f"{name}: first", "zweitens: ä")[: number % 3],
        direction=(None, Direction.INBOUND, Direction.OUTBOUND)[number % 3],
    )
    for number, (name, octets) in enumerate(vectors.FRAMES.items())
]


def tool(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(path: Path) -> list[CapturedFrame]:
    with path.open("rb") as file:
        return list(captures.read(file))


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    path = tmp_path / "ours.pcapng"
    with path.open("wb") as file:
        writer = CaptureWriter(file, ["first LAN", "second LAN"], comments=["What it shows."])
        for frame in FRAMES:
            writer.write(frame.interface, frame.time_ns or 0, frame.octets, frame.comments, direction=frame.direction)
    return path


def test_tshark_sees_interfaces_times_comments_and_directions(ours: Path) -> None:
    fields = ["frame.interface_name", "frame.time_epoch", "frame.len", "frame.p2p_dir", "frame.comment"]
    table = tool("tshark", "-r", ours, "-T", "fields", *(f"-e{field}" for field in fields), "-E", "aggregator=|")
    directions = {None: "", Direction.INBOUND: "1", Direction.OUTBOUND: "0"}
    assert [line.split("\t") for line in table.splitlines()] == [
        [
            frame.interface,
            f"{(frame.time_ns or 0) // 10**9}.{(frame.time_ns or 0) % 10**9:09}",
            str(frame.original_length),
            directions[frame.direction],
            "|".join(frame.comments),
        ]
        for frame in FRAMES
    ]


def test_tshark_sees_the_octets(ours: Path) -> None:
    dump = [line[6:54] for line in tool("tshark", "-r", ours, "-x").splitlines() if line[4:6] == "  "]
    assert bytes.fromhex("".join(dump)) == b"".join(frame.octets for frame in FRAMES)


def test_capinfos_sees_names_resolution_and_the_captures_comment(ours: Path) -> None:
    told = tool("capinfos", ours)
    for line in ("Name = first LAN", "Name = second LAN", "Time precision = nanoseconds (9)", "What it shows."):
        assert line in told


def test_what_editcap_writes_as_pcapng(ours: Path, tmp_path: Path) -> None:
    tool("editcap", "-F", "pcapng", ours, tmp_path / "theirs")
    assert read(tmp_path / "theirs") == FRAMES


@pytest.mark.parametrize(("kind", "tick_ns"), [("pcap", 1000), ("nsecpcap", 1)])
def test_what_editcap_writes_as_pcap(ours: Path, tmp_path: Path, kind: str, tick_ns: int) -> None:
    tool("editcap", "-F", kind, ours, tmp_path / "theirs")
    assert read(tmp_path / "theirs") == [
        CapturedFrame(
            octets=frame.octets,
            original_length=frame.original_length,
            time_ns=(frame.time_ns or 0) // tick_ns * tick_ns,
        )
        for frame in FRAMES
    ]


def test_what_editcap_cuts(ours: Path, tmp_path: Path) -> None:
    tool("editcap", "-s", "20", ours, tmp_path / "theirs")
    assert read(tmp_path / "theirs") == [replace(frame, octets=frame.octets[:20]) for frame in FRAMES]


def test_what_mergecap_merges(ours: Path, tmp_path: Path) -> None:
    tool("editcap", "-t", "0.1", ours, tmp_path / "later")
    tool("mergecap", "-w", tmp_path / "theirs", ours, tmp_path / "later")
    later = [replace(frame, time_ns=(frame.time_ns or 0) + 100_000_000) for frame in FRAMES]
    both = sorted([*FRAMES, *later], key=lambda frame: frame.time_ns or 0)
    assert read(tmp_path / "theirs") == both


def test_tshark_and_we_read_the_same_in_either_byte_order(
    block: Callable[..., bytes], byte_order: str, tmp_path: Path
) -> None:
    """No tool at hand writes big-endian files or simple packets: they are made by hand, and tshark is the judge."""
    path = tmp_path / "by-hand.pcapng"
    interface = [(InterfaceOption.NAME, b"x"), (InterfaceOption.TIME_OFFSET, struct.pack(f"{byte_order}q", 1000))]
    octets = vectors.FRAMES["tcp"]
    path.write_bytes(
        block(BlockType.SECTION_HEADER)
        + block(BlockType.INTERFACE_DESCRIPTION, interface)
        + block(BlockType.ENHANCED_PACKET, [(Option.COMMENT, b"c")], octets=octets, time_high=1, time_low=9)
        + block(BlockType.PACKET, octets=octets[:61], time_high=1, time_low=10)
        + block(BlockType.SIMPLE_PACKET, octets=octets[:59], original_length=59)
    )
    fields = ("frame.interface_name", "frame.time_epoch", "frame.cap_len", "frame.comment")
    table = tool("tshark", "-r", path, "-T", "fields", *(f"-e{field}" for field in fields))
    theirs = [tuple(line.split("\t")) for line in table.splitlines()]
    assert theirs == [
        (
            frame.interface,
            "" if frame.time_ns is None else f"{frame.time_ns / 1000:.0f}"[:-6] + f".{frame.time_ns % 10**9:09}",
            str(len(frame.octets)),
            "".join(frame.comments),
        )
        for frame in captures.read(io.BytesIO(path.read_bytes()))
    ]

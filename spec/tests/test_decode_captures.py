"""`ipos-spec decode` of captures, and what it shows of wrong frames."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ipos_spec import vectors
from ipos_spec.captures import CaptureWriter
from ipos_spec.cli import app
from ipos_spec.cli.spelled import COLOURS, spelled
from ipos_spec.dissection import dissect, dissect_wrong
from ipos_spec.errors import DecodeError
from ipos_spec.requirements import requirement
from rich.console import Console
from rich.text import Text
from typer.testing import CliRunner, Result

START = 1_700_000_000_000_000_001
WRONG = bytes.fromhex(vectors.FRAMES["tcp"].hex().replace("5171", "0000"))
"""The TCP packet with a wrong ipOS checksum."""


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["decode", *arguments], input=stdin)


@pytest.fixture(scope="module")
def capture() -> bytes:
    """An acknowledgement, two frames of others, a wrong frame."""
    file = io.BytesIO()
    writer = CaptureWriter(file, ["first LAN", "second LAN"])
    writer.write("second LAN", START, vectors.FRAMES["acknowledgement"], ["TGT-1: acknowledged.", "Twice\nsaid."])
    writer.write("first LAN", START + 1, bytes(12) + b"\x08\x00" + bytes(46), ["A packet of IPv4."])
    writer.write("first LAN", START + 1, bytes(13))
    writer.write("second LAN", START + 1_500_000_000, WRONG)
    return file.getvalue()


@pytest.fixture
def path(capture: bytes, tmp_path: Path) -> str:
    """Called so that nobody takes its name for the reason why it is read."""
    file = tmp_path / "cafe"
    file.write_bytes(capture)
    return str(file)


def test_a_capture_is_spelled_out_and_summed_up(path: str) -> None:
    result = run(path)
    assert result.exit_code == 1
    assert [line for line in result.stdout.splitlines() if line.startswith("Frame")] == [
        "Frame 1: Acknowledgement, 30 octets, second LAN, at 0.000000000 s",
        "Frame 4: wrong (ENC-7), 100 octets, second LAN, at 1.500000000 s",
    ]
    assert "    TGT-1: acknowledged.\n    Twice\n    said.\n" in result.stdout
    assert result.stdout.endswith("\n4 frames: 2 ipOS, 1 of them wrong, 2 of other EtherTypes\n")
    assert result.stderr == "ipos-spec: frame 4: header.checksum at octet 28: 0x0000 does not verify (ENC-7)\n"


@pytest.mark.parametrize("arguments", [["-"], []])
def test_a_capture_may_come_through_a_pipe(capture: bytes, path: str, arguments: list[str]) -> None:
    assert run(*arguments, stdin=capture).output == run(path).output


def test_all_names_what_is_not_ipos(path: str) -> None:
    lines = run("--all", path).stdout.splitlines()
    named = lines.index("Frame 2: EtherType 0x0800, 60 octets, first LAN, at 0.000000001 s")
    assert lines[named + 1 : named + 3] == [
        "    A packet of IPv4.",
        "Frame 3: no EtherType, 13 octets, first LAN, at 0.000000001 s",
    ]


def test_json_has_a_line_a_frame_and_what_the_capture_knows(path: str) -> None:
    result = run("--json", path)
    right, wrong = map(json.loads, result.stdout.splitlines())
    assert {key: right[key] for key in ("frame", "number", "time", "interface", "comments", "packet")} == {
        "frame": 1,
        "number": 1,
        "time": "1700000000.000000001",
        "interface": "second LAN",
        "comments": ["TGT-1: acknowledged.", "Twice\nsaid."],
        "packet": "Acknowledgement",
    }
    assert right["fields"][0]["path"] == "ethernet.destination"
    assert (wrong["number"], wrong["error"]["requirement"]) == (4, "ENC-7")
    assert result.stderr.endswith("4 frames: 2 ipOS, 1 of them wrong, 2 of other EtherTypes\n")


def test_json_of_all(path: str) -> None:
    others = [json.loads(line).get("other") for line in run("--json", "--all", path).stdout.splitlines()]
    assert others == [None, "EtherType 0x0800", "no EtherType", None]


def test_other_link_types_are_named() -> None:
    header = bytes.fromhex("a1b2c3d4 0002 0004 00000000 00000000 00040000 00000071")
    result = run("--all", stdin=header + bytes.fromhex("00000001 00000000 00000002 00000002 0800"))
    assert result.exit_code == 0
    assert "Frame 1: link type 113 (LINUX_SLL), only 1 (ETHERNET) is decoded, 2 octets" in result.stdout
    assert result.stdout.endswith("1 frame: 0 ipOS, 1 of link type 113 (LINUX_SLL)\n")


def test_what_the_capture_cut_short_is_neither_right_nor_wrong() -> None:
    file = io.BytesIO()
    frame = vectors.FRAMES["tcp-connection"]
    CaptureWriter(file, ["a"]).write("a", START, frame[:60], original_length=len(frame))
    result = run(stdin=file.getvalue())
    assert result.exit_code == 0
    assert "Frame 1: cut short by the capture, which lacks the last 116 octets, 60 octets" in result.stdout
    assert "WRONG" not in result.stdout
    assert result.stdout.endswith("1 frame: 1 ipOS, 1 of them cut short\n")
    assert json.loads(run("--json", stdin=file.getvalue()).stdout)["cut"].startswith("cut short by the capture")


def test_what_is_wrong_in_the_part_that_was_captured_is_wrong() -> None:
    file = io.BytesIO()
    CaptureWriter(file, ["a"]).write("a", START, WRONG, original_length=len(WRONG) + 1)
    result = run(stdin=file.getvalue())
    assert result.exit_code == 1
    assert result.stdout.endswith("1 frame: 1 ipOS, 1 of them wrong\n")


def test_a_capture_that_breaks_off_gives_its_whole_frames_first(capture: bytes) -> None:
    result = run(stdin=capture[:-1])
    assert result.exit_code == 2
    assert result.stdout.endswith("\n3 frames: 1 ipOS, 2 of other EtherTypes\n")
    assert re.fullmatch(r"ipos-spec: standard input: octet \d+: the file ends \d+ octets into .*\n", result.stderr)


def test_with_another_ether_type() -> None:
    file = io.BytesIO()
    frame = vectors.FRAMES["acknowledgement"]
    CaptureWriter(file, ["a"]).write("a", START, frame[:12] + b"\x88\xb5" + frame[14:])
    assert "1 frame: 1 ipOS" in run("--ether-type", "0x88b5", stdin=file.getvalue()).stdout
    assert "1 frame: 0 ipOS, 1 of other EtherTypes" in run(stdin=file.getvalue()).stdout


def test_frames_as_they_come(capture: bytes) -> None:
    """The first frame is told while the pipe is still open: whoever waits for more must not wait for it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ipos_spec", "decode", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        end_of_first = capture.index(bytes(12) + b"\x08\x00") - 28
        process.stdin.write(capture[:end_of_first])
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["packet"] == "Acknowledgement"
        process.stdin.close()
        assert process.wait() == 0


def test_a_file_of_hexadecimal(tmp_path: Path) -> None:
    file = tmp_path / "frames.txt"
    file.write_text("\n".join(frame.hex() for frame in vectors.FRAMES.values()))
    result = run(str(file), vectors.FRAMES["udp"].hex())
    assert result.exit_code == 0
    assert re.findall(r"^Frame (\d): (\w+),", result.stdout, re.MULTILINE) == [
        ("1", "TcpConnectionPacket"),
        ("2", "UdpConnectionPacket"),
        ("3", "TcpPacket"),
        ("4", "UdpPacket"),
        ("5", "Acknowledgement"),
        ("6", "UdpPacket"),
    ]


@pytest.mark.parametrize(
    ("name", "octets", "complaint"),
    [
        ("missing.pcap", None, "no such file"),
        ("empty", b"", "no frame in "),
        ("picture.png", b"\x89PNG\r\n\x1a\n", "is not hexadecimal"),
        ("zipped.pcap.gz", b"\x1f\x8b\x08\x00", "is not hexadecimal"),
        ("letter.txt", b"0200\nDear Sir,", "frame 2 of "),
        ("version.pcap", bytes.fromhex("a1b2c3d4 0009 0001") + bytes(16), "octet 4: pcap of version 9.1, expected 2.4"),
    ],
)
def test_files_that_are_nothing_of_the_kind(tmp_path: Path, name: str, octets: bytes | None, complaint: str) -> None:
    if octets is not None:
        (tmp_path / name).write_bytes(octets)
    result = run(str(tmp_path / name))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("ipos-spec: ")
    assert result.stderr.count("\n") == 1
    assert complaint in result.stderr


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "is a directory" in run(str(tmp_path)).stderr


def test_what_could_steer_the_terminal_is_not_printed() -> None:
    file = io.BytesIO()
    writer = CaptureWriter(file, ["second\x1b[31mLAN"])
    writer.write("second\x1b[31mLAN", START, vectors.FRAMES["acknowledgement"], ["red \x1b[31m\x07\x9b1m[bold]"])
    output = run(stdin=file.getvalue()).stdout
    assert "    red \ufffd[31m\ufffd\ufffd1m[bold]\n" in output
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", output)


def test_what_is_wrong_is_told_with_the_requirements_sentence() -> None:
    output = " ".join(run(WRONG.hex()).stdout.split())
    assert "28 2 checksum 0x0000 WRONG: 0x0000 does not verify" in output
    assert f"Violates ENC-7 (MUST): {requirement('ENC-7').sentence}" in output
    assert "30 70 inner 4500" in output


def on_terminal(frame: bytes, **kwargs: object) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="256", **kwargs)  # type: ignore[arg-type]
    try:
        from ipos_spec import decode

        console.print(spelled(Text("Frame"), dissect(decode(frame)), None, console))
    except DecodeError as error:
        console.print(spelled(Text("Frame"), dissect_wrong(frame, error), error, console))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 140])
@pytest.mark.parametrize("name", vectors.FRAMES)
def test_octets_have_the_colour_of_their_field(name: str, width: int) -> None:
    output = on_terminal(vectors.FRAMES[name], width=width, _environ={})
    octets = [(int(c), o) for c, o in re.findall(r"38;5;(\d+)m([0-9a-f]{2})\x1b", output)]
    assert bytes.fromhex("".join(octet for _, octet in octets)) == vectors.FRAMES[name]
    for item in dissect(vectors.PACKETS[name]):
        group, _, field = item.path.rpartition(".")
        colour = COLOURS[group or field]
        assert {found for found, _ in octets[item.offset : item.offset + item.size]} <= {colour}
        assert not item.size or re.search(rf"38;5;{colour}m{field} *\x1b", output)


def test_what_is_wrong_is_red() -> None:
    output = on_terminal(WRONG, width=140, _environ={})
    assert len(re.findall(r"48;5;160m00\b", output)) == 2
    assert re.search(r"38;5;160mWRONG", output)
    assert re.search(r"38;5;160mViolates ENC-7", output)


def test_no_color_is_honoured() -> None:
    assert "38;5" not in on_terminal(WRONG, width=140, _environ={"NO_COLOR": "1"})


def test_piped_output_is_plain() -> None:
    assert "\x1b" not in run(WRONG.hex()).stdout


def luminance(colour: int) -> float:
    """Of one of the 256 colours: WCAG 2.1's relative luminance."""
    levels = (0, 95, 135, 175, 215, 255)
    cube = colour - 16
    red, green, blue = (
        [levels[cube // 36], levels[cube // 6 % 6], levels[cube % 6]] if cube < 216 else [8 + 10 * (colour - 232)] * 3
    )
    linear: Callable[[float], float] = lambda c: c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4  # noqa: E731
    return 0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255)


@pytest.mark.parametrize("group", COLOURS)
def test_colours_are_readable_on_dark_and_on_light_terminals(group: str) -> None:
    relative = luminance(COLOURS[group])
    assert min(1.05 / (relative + 0.05), (relative + 0.05) / 0.05) >= 3.8


def test_a_reader_that_leaves_is_no_error(path: str) -> None:
    """As `| head -1` does."""
    reading, writing = os.pipe()
    os.close(reading)
    finished = subprocess.run(
        [sys.executable, "-m", "ipos_spec", "decode", path], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert b"Traceback" not in finished.stderr

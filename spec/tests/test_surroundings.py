"""The door where what surrounds it is not as it should be: no room, no reader, no terminal, no input."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ipos_spec.cli import app
from rich.console import Console
from typer.testing import CliRunner

DOOR = [sys.executable, "-m", "ipos_spec"]
FULL = Path("/dev/full")
PRINTING = [
    ["decode", "00"],
    ["decode", "--json", "00"],
    ["show", "tcp-connection"],
    ["exchanges", "migration", "-o", "-"],
    ["export", "json"],
]
"""Each in another way: lines, a console, octets, one long text."""


def only_line(errors: str) -> str:
    """The last thing that a person is told, without a traceback."""
    assert "Traceback" not in errors
    assert "Exception" not in errors
    return errors.splitlines()[-1]


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_full_disk_is_told_in_one_line(arguments: list[str]) -> None:
    with FULL.open("w") as full:
        ended = subprocess.run([*DOOR, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 2
    assert "no space left on device" in only_line(ended.stderr)


def test_closed_standard_output_is_told_in_one_line() -> None:
    command = f"exec {sys.executable} -m ipos_spec tables >&-"
    ended = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 2
    assert "bad file descriptor" in only_line(ended.stderr)


def test_closed_standard_output_is_no_harm_where_a_file_is_written(tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m ipos_spec export json -o {tmp_path / 'ipos.json'} >&-"
    subprocess.run(["sh", "-c", command], check=True)
    assert (tmp_path / "ipos.json").stat().st_size


@pytest.mark.parametrize("arguments", ["decode", "diff -"])
def test_closed_standard_input_is_empty(arguments: str) -> None:
    command = f"exec {sys.executable} -m ipos_spec {arguments} <&-"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "standard input" in only_line(ended.stderr)


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_reader_that_goes_ends_it_as_other_programs(arguments: list[str]) -> None:
    """Not with status 1, which is about frames."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run([*DOOR, *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert ended.returncode == -signal.SIGPIPE
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_terminal_that_knows_only_ascii(arguments: list[str]) -> None:
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    ended = subprocess.run([*DOOR, *arguments], capture_output=True, env=environment, check=False)
    assert b"Traceback" not in ended.stderr
    assert ended.returncode == (arguments[0] == "decode")


def test_diagram_for_a_terminal_that_knows_only_ascii_is_drawn_in_it() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    ended = subprocess.run([*DOOR, "show", "acknowledgement"], capture_output=True, env=environment, check=True)
    assert "    0 |                                          destination" in ended.stdout.decode("ascii")
    assert "?" not in ended.stdout.decode("ascii")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file here that opens and can't be read")
def test_file_that_opens_and_cannot_be_read() -> None:
    ended = subprocess.run([*DOOR, "decode", "/proc/self/mem"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert only_line(ended.stderr).startswith("ipos-spec: /proc/self/mem can't be read (input/output error)")


def test_endless_input_without_a_line_is_refused_soon() -> None:
    """Not read to its end before anything is said."""
    with Path("/dev/zero").open("rb") as endless:
        ended = subprocess.run(
            [*DOOR, "decode"], stdin=endless, capture_output=True, text=True, check=False, timeout=20
        )
    assert ended.returncode == 2
    assert "is not hexadecimal" in only_line(ended.stderr)


@pytest.mark.parametrize("arguments", [["tables"], ["show"], ["states"], ["vectors", "--coverage"]], ids=" ".join)
def test_nothing_is_cut_in_a_terminal_of_80_columns(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of which only the beginning is shown can't be typed."""
    narrow = Console(width=80, markup=False, highlight=False, emoji=False)
    for command in ("tables", "show", "states", "vectors"):
        monkeypatch.setattr(f"ipos_spec.cli.{command}.console", lambda: narrow)
    shown = CliRunner().invoke(app, arguments).stdout
    assert shown
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown

"""``lab diagram`` on captures of any kind."""

import io
from pathlib import Path

import pytest
from ipos_reference.cli import app
from ipos_spec.captures import CaptureWriter
from ipos_spec.exchanges import EXCHANGES, write
from typer.testing import CliRunner, Result


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "migration.pcapng"
    with path.open("wb") as file:
        write(EXCHANGES["migration"], file)
    return path


def diagram(*words: object, given: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["lab", "diagram", *map(str, words)], input=given)


def test_an_exchange_is_drawn_with_the_names_of_the_lab(capture: Path) -> None:
    done = diagram(capture)
    assert done.exit_code == 0
    assert done.stdout.startswith("<svg")
    assert ">server 2<" in done.stdout
    assert done.stderr == "198.51.100.7:49152 TCP (handed over): 15 frames\n"


def test_the_same_as_text(capture: Path) -> None:
    lines = diagram(capture, "--text").stdout.splitlines()
    assert len(lines) == 15
    assert lines[4] == "     25.4 ms  second LAN  server 1 -> server 2  TCP connection packet"


def test_a_file_and_a_pipe(capture: Path, tmp_path: Path) -> None:
    assert diagram("-", "-o", tmp_path / "a.svg", given=capture.read_bytes()).exit_code == 0
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == diagram(capture).stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["--client", "198.51.100.9:1"],
            "--client: found nothing of 198.51.100.9:1; the capture has 198.51.100.7:49152",
        ),
        (["--client", "Anna"], "--client: found 'Anna'; expected IP:PORT"),
        (["--ether-type", "seven"], "--ether-type: found 'seven'; expected a number"),
        (["-o", "/nowhere/a.svg"], "/nowhere/a.svg: No such file or directory"),
    ],
)
def test_what_is_not_understood(capture: Path, words: list[str], expected: str) -> None:
    done = diagram(capture, *words)
    assert (done.exit_code, done.stderr.splitlines()[-1].startswith(f"ipos-router: {expected}")) == (2, True), (
        done.stderr
    )


def empty() -> bytes:
    file = io.BytesIO()
    CaptureWriter(file, ["first LAN"])
    return file.getvalue()


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", "octet 0: begins with nothing, expected a pcap or pcapng file"),
        (b"hello, this is no capture", "begins with 68656c6c, expected a pcap or pcapng file"),
        (empty(), "found no client's connection in the capture"),
    ],
)
def test_what_is_no_capture_of_clients(tmp_path: Path, octets: bytes, expected: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(octets)
    done = diagram(path)
    assert done.exit_code == 2
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_capture_that_is_not_there(tmp_path: Path) -> None:
    done = diagram(tmp_path / "nothing")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)

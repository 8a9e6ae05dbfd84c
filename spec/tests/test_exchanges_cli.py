"""`ipos-spec exchanges`, as a person and as another program use it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from ipos_spec import captures
from ipos_spec.cli import app
from ipos_spec.exchanges import EXCHANGES
from typer.testing import CliRunner, Result


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=stdin)


def frames_in(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in captures.read(file))


def test_all_are_listed() -> None:
    lines = run("exchanges").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(EXCHANGES)
    assert all(line.endswith(exchange.title) for line, exchange in zip(lines, EXCHANGES.values(), strict=True))


def test_one_is_told() -> None:
    title, *lines = run("exchanges", "wrong-checksum").stdout.splitlines()
    frames = EXCHANGES["wrong-checksum"].frames
    assert title == EXCHANGES["wrong-checksum"].title
    assert lines[0] == f"    0.0000 s  first LAN   {frames[0].comment}"
    assert [line.partition("LAN")[2].strip() for line in lines] == [frame.comment for frame in frames]


def test_json() -> None:
    (exchange,) = json.loads(run("exchanges", "wrong-checksum", "--json").stdout)
    assert len(json.loads(run("exchanges", "--json").stdout)) == len(EXCHANGES)
    (wrong,) = [frame for frame in exchange["frames"] if frame["violates"]]
    assert (wrong["interface"], wrong["violates"]) == ("second LAN", "ENC-7")
    assert wrong["octets"] in {frame.octets.hex() for frame in EXCHANGES["wrong-checksum"].frames}


def test_all_into_a_directory(tmp_path: Path) -> None:
    assert run("exchanges", "-o", str(tmp_path / "new" / "captures")).exit_code == 0
    written = {path.stem: frames_in(path) for path in (tmp_path / "new" / "captures").iterdir()}
    assert written == {name: len(exchange.frames) for name, exchange in EXCHANGES.items()}


@pytest.mark.parametrize(("output", "written"), [("x.pcapng", "x.pcapng"), ("", "chain.pcapng")])
def test_one_into_a_file_or_a_directory(tmp_path: Path, output: str, written: str) -> None:
    assert run("exchanges", "chain", "-o", str(tmp_path / output)).exit_code == 0
    assert frames_in(tmp_path / written) == len(EXCHANGES["chain"].frames)


@pytest.mark.parametrize("name", EXCHANGES)
def test_one_as_a_diagram_with_all_its_frames(tmp_path: Path, name: str) -> None:
    assert run("exchanges", name, "-o", str(tmp_path / "x.svg")).exit_code == 0
    drawn = ET.fromstring((tmp_path / "x.svg").read_text(encoding="utf-8"))  # noqa: S314 - our own
    shown = {int(number) for piece in drawn.iter() for number in (piece.get("data-frame") or "").split()}
    assert shown == set(range(1, len(EXCHANGES[name].frames) + 1))
    assert EXCHANGES[name].title in "".join(drawn.itertext())


def test_one_through_a_pipe_into_decode() -> None:
    written = run("exchanges", "wrong-checksum", "-o", "-")
    decoded = run("decode", "--all", stdin=written.stdout_bytes)
    assert decoded.exit_code == 1
    assert decoded.stdout.endswith("16 frames: 6 ipOS, 1 of them wrong, 10 of other EtherTypes\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nonesuch"], "no exchange is called 'nonesuch'; there are migration, "),
        (["-o", "-"], "only one exchange goes to standard output"),
        (["chain", "-o", "/dev/null/x"], "can't be written (not a directory)"),
        (["-o", "/dev/null"], "can't be written (file exists)"),
    ],
)
def test_what_is_not_understood(arguments: list[str], complaint: str) -> None:
    result = run("exchanges", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("ipos-spec: ")
    assert result.stderr.count("\n") == 1
    assert complaint in result.stderr

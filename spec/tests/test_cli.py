"""The door ``ipos-spec``, as a person and as another program use it."""

import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ipos_spec import vectors
from ipos_spec.cli import app
from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.requirements import registry
from ipos_spec.struct_source import source
from typer.testing import CliRunner, Result

TCP_CONNECTION = vectors.FRAMES["tcp-connection"].hex()
ACKNOWLEDGEMENT = vectors.FRAMES["acknowledgement"].hex()


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=stdin)


def refused(result: Result, code: int) -> str:
    """The one line that a person gets for bad input: no traceback, nothing on stdout."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("ipos-spec: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def told_wrong(result: Result) -> str:
    """The one line on stderr for a wrong frame; what can be told of it is on stdout."""
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("ipos-spec: frame ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_decode_spells_out_every_field() -> None:
    result = run("decode", TCP_CONNECTION)
    assert result.exit_code == 0
    assert "TcpConnectionPacket, 176 octets" in result.stdout
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["14", "4", "source_ip", "198.51.100.7", "The", "client's", "IPv4", "address."] in lines
    assert any(line[:6] == ["76", "4", "snd_una", "287454021", "sequence", "Oldest"] for line in lines)
    assert any(line[:5] == ["28", "2", "checksum", "0xe404", "Internet"] for line in lines)
    assert any(line[:5] == ["64", "2", "t_flags", "0x03e0", "REQ_SCALE"] for line in lines)


def test_decode_reads_frames_from_standard_input() -> None:
    result = run("decode", stdin=f"\n{TCP_CONNECTION}\n\n  {ACKNOWLEDGEMENT}  \n")
    assert result.exit_code == 0
    assert "Frame 1: TcpConnectionPacket" in result.stdout
    assert "Frame 2: Acknowledgement, 30 octets" in result.stdout


@pytest.mark.parametrize(
    "text",
    [
        ACKNOWLEDGEMENT.upper(),
        "0x" + ACKNOWLEDGEMENT,
        bytes.fromhex(ACKNOWLEDGEMENT).hex(":"),
        bytes.fromhex(ACKNOWLEDGEMENT).hex(" ", 2),
    ],
)
def test_decode_takes_hexadecimal_as_tools_print_it(text: str) -> None:
    assert "Acknowledgement, 30 octets" in run("decode", text).stdout


def test_decode_prints_json() -> None:
    result = run("decode", "--json", ACKNOWLEDGEMENT + "00ff")
    document = json.loads(result.stdout)
    assert (document["frame"], document["packet"]) == (1, "Acknowledgement")
    fields = {field["path"]: field for field in document["fields"]}
    assert fields["header.source_ip"] == {
        "path": "header.source_ip",
        "offset": 14,
        "size": 4,
        "value": 0xC6336407,
        "text": "198.51.100.7",
        "unit": "",
        "documentation": "The client's IPv4 address.",
        "source": "fig 11B; ENC-3",
    }
    assert fields["header.type"]["text"] == "0x03 ACKNOWLEDGEMENT"
    assert fields["ethernet.destination"]["text"] == "02:00:00:00:02:02"
    assert (fields["padding"]["offset"], fields["padding"]["size"], fields["padding"]["value"]) == (30, 2, "00ff")


@pytest.mark.parametrize("name", vectors.FRAMES)
def test_decode_leaves_no_octet_out(name: str) -> None:
    """The fields of the JSON lie end to end and give the frame's octets again."""
    fields = json.loads(run("decode", "--json", vectors.FRAMES[name].hex()).stdout)["fields"]
    octets = b""
    for field in fields:
        assert field["offset"] == len(octets)
        value = field["value"]
        octets += bytes.fromhex(value) if isinstance(value, str) else value.to_bytes(field["size"], "big")
    assert octets == vectors.FRAMES[name]


def test_decode_names_field_offset_and_requirement_of_a_bad_frame() -> None:
    line = told_wrong(run("decode", TCP_CONNECTION[:-2]))
    assert line == (
        "ipos-spec: frame 1: connection.control_block.last_ack_sent at octet 172: "
        "the frame has 175 of 176 octets (ENC-8)\n"
    )


def test_decode_goes_on_behind_a_bad_frame() -> None:
    result = run("decode", "00", ACKNOWLEDGEMENT)
    assert result.exit_code == 1
    assert "Frame 2: Acknowledgement" in result.stdout
    assert "frame 1: " in result.stderr


def test_decode_prints_a_bad_frame_as_json() -> None:
    result = run("decode", "--json", "00", ACKNOWLEDGEMENT)
    assert result.exit_code == 1
    bad, good = map(json.loads, result.stdout.splitlines())
    assert bad["error"] == {
        "path": "ethernet.destination",
        "offset": 0,
        "problem": "the frame has 1 of 30 octets",
        "requirement": "ENC-8",
    }
    assert good["frame"] == 2


@pytest.mark.parametrize("text", ["0x88b5", "34997"])
def test_decode_with_another_ether_type(text: str) -> None:
    frame = ACKNOWLEDGEMENT[:24] + "88b5" + ACKNOWLEDGEMENT[28:]
    assert run("decode", frame, "--ether-type", text).exit_code == 0
    assert "ethernet.type at octet 12" in told_wrong(run("decode", frame))


@pytest.mark.parametrize("text", ["zz", "0", "0x", "hello world", "0g" * 100])
def test_decode_of_what_is_not_hexadecimal(text: str) -> None:
    result = run("decode", ACKNOWLEDGEMENT, text)
    if text == "0x":
        assert result.exit_code == 1  # no octets, but hexadecimal
        return
    assert "frame 2 is not hexadecimal" in refused(result, 2)


@pytest.mark.parametrize("stdin", ["", "\n \n", b"\xff\xfe\x00"])
def test_decode_of_no_frames_or_garbage(stdin: str | bytes) -> None:
    refused(run("decode", stdin=stdin), 2)


@pytest.mark.parametrize("text", ["seven", "-1", "0x10000", "", "1.5"])
def test_decode_with_a_wrong_ether_type(text: str) -> None:
    assert "EtherType" in refused(run("decode", ACKNOWLEDGEMENT, f"--ether-type={text}"), 2)


def test_requirements_tells_all() -> None:
    told = json.loads(run("requirements", "--json").stdout)
    assert [entry["id"] for entry in told] == list(registry())
    assert told[0] == {
        "id": "ENC-1",
        "revision": 1,
        "level": "MUST",
        "role": "any",
        "source": ["decision"],
        "sentence": "All multi-octet fields are in network byte order.",
        "note": "",
        "observed": registry()["ENC-1"].observed,
        "disposition": "by construction",
        "reason": registry()["ENC-1"].reason,
        "links": ["ENC-2", "ENC-3", "TGT-6"],
    }


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["ENC-1"], ["ENC-1"]),
        (["enc-7", "CON-1"], ["ENC-7", "CON-1"]),
        (["tcb"], ["TCB-1", "TCB-2", "TCB-3"]),
        (["TCB-"], ["TCB-1", "TCB-2", "TCB-3"]),
        (["TGT", "--level", "MAY"], ["TGT-10"]),
        (["--role", "Target", "--level", "may"], ["TGT-10"]),
        (["--level", "MUST NOT"], ["ORG-8", "ORG-11", "UDP-5"]),
        (["--level", "must-not"], ["ORG-8", "ORG-11", "UDP-5"]),
        (["--role", "advertiser"], ["ADV-1", "ADV-2", "ADV-3"]),
        (["--disposition", "Not observable"], ["TAB-2", "SEC-2"]),
        (["--disposition", "not-observable", "--level", "should"], ["SEC-2"]),
    ],
)
def test_requirements_by_id_prefix_level_role_and_disposition(arguments: list[str], ids: list[str]) -> None:
    told = json.loads(run("requirements", "--json", *arguments).stdout)
    assert [entry["id"] for entry in told] == ids


def test_requirements_prints_the_sentence() -> None:
    output = run("requirements", "TGT-11").stdout
    assert output.startswith("TGT-11  MUST  target  [decision]\n")
    assert "a target asks (ARP) with its own address" in output
    assert "\nObserved: Every ARP request" in output
    assert output.endswith("\nTested.\nRevision 1; see also CON-1, NBR-1.\n\n")


def test_requirements_says_what_is_not_tested() -> None:
    output = run("requirements", "SEC-2").stdout
    assert "\nNot observable: Counters and logs are on no LAN." in output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["XYZ"], "no requirement is called 'XYZ'"),
        (["ENC-99"], "ENC-99"),
        (["--level", "OUGHT"], "MUST, MUST NOT"),
        (["--role", "king"], "any, origin"),
        (["--disposition", "hoped-for"], "disposition 'hoped-for' is not one of tested, not yet tested"),
        (["ADV", "--level", "MUST NOT"], "no requirement has this level"),
        (["ADV", "--level", "MUST", "--role", "origin"], "no requirement has this level and role"),
    ],
)
def test_requirements_that_are_not_there(arguments: list[str], complaint: str) -> None:
    assert complaint in refused(run("requirements", *arguments), 2)


def test_requirements_prints_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    noted = replace(registry()["ENC-7"], note="Decided so [for a reason].")
    monkeypatch.setattr("ipos_spec.cli.requirements.registry", lambda: {"ENC-7": noted})
    assert "Note: Decided so [for a reason]." in run("requirements").stdout


def test_version() -> None:
    assert re.fullmatch(r"ipos-spec \d+\.\d+\.\S+\n", run("--version").stdout)


@pytest.mark.parametrize("command", ["codec", "decode", "exchanges", "requirements", "vectors"])
def test_examples_of_the_help_work(command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.chdir(tmp_path)  # some write files
    examples = re.findall(r"^ (ipos-spec .+)", run(command, "--help").stdout, re.MULTILINE)
    assert len(examples) >= 2
    for example in examples:
        octets = f"{ACKNOWLEDGEMENT}\n".encode()
        for stage in example.partition(" < ")[0].split(" | "):
            words = shlex.split(stage)
            assert words.pop(0) == "ipos-spec"
            result = run(*words, stdin=octets)
            assert result.exit_code == 0
            octets = result.stdout_bytes


def test_module_is_the_same_door() -> None:
    """Also over a real pipe: a file's width, and exit codes as a shell sees them."""
    finished = subprocess.run(
        [sys.executable, "-m", "ipos_spec", "decode", "--json", "00"], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1


def test_codec_prints_the_generated_source() -> None:
    assert run("codec", "EncapsulationHeader").stdout == source(EncapsulationHeader)
    assert "TcpConnectionPacket" in run("codec").stdout.splitlines()


def test_codec_of_an_unknown_record() -> None:
    assert "no record is called 'Header'; there are " in refused(run("codec", "Header"), code=2)


@pytest.mark.parametrize(
    ("otherwise", "exact"),
    [
        ("show TCP-Connection", "show tcp-connection"),
        ("show control_block", "show control-block"),
        ("tables Forward", "tables forward"),
        ("tables server_state", "tables server-state"),
        ("exchanges Come-Home", "exchanges come-home"),
        ("export JSON", "export json"),
        ("export svg --only ACKNOWLEDGEMENT", "export svg --only acknowledgement"),
        ("codec encapsulationheader", "codec EncapsulationHeader"),
        ("states Forwarding", "states forwarding"),
        ("requirements --level MUST_NOT", "requirements --level must-not"),
        ("vectors --packet TCP_Connection", "vectors --packet tcp-connection"),
    ],
)
def test_names_are_known_however_they_are_written(otherwise: str, exact: str) -> None:
    result = run(*otherwise.split())
    assert result.exit_code == 0, result.stderr
    assert result.stdout == run(*exact.split()).stdout


@pytest.mark.parametrize("arguments", ["exchanges migration --json -o .", "states target --json --format svg"])
def test_two_formats_at_once_are_refused(arguments: str) -> None:
    """Not answered by whichever comes first."""
    assert "expected one of them" in refused(run(*arguments.split()), code=2)


@pytest.mark.parametrize(
    "line",
    [
        "0000  02 00 00 00 02 02 02 00 00 00 02 01 00 07 c6 33   ",
        "0x0000:  0200 0000 0202 0200 0000 0201 0007 c633",
        "00000000: 0200 0000 0202 0200 0000 0201 0007 c633",
        "00000000  02 00 00 00 02 02 02 00  00 00 02 01 00 07 c6 33",
    ],
    ids=["Wireshark", "tcpdump", "xxd", "hexdump"],
)
def test_a_line_of_a_hex_dump_is_not_read_as_a_frame(line: str) -> None:
    """Its offset would be the frame's first octets."""
    assert "no offsets" in refused(run("decode", stdin=f"{line}\n"), code=2)

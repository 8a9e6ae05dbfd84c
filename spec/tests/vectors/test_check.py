"""`ipos-spec vectors check`: programs that are right, wrong in known ways, and broken in every way."""

import json
import os
import select
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from ipos_spec.cli import app
from ipos_spec.vectors import Flag, all_vectors
from typer.testing import CliRunner, Result

UDP_CONNECTION = [vector for vector in all_vectors() if vector.packet == "udp-connection"]
ELEVENTH = UDP_CONNECTION[10]
REFUSE = """echo '{"error": "X"}'"""

needs_shell = pytest.mark.skipif(shutil.which("sh") is None, reason="sh, which is not there, plays the programs")


def check(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["vectors", "check", *arguments])


def check_as_json(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = check("--json", *arguments)
    return result.exit_code, json.loads(result.stdout)


def python(path: Path, *lines: str) -> list[str]:
    """A parser in Python: `answer` is the codec's; the lines come behind it, and `line` is a frame."""
    start = ["import json, os, sys", "from ipos_spec.vectors.parser import answer"]
    file = path / "parser.py"
    file.write_text("\n".join([*start, *lines, ""]), encoding="utf-8")
    return ["--", sys.executable, str(file)]


def shell(script: str) -> list[str]:
    return ["--", "sh", "-c", script]


def test_the_codec_is_right_even_strictly() -> None:
    code, report = check_as_json("--strict", "--", sys.executable, "-m", "ipos_spec.vectors.parser")
    assert code == 0
    assert report["right"] == report["vectors"] == len(all_vectors())
    read = [v for v in all_vectors() if v.is_readable and Flag.ALTERNATIVE_ETHER_TYPE not in v.flags]
    assert report["fieldsCompared"] == sum(len(vector.values) for vector in read)
    assert (report["wrong"], report["flags"], report["broken"]) == ([], {}, None)


def test_little_endian_reader_is_told_so_whatever_it_was_asked(tmp_path: Path) -> None:
    program = python(
        tmp_path,
        "def swap(value, size): return int.from_bytes(value.to_bytes(size, 'big'), 'little')",
        "for line in sys.stdin:",
        "    said = json.loads(answer(line))",
        "    for path in said.get('fields', {}):",
        "        if path.endswith(('_ip', '_port')):",
        "            said['fields'][path] = swap(said['fields'][path], 2 if path.endswith('_port') else 4)",
        "    print(json.dumps(said))",
    )
    code, report = check_as_json("--packet", "udp-connection", *program)
    assert code == 1
    assert list(report["flags"]) == [Flag.LITTLE_ENDIAN.title]
    assert report["wrong"][0]["problem"] == (
        f"header.source_ip is {0x076433C6}, expected {0xC6336407}, and 5 more fields"
    )
    text = check("--packet", "udp-connection", *program).stdout
    assert "LittleEndian" in text
    assert Flag.LITTLE_ENDIAN.description[:30] in text


def test_reader_of_signed_numbers_is_told_so(tmp_path: Path) -> None:
    program = python(
        tmp_path,
        "for line in sys.stdin:",
        "    said = json.loads(answer(line))",
        "    if 'fields' in said and said['fields']['header.source_ip'] >> 31:",
        "        said['fields']['header.source_ip'] -= 1 << 32",
        "    print(json.dumps(said))",
    )
    code, report = check_as_json("--packet", "udp-connection", *program)
    assert (code, list(report["flags"])) == (1, ["SignedNumber"])


def test_parser_that_ignores_the_checksum_is_told_so(tmp_path: Path) -> None:
    """Not one vector about something else is answered wrong."""
    program = python(
        tmp_path,
        "import ipos_spec.codec",
        "ipos_spec.codec.verifies = lambda octets: True",
        "for line in sys.stdin: print(answer(line))",
    )
    code, report = check_as_json(*program)
    assert code == 1
    assert next(iter(report["flags"])) == "ChecksumIgnored"
    assert report["flags"]["ChecksumIgnored"]["wrong"] == report["flags"]["ChecksumIgnored"]["of"]
    assert {wrong["slug"].partition("/")[2] for wrong in report["wrong"]} >= {"checksum-one-more", "checksum-zero"}
    about_checksums = {"cut-and-padded"} | {v.slug.partition("/")[2] for v in all_vectors() if v.group == "checksums"}
    assert {wrong["slug"].partition("/")[2] for wrong in report["wrong"]} <= about_checksums


def test_a_parser_that_tells_no_fields_is_right_but_that_is_said(tmp_path: Path) -> None:
    program = python(
        tmp_path,
        "for line in sys.stdin:",
        "    said = json.loads(answer(line))",
        "    said.pop('fields', None)",
        "    print(json.dumps(said))",
    )
    result = check("--packet", "udp-connection", *program)
    assert result.exit_code == 0
    assert "0 fields compared" in result.stdout
    assert check("--packet", "udp-connection", "--strict", *program).exit_code == 1


@needs_shell
@pytest.mark.parametrize(
    ("script", "reason", "printed"),
    [
        ("exit 0", "it ended early", ""),
        ("echo sorry >&2; exit 7", "it ended with status 7", "'sorry'"),
        ("kill -SEGV $$", "it was ended by SIGSEGV", ""),
        ("exec sleep 1000", "it hangs: nothing more in 0.5 s", ""),
        ("printf half; exec sleep 1000", "it hangs: nothing more in 0.5 s", "'half'"),
        ("exec yes", "it answered with no JSON; it prints without end", "'y'"),
        ("echo '[1]'", "it answered with JSON, but no object", "'[1]'"),
        ("echo '{}'", 'it answered with an object, but without either "packet" or "error" as a text', "'{}'"),
        ('echo \'{"packet": "tcp", "fields": 3}\'', 'it answered with "fields" is no object', "fields"),
        ("echo '\\377'", "it answered with no JSON", "xff"),
        ("exec <&-; exec sleep 1000", "it hangs", ""),
        ("exec >&-; exec sleep 1000", "it hangs", ""),
        ("sleep 1000 & exit 0", "it hangs", ""),
    ],
)
def test_broken_program_ends_the_check_with_its_first_vector(script: str, reason: str, printed: str) -> None:
    result = check(
        "--json", "--flag", "Example", "--packet", "tcp", "--result", "valid", "--timeout", "0.5", *shell(script)
    )
    assert result.exit_code == 3
    report = json.loads(result.stdout)
    assert report["answered"] == 0
    assert report["broken"]["reason"].startswith(reason)
    assert report["broken"]["slug"] == "tcp/example"
    assert printed in report["broken"]["printed"]


def ends(pid: str) -> bool:
    """Whether a process is gone, or goes soon: one that was killed may take a moment to die."""
    try:
        watched = os.pidfd_open(int(pid))
    except ProcessLookupError:
        return True
    with os.fdopen(watched, "rb") as process:
        return bool(select.select([process], [], [], 5)[0])


@needs_shell
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="no way here to see whether a process runs")
def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 1000 & echo $! $$ > {pids}; wait"
    result = check("--flag", "Example", "--packet", "udp", "--timeout", "0.5", *shell(script))
    assert result.exit_code == 3
    assert [ends(pid) for pid in pids.read_text().split()] == [True, True]


@needs_shell
@pytest.mark.parametrize("end", ["exit 3", "exec sleep 1000", "kill -ABRT $$", "exit 0"])
def test_the_vector_that_breaks_a_program_is_named(end: str) -> None:
    script = f'while read -r frame; do case "$frame" in {ELEVENTH.frame.hex()}) {end};; esac; {REFUSE}; done'
    code, report = check_as_json("--packet", "udp-connection", "--timeout", "0.5", *shell(script))
    assert code == 3
    assert (report["answered"], report["broken"]["slug"]) == (10, ELEVENTH.slug)


def test_the_vector_is_named_though_answers_were_lost_in_a_buffer(tmp_path: Path) -> None:
    program = python(
        tmp_path,
        "sys.stdout = open(1, 'w', buffering=1 << 20)",
        "for line in sys.stdin:",
        f"    if line.strip() == '{ELEVENTH.frame.hex()}': os.abort()",
        "    print(answer(line))",
    )
    code, report = check_as_json("--packet", "udp-connection", *program)
    assert (code, report["answered"]) == (3, 0)
    assert report["broken"]["reason"] == "it was ended by SIGABRT"
    assert report["broken"]["slug"] == ELEVENTH.slug


@needs_shell
def test_more_answers_than_frames() -> None:
    script = 'while read -r frame; do echo \'{"error": "X"}\'; echo \'{"error": "X"}\'; done'
    code, report = check_as_json("--packet", "udp", *shell(script))
    assert code == 3
    assert report["broken"]["reason"].startswith("it printed more lines than the ")


@needs_shell
def test_a_bad_end_behind_right_answers_is_broken_too() -> None:
    """What a sanitizer finds at the end must not pass."""
    script = 'while read -r frame; do echo \'{"error": "X"}\'; done; echo leak >&2; exit 1'
    result = check("--packet", "udp", "--result", "invalid", *shell(script))
    assert result.exit_code == 3
    assert "The program broke: it ended with status 1; it printed 'leak'; 0 vectors without an answer" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--", "/no/such/program"], "'/no/such/program' can't be started: no such file or directory"),
        (["--", "/etc"], "permission denied"),
        (["--packet", "icmp", "--", "true"], "packet 'icmp' is not one of tcp-connection"),
        (["--flag", "NoSuchBug", "--", "true"], "flag 'NoSuchBug' is not one of Example"),
        (["--result", "maybe", "--", "true"], "result 'maybe' is not one of valid, invalid, acceptable"),
        (["--timeout", "0", "--", "true"], "timeout 0 is not"),
        (["--timeout", "nan", "--", "true"], "timeout nan is not"),
        (["--packet", "udp", "--flag", "AcknowledgementLate", "--", "true"], "no vector has this flag and packet"),
    ],
)
def test_what_is_not_understood_is_one_line(arguments: list[str], complaint: str) -> None:
    result = check(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1

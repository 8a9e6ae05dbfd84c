"""The C header, judged by its consumer: compilers take it, and programs that use it read and write the same octets."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ipos_spec import decode, encode
from ipos_spec.addresses import mac
from ipos_spec.description import describe
from ipos_spec.export.c_header import c_header
from ipos_spec.fields import violations
from ipos_spec.packets import Acknowledgement, ConnectionPacket, acknowledgement, with_checksum
from ipos_spec.vectors import all_vectors

PARSER = Path(__file__).resolve().parents[2] / "examples" / "c-parser" / "vector_parser.c"
WRITER = Path(__file__).with_name("writing.c")
HEADER = c_header(describe())

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wcast-qual", "-Wshadow", "-Werror")
C = ("gcc", "-std=c11", "-O1")
COMPILERS = {
    "C11": (C, ()),
    "C11, sanitizers": ((*C, "-fsanitize=address,undefined", "-fno-sanitize-recover"), ()),
    "C++17": (("g++", "-std=c++17", "-O1", "-x", "c++"), ()),
    "32 bits": ((*C, "-m32"), ()),
    "big-endian": (("powerpc64-linux-gnu-gcc", *C[1:], "-static"), ("qemu-ppc64-static",)),
}
"""The compiler's command, and what runs its programs."""

Program = Callable[[Iterable[str]], list[str]]


@pytest.fixture(params=COMPILERS)
def compiled(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Path], Program]:
    """Compile a source file into a program that is given lines and answers lines."""
    compiler, runner = COMPILERS[request.param]
    _skip_without(compiler, runner, tmp_path)
    (tmp_path / "ipos.h").write_text(HEADER, encoding="utf-8")

    def compile_program(source: Path) -> Program:
        program = tmp_path / "program"
        subprocess.run([*compiler, *WARNINGS, f"-I{tmp_path}", source, "-o", program], check=True)
        return lambda lines: _run([*runner, str(program)], lines)

    return compile_program


def test_reads_all_frames_as_we_do(compiled: Callable[[Path], Program], answers: dict[bytes, Any]) -> None:
    told = compiled(PARSER)(frame.hex() for frame in answers)
    assert [json.loads(line) for line in told] == list(answers.values())


def test_writes_all_packets_as_we_do(compiled: Callable[[Path], Program], readable: dict[bytes, Any]) -> None:
    told = compiled(WRITER)(frame.hex() for frame in readable)
    assert told == [_written(frame) for frame in readable]


def test_knows_what_acknowledges_what(
    compiled: Callable[[Path], Program], acknowledged: dict[tuple[bytes, bytes], bool]
) -> None:
    told = compiled(WRITER)(f"{frame.hex()} {of.hex()}" for frame, of in acknowledged)
    assert [line.split()[-1] for line in told] == ["yes" if right else "no" for right in acknowledged.values()]


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_the_worked_example_does_what_its_readme_says(tmp_path: Path) -> None:
    """`make check`: exported, compiled, and asked all vectors."""
    _skip_without(C, (), tmp_path)
    example = shutil.copytree(PARSER.parent, tmp_path / "c-parser", ignore=shutil.ignore_patterns("ipos.h", "*_parser"))
    done = subprocess.run(
        ["make", "check", f"IPOS_SPEC={sys.executable} -m ipos_spec"],
        cwd=example,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(all_vectors())} vectors" in done.stdout


@pytest.mark.parametrize(
    "wrong", ["IPOS_OFFSET(ipos_control_block, snd_una, 44)", "IPOS_SIZE(ipos_control_block, 144)"]
)
def test_layout_is_asserted_by_the_compiler(wrong: str, tmp_path: Path) -> None:
    right = wrong.replace("44)", "40)")
    assert right in HEADER
    (tmp_path / "ipos.h").write_text(HEADER.replace(right, wrong), encoding="utf-8")
    _skip_without(C, (), tmp_path)
    done = subprocess.run(
        [*C, f"-I{tmp_path}", PARSER, "-o", tmp_path / "program"], check=False, capture_output=True, text=True
    )
    assert "static assertion failed" in done.stderr


def test_documentation_cannot_end_its_comment() -> None:
    """What a schema says goes into comments as it is, but for what would end them."""
    (packet, *others) = describe().packets
    malicious = replace(packet, title="Ends here */ int x; /* and goes on")
    header = c_header(replace(describe(), packets=(malicious, *others)))
    assert "/** Ends here * / int x; / * and goes on */" in header


def _written(frame: bytes) -> str:
    """The line of the writing program."""
    packet = decode(frame)
    checked = next((violation.rule.requirement for violation in violations(packet)), "")
    words = [encode(packet).hex()]
    words.append(words[0] if isinstance(packet, Acknowledgement) else encode(with_checksum(packet)).hex())
    words.append(checked)
    if isinstance(packet, ConnectionPacket):
        words.append(encode(acknowledgement(packet, source=mac("02:00:00:00:00:99"))).hex())
    return " ".join((*words, ""))


def _skip_without(compiler: Iterable[str], runner: Iterable[str], folder: Path) -> None:
    """A compiler may be there and lack the libraries for what it is asked."""
    name, *options = compiler
    empty = folder / "empty.c"
    empty.write_text("int main(void) { return 0; }\n", encoding="utf-8")
    for tool in (name, *runner):
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
    done = subprocess.run([name, *options, empty, "-o", folder / "empty"], check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"{' '.join(compiler)} lacks libraries for this machine")


def _run(command: list[str], lines: Iterable[str]) -> list[str]:
    given = "".join(f"{line}\n" for line in lines)
    return subprocess.run(
        command, input=given, check=True, capture_output=True, text=True, timeout=60
    ).stdout.splitlines()

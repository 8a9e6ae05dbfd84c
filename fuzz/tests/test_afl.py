"""What implementers in C get agrees with the specification, and AFL++ finds a bug by it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ipos_fuzz.afl import AflError, write
from ipos_fuzz.mutate import OPERATORS
from ipos_spec import DecodeError, decode
from ipos_spec.packets import TcpConnectionPacket
from ipos_spec.vectors import FRAMES

SHIFT = "connection.control_block.t_rxtshift"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("afl")
    write(folder)
    return folder


@pytest.fixture(scope="module")
def mutator(folder: Path) -> Iterator[Any]:
    """The module as AFL++ imports it: from the folder that was written."""
    sys.path.insert(0, str(folder))
    try:
        yield __import__("ipos_mutator")
    finally:
        sys.path.remove(str(folder))
        del sys.modules["ipos_mutator"]


def seeds(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "seeds").iterdir())}


def with_shift(mutator: ModuleType, folder: Path, shift: int) -> bytes:
    """The connection packet with this step of the back-off, under a right checksum; the example is wrong at 13."""
    (frame,) = mutator.frames_of(seeds(folder)["tcp-connection"])
    (field,) = (field for field in mutator.FIELDS[1, 1] if field.path == SHIFT)
    frame[field.offset : field.offset + 2] = shift.to_bytes(2, "big")
    return bytes(mutator.post_process(mutator.joined([frame])))


def test_everything_is_written_and_once_more_changes_nothing(tmp_path: Path) -> None:
    written = write(tmp_path / "new" / "folder")
    assert all(path.is_file() for path in written)
    names = {str(path.relative_to(tmp_path / "new" / "folder")) for path in written}
    assert names >= {"ipos_mutator.py", "ipos_fields.json", "ipos.dict", "ipos.h", "harness.c", "Makefile", "README.md"}
    assert write(tmp_path / "new" / "folder") == written


def test_nobodys_own_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "harness.c").write_text("mine\n", encoding="utf-8")
    with pytest.raises(AflError, match=r"harness\.c: found a file with other content.*another folder"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["harness.c"]


def test_a_folder_that_cannot_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(AflError, match=r"file.*(directory|exists)") as raised:
        write(tmp_path / "file")
    assert "\n" not in str(raised.value)


def test_seeds_are_valid_frames_addressed_to_one_router(folder: Path, mutator: Any) -> None:
    kinds = set()
    for name, data in seeds(folder).items():
        frames = mutator.frames_of(data)
        assert bytes(mutator.joined(frames)) == data, name
        for frame in frames:
            packet = decode(bytes(frame))
            assert packet.ethernet.destination.hex(":") == "02:00:00:00:02:01", name
            kinds.add(type(packet).__name__)
    assert len(kinds) == len(FRAMES)
    assert any(len(mutator.frames_of(data)) > 2 for data in seeds(folder).values())


def test_dictionary_is_in_the_form_that_afl_reads(folder: Path) -> None:
    lines = (folder / "ipos.dict").read_text(encoding="ascii").splitlines()
    tokens = [re.fullmatch(r'[a-z0-9_]+="((?:[ !#-\[\]-~]|\\x[0-9a-f]{2})+)"', line) for line in lines]
    assert all(tokens), [line for line, token in zip(lines, tokens, strict=True) if not token]
    octets = [token[1].encode().decode("unicode_escape").encode("latin-1") for token in tokens if token]
    assert len(set(octets)) == len(octets)
    assert {b"\x00\x07", b"\x88\xb5", b"\x01\x01", b"\x03\x02", b"\x00\x40", b"\xff\xd8", b"\x0f"} <= set(octets)


def test_operators_have_the_names_that_are_known(mutator: Any) -> None:
    assert set(mutator.FRAME_OPERATORS) <= set(OPERATORS)
    assert not set(OPERATORS) & set(mutator.SEQUENCE_OPERATORS)


def test_checksums_of_valid_frames_stay_as_they_are(folder: Path, mutator: Any) -> None:
    for name, data in seeds(folder).items():
        assert bytes(mutator.post_process(bytearray(data))) == data, name


def test_wrong_checksums_are_made_right_but_for_those_on_purpose(folder: Path, mutator: Any) -> None:
    for name in ("tcp-connection", "udp-connection", "tcp", "udp"):
        (frame,) = mutator.frames_of(seeds(folder)[name])
        for wrong, code in ((0x1234, ""), (0, "ENC-7"), (0xFFFF, "ENC-7")):
            frame[28:30] = wrong.to_bytes(2, "big")
            (sent,) = mutator.frames_of(mutator.post_process(mutator.joined([frame])))
            assert refusal(bytes(sent)) == code, (name, wrong)


def test_an_acknowledgement_is_made_right_for_the_connection_packet_before_it(folder: Path, mutator: Any) -> None:
    connection, acknowledgement, _ = mutator.frames_of(seeds(folder)["unasked-acknowledgement"])
    right = bytes(acknowledgement)
    acknowledgement[28:30] = b"\x12\x34"
    alone = mutator.frames_of(mutator.post_process(mutator.joined([acknowledgement])))
    assert alone == [acknowledgement]
    _, sent = mutator.frames_of(mutator.post_process(mutator.joined([connection, acknowledgement])))
    assert bytes(sent) == right


def test_mutants_get_behind_the_checksum(folder: Path, mutator: Any) -> None:
    """Of mutants of a connection packet, few are refused for their checksum, and many are taken for what they are."""
    seed = 1
    mutator.init(seed)
    original, taken, refused = seeds(folder)["tcp-connection"], set(), 0
    count = 3000
    for _ in range(count):
        made = mutator.post_process(mutator.fuzz(bytearray(original), bytearray(original), 4096))
        codes = [refusal(bytes(frame)) for frame in mutator.frames_of(made)]
        refused += "ENC-7" in codes
        taken |= {bytes(frame) for frame, code in zip(mutator.frames_of(made), codes, strict=True) if not code}
    assert refused < count / 10, f"seed {seed}"
    packets = [packet for frame in taken if isinstance(packet := decode(frame), TcpConnectionPacket)]
    shifts = {packet.connection.control_block.t_rxtshift for packet in packets}
    assert any(shift > 12 for shift in shifts), f"seed {seed}"
    assert len(taken) > count / 10, f"seed {seed}"


def test_each_operator_changes_something_and_the_same_seed_does_the_same(
    folder: Path, mutator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = seeds(folder)["both-protocols"]
    for name in (*mutator.FRAME_OPERATORS, *mutator.SEQUENCE_OPERATORS):
        monkeypatch.setenv("IPOS_OPERATORS", name)
        made: list[list[tuple[bytes, bytes]]] = [[], []]
        for run in made:
            mutator.init(7)
            for _ in range(60):
                run.append((bytes(mutator.fuzz(bytearray(data), bytearray(data), 4096)), mutator.describe(100)))
        assert made[0] == made[1], name
        assert any(mutant != data and name.encode() in described for mutant, described in made[0]), name


def test_any_octets_are_taken_for_an_input(mutator: Any) -> None:
    seed = 3
    mutator.init(seed)
    for length in range(200):
        octets = mutator._State.random.randbytes(length)
        made = mutator.fuzz(bytearray(octets), bytearray(octets), 300)
        assert isinstance(made, bytearray)
        assert len(made) <= 300
        once = mutator.post_process(bytes(made))
        assert mutator.post_process(once) == once, f"seed {seed}, {length} octets"


def test_the_mutator_needs_the_standard_library_alone(folder: Path) -> None:
    """Isolated from everything that is installed."""
    script = f"import sys; sys.path.insert(0, {str(folder)!r}); import ipos_mutator; ipos_mutator.init(1)"
    subprocess.run([sys.executable, "-I", "-S", "-c", script], check=True)


def test_unknown_operators_are_refused_in_a_line(mutator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPOS_OPERATORS", "boundary,bit-flop")
    with pytest.raises(SystemExit, match="'bit-flop', expected some of boundary"):
        mutator.init(1)


def test_the_harness_plays_files_and_the_planted_bug_shows(folder: Path, mutator: Any, tmp_path: Path) -> None:
    needs("make", "gcc")
    built(folder, "replay", tmp_path / "planted")
    built(folder, "replay", tmp_path / "repaired", CFLAGS="-O1 -DREPAIRED")
    good = [str(path) for path in sorted((folder / "seeds").iterdir())]
    (tmp_path / "bad").write_bytes(with_shift(mutator, folder, 13))
    for name, bad_status in (("planted", False), ("repaired", True)):
        assert played(tmp_path / name, *good).returncode == 0
        assert (played(tmp_path / name, str(tmp_path / "bad")).returncode == 0) == bad_status
    assert "out of bounds" in played(tmp_path / "planted", str(tmp_path / "bad")).stderr


def test_afl_finds_the_planted_bug(folder: Path, tmp_path: Path) -> None:
    """From the connection packet's seed: by the mutator and the dictionary; what is saved shows it without them."""
    needs("make", "afl-fuzz", "afl-clang-fast")
    program = built(folder, "fuzzed", tmp_path / "fuzzed", SANITIZERS="AFL_USE_UBSAN=1")  # needs no library at run time
    (tmp_path / "in").mkdir()
    shutil.copy(folder / "seeds" / "tcp-connection", tmp_path / "in")
    environment = {
        **os.environ,
        **dict.fromkeys(
            ("AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES", "AFL_SKIP_CPUFREQ", "AFL_NO_UI", "AFL_NO_AFFINITY"), "1"
        ),
        "AFL_BENCH_UNTIL_CRASH": "1",
        "PYTHONPATH": str(folder),
        "AFL_PYTHON_MODULE": "ipos_mutator",
    }
    environment.pop("PYTHONHOME", None)
    told = ""
    crashes: list[Path] = []
    for seed in (1, 2, 3):  # AFL++ now and then stays with an input that leads nowhere
        command = ["afl-fuzz", "-i", "in", "-o", "out", "-s", str(seed), "-V", "12", "-x", str(folder / "ipos.dict")]
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        done = subprocess.run(
            [*command, "--", str(program)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        told += done.stdout[-1000:] + done.stderr[-1000:]
        crashes = sorted((tmp_path / "out" / "default" / "crashes").glob("id*"))
        if crashes:
            break
    assert crashes, told
    assert played(program, standard_input=crashes[0]).returncode != 0


DEEP = """
#include "ipos.h"
#include "target.h"
#include <stdlib.h>

void target_reset(void) {}

void target_receive(const uint8_t *frame, size_t length)
{
    struct ipos_packet packet;
    if (ipos_decode(&packet, frame, length, IPOS_ETHER_TYPE) == IPOS_ACCEPTED && packet.name == IPOS_TCP_CONNECTION
        && packet.as.tcp_connection.connection.control_block.t_idle > 0x1000) {
        abort();
    }
}
"""
"""A target that falls as soon as a changed field comes under a right checksum."""


def test_libfuzzer_gets_behind_the_checksum_of_a_target_of_ones_own(folder: Path, tmp_path: Path) -> None:
    """Without the mutator: the harness makes checksums right."""
    needs("make", "clang")
    (tmp_path / "deep.c").write_text(DEEP, encoding="utf-8")
    program = built(folder, "libfuzzer", tmp_path / "libfuzzer", TARGET=str(tmp_path / "deep.c"), CFLAGS="-O1 -I.")
    corpus = shutil.copytree(folder / "seeds", tmp_path / "corpus")
    options = ["-seed=1", "-max_total_time=40", f"-dict={folder / 'ipos.dict'}"]
    done = subprocess.run([program, *options, corpus], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "target_receive" in done.stderr, done.stderr[-2000:]


def needs(*tools: str) -> None:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


def built(folder: Path, goal: str, program: Path, **variables: str) -> Path:
    """Make a goal of the Makefile in a copy of the folder."""
    copy = shutil.copytree(folder, program.with_name(f"{program.name}-source"))
    words = [f"{name}={value}" for name, value in variables.items()]
    done = subprocess.run(["make", goal, *words], cwd=copy, capture_output=True, text=True)
    if "cannot find" in done.stderr:
        pytest.skip(f"{goal}: the compiler lacks libraries: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(shutil.copy(copy / goal, program))


def played(program: Path, *files: str, standard_input: Path | None = None) -> "subprocess.CompletedProcess[str]":
    octets = standard_input.read_bytes() if standard_input else b""
    done = subprocess.run([program, *files], input=octets, capture_output=True, timeout=20)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def refusal(frame: bytes) -> str:
    """The requirement for which a frame is refused; empty if it is accepted."""
    try:
        decode(frame)
    except DecodeError as error:
        return error.requirement
    return ""

"""The small router in C: right without a bug, and each bug of memory found by the frames that it takes."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from ipos_conformance.target import read_target
from ipos_defects.c_router import BUGS, NO_BUG, BuildError, build
from ipos_fuzz.mutate import mutants
from ipos_fuzz.oracles.log import faults
from ipos_spec import encode
from ipos_spec.addresses import mac
from ipos_spec.connection import TcpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import tcp_connection_packet, tcp_packet
from ipos_spec.vectors import FRAMES, all_vectors
from kernel import MISSING
from scapy.layers.inet import IP, TCP

ROUTER, PEER = mac("02:00:00:00:02:01"), mac("02:00:00:00:02:02")
OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)]
CLAIMED = (
    "encapsulation",
    "checksum",
    "length",
    "inner-packet",
    "control-block",
    "provisional",
    "migrated",
    "timestamps",
)

EXPECTED = {
    "short-acknowledgement": "AddressSanitizer heap-buffer-overflow in ipos_load ipos.h",
    "total-length": "UndefinedBehaviorSanitizer signed integer overflow in router.c",
    "ip-options": "AddressSanitizer stack-buffer-overflow in header_verifies router.c",
    "tcp-options": "AddressSanitizer heap-buffer-overflow in segment_read_options segments.c",
    "stale-endpoint": "AddressSanitizer heap-use-after-free in receive_client_packet router.c",
}
GOES_ON = {"total-length"}
"""UndefinedBehaviorSanitizer reports, and lets the program go on."""


@dataclass(frozen=True)
class Handed:
    """A client's connection that the peer hands over, and what the client sends through it."""

    rcv_nxt: int = 7000

    def packet(self, later: int = 0) -> bytes:
        numbers = {"iss": 100, "irs": 200, "snd_una": 5000, "snd_nxt": 5000, "snd_max": 5000, "snd_wnd": 0xFFFF}
        received = {"rcv_nxt": self.rcv_nxt + later, "rcv_adv": self.rcv_nxt + later + 0xFFFF, "rcv_wnd": 0xFFFF}
        block = ControlBlock(t_maxseg=1460, **numbers, **received)
        information = TcpConnectionInformation(server_ip=0xC0000202, server_port=80, control_block=block)
        return encode(tcp_connection_packet(self.to_router, self.reference, information))

    def segment(
        self, flags: str, later: int = 0, options: object = (), ip_options: bytes = b"", **fields: int
    ) -> bytes:
        ip = IP(src="198.51.100.7", dst="192.0.2.2", options=[], **fields)
        if ip_options:
            ip.options = ip_options
        tcp = TCP(sport=50000, dport=80, flags=flags, seq=self.rcv_nxt + later, ack=5000, options=list(options))
        return encode(tcp_packet(self.to_router, self.reference, bytes(ip / tcp)))

    @property
    def to_router(self) -> EthernetHeader:
        return EthernetHeader(destination=ROUTER, source=PEER, type=0x0007)

    @property
    def reference(self) -> Reference:
        return Reference(0xC6336407, 50000, 0xC0000201, 80)


def proof(bug: str) -> list[bytes]:
    """The frames that a bug takes, and no more."""
    handed = Handed()
    match bug:
        case "short-acknowledgement":
            return [FRAMES["acknowledgement"][:29].replace(FRAMES["acknowledgement"][:6], ROUTER, 1)]
        case "total-length":
            frame = handed.segment("A")
            return [frame[:32] + (50000).to_bytes(2, "big") + frame[34:]]
        case "ip-options":
            frame = bytearray(handed.segment("A") + bytes(40))
            frame[30] = 0x4A
            return [bytes(frame)]
        case "tcp-options":
            return [handed.packet(), handed.segment("A", options=OPTIONS)]
        case "stale-endpoint":
            again = handed.packet(later=9)
            return [handed.packet(), again, handed.segment("RA", later=9), handed.segment("RA", later=9)]
    raise AssertionError(bug)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("c-router")
    try:
        build(folder)
    except BuildError as error:
        pytest.skip(str(error))
    return folder


@pytest.fixture
def bench_there() -> None:
    if MISSING:
        pytest.skip(MISSING)


def play(target: Path, frames: Iterable[tuple[str, bytes]], log: Path) -> str:
    """What became of the target when it had got the frames."""
    script = str(Path(__file__).with_name("played.py"))
    lines = "".join(f"{lan} {frame.hex()}\n" for lan, frame in frames)
    done = subprocess.run(
        [sys.executable, script, str(target), str(log)], input=lines, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_bug_has_a_target_file_and_a_proof(built: Path) -> None:
    for bug in (NO_BUG, *BUGS):
        assert f"bug {bug}" in read_target(built / f"{bug}.toml").target.name
    assert set(EXPECTED) == set(BUGS)


@pytest.mark.kernel
@pytest.mark.usefixtures("bench_there")
def test_without_a_bug_it_is_conformant_in_what_it_claims(built: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ipos_conformance", "run", str(built / "none.toml"), *CLAIMED]
    done = subprocess.run(
        [*command, "-q", "--output", str(tmp_path / "run")], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.kernel
@pytest.mark.usefixtures("bench_there")
@pytest.mark.parametrize("bug", BUGS)
def test_its_proof_shows_a_bug(bug: str, built: Path, tmp_path: Path) -> None:
    end = play(built / f"{bug}.toml", [("second", frame) for frame in proof(bug)], tmp_path / "log")
    printed = (tmp_path / "log").read_text()
    assert [fault.kind for fault in faults(printed)] == [EXPECTED[bug]], printed
    assert (end == "alive") == (bug in GOES_ON)


@pytest.mark.kernel
@pytest.mark.usefixtures("bench_there")
@pytest.mark.parametrize("bug", [bug for bug in BUGS if len(proof(bug)) > 1])
def test_its_proof_needs_each_of_its_frames(bug: str, built: Path, tmp_path: Path) -> None:
    frames = proof(bug)
    for left_out in range(len(frames)):
        rest = [("second", frame) for number, frame in enumerate(frames) if number != left_out]
        assert play(built / f"{bug}.toml", rest, tmp_path / f"log{left_out}") == "alive"


@pytest.mark.kernel
@pytest.mark.usefixtures("bench_there")
def test_without_a_bug_nothing_breaks_it(built: Path, tmp_path: Path) -> None:
    """The proofs, all vectors, and 20,000 mutants, on both LANs."""
    seed = 1
    frames = [*hostile(seed)]
    end = play(built / "none.toml", frames, tmp_path / "log")
    printed = (tmp_path / "log").read_text()
    assert faults(printed) == [], printed
    assert end == "alive", f"seed {seed}"


def hostile(seed: int) -> Iterator[tuple[str, bytes]]:
    random = Random(seed)
    originals = [to_router(frame) for frame in FRAMES.values()]
    handed = Handed()
    originals += [handed.packet(), handed.segment("A", options=OPTIONS), handed.segment("PA")]
    pool = [frame for bug in BUGS for frame in proof(bug)]
    pool += [to_router(vector.frame) for vector in all_vectors() if 14 <= len(vector.frame) <= 1514]
    for number, original in enumerate(originals):
        pool += [mutant.frame for mutant in mutants(original, 2000, seed + number) if len(mutant.frame) >= 14]
    random.shuffle(pool)
    for frame in pool:
        yield random.choice(["first", "second", "second", "second"]), frame


def to_router(frame: bytes) -> bytes:
    return ROUTER + frame[6:] if len(frame) >= 14 and not frame[0] & 1 else frame

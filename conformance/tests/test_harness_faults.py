"""What goes wrong with our own bench is never blamed on the target, and never hidden: real faults, in mid-run.

The target is right in everything (the reference router behind two virtual cables), so that each FAIL would be a lie.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hardware import Hardware
from ipos_conformance.findings.results import Results, read
from ipos_conformance.verdicts import Verdict
from kernel import MISSING
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(MISSING), reason=MISSING)]

FILE = "my-router.toml"
CASES = ("addresses", "checksum", "acknowledgement", "handshake")
"""Some eighty that wait for no timer: a run of a few seconds."""
BEGUN, SOON = 10, 30.0
FLOOD = 30_000


@pytest.fixture(scope="module")
def hardware(tmp_path_factory):
    with contextlib.closing(Hardware(tmp_path_factory.mktemp("bench"))) as device:
        assert device.run("new", FILE).returncode == 0
        device.await_device(FILE)
        yield device


@dataclass
class Run:
    """A run under way."""

    process: "subprocess.Popen[str]"
    folder: Path

    def await_case(self, number: int) -> None:
        """Until so many cases have a verdict."""
        deadline = time.monotonic() + SOON
        while self.finished_cases() < number:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def finished_cases(self) -> int:
        with contextlib.suppress(OSError):
            return (self.folder / "events.ndjson").read_text().count('"case-finished"')
        return 0

    def end(self) -> tuple[int, Results]:
        _, errors = self.process.communicate(timeout=120)
        assert errors == ""
        return self.process.returncode, read(self.folder / "results.json")


@contextlib.contextmanager
def running(hardware: Hardware, *cases: str) -> Iterator[Run]:
    folder = hardware.folder / "out"
    for old in folder.glob("*.ndjson"):
        old.unlink()
    words = hardware.command("run", FILE, *(cases or CASES), "-q", "--output", str(folder))
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=hardware.folder, env=hardware.environment
    )
    try:
        yield Run(process, folder)
    finally:
        process.kill()
        process.wait()


def assert_innocent(found: Results) -> None:
    """No case blames the target."""
    assert not {Verdict.FAIL, Verdict.WARN, Verdict.ERROR} & found.counts.keys(), found.counts


def marks(found: Results) -> str:
    """What is said against our own bench."""
    return " ".join(text for case in found.cases for text in (*case.health, case.reason))


def test_link_that_is_lost_for_a_moment_marks_its_case(hardware):
    with running(hardware) as run:
        run.await_case(BEGUN)
        with link_down(hardware, "eth1"):
            pass
        status, found = run.end()
    assert_innocent(found)
    assert status in (0, 3)
    assert "the first LAN lost its link" in marks(found)
    assert any(case.attempts > 1 for case in found.cases)


def test_link_that_stays_down_leaves_the_rest_inconclusive(hardware):
    with running(hardware) as run:
        run.await_case(BEGUN)
        with link_down(hardware, "eth2"):
            status, found = run.end()
    assert_innocent(found)
    assert status == 3
    assert found.counts[Verdict.INCONCLUSIVE] > BEGUN
    assert "Network is down" in marks(found)


def test_cable_that_is_pulled_out_at_the_other_end(hardware):
    with running(hardware) as run:
        run.await_case(BEGUN)
        with link_down(hardware, "ipos-lan2", on_the_device=True):
            status, found = run.end()
    assert_innocent(found)
    assert status == 3
    assert "the second LAN lost its link" in marks(found)


def test_frames_that_our_kernel_drops(hardware):
    """While nobody reads, more comes than the receive buffer holds."""
    with running(hardware) as run:
        run.await_case(BEGUN)
        with stopped(suite_of(run.process.pid)):
            hardware.device.within(flood)
        status, found = run.end()
    assert_innocent(found)
    assert status in (0, 3)
    assert "our kernel dropped" in marks(found)


def test_target_that_stands_still_is_not_judged(hardware):
    with running(hardware) as run:
        run.await_case(BEGUN)
        with stopped(hardware.router.pid):
            status, found = run.end()
    assert_innocent(found)
    assert status == 3
    assert "the barrier on the" in marks(found)


def test_target_that_answers_late_for_once(hardware):
    """For half a second it stands still; what it answers then still counts, and what nobody can tell is asked again."""
    with running(hardware) as run:
        run.await_case(BEGUN)
        with stopped(hardware.router.pid):
            time.sleep(0.5)
        status, found = run.end()
    assert_innocent(found)
    assert status in (0, 3)


def test_bench_that_stands_still_itself(hardware):
    with running(hardware) as run:
        run.await_case(BEGUN)
        with stopped(suite_of(run.process.pid)):
            time.sleep(1.5)
        status, found = run.end()
    assert_innocent(found)
    assert status in (0, 3)


def test_connections_of_a_run_that_was_broken_off(hardware):
    """A device that is not restarted ends them some time or other: nobody can say whom that is about."""
    with running(hardware) as run:
        run.await_case(BEGUN)
        hardware.device.within(stray)
        status, found = run.end()
    assert_innocent(found)
    assert status in (0, 3)
    assert "perhaps about a client of an earlier run" in marks(found)


def test_full_disk_is_no_verdict(hardware):
    """Some results fit, the rest does not: the exit status says that nothing was judged, and no half file stays."""
    small = hardware.folder / "small"
    small.mkdir(exist_ok=True)
    script = f'mount -t tmpfs -o size=64k tmpfs {small} && "$@"; status=$?; ls {small}/out; exit $status'
    words = hardware.command("run", FILE, "length", "-q", "--captures", "all", "--output", str(small / "out"))
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=hardware.folder,
        env=hardware.environment,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "No space left on device; what can't be written down doesn't count" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "results.json" not in done.stdout.split()
    assert "conformant" not in done.stdout


# How the faults are made


@contextlib.contextmanager
def link_down(hardware: Hardware, interface: str, *, on_the_device: bool = False) -> Iterator[None]:
    hardware.change("ip", "link", "set", interface, "down", on_the_device=on_the_device)
    try:
        yield
    finally:
        hardware.change("ip", "link", "set", interface, "up", on_the_device=on_the_device)


@contextlib.contextmanager
def stopped(process: int) -> Iterator[None]:
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def suite_of(process: int) -> int:
    """Nsenter becomes the program that it starts."""
    assert b"ipos_conformance" in Path(f"/proc/{process}/cmdline").read_bytes()
    return process


def flood() -> None:
    """More frames from the device than a receive buffer of 16 MiB holds."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as wire:
        wire.bind(("ipos-lan1", 0))
        frame = bytes.fromhex("0200000001fe 020000000101 0800".replace(" ", "")) + bytes(1400)
        for _ in range(FLOOD):
            with contextlib.suppress(OSError):
                wire.send(frame)


def stray(seconds: float = 4.0) -> None:
    """Segments to a client of nobody, as a router sends them that ends a connection of a run that was broken off."""
    packet = Ether(dst="02:00:00:00:01:fe", src="02:00:00:00:01:01") / IP(src="192.0.2.1", dst="198.51.100.77")
    frame = bytes(packet / TCP(sport=80, dport=31234, flags="RA", seq=1, ack=1))
    deadline = time.monotonic() + seconds
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as wire:
        wire.bind(("ipos-lan1", 0))
        while time.monotonic() < deadline:
            wire.send(frame)
            time.sleep(0.01)

"""What the suite must not do to the machine that it runs on, nor to the device."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from hardware import Hardware
from ipos_conformance.bench import privileges
from ipos_conformance.bench.pace import Pace
from kernel import MISSING

FILE = "my-router.toml"
kernel = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@dataclass
class Time:
    """Passes only while somebody sleeps."""

    now: float = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def sent_in(frames: int, time: Time, rate: float = 1000.0) -> float:
    pace = Pace(rate, time.clock, time.sleep)
    for _ in range(frames):
        pace.wait()
    return time.now


def test_rate_is_kept_to_behind_a_burst():
    assert sent_in(64, Time()) < 0.1
    assert sent_in(1064, Time()) == pytest.approx(1.0, abs=0.07)


def test_who_sends_little_never_waits():
    time = Time()
    pace = Pace(1000, time.clock, time.sleep)
    for _ in range(100):
        pace.wait()
        time.now += 0.01
    assert time.now == pytest.approx(1.0)


@pytest.fixture(scope="module")
def hardware(tmp_path_factory):
    with contextlib.closing(Hardware(tmp_path_factory.mktemp("bench"))) as device:
        assert device.run("new", FILE).returncode == 0
        device.await_device(FILE)
        yield device


@pytest.mark.kernel
@kernel
def test_interface_with_the_default_route_is_refused_unless_forced(hardware):
    hardware.change("ip", "route", "add", "default", "dev", "eth1")
    refused = hardware.run("run", FILE, "ORG-1", "-q")
    examined = hardware.doctor(FILE)
    forced = hardware.run("run", FILE, "ORG-1", "-q", "--force")
    hardware.change("ip", "route", "del", "default", "dev", "eth1")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "carries this machine's default route" in refused.stderr
    assert "carries this machine's default route" in str(examined["findings"])
    assert (examined["exit_code"], forced.returncode) == (1, 0)


@pytest.mark.kernel
@kernel
def test_run_with_fix_puts_right_and_back(hardware):
    hardware.change("ip", "link", "set", "eth2", "mtu", "1400")
    hardware.change("ip", "link", "set", "eth1", "down")
    done = hardware.run("run", FILE, "ORG-1", "TGT-1", "-q", "--fix")
    before = hardware.machine.run("ip", "-brief", "link").stdout.decode()
    mtu = hardware.machine.run("ip", "link", "show", "eth2").stdout.decode()
    hardware.change("ip", "link", "set", "eth2", "mtu", "1500")
    hardware.change("ip", "link", "set", "eth1", "up")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "eth1" in before
    assert next(line for line in before.splitlines() if line.startswith("eth1")).split()[1] == "DOWN"
    assert "mtu 1400" in mtu
    assert not (hardware.folder / "state" / "ipos-conformance" / "undo.json").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="not root")
def test_rights_are_let_go_but_for_those_about_files():
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        privileges.let_go()
        status = Path("/proc/self/status").read_text()
        os.write(writing, next(line for line in status.splitlines() if line.startswith("CapEff")).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    assert int(said.split()[1], 16) == 0b1111

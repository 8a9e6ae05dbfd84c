"""The target goes, a link goes, the disk is full: what was found stays, and nobody is blamed for our own bench."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from campaigns import Running, run, running, target_file
from hardware import Hardware
from ipos_conformance.bench import namespaces
from ipos_conformance.target import DEFAULT_TARGET, read_target
from kernel import MISSING
from test_harness_faults import flood

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(MISSING), reason=MISSING)]

BUG = "short-acknowledgement"
VOLUME = ("--seed", 1, "--source", "volume")
CLONE_NEWNS = 0x20000
SCRIPT = """\
#!/bin/sh
# Starts a router once.
test -e {folder}/started && echo no licence any more && exit 7
touch {folder}/started
exec {command}
"""


def test_full_disk_loses_no_finding(routers, tmp_path):
    """The campaign's own file has room, a finding has not: it comes out in the end, and the campaign goes on."""
    folder = tmp_path / "out"
    folder.mkdir()

    def fill() -> None:
        namespaces.unshare(CLONE_NEWNS)
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True)

    words = (target_file(routers, BUG), *VOLUME, "--time", "15s", "--json")
    done = run(folder, *words, prepare=fill)
    events = {event["event"]: event for event in map(json.loads, done.output.splitlines())}
    found = events["found"]["finding"]
    *findings, last = done.errors.splitlines()
    assert done.status == 3
    assert [json.loads(line)["signature"] for line in findings] == [found["signature"]]
    assert json.loads(findings[0])["frames"] == found["frames"]
    assert "No space left on device" in last
    assert events["finished"]["frames"] > found["after_frames"]


@pytest.mark.thorough
def test_disk_that_is_full_from_the_beginning(routers, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()

    def fill() -> None:
        namespaces.unshare(CLONE_NEWNS)
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=1", "tmpfs", folder], check=True)

    done = run(folder, target_file(routers, "none"), *VOLUME, "--time", "5s", prepare=fill)
    assert (done.status, done.errors.count("\n")) == (2, 1)
    assert "No space left on device" in done.errors


def test_target_that_is_killed_from_outside(routers, tmp_path):
    """That it ended is a fact, and so a finding, whatever shows it again."""
    with running(tmp_path / "out", target_file(routers, "none"), *VOLUME, "--time", "60s") as campaign:
        campaign.await_words("0 findings")
        target_of(campaign).kill()
        campaign.await_words("suspected")
        campaign.signal()
        done = campaign.end()
    (finding,) = done.findings
    assert done.status == 1
    assert (finding.oracle, finding.proof.confirmed) == ("process", 0)
    assert "by signal 9" in finding.what


def test_target_that_can_not_be_started_again(routers, tmp_path):
    target = target_file(routers, BUG)
    command = " ".join(launch_of(target))
    script = tmp_path / "once"
    script.write_text(SCRIPT.format(folder=tmp_path, command=command))
    done = run(tmp_path / "out", target, *VOLUME, "--time", "60s", "--launch", f"sh {script}")
    (finding,) = done.findings
    assert (done.status, finding.oracle) == (1, "process")
    assert "no licence any more" in finding.proof.unfinished
    assert "ended: the target is lost" in done.output


@pytest.mark.thorough
def test_target_that_never_starts(routers, tmp_path):
    done = run(tmp_path / "out", target_file(routers, "none"), "--launch", "sh -c 'echo no licence; exit 7'")
    assert (done.status, done.findings) == (4, [])
    assert "no licence" in done.output


# A device, which nobody here can start again


@pytest.fixture(scope="module")
def hardware(tmp_path_factory):
    with contextlib.closing(Hardware(tmp_path_factory.mktemp("bench"))) as device:
        assert device.run("new", "written-by-the-suite.toml").returncode == 0
        device.await_device("written-by-the-suite.toml")
        yield device


@pytest.fixture(scope="module")
def device(hardware) -> Path:
    """Its target file, with short waits."""
    text = DEFAULT_TARGET.read_text().replace('"site/', f'"{DEFAULT_TARGET.parent}/site/').partition("[quick]")[0]
    text = text.replace('"ipos-lan1"', '"eth1"').replace('"ipos-lan2"', '"eth2"').replace('"target"', '"existing"')
    lines = [line for line in text.splitlines() if not line.startswith(("launch", "configuration"))]
    file = hardware.folder / "device.toml"
    file.write_text("\n".join([*lines, "[timing]", "start = 1.5", "barrier = 0.5", "response = 0.5", "answer = 0.1"]))
    patient = file.with_stem("patient")
    patient.write_text(file.read_text().replace("start = 1.5", "start = 30.0"))
    return file


@contextlib.contextmanager
def attacked(hardware: Hardware, file: Path, folder: Path, *words: object):
    """A campaign against the device, once it is under way."""
    with running(folder, file, *VOLUME, *words, prepare=hardware.machine.enter) as campaign:
        campaign.await_words("0 findings")
        yield campaign


def test_link_that_is_lost_for_a_moment(hardware, device, tmp_path):
    with attacked(hardware, device, tmp_path / "out", "--time", "6s") as campaign:
        hardware.change("ip", "link", "set", "eth1", "down")
        time.sleep(0.2)
        hardware.change("ip", "link", "set", "eth1", "up")
        done = campaign.end()
    assert (done.status, done.findings) == (0, []), done.output
    assert done.campaign["doubts"] == {}


@pytest.mark.thorough
def test_cable_that_is_pulled_out_at_the_other_end(hardware, device, tmp_path):
    with attacked(hardware, device, tmp_path / "out", "--time", "60s") as campaign:
        hardware.change("ip", "link", "set", "ipos-lan2", "down", on_the_device=True)
        done = campaign.end()
        hardware.change("ip", "link", "set", "ipos-lan2", "up", on_the_device=True)
    assert (done.status, done.findings) == (4, []), done.output
    assert "ended: the target is lost" in done.output


@pytest.mark.thorough
def test_frames_that_our_kernel_drops(hardware, device, tmp_path):
    """While nobody reads, more comes than the receive buffer holds."""
    with attacked(hardware, device, tmp_path / "out", "--time", "6s") as campaign:
        os.kill(campaign.pid, signal.SIGSTOP)
        hardware.device.within(flood)
        os.kill(campaign.pid, signal.SIGCONT)
        done = campaign.end()
    assert (done.status, done.findings) == (0, []), done.output
    assert any("our kernel dropped" in trouble for trouble in done.campaign["troubles"])


def test_device_that_falls_and_does_not_come_back(hardware, device, tmp_path):
    """What it was sent is all that is left of it."""
    with attacked(hardware, device, tmp_path / "out", "--time", "60s") as campaign:
        hardware.router.send_signal(signal.SIGSTOP)
        done = campaign.end()
        hardware.router.send_signal(signal.SIGCONT)
    (finding,) = done.findings
    assert (done.status, finding.signature) == (1, "liveness/answers nothing")
    assert "did not answer" in finding.proof.unfinished
    assert finding.packets > 0
    assert "ended: the target is lost" in done.output


@pytest.mark.thorough
def test_device_that_falls_and_comes_back(hardware, device, tmp_path):
    """It is waited for while it starts; by then, nothing shows again."""
    with attacked(hardware, device.with_stem("patient"), tmp_path / "out", "--time", 0) as campaign:
        hardware.router.kill()
        hardware.router.wait()
        campaign.await_words("suspected")
        hardware.restart()
        campaign.await_words("doubtful")
        campaign.signal()
        done = campaign.end()
    assert (done.status, done.findings) == (3, []), done.output
    assert list(done.campaign["doubts"]) == ["liveness/answers nothing"]


@pytest.mark.thorough
def test_interface_that_is_gone(hardware, device, tmp_path):
    with attacked(hardware, device, tmp_path / "out", "--time", "60s") as campaign:
        hardware.change("ip", "link", "del", "eth1")
        done = campaign.end()
    assert (done.status, done.findings) == (4, []), done.output
    assert "ended: the target is lost: interface eth1" in done.output


def target_of(campaign: Running) -> psutil.Process:
    """The target's process."""
    (found,) = [
        child for child in psutil.Process(campaign.pid).children(recursive=True) if "c-router" in child.cmdline()[0]
    ]
    return found


def launch_of(target: Path) -> list[str]:
    """The words of the target file's own command."""
    return read_target(target).command(read_target(target).target.launch, Path())

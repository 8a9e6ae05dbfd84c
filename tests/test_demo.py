"""The demonstration on the farm of FIG. 2A: it passes, and it fails where something is wrong."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from bed import needs_kernel, wait_for
from ipos_reference.control.client import ask
from ipos_reference.lab import laboratory, plan, site
from ipos_reference.lab.demo.stage import Stage
from ipos_reference.lab.place import Place
from test_lab import LAB, all_gone, lab, processes_of, whole_family

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if reason := needs_kernel():
        pytest.skip(reason)
    made = tmp_path_factory.mktemp("demo") / "lab"
    done = lab(made, "up")
    assert done.returncode == 0, done.stderr
    yield made
    lab(made, "down")


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Where a control socket's path has room for what a lab appends (unix(7)): a test's own may be too deep."""
    if reason := needs_kernel():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="ipos-") as made:
        yield Path(made)


def demo(directory: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return lab(directory, "demo", *words, timeout=300)


def test_every_client_gets_the_right_octets(directory: Path) -> None:
    done = demo(directory)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WRONG" not in done.stdout
    assert "every client got the right octets" in done.stdout


def test_octets_that_are_another_servers_are_wrong(directory: Path) -> None:
    page = directory / "server-2" / "site" / site.PICTURE.removeprefix("/")
    right = page.read_bytes()
    page.write_bytes(right.replace(b"server 2", b"server 3"))
    try:
        done = demo(directory, "--step", "2")
    finally:
        page.write_bytes(right)
    assert done.returncode == 1
    assert "WRONG  these are server-2's octets: found status 200" in done.stdout
    assert demo(directory, "--step", "2").returncode == 0


def test_a_client_that_is_not_handed_over_is_wrong(directory: Path) -> None:
    """The second LAN loses everything: server 1 gives up, and has the page itself."""
    assert lab(directory, "impair", "second-lan", "--loss", "100").returncode == 0
    try:
        done = demo(directory, "--step", "2")
    finally:
        lab(directory, "impair", "second-lan", "--loss", "0")
    assert done.returncode == 1
    assert "WRONG  server 2's router acknowledged" in done.stdout


def test_a_datagram_that_was_moved_to_server_3_is_in_nobodys_way(directory: Path, tmp_path: Path) -> None:
    """Its endpoint stays there for 90 s (UDP-3), moves to nobody (UDP-5), and is no connection."""
    others = [Place(directory).control(server.name) for server in plan.SERVERS[:2]]
    for control in others:
        ask(control, {"ask": "drain"})
    with Stage(laboratory.find(Place(directory)), tmp_path) as stage:
        # The routers hear of each other's state after a while.
        wait_for(lambda: stage.echo("client-1", "hello").text == "server-3: hello", 30)
    for control in others:
        ask(control, {"ask": "undrain"})
    done = demo(directory, "--step", "5", "--step", "6")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "connections there: 1" in done.stdout


@pytest.mark.thorough
def test_a_lab_that_is_made_for_it_goes_with_it_even_if_it_is_killed(short_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(short_path), "XDG_RUNTIME_DIR": str(short_path)}
    with subprocess.Popen([*LAB, "demo", "--step", "3"], env=environment, stdout=subprocess.DEVNULL) as playing:
        wait_for(lambda: any(short_path.glob("*/network.json")), seconds=30)
        (file,) = short_path.glob("*/network.json")
        family = whole_family(file.parent)
        playing.kill()
    wait_for(lambda: all_gone(family))
    assert not file.parent.exists()


@pytest.mark.thorough
def test_what_has_ended_is_told_by_status_and_by_the_demonstration(short_path: Path) -> None:
    """A router and the sniffer are killed: no step passes for want of what it would have seen. Then the keeper is."""
    own = short_path / "lab"
    assert lab(own, "up").returncode == 0
    try:
        family = whole_family(own)
        for process in family:
            words = process.cmdline()
            if "ipos_reference.lab.sniffer" in words or str(own / "server-3" / "router.toml") in words:
                process.kill()
        wait_for(lambda: Place(own).log.read_text().count("has ended") == 2, seconds=30)
        told = lab(own, "status").stdout
        assert "The keeper says: the sniffer has ended with status -9" in told
        assert "The keeper says: server-3's router has ended with status -9" in told
        assert "WRONG  it crossed the first LAN alone: nothing of it was captured" in demo(own, "--step", "1").stdout
        done = demo(own, "--step", "5")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "what is left of the lab: ipos-router lab status" in done.stderr
        with subprocess.Popen([*LAB, "capture", "--directory", str(own), str(short_path / "end.pcapng")]) as capturing:
            wait_for((short_path / "end.pcapng").exists, seconds=30)
            next(process for process in processes_of(own) if process.name() != "unshare").kill()
            assert capturing.wait(10) == 0
        wait_for(lambda: all_gone(family))
        assert lab(own, "status").returncode == 3
    finally:
        assert lab(own, "down").returncode == 0
    assert not own.exists()


def test_a_step_that_is_not_there(directory: Path) -> None:
    done = demo(directory, "--step", "0")
    assert (done.returncode, done.stderr) == (2, "ipos-router: --step: found 0; expected 1 to 6\n")

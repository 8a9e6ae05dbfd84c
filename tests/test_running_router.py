"""A router as a process: asked over its control socket, watched in its log, without root's rights, and ended."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bed import CLIENT_IP, ROUTER_IP, Bed, events, needs_kernel, processes_in, wait_for

pytestmark = pytest.mark.kernel

BIG = bytes(range(256)) * 16384
GET = b"GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture
def start(place: Path) -> Iterator[Callable[..., Bed]]:
    """Start a router with this table [run], which can be asked and logs JSON."""
    reason = needs_kernel() or (None if shutil.which("nsenter") else "needs nsenter")
    if reason:
        pytest.skip(reason)
    beds: list[Bed] = []

    def started(run: str, python: str = "{python}") -> Bed:
        text = f'{run}\n[control]\nsocket = "{place}/control.sock"'
        beds.append(Bed(place, site={"big": BIG}, run=text, options=("--log-format", "json"), python=python))
        wait_for(lambda: (place / "control.sock").exists())
        return beds[-1]

    yield started
    for bed in beds:
        bed.close()


def connected(bed: Bed) -> socket.socket:
    """A client's connection."""
    return bed.client.within(lambda: socket.create_connection((ROUTER_IP, 80), 10))


def asked(place: Path, *words: str) -> Any:
    """What a command of the operator prints as JSON."""
    return json.loads(operator(place, *words, "--json").stdout)


def operator(place: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "ipos_reference", *words, "--socket", str(place / "control.sock")]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def all_of(client: socket.socket) -> bytes:
    octets = bytearray()
    while chunk := client.recv(65536):
        octets += chunk
    return bytes(octets)


def test_an_operator_sees_a_client_in_local_and_the_frames_that_it_cost(start: Callable[..., Bed], place: Path) -> None:
    bed = start("grace = 0")
    with connected(bed) as client:
        client.sendall(b"GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(65536)
        (record,) = asked(place, "tables", "local")["records"]
        assert (record["source_ip"], record["source_port"]) == client.getsockname()
        assert asked(place, "counters")["received"]["first LAN"] > 2
        assert 'ipos_router_table_records{protocol="TCP",table="local"} 1.0' in operator(place, "metrics").stdout
        assert CLIENT_IP in operator(place, "tables", "local").stdout
    assert "did you mean local?" in (refused := operator(place, "tables", "locl")).stderr
    assert refused.returncode == 2


@pytest.mark.parametrize("words", [["tables", "--watch", "--json"], ["metrics", "--listen", "127.0.0.1:0"]])
def test_an_operator_who_watches_leaves_when_he_likes(start: Callable[..., Bed], place: Path, words: list[str]) -> None:
    start("grace = 0")
    command = [sys.executable, "-m", "ipos_reference", *words, "--socket", str(place / "control.sock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        line = watching.stdout.readline()
        if words[0] == "metrics":
            with urllib.request.urlopen(line.strip(), timeout=10) as scrape:  # noqa: S310 - what our own process printed
                assert b"ipos_router_up 1.0" in scrape.read()
        else:
            assert [table["records"] for table in json.loads(line)["tables"]][:3] == [0, 0, 0]
        watching.send_signal(signal.SIGINT)
        assert watching.communicate(timeout=10)[1] == ""
    assert watching.returncode == 0


def test_nothing_of_root_is_left_to_the_router_and_its_application(start: Callable[..., Bed], place: Path) -> None:
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip("needs a Python that every user may run")
    bed = start('user = "nobody"\ngrace = 0', python)
    wait_for(lambda: "started" in events(place))
    found = list(processes_in(bed.router.pid))
    assert len(found) == 2
    for status in found:
        assert "0" not in status["Uid"].split() + status["Gid"].split() + status["Groups"].split()
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    with connected(bed) as client:
        client.sendall(GET)
        assert all_of(client).endswith(BIG)
    bed.router.send_signal(signal.SIGTERM)
    assert bed.router.wait(10) == 0
    assert list(processes_in(bed.router.pid)) == []


def test_a_live_download_is_finished_while_nobody_new_is_taken(start: Callable[..., Bed], place: Path) -> None:
    bed = start("grace = 30")
    with connected(bed) as client:
        client.sendall(GET)
        first = client.recv(1000)
        bed.router.send_signal(signal.SIGTERM)
        wait_for(lambda: "stopping" in events(place))
        with pytest.raises(ConnectionRefusedError):
            connected(bed)
        assert (first + all_of(client)).endswith(BIG)
    assert bed.router.wait(10) == 0
    told = [event for event in events(place) if event != "discarded"]
    assert told == ["started", "endpoint-attached", "stopping", "endpoint-ended", "stopped"]
    assert '"how": "in order"' in (place / "router.log").read_text(encoding="utf-8")


def test_a_second_signal_resets_what_is_left_at_once(start: Callable[..., Bed], place: Path) -> None:
    bed = start("grace = 60")
    with connected(bed) as client:
        bed.router.send_signal(signal.SIGTERM)
        wait_for(lambda: "stopping" in events(place))
        bed.router.send_signal(signal.SIGTERM)
        assert bed.router.wait(10) == 0
        with pytest.raises(ConnectionResetError):
            client.recv(1)

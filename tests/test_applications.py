"""Real applications behind a running router: of UDP, on demand, without root's rights; gone when the router is."""

import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bed import ROUTER_IP, Bed, events, needs_kernel, processes_in, wait_for
from ipos_reference.control.client import pages

pytestmark = pytest.mark.kernel

ECHO = """
import socket
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.bind(("127.0.0.1", 18009))
while True:
    octets, whence = echo.recvfrom(65536)
    if octets == b"end":
        break
    echo.sendto(b"echo " + octets, whence)
"""

UDP = """
[[listen_udp]]
port = 9
connect = "127.0.0.1:18009"
command = ["{python}", "{here}/echo.py"]
"""

TCP_ON_DEMAND = """
[[listen]]
port = 81
kind = "http"
connect = "127.0.0.1:18081"
command = ["{python}", "-m", "http.server", "--protocol", "HTTP/1.1", "--bind", "127.0.0.1",
           "--directory", "{here}/site", "18081"]
start = "demand"
"""

CONTROL = """
[control]
socket = "{place}/control.sock"
"""

GET = b"GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture
def start(place: Path) -> Iterator[Callable[..., Bed]]:
    """Start a router with these tables, which logs JSON."""
    reason = needs_kernel() or (None if shutil.which("nsenter") else "needs nsenter")
    if reason:
        pytest.skip(reason)
    (place / "echo.py").write_text(ECHO, encoding="utf-8")
    beds: list[Bed] = []

    def started(tables: str, run: str = "grace = 0", python: str = "{python}") -> Bed:
        text = f"{run}\n{tables}".replace("{python}", python)
        beds.append(Bed(place, site={"page": b"here"}, run=text, options=("--log-format", "json"), python=python))
        wait_for(lambda: "started" in events(place))
        return beds[-1]

    yield started
    for bed in beds:
        bed.close()


def client(bed: Bed) -> socket.socket:
    """A client's UDP socket."""
    udp = bed.client.within(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    udp.settimeout(5.0)
    udp.connect((ROUTER_IP, 9))
    return udp


def page(bed: Bed) -> bytes:
    """The page of the application on port 81."""
    with bed.client.within(lambda: socket.create_connection((ROUTER_IP, 81), 10)) as tcp:
        tcp.sendall(GET)
        octets = b""
        while chunk := tcp.recv(65536):
            octets += chunk
    return octets


def children(bed: Bed) -> int:
    """How many applications run."""
    return len(list(processes_in(bed.router.pid))) - 1


def test_each_client_gets_its_own_answers_by_udp(start: Callable[..., Bed]) -> None:
    bed = start(UDP)
    clients = [client(bed) for _ in range(3)]
    for number, udp in enumerate(clients):
        udp.send(b"%d" % number)
    assert [udp.recv(100) for udp in clients] == [b"echo 0", b"echo 1", b"echo 2"]
    for udp in clients:
        udp.close()


def test_a_udp_application_that_ends_does_not_end_the_router(start: Callable[..., Bed], place: Path) -> None:
    bed = start(UDP + TCP_ON_DEMAND)
    with client(bed) as udp:
        udp.send(b"end")
        wait_for(lambda: "application-ended" in events(place))
        for _ in range(3):
            udp.send(b"x")
    assert page(bed).endswith(b"here")
    bed.router.send_signal(signal.SIGTERM)
    assert bed.router.wait(10) == 0


def test_a_udp_application_on_demand_is_started_again_for_the_same_client(start: Callable[..., Bed]) -> None:
    bed = start(UDP + 'start = "demand"\n')
    assert children(bed) == 1
    with client(bed) as udp:
        for _ in range(2):
            udp.send(b"hello")
            assert udp.recv(100) == b"echo hello"
            assert children(bed) == 2
            udp.send(b"end")
            wait_for(lambda: children(bed) == 1)


def test_an_application_on_demand_comes_and_goes(start: Callable[..., Bed], place: Path) -> None:
    bed = start(TCP_ON_DEMAND + "idle = 0.2\n")
    assert children(bed) == 1
    for _ in range(2):
        assert page(bed).endswith(b"here")
        wait_for(lambda: children(bed) == 1)
    told = [event for event in events(place) if event.startswith("application-")]
    assert told == ["application-started", "application-ended"] * 2


def test_the_tables_know_who_serves_a_port_and_that_nobody_does(start: Callable[..., Bed], place: Path) -> None:
    def process() -> int:
        (page,) = pages(place / "control.sock", "listening-sockets")
        (record,) = [record for record in page["records"] if record["port"] == 81]
        return int(record["process"])

    bed = start(CONTROL.replace("{place}", str(place)) + TCP_ON_DEMAND + "idle = 1\n")
    assert process() == 0
    assert page(bed).endswith(b"here")
    assert str(process()) in [status["Pid"].strip() for status in processes_in(bed.router.pid)]
    wait_for(lambda: process() == 0)


def test_an_application_on_demand_is_nobody_too(start: Callable[..., Bed]) -> None:
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip("needs a Python that every user may run")
    bed = start(TCP_ON_DEMAND, 'user = "nobody"\ngrace = 0', python)
    assert page(bed).endswith(b"here")
    found = list(processes_in(bed.router.pid))
    assert len(found) == 3
    for status in found:
        assert "0" not in status["Uid"].split() + status["Gid"].split() + status["Groups"].split()
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    bed.router.send_signal(signal.SIGTERM)
    assert bed.router.wait(10) == 0
    assert list(processes_in(bed.router.pid)) == []


def test_one_that_is_just_being_started_ends_with_the_router(start: Callable[..., Bed], place: Path) -> None:
    never = f'[[listen]]\nport = 81\nconnect = "127.0.0.1:18081"\ncommand = ["sh", "-c", "echo $$ > {place}/started; '
    bed = start(never + 'sleep 3600"]\nstart = "demand"\n')
    with bed.client.within(lambda: socket.create_connection((ROUTER_IP, 81), 10)) as tcp:
        tcp.sendall(GET)
        wait_for(lambda: (place / "started").exists() and (place / "started").read_text(encoding="ascii") != "")
        process = Path("/proc", (place / "started").read_text(encoding="ascii").strip())
        assert process.exists()
        bed.router.send_signal(signal.SIGTERM)
        assert bed.router.wait(10) == 0
    assert not process.exists()

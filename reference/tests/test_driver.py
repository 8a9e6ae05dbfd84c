"""The driver and its applications, where these are not as they should be."""

import errno
import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_memory import REQUEST, World, opened, says
from ipos_reference.driver import Driver
from ipos_reference.events import Attached, Detached
from ipos_reference.local_address import LocalAddress
from ipos_reference.ports import Port
from ipos_reference.router import Lan
from ipos_reference.service import Served
from ipos_reference.services import Services
from ipos_spec.encapsulation import Protocol


class Application:
    """Accepts one connection, and does nothing by itself."""

    def __init__(self, path: Path) -> None:
        self.address = LocalAddress(path=str(path))
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()

    def accepts(self) -> socket.socket:
        """The connection, which gives up waiting after a while."""
        connection, _ = self._listener.accept()
        connection.settimeout(5.0)
        return connection

    def close(self) -> None:
        self._listener.close()


class LastFramePort(Port):
    """Has nothing to receive, keeps what is sent, and ends the driver with the first frame of that."""

    def __init__(self) -> None:
        self._quiet, self._other = socket.socketpair()
        self.sent: list[bytes] = []
        self.driver: Driver | None = None

    def fileno(self) -> int:
        return self._quiet.fileno()

    def receive(self, now: float, budget: int) -> list[bytes]:  # noqa: ARG002 - a port's signature
        return []

    def send(self, frame: bytes, now: float) -> bool:  # noqa: ARG002 - a port's signature
        self.sent.append(frame)
        if self.driver is not None:
            self.driver.stop()
        return True

    def close(self) -> None:
        self._quiet.close()
        self._other.close()


def runs_until_it_sends(world: World, address: LocalAddress) -> bytes:
    """Run a driver with this application behind every port of the router; returns the last segment's flags octet."""
    port = LastFramePort()
    with selectors.DefaultSelector() as selector:
        services = Services(world.router, {(Protocol.TCP, 80): Served(address=address)}, selector)
        driver = port.driver = Driver(world.router, {Lan.FIRST: port}, services, selector)
        driver.run()
        driver.close()
    return port.sent[-1][47:48]


def attached(world: World) -> int:
    """The number of the endpoint that wants its application."""
    (number,) = [event.number for event in world.events() if isinstance(event, Attached)]
    return number


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    """One that is there."""
    application = Application(tmp_path / "application")
    yield application
    application.close()


@pytest.fixture
def world() -> World:
    """A router with a client that has just sent its request."""
    world = World()
    world.now = time.monotonic()
    answer = opened(world)
    world.client_sends(says(REQUEST, ack=answer.seq + 1))
    return world


def test_where_the_application_is_not_there_the_client_is_reset(world: World, tmp_path: Path) -> None:
    assert runs_until_it_sends(world, LocalAddress(path=str(tmp_path / "nobody"))) == b"\x14"
    assert len(world.router.tables) == 0


def test_without_a_descriptor_for_the_application_the_client_is_reset(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(_self: LocalAddress) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(LocalAddress, "connect", connect)
    assert runs_until_it_sends(world, LocalAddress("127.0.0.1", 1)) == b"\x14"
    assert len(world.router.tables) == 0


def test_an_application_that_reads_late_still_gets_all_of_an_orderly_stream(
    world: World, application: Application
) -> None:
    with selectors.DefaultSelector() as selector:
        services = Services(world.router, {(Protocol.TCP, 80): Served(address=application.address)}, selector)
        number = attached(world)
        world.aborts(number)
        services.handle(Attached(number, 80), world.now)
        local = application.accepts()
        services.handle(Detached(number, None, b"x" * 5_000_000), world.now)
        octets = bytearray()
        while selector.get_map():
            for key, mask in selector.select(5.0):
                key.data(mask, world.now)
            octets += local.recv(2**20)
    while chunk := local.recv(2**20):
        octets += chunk
    local.close()
    assert octets == b"x" * 5_000_000


# The end


def stopped(world: World, *, grace: float, stops: int = 1) -> tuple[list[bytes], float]:
    """Stop a driver before it runs; returns the flags octets of what it sends, and the seconds that it takes."""
    port = LastFramePort()
    with selectors.DefaultSelector() as selector:
        driver = Driver(world.router, {Lan.FIRST: port}, Services(world.router, {}, selector), selector, grace=grace)
        for _ in range(stops):
            driver.stop()
        began = time.monotonic()
        driver.run()
        driver.close()
    return [frame[47:48] for frame in port.sent], time.monotonic() - began


def test_without_a_connection_a_stop_is_at_once() -> None:
    world = World()
    world.now = time.monotonic()
    assert stopped(world, grace=60.0)[1] < 10


def test_a_connection_that_does_not_end_by_itself_is_reset_when_the_grace_is_over() -> None:
    world = World()
    world.now = time.monotonic()
    opened(world)
    flags, seconds = stopped(world, grace=0.2)
    assert flags == [b"\x14"]
    assert seconds >= 0.2
    assert len(world.router.tables) == 0


def test_a_second_stop_does_not_wait() -> None:
    world = World()
    world.now = time.monotonic()
    opened(world)
    flags, seconds = stopped(world, grace=60.0, stops=2)
    assert flags == [b"\x14"]
    assert seconds < 10

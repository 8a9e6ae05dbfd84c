"""The driver and its applications, where these are not as they should be."""

import errno
import itertools
import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_memory import PEER_IP, REQUEST, ROUTER_IP, World, opened, says
from ipos_reference import arp, ethernet
from ipos_reference import driver as driver_module
from ipos_reference.attachment import Attachment
from ipos_reference.driver import Driver
from ipos_reference.ethernet import Frame
from ipos_reference.events import Attached, Detached
from ipos_reference.local_address import LocalAddress
from ipos_reference.ports import Port
from ipos_reference.router import Lan
from ipos_reference.service import Caller, Served, Service
from ipos_reference.services import Services
from ipos_spec.addresses import BROADCAST_MAC, IPv4, Mac
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


def turns(selector: selectors.BaseSelector, world: World, services: Services) -> None:
    """What the loop does, until nothing happens any more."""
    while ready := selector.select(0.05):
        for key, mask in ready:
            key.data(mask, world.now)
        for event in world.events():
            services.handle(event, world.now)


def test_an_endpoint_that_left_and_came_back_has_nothing_to_do_with_its_old_connection(
    world: World, application: Application
) -> None:
    with selectors.DefaultSelector() as selector:
        services = Services(world.router, {(Protocol.TCP, 80): Served(address=application.address)}, selector)
        number = attached(world)
        services.handle(Attached(number, 80), world.now)
        turns(selector, world, services)
        services.handle(Detached(number, None, b"x" * 5_000_000), world.now)
        services.handle(Attached(number, 80), world.now)
        old, new = application.accepts(), application.accepts()
        assert old.recv(len(REQUEST)) == REQUEST
        world.client_sends(says(REQUEST, seq=901 + len(REQUEST), ack=world.router.endpoint(number).snd_nxt))  # type: ignore[union-attr]
        for event in world.events():
            services.handle(event, world.now)
        turns(selector, world, services)
        assert new.recv(1000) == REQUEST
        old.close()  # with octets unread: the kernel resets
        turns(selector, world, services)
        assert world.router.endpoint(number) is not None
        new.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        turns(selector, world, services)
        assert world.reads(number) == b""
        assert [segment.payload for segment in world.answers() if segment.payload] == [b"HTTP/1.1 200 OK\r\n\r\n"]
        services.close()
        new.close()


class Absent(Service):
    """One whose application is not there until it is said to be."""

    def __init__(self) -> None:
        self.callers: list[Caller] = []

    def serve(self, caller: Caller, now: float) -> None:
        del now
        self.callers.append(caller)

    def left(self, caller: Caller, now: float) -> None:
        del now
        self.callers.remove(caller)


def test_octets_stay_with_an_endpoint_that_waits_for_its_application(world: World, application: Application) -> None:
    service = Absent()
    with selectors.DefaultSelector() as selector:
        attachment = Attachment(world.router, attached(world), service, selector)
        service.serve(attachment, world.now)
        attachment.pump(world.now)
        assert not selector.get_map()
        attachment.connect(application.address, world.now)
        turns(selector, world, Services(world.router, {}, selector))
        assert application.accepts().recv(1000) == REQUEST
        attachment.close(world.now, reset=False)
        assert not service.callers


def test_what_ended_in_order_before_its_application_was_there_is_told_it_all_the_same(
    world: World, application: Application
) -> None:
    service = Absent()
    with selectors.DefaultSelector() as selector:
        attachment = Attachment(world.router, attached(world), service, selector)
        service.serve(attachment, world.now)
        attachment.finish(b"last words", world.now)
        assert service.callers
        attachment.connect(application.address, world.now)
        turns(selector, world, Services(world.router, {}, selector))
        local = application.accepts()
        assert local.recv(1000) == b"last words"
        assert local.recv(1000) == b""
        assert not service.callers


def test_a_client_that_broke_off_before_its_application_was_there_is_forgotten(world: World) -> None:
    service = Absent()
    with selectors.DefaultSelector() as selector:
        attachment = Attachment(world.router, attached(world), service, selector)
        service.serve(attachment, world.now)
        attachment.close(world.now, reset=True)
        assert not service.callers
        attachment.close(world.now, reset=True)


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


def test_what_does_not_tell_of_itself_is_looked_at_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_module, "LOOK_EVERY", 0.02)
    world, looks = World(), list[float]()
    world.now = time.monotonic()
    with selectors.DefaultSelector() as selector:

        def look(now: float) -> None:
            looks.append(now)
            if len(looks) == 5:
                driver.stop()

        driver = Driver(
            world.router, {Lan.FIRST: LastFramePort()}, Services(world.router, {}, selector), selector, look=look
        )
        driver.run()
        driver.close()
    assert len(looks) == 5
    assert all(later - earlier >= 0.02 for earlier, later in itertools.pairwise(looks))


# What is sent at once


class FullPort(LastFramePort):
    """Has no room for what goes to one of its neighbours."""

    def send(self, frame: bytes, now: float) -> bool:
        return frame[:6] != neighbour(2) and super().send(frame, now)


def neighbour(number: int) -> Mac:
    """Somebody's MAC."""
    return Mac(b"\x02\0\0\0\0" + bytes([number]))


def asks(world: World, lan: Lan, number: int) -> None:
    """A neighbour asks for the router's address, which is answered on the same LAN (RFC 826)."""
    question = arp.build(arp.request(neighbour(number), IPv4(PEER_IP + number), ROUTER_IP))
    frame = ethernet.build(Frame(BROADCAST_MAC, neighbour(number), ethernet.ARP, question))
    world.router.receive(lan, frame, world.now)


@pytest.mark.parametrize("lans", [[Lan.FIRST] * 3, [Lan.FIRST, Lan.SECOND, Lan.FIRST]])
def test_each_lan_gets_its_frames_in_order_and_what_is_not_taken_is_counted(lans: list[Lan]) -> None:
    world, ports = World(), {Lan.FIRST: LastFramePort(), Lan.SECOND: FullPort()}
    world.now = time.monotonic()
    for number, lan in enumerate(lans, start=1):
        asks(world, lan, number)
    with selectors.DefaultSelector() as selector:
        driver = Driver(world.router, ports, Services(world.router, {}, selector), selector)
        driver.stop()
        driver.run()
        driver.close()
    assert [frame[:6] for frame in ports[Lan.FIRST].sent] == [
        neighbour(number) for number, lan in enumerate(lans, start=1) if lan is Lan.FIRST
    ]
    assert not ports[Lan.SECOND].sent
    counted = driver.traffic
    assert (counted.sent[Lan.FIRST], counted.not_sent) == (lans.count(Lan.FIRST), lans.count(Lan.SECOND))

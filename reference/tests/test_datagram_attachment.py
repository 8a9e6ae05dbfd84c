"""A UDP endpoint and its application: each client has a socket of its own, and a dead application ends nothing."""

import contextlib
import selectors
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ipos_reference.datagram_attachment import MOST_WAITING, DatagramAttachment
from ipos_reference.local_address import LocalAddress
from ipos_reference.traffic import Traffic
from ipos_spec.encapsulation import Protocol


class Application:
    """An application on a UDP port or a Unix socket that answers when it is told to."""

    def __init__(self, address: LocalAddress) -> None:
        self.socket = socket.socket(socket.AF_UNIX if address.path else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(address.path or (address.host, address.port))
        self.socket.settimeout(5.0)

    def hears(self) -> tuple[bytes, object]:
        octets, whence = self.socket.recvfrom(65536)
        return octets, whence

    def answers(self, octets: bytes, whom: object) -> None:
        self.socket.sendto(octets, whom)  # type: ignore[arg-type]

    def close(self) -> None:
        self.socket.close()


class Edge:
    """Plays router and service around datagram attachments.

    The application is there, unless ``starting``: then those who need it wait until `starts`.
    """

    def __init__(self, address: LocalAddress) -> None:
        self.address = address
        self.starting = False
        self.answers: list[tuple[int, bytes]] = []
        self.left_ones: list[DatagramAttachment] = []
        self.traffic = Traffic()
        self.waiting: list[DatagramAttachment] = []
        self.selector = selectors.DefaultSelector()

    def attached(self, number: int) -> DatagramAttachment:
        return DatagramAttachment(self, number, self, self.selector, self.traffic)  # type: ignore[arg-type]

    def datagram(self, number: int, octets: bytes, _now: float) -> None:
        self.answers.append((number, octets))

    def serve(self, caller: DatagramAttachment, now: float) -> None:
        self.waiting.append(caller)
        if not self.starting:
            self.starts(now)

    def starts(self, now: float = 0.0) -> None:
        waiting, self.waiting = self.waiting, []
        for caller in waiting:
            caller.connect(self.address, now)

    def left(self, caller: DatagramAttachment, _now: float) -> None:
        self.left_ones.append(caller)

    def turns(self, seconds: float = 0.05) -> None:
        """What the loop does until nothing happens for so long."""
        while self.selector.get_map() and (ready := self.selector.select(seconds)):
            for key, mask in ready:
                key.data(mask, 0.0)


def udp(_place: Path) -> LocalAddress:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return LocalAddress(*free.getsockname(), protocol=Protocol.UDP)


def unix(place: Path) -> LocalAddress:
    return LocalAddress(path=str(place / "socket"), protocol=Protocol.UDP)


@pytest.fixture(params=[udp, unix])
def edge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Edge]:
    make: Callable[[Path], LocalAddress] = request.param
    edge = Edge(make(tmp_path))
    yield edge
    edge.selector.close()


@pytest.fixture
def application(edge: Edge) -> Iterator[Application]:
    with contextlib.closing(Application(edge.address)) as application:
        yield application


def test_answers_find_the_endpoint_that_asked(edge: Edge, application: Application) -> None:
    attachments = [edge.attached(number) for number in (1, 2, 3)]
    for number, attachment in enumerate(attachments, start=1):
        attachment.deliver(b"from %d" % number, 0.0)
    heard = [application.hears() for _ in attachments]
    assert [octets for octets, _ in heard] == [b"from 1", b"from 2", b"from 3"]
    for octets, whence in reversed(heard):
        application.answers(b"to " + octets, whence)
    edge.turns()
    assert sorted(edge.answers) == [(1, b"to from 1"), (2, b"to from 2"), (3, b"to from 3")]


def test_an_empty_datagram_is_one_too(edge: Edge, application: Application) -> None:
    edge.attached(1).deliver(b"", 0.0)
    octets, whence = application.hears()
    assert octets == b""
    application.answers(b"", whence)
    edge.turns()
    assert edge.answers == [(1, b"")]


def test_datagrams_wait_in_order_for_an_application_that_is_being_started(edge: Edge) -> None:
    edge.starting = True
    attachment = edge.attached(1)
    for number in range(MOST_WAITING + 3):
        attachment.deliver(b"%d" % number, 0.0)
    assert len(edge.waiting) == 1
    assert edge.traffic.not_delivered == 3
    with contextlib.closing(Application(edge.address)) as application:
        edge.starts()
        edge.selector.select(0)
        for number in range(MOST_WAITING):
            edge.turns(0.0)
            assert application.hears()[0] == b"%d" % number


def test_all_that_waits_together_is_bounded_too(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ipos_reference.datagram_attachment.MOST_WAITING_IN_ALL", 5)
    edge.starting = True
    attachments = [edge.attached(number) for number in range(4)]
    for attachment in attachments:
        attachment.deliver(b"x", 0.0)
        attachment.deliver(b"y", 0.0)
    assert (edge.traffic.waiting, edge.traffic.not_delivered) == (5, 3)
    attachments[0].close(0.0)
    assert (edge.traffic.waiting, edge.traffic.not_delivered) == (3, 5)
    with contextlib.closing(Application(edge.address)):
        edge.starts()
    assert edge.traffic.waiting == 0


def test_an_application_that_is_gone_loses_datagrams_and_no_more(edge: Edge) -> None:
    attachment = edge.attached(1)
    for _ in range(5):
        attachment.deliver(b"x", 0.0)
        edge.turns()
    assert edge.traffic.not_delivered == 5


def test_one_that_comes_back_is_found_again(edge: Edge) -> None:
    attachment = edge.attached(1)
    with contextlib.closing(Application(edge.address)) as application:
        attachment.deliver(b"before", 0.0)
        assert application.hears()[0] == b"before"
    if edge.address.path:
        Path(edge.address.path).unlink()
    attachment.deliver(b"lost", 0.0)
    edge.turns()
    with contextlib.closing(Application(edge.address)) as application:
        attachment.deliver(b"after", 0.0)
        assert application.hears()[0] == b"after"
    assert edge.traffic.not_delivered == 1


def test_one_that_is_known_to_have_ended_loses_nothing_more(edge: Edge) -> None:
    attachment = edge.attached(1)
    with contextlib.closing(Application(edge.address)) as application:
        attachment.deliver(b"before", 0.0)
        application.hears()
    attachment.lose(0.0)
    edge.starting = True
    attachment.deliver(b"after", 0.0)
    if edge.address.path:
        Path(edge.address.path).unlink()
    with contextlib.closing(Application(edge.address)) as application:
        edge.starts()
        assert application.hears()[0] == b"after"
    assert edge.traffic.not_delivered == 0


def test_many_at_once_after_an_application_has_gone(edge: Edge) -> None:
    edge.starting = True
    attachment = edge.attached(1)
    for _ in range(MOST_WAITING):
        attachment.deliver(b"x", 0.0)
    edge.starting = False
    edge.starts()
    edge.turns()
    assert edge.traffic.not_delivered == MOST_WAITING


def test_an_application_that_does_not_start_loses_what_waited(edge: Edge) -> None:
    edge.starting = True
    attachment = edge.attached(1)
    attachment.deliver(b"x", 0.0)
    edge.waiting.clear()
    attachment.fail(0.0)
    assert edge.traffic.not_delivered == 1
    attachment.deliver(b"y", 0.0)
    assert edge.waiting == [attachment]


def test_one_that_does_not_read_makes_them_wait_and_then_get_lost(edge: Edge, application: Application) -> None:
    attachment = edge.attached(1)
    for _ in range(2000):
        attachment.deliver(bytes(1000), 0.0)
    edge.selector.select(0)
    if edge.address.path:  # a UDP socket loses them itself, and does not tell
        assert edge.traffic.not_delivered > 1000
        heard = 0
        application.socket.settimeout(0.1)
        with contextlib.suppress(TimeoutError):
            while True:
                edge.turns(0.0)
                application.hears()
                heard += 1
        assert heard + edge.traffic.not_delivered == 2000


def test_after_its_end_an_endpoint_has_no_socket(edge: Edge, application: Application) -> None:
    attachment = edge.attached(1)
    attachment.deliver(b"x", 0.0)
    assert len(edge.selector.get_map()) == 1
    attachment.close(0.0)
    assert len(edge.selector.get_map()) == 0
    assert edge.left_ones == [attachment]
    attachment.ready(selectors.EVENT_READ | selectors.EVENT_WRITE, 0.0)
    del application


def test_without_a_descriptor_datagrams_are_lost(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(_self: LocalAddress) -> socket.socket:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(LocalAddress, "connect", connect)
    edge.attached(1).deliver(b"x", 0.0)
    assert edge.traffic.not_delivered == 1

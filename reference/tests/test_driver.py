"""The driver and its applications, where these are not as they should be."""

import errno
import socket
import time
from pathlib import Path

import pytest
from in_memory import REQUEST, World, opened, says
from ipos_reference.applications import LocalAddress
from ipos_reference.driver import Driver
from ipos_reference.ports import Port
from ipos_reference.router import Lan


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
    driver = port.driver = Driver(world.router, {Lan.FIRST: port}, {80: address})
    driver.run()
    driver.close()
    return port.sent[-1][47:48]


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

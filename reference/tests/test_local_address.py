"""Whether somebody is there, and a way to reach him, without waiting: TCP, UDP, and Unix sockets of both kinds."""

import socket
import time
from pathlib import Path

import pytest
from ipos_reference.local_address import LocalAddress
from ipos_spec.encapsulation import Protocol


def listening(kind: str, host: str = "127.0.0.1") -> tuple[socket.socket, LocalAddress]:
    """Somebody who listens on a free port, and where."""
    tcp = kind == "TCP"
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    listener.bind((host, 0))
    if tcp:
        listener.listen(1)
    return listener, LocalAddress("127.0.0.1", listener.getsockname()[1], protocol=Protocol[kind])


def listening_unix(kind: str, path: Path) -> tuple[socket.socket, LocalAddress]:
    tcp = kind == "TCP"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    listener.bind(str(path))
    if tcp:
        listener.listen(1)
    return listener, LocalAddress(path=str(path), protocol=Protocol[kind])


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - an application may
@pytest.mark.parametrize("kind", ["TCP", "UDP"])
def test_an_application_is_there_as_long_as_its_socket_is(kind: str, host: str) -> None:
    listener, address = listening(kind, host)
    assert address.answers()
    listener.close()
    assert not address.answers()


@pytest.mark.parametrize("kind", ["TCP", "UDP"])
def test_so_is_one_on_a_unix_socket(kind: str, tmp_path: Path) -> None:
    listener, address = listening_unix(kind, tmp_path / "socket")
    assert address.answers()
    listener.close()
    assert not address.answers()
    assert not LocalAddress(path=str(tmp_path / "none"), protocol=Protocol[kind]).answers()


def test_somebody_who_talks_from_that_udp_port_is_no_application() -> None:
    listener, address = listening("UDP")
    listener.connect(("127.0.0.1", 9))
    assert not address.answers()
    listener.close()


def test_an_application_of_another_address_is_not_there() -> None:
    listener, address = listening("UDP")
    assert not LocalAddress("127.0.0.2", address.port, protocol=Protocol.UDP).answers()
    listener.close()


def test_an_application_that_looks_at_ipv6_takes_ipv4_too() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as listener:
        listener.bind(("::", 0))
        assert LocalAddress("127.0.0.1", listener.getsockname()[1], protocol=Protocol.UDP).answers()


def test_a_name_that_is_none_is_nobody() -> None:
    assert not LocalAddress("no.such.invalid", 1, protocol=Protocol.UDP).answers()


def test_one_that_accepts_nobody_does_not_hold_anybody_up() -> None:
    listener, address = listening("TCP")
    began = time.monotonic()
    waiting = [address.connect() for _ in range(8)]
    assert not address.answers()
    assert time.monotonic() - began < 0.5
    for one in (*waiting, listener):
        one.close()


@pytest.mark.parametrize("unix", [False, True])
def test_a_datagram_and_its_answer(unix: bool, tmp_path: Path) -> None:
    listener, address = listening_unix("UDP", tmp_path / "socket") if unix else listening("UDP")
    listener.settimeout(5.0)
    local = address.connect()
    local.setblocking(True)
    local.settimeout(5.0)
    local.send(b"question")
    octets, whence = listener.recvfrom(100)
    listener.sendto(b"answer to " + octets, whence)
    assert local.recv(100) == b"answer to question"
    local.close()
    listener.close()


def test_how_an_address_is_said() -> None:
    assert str(LocalAddress("127.0.0.1", 80)) == "127.0.0.1:80"
    assert str(LocalAddress(path="/run/a", protocol=Protocol.UDP)) == "unix:/run/a (UDP)"

"""The lab's own servers and its client, as processes on loopback."""

import hashlib
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from ipos_reference.lab import site
from ipos_reference.lab.plan import SERVERS


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(module: str, *words: str) -> Iterator[psutil.Process]:
    process = subprocess.Popen([sys.executable, "-m", f"ipos_reference.lab.{module}", *words])
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def connected(port: int) -> socket.socket:
    give_up = time.monotonic() + 10
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=10)
        except ConnectionRefusedError:
            assert time.monotonic() < give_up
            time.sleep(0.02)  # until another process listens


def talk(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "ipos_reference.lab.talk", *words], capture_output=True, text=True, timeout=30
    )


def test_a_datagram_comes_back_with_the_servers_name() -> None:
    port = free_port(socket.SOCK_DGRAM)
    with running("applications.echo", "server-2", "127.0.0.1", str(port)):
        done = talk("udp", "127.0.0.1", str(port), "hello")  # tries three times
    found = json.loads(done.stdout)
    assert found["octets"] == "server-2: hello"
    assert found["from"] == ["127.0.0.1", port]


def test_who_gets_no_answer_says_so() -> None:
    done = talk("tcp", "127.0.0.1", str(free_port(socket.SOCK_STREAM)), "1")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_calculation_takes_its_time_and_says_when_it_is_done() -> None:
    port = free_port(socket.SOCK_STREAM)
    with running("applications.calculation", "127.0.0.1", str(port)) as process, connected(port) as client:
        before = process.cpu_times().user
        client.sendall(b"0.5\n")
        assert client.makefile("rb").read() == b"done\n"
        assert process.cpu_times().user - before > 0.1


def test_a_calculation_ends_when_nobody_waits_for_it() -> None:
    port = free_port(socket.SOCK_STREAM)
    with running("applications.calculation", "127.0.0.1", str(port)) as process:
        with connected(port) as client:
            client.sendall(b"60\n")
            while process.num_threads() < 3:  # the main one, the client's, at least one that calculates
                time.sleep(0.02)
        give_up = time.monotonic() + 20
        while process.num_threads() > 1:
            assert time.monotonic() < give_up
            time.sleep(0.02)


def test_what_is_no_number_is_refused() -> None:
    port = free_port(socket.SOCK_STREAM)
    with running("applications.calculation", "127.0.0.1", str(port)), connected(port) as client:
        client.sendall(b"much\n")
        assert client.makefile("rb").read() == b"expected seconds\n"


@pytest.mark.parametrize("path", [site.PAGE, site.PICTURE, site.LARGE])
def test_where_nginx_is_missing_python_serves_the_same_pages(tmp_path: Path, path: str) -> None:
    site.write(SERVERS[0], tmp_path)
    port = free_port(socket.SOCK_STREAM)
    with running("applications.web", str(tmp_path), "127.0.0.1", str(port)):
        connected(port).close()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            octets = answer.read()
    assert hashlib.sha256(octets).digest() == hashlib.sha256(site.pages(SERVERS[0])[path]).digest()

"""Kept-open connections of real clients that move from server to server with each request: nobody notices (TGT-10)."""

import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from farm import FIRST_SERVER, Farm, Host, KeptOpen, bodies, lacks, request, right, until_end

pytestmark = pytest.mark.kernel

SERVERS = 3
MIGRATED = "migrations acknowledged"


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """Three routers, for all tests."""
    if reason := lacks():
        pytest.skip(reason)
    with Farm(tmp_path_factory.mktemp("farm"), SERVERS) as farm:
        yield farm


@pytest.fixture
def host(farm: Farm) -> Host:
    """A client's host with counters and settings of its own."""
    return farm.host()


def tour(requests: int, what: str = "page", start: int = 0) -> list[str]:
    """Paths of which each is for another server than the one before."""
    return [f"/{(start + n) % SERVERS + 1}/{what}/{n}" for n in range(requests)]


def wrong(host: Host, paths: list[str], mss: int | None = None) -> list[str]:
    """Those of the paths, asked for one after the other on one connection, that were not answered as they should be."""
    with KeptOpen(host.connect(mss=mss)) as connection:
        return [path for path in paths if connection.ask(path) != right(path)]


def wrong_at_once(host: Host, connections: int, requests: int, what: str = "page") -> list[str]:
    """The same on several connections at once, each of which begins with another server than the one before."""
    tours = [tour(requests, what, start) for start in range(connections)]
    with ThreadPoolExecutor(connections) as clients:
        return [path for paths in clients.map(lambda paths: wrong(host, paths), tours) for path in paths]


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_each_request_of_curl_on_one_connection_is_answered_by_another_server(farm: Farm, host: Host) -> None:
    paths, before = tour(200), farm.counters()[MIGRATED]
    urls = [f"http://{FIRST_SERVER}{path}" for path in paths]
    done = host.namespace.run("curl", "--silent", "--fail", "--write-out", "%{stderr}%{num_connects} ", *urls)
    assert done.stdout == b"".join(map(right, paths))
    assert [int(word) for word in done.stderr.split()] == [1] + [0] * 199
    assert farm.counters()[MIGRATED] - before == 199
    assert host.objections() == {}


def test_each_request_on_eight_kept_open_connections_is_answered_by_another_server(farm: Farm, host: Host) -> None:
    before = farm.counters()
    assert wrong_at_once(host, connections=8, requests=100) == []
    after = farm.counters()
    assert after[MIGRATED] - before[MIGRATED] > 8 * 99
    assert host.count("ActiveOpens") == 8
    assert host.objections() == {}


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx")
def test_each_request_is_answered_by_another_nginx(tmp_path: Path) -> None:
    if reason := lacks():
        pytest.skip(reason)
    with Farm(tmp_path, SERVERS, application="nginx") as farm:
        host = farm.host()
        assert wrong_at_once(host, connections=8, requests=50) == []
        assert host.count("ActiveOpens") == 8
        assert host.objections() == {}


def test_fifty_megabytes_after_a_migration(host: Host) -> None:
    assert wrong(host, ["/1/page", "/2/octets/50000000"]) == []
    assert host.objections() == {}


def test_what_is_sent_with_a_request_goes_where_the_request_goes(host: Host) -> None:
    body = bytes(range(256)) * 1200
    with KeptOpen(host.connect()) as connection:
        for path in tour(9, "upload"):
            assert connection.ask(path, body) == right(path, body)
    assert host.objections() == {}


def test_requests_that_come_together_go_together(host: Host) -> None:
    paths = ["/2/one", "/2/two", "/2/three"]
    with host.connect() as tcp:
        tcp.sendall(b"".join(map(request, paths)))
        tcp.shutdown(socket.SHUT_WR)
        assert bodies(until_end(tcp)) == [right(path) for path in paths]
    assert host.objections() == {}


@pytest.mark.skipif(not shutil.which("nc"), reason="needs nc (package netcat-openbsd)")
@pytest.mark.parametrize("path", ["/1/page", "/2/page", "/3/octets/300000"])
def test_netcat_that_ends_its_stream_with_the_request_is_answered(host: Host, tmp_path: Path, path: str) -> None:
    (tmp_path / "request").write_bytes(request(path))
    done = host.namespace.run("sh", "-c", f"nc -N {FIRST_SERVER} 80 < {tmp_path}/request")
    assert bodies(done.stdout) == [right(path)]
    assert host.objections() == {}


def test_a_stream_that_ends_with_a_later_request(host: Host) -> None:
    paths = ["/1/page", "/2/page", "/3/octets/300000"]
    with host.connect() as tcp:
        got = b""
        for path in paths[:-1]:
            tcp.sendall(request(path))
            while len(bodies(got)) == 0 or not bodies(got)[-1].endswith(right(path)):
                got += tcp.recv(65536)
        tcp.sendall(request(paths[-1]))
        tcp.shutdown(socket.SHUT_WR)
        assert bodies(got + until_end(tcp)) == [right(path) for path in paths]
    assert host.objections() == {}


def test_a_stream_that_ends_while_the_answer_is_coming(host: Host) -> None:
    with host.connect() as tcp:
        tcp.sendall(request("/2/octets/1000000"))
        got = tcp.recv(1000)
        tcp.shutdown(socket.SHUT_WR)
        assert bodies(got + until_end(tcp)) == [right("/2/octets/1000000")]
    assert host.objections() == {}


@pytest.mark.parametrize(
    ("sysctls", "mss"),
    [
        ({"tcp_timestamps": 0}, None),
        ({"tcp_window_scaling": 0}, None),
        ({"tcp_sack": 0}, None),
        ({"tcp_timestamps": 0, "tcp_window_scaling": 0, "tcp_sack": 0}, None),
        ({}, 88),
        ({}, 536),
        ({"tcp_timestamps": 0}, 88),
    ],
)
def test_clients_of_other_kinds_are_answered_by_each_server(
    host: Host, sysctls: dict[str, int], mss: int | None
) -> None:
    host.set(**sysctls)
    assert wrong(host, tour(12, "octets/50000"), mss) == []
    assert host.objections() == {}


def test_readers_that_let_their_window_close_get_everything(host: Host) -> None:
    paths = ["/1/octets/300000", "/2/octets/300000", "/3/octets/300001"]
    readers = [host.connect(receive_buffer=4096) for _ in paths]
    for tcp, path in zip(readers, paths, strict=True):
        tcp.sendall(request(path))
    time.sleep(1.0)  # long enough for windows to close and to be probed
    for tcp, path in zip(readers, paths, strict=True):
        with tcp:
            tcp.shutdown(socket.SHUT_WR)
            assert bodies(until_end(tcp)) == [right(path)]
    assert host.count("TCPToZeroWindowAdv") >= len(paths)
    assert host.objections() == {}


@pytest.mark.skipif(not shutil.which("nft"), reason="needs nft (package nftables) to lose frames in the bridges")
def test_all_answers_are_right_on_two_lans_that_lose_one_percent(farm: Farm, host: Host) -> None:
    farm.lose(1)
    try:
        assert wrong_at_once(host, connections=8, requests=25, what="octets/20000") == []
        assert min(farm.lost()) > 0
    finally:
        farm.lose(0)
    assert host.count("ActiveOpens") == 8
    assert host.objections() == {}

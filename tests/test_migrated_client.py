"""A real curl whose connection is handed over: its kernel must notice nothing (CON-1, TGT-1, TGT-5, TGT-6, TGT-7)."""

from collections.abc import Callable, Iterator
from random import Random

import pytest
from bed import PEER_IP, SECOND_LAN, Bed
from origin_station import OriginStation

CONNECTIONS = 100
LARGE = Random(2).randbytes(300_000)

pytestmark = pytest.mark.kernel


@pytest.fixture
def migrating(make_bed: Callable[..., Bed]) -> Iterator[tuple[Bed, OriginStation]]:
    """A bed in which PEER_IP is served by an origin that migrates every connection to the router."""
    files = {f"file{n}": b"%d " % n * (n + 1) for n in range(CONNECTIONS)}
    bed = make_bed(site={**files, "large": LARGE})
    bed.lan.link_to(bed.lan, "to-origin", "origin-lan1")
    bed.lan.join("br-lan1", "to-origin")
    origin = OriginStation(bed.lan, "origin-lan1", SECOND_LAN)
    yield bed, origin
    origin.close()


def objections(bed: Bed) -> dict[str, int]:
    """What the client's kernel did not like in what it received, since the namespace was made; zeros left out.

    Retransmissions are none: on a busy machine its 200 ms pass although nothing is wrong.
    """
    counted = bed.client.counters()
    return {name: counted[name] for name in ("PAWSEstab", "InErrs", "OutRsts") if counted[name]}


def test_a_hundred_connections_of_curl_are_answered_by_the_router_under_the_peers_address(
    migrating: tuple[Bed, OriginStation],
) -> None:
    bed, origin = migrating
    url = f"http://{PEER_IP}/file[0-{CONNECTIONS - 1}]"
    done = bed.curl("--header", "Connection: close", "--write-out", "%{stderr}%{num_connects} %{remote_ip} ", url)
    assert done.stdout == b"".join(b"%d " % n * (n + 1) for n in range(CONNECTIONS))
    assert done.stderr.decode().split() == ["1", PEER_IP] * CONNECTIONS
    assert origin.migrated == CONNECTIONS
    assert objections(bed) == {}


def test_a_long_answer_after_a_migration(migrating: tuple[Bed, OriginStation]) -> None:
    bed, origin = migrating
    assert bed.curl(f"http://{PEER_IP}/large").stdout == LARGE
    assert origin.migrated == 1

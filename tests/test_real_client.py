"""A Linux kernel as the client: its TCP against ours, on good and on bad wires."""

import hashlib
import random
import shutil
from collections.abc import Callable

import pytest
from bed import ROUTER_IP, Bed

PAGE = random.Random(1).randbytes(1_000_000)
URL = f"http://{ROUTER_IP}/page"

pytestmark = pytest.mark.kernel


def digest(octets: bytes) -> str:
    """Short enough to be read in a failure."""
    return hashlib.sha256(octets).hexdigest()


def test_curl_gets_a_page_of_a_megabyte(make_bed: Callable[..., Bed]) -> None:
    bed = make_bed(site={"page": PAGE})
    assert digest(bed.curl(URL).stdout) == digest(PAGE)


@pytest.mark.skipif(not shutil.which("nft"), reason="needs nft (package nftables) to lose packets in the bridge")
def test_curl_gets_it_through_a_bridge_that_loses_one_percent(make_bed: Callable[..., Bed]) -> None:
    bed = make_bed(site={"page": PAGE})
    bed.lose(1)
    pages = [bed.curl(URL).stdout for _ in range(5)]
    assert [digest(page) for page in pages] == [digest(PAGE)] * 5
    assert bed.lost() > 0


def test_curl_gets_it_over_a_wire_that_doubles_and_reorders_one_percent(make_bed: Callable[..., Bed]) -> None:
    bed = make_bed(site={"page": PAGE}, impairment="duplication = 0.01, reordering = 0.01, seed = 1")
    pages = [bed.curl(URL).stdout for _ in range(5)]
    assert [digest(page) for page in pages] == [digest(PAGE)] * 5


def test_two_hundred_requests_on_one_connection(make_bed: Callable[..., Bed]) -> None:
    files = {f"file{n}": b"%d " % n * (n + 1) for n in range(200)}
    bed = make_bed(site=files)
    done = bed.curl("--write-out", "%{stderr}%{num_connects} ", f"http://{ROUTER_IP}/file[0-199]")
    assert done.stdout == b"".join(files.values())
    assert [int(word) for word in done.stderr.split()] == [1] + [0] * 199

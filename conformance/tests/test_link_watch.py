"""How often a link was lost, whatever the order in which the kernel refuses frames and tells of the link."""

import socket
import struct
import subprocess
import sys

import pytest
from ipos_conformance.bench import link_watch
from ipos_conformance.bench.link_watch import LinkWatch
from kernel import MISSING

INTERFACE = "lo"
UP, RUNNING = 0x1, 0x40
NEW_LINK = 16


class Kernel:
    """Tells of links (RTM_NEWLINK) when it likes."""

    def __init__(self) -> None:
        self._ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

    def tell(self, *, running: bool, index: int | None = None) -> None:
        number = socket.if_nametoindex(INTERFACE) if index is None else index
        flags = UP | RUNNING if running else 0
        self._ours.send(struct.pack("IHHII", 32, NEW_LINK, 0, 0, 0) + struct.pack("BxHiII", 0, 1, number, flags, 0))

    def close(self) -> None:
        self._ours.close()


@pytest.fixture
def kernel(monkeypatch):
    made = Kernel()
    monkeypatch.setattr(link_watch, "_listen", lambda: made.theirs)
    yield made
    made.close()


@pytest.fixture
def watch(kernel):  # noqa: ARG001 - it listens to that one
    made = LinkWatch(INTERFACE)
    yield made
    made.close()


def losses(watch: LinkWatch) -> int:
    watch.look()
    return watch.losses


def test_what_the_kernel_tells_is_counted_once_a_loss(kernel, watch):
    for running in (True, False, False, True, False):
        kernel.tell(running=running)
    assert losses(watch) == losses(watch) == 2


def test_another_link_is_none_of_ours(kernel, watch):
    kernel.tell(running=False, index=socket.if_nametoindex(INTERFACE) + 1)
    assert losses(watch) == 0


def test_frame_is_refused_before_the_kernel_tells(kernel, watch):
    watch.refused()
    assert watch.losses == 1
    watch.refused()
    kernel.tell(running=False)
    kernel.tell(running=True)
    assert losses(watch) == 1
    kernel.tell(running=False)
    assert losses(watch) == 2


def test_frame_is_refused_after_the_kernel_has_told(kernel, watch):
    kernel.tell(running=False)
    watch.refused()
    assert losses(watch) == 1


def test_link_is_back_when_the_refusal_is_heard_of(kernel, watch):
    kernel.tell(running=False)
    kernel.tell(running=True)
    watch.refused()
    assert losses(watch) == 1
    kernel.tell(running=False)
    assert losses(watch) == 2


REFUSED = """
import socket
from pyroute2 import IPRoute
from ipos_conformance.bench import link_watch
from ipos_conformance.bench.namespaces import enter_private_namespace
from ipos_conformance.bench.wire import Port
from ipos_conformance.errors import BenchError
from ipos_conformance.frames import Lan

enter_private_namespace()
silent, _other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
link_watch._listen = lambda: silent
with IPRoute() as kernel:
    kernel.link("add", ifname="lan", kind="veth", peer="far")
    (index,), (far,) = kernel.link_lookup(ifname="lan"), kernel.link_lookup(ifname="far")
    for one in (index, far):
        kernel.link("set", index=one, state="up")
    port = Port(Lan.FIRST, "lan", 7)
    port.send(bytes(60))
    print(port.link_losses())
    kernel.link("set", index=index, state="down")
    try:
        port.send(bytes(60))
    except BenchError as error:
        print(error)
    print(port.link_losses())
"""


@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_frame_that_an_interface_refuses_is_a_lost_link_before_the_kernel_tells():
    done = subprocess.run([sys.executable, "-c", REFUSED], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["0", "interface lan refuses a frame of 60 octets: Network is down", "1"]

"""Ports on interfaces that somebody takes down or away while the router stands on them."""

import shutil
import time
from collections.abc import Callable, Iterator

import pytest
from bed import needs_kernel
from ipos_conformance.bench.wire import Port as SuitePort
from ipos_conformance.frames import Lan
from ipos_reference.ports import Port, PortError
from ipos_reference.ports.packet import PacketPort
from ipos_reference.ports.tap import TapPort
from namespace import Namespace

pytestmark = pytest.mark.kernel

FRAME = b"\xff" * 6 + b"\x02" + bytes(5) + b"\x88\xb5" + bytes(46)
LAST = FRAME[:14] + b"\1" * 46


@pytest.fixture
def far() -> Iterator[Namespace]:
    """The namespace at the other end of the cable."""
    if reason := needs_kernel():
        pytest.skip(reason)
    other = Namespace()
    yield other
    other.close()


@pytest.fixture
def lan(far: Namespace) -> Iterator[Namespace]:
    """A namespace in which ``wire`` is one end of a cable, and ``far`` the other."""
    lan = Namespace()
    lan.link_to(far, "wire", "far")
    yield lan
    lan.close()


@pytest.fixture(params=[lambda: PacketPort("wire"), lambda: TapPort("tap", 1500)], ids=["packet", "tap"])
def port(request: pytest.FixtureRequest, lan: Namespace) -> Iterator[Port]:
    """A port of each kind."""
    make: Callable[[], Port] = request.param
    port = lan.within(make)
    yield port
    port.close()


def name(port: Port) -> str:
    """Of the port's interface."""
    return "wire" if isinstance(port, PacketPort) else "tap"


def test_an_interface_that_is_down_for_a_while_is_a_wire_that_loses(lan: Namespace, port: Port) -> None:
    lan.run("ip", "link", "set", name(port), "down")
    for _ in range(2):
        assert port.receive(0.0, 10) == []
        assert not port.send(FRAME, 0.0)
    lan.run("ip", "link", "set", name(port), "up")
    assert port.send(FRAME, 0.0)
    port.receive(0.0, 10)


def test_many_frames_go_in_order_but_for_one_that_is_too_large(far: Namespace, port: Port, lan: Namespace) -> None:
    frames = [FRAME[:14] + number.to_bytes(2, "big") * 23 for number in range(300)]
    other = (
        far.within(lambda: PacketPort("far")) if isinstance(port, PacketPort) else lan.within(lambda: PacketPort("tap"))
    )
    try:
        assert other.receive(0.0, 10) == []
        too_large = [bytes(4000)] if isinstance(port, PacketPort) else []
        assert port.send_all([*frames[:70], *too_large, *frames[70:]], 0.0) == len(frames)
        assert other.receive(0.0, 1) == frames[:1]
        assert other.receive(0.0, 100) == frames[1:101]
        assert frames_until(frames[-1], lambda: other.receive(0.0, 1000)) == frames[101:]
        assert other.send_all(frames[:100], 0.0) == 100
        assert frames_until(frames[99], lambda: port.receive(0.0, 30)) == frames[:100]
    finally:
        other.close()


@pytest.mark.skipif(not shutil.which("tc"), reason="needs tc")
def test_a_slow_interface_has_its_own_queue_filled_before_frames_are_lost(far: Namespace, lan: Namespace) -> None:
    """A driver forwards as many frames at once as it takes at once; a NIC needs its time for them."""
    del far
    slow = ("tbf", "rate", "10mbit", "burst", "3000", "limit", "3000000")
    if lan.run("tc", "qdisc", "replace", "dev", "wire", "root", *slow, check=False).returncode:
        pytest.skip("needs a kernel with tbf (tc-tbf(8))")
    port = lan.within(lambda: PacketPort("wire"))
    try:
        assert port.send_all([FRAME + bytes(1440)] * 500, 0.0) == 500
    finally:
        port.close()


def test_an_interface_that_is_gone_is_named(lan: Namespace, port: Port) -> None:
    lan.run("ip", "link", "delete", name(port))
    with pytest.raises(PortError, match=f"{name(port)}.* gone"):
        port.receive(0.0, 10)


@pytest.mark.parametrize(("tag", "taken"), [(b"", True), (b"\x81\x00\xe0\x00", True), (b"\x81\x00\x00\x05", False)])
def test_a_frame_of_another_vlan_is_nobody_s(lan: Namespace, far: Namespace, tag: bytes, taken: bool) -> None:
    """The kernel takes the tag off before a packet socket sees the frame: VLAN 5's would look like ours."""
    port, sender = lan.within(lambda: PacketPort("wire")), far.within(lambda: PacketPort("far"))
    suite = lan.within(lambda: SuitePort(Lan.SECOND, "wire", 0x88B5))
    try:
        assert sender.send(FRAME[:12] + tag + FRAME[12:], 0.0)
        assert sender.send(LAST, 0.0)
        seen = frames_until(LAST, lambda: port.receive(0.0, 10))
        assert seen == ([FRAME, LAST] if taken else [LAST])
        assert frames_until(LAST, lambda: [frame.octets for frame in suite.receive()]) == seen
    finally:
        port.close()
        sender.close()
        suite.close()


def frames_until(last: bytes, receive: Callable[[], list[bytes]]) -> list[bytes]:
    """What comes up to this frame, waited for at most some seconds."""
    seen: list[bytes] = []
    deadline = time.monotonic() + 5
    while last not in seen and time.monotonic() < deadline:
        seen += receive()
    return seen

"""Ports on interfaces that somebody takes down or away while the router stands on them."""

from collections.abc import Callable, Iterator

import pytest
from bed import needs_kernel
from ipos_reference.ports import Port, PortError
from ipos_reference.ports.packet import PacketPort
from ipos_reference.ports.tap import TapPort
from namespace import Namespace

pytestmark = pytest.mark.kernel

FRAME = b"\xff" * 6 + b"\x02" + bytes(5) + b"\x88\xb5" + bytes(46)


@pytest.fixture
def lan() -> Iterator[Namespace]:
    """A namespace in which ``wire`` is one end of a cable."""
    if reason := needs_kernel():
        pytest.skip(reason)
    lan, other = Namespace(), Namespace()
    lan.link_to(other, "wire", "far")
    yield lan
    lan.close()
    other.close()


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


def test_an_interface_that_is_gone_is_named(lan: Namespace, port: Port) -> None:
    lan.run("ip", "link", "delete", name(port))
    with pytest.raises(PortError, match=f"{name(port)}.* gone"):
        port.receive(0.0, 10)

"""Nobody is sent anything whom the target file does not name, nor faster than it says."""

import socket
import time

import pytest
from campaigns import call, target_file
from frames_of import TARGET
from ipos_conformance.frames import Lan
from ipos_fuzz.campaign.gate import Gate, Reach
from ipos_spec import vectors
from ipos_spec.addresses import mac
from kernel import MISSING
from namespace import Namespace
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether

REACH = Reach(TARGET)
ROUTER, SECOND, GATEWAY = "02:00:00:00:01:01", "02:00:00:00:02:01", "02:00:00:00:01:fe"
STRANGER = "203.0.113.9"
TO_ROUTER = Ether(dst=ROUTER, src=GATEWAY)


def packet(destination: str) -> IP:
    return IP(src="198.51.100.7", dst=destination) / TCP()


def tunnelled(destination: str) -> bytes:
    """A type 2 packet of ipOS with such a packet in it."""
    return vectors.FRAMES["tcp"][:30] + bytes(packet(destination))


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "192.0.2.254", "192.0.2.2", "198.51.100.7", "224.0.0.1", "255.255.255.255"]
)
def test_whom_the_target_file_names(host):
    assert REACH.includes(bytes(TO_ROUTER / packet(host)))
    assert REACH.includes(bytes(TO_ROUTER / Dot1Q(vlan=5) / packet(host)))
    assert REACH.includes(tunnelled(host))


@pytest.mark.parametrize("host", [STRANGER, "192.0.2.77", "198.51.101.1", "8.8.8.8", "239.255.255.255", "240.0.0.1"])
@pytest.mark.parametrize("tags", [(), (Dot1Q(vlan=0),), (Dot1Q(vlan=5),), (Dot1AD(vlan=5), Dot1Q(vlan=6))])
def test_strangers_in_ip_packets_tagged_or_not(host, tags):
    frame = TO_ROUTER
    for tag in tags:
        frame = frame / tag
    assert REACH.includes(bytes(frame / packet(host))) == host.startswith("239.")


def test_strangers_within_a_type_2_packet():
    assert not REACH.includes(tunnelled(STRANGER))


@pytest.mark.parametrize("mac_address", ["02:00:00:00:01:02", "52:54:00:00:00:01", "02:00:00:00:01:fe"])
def test_other_stations(mac_address):
    assert not REACH.includes(bytes(Ether(dst=mac_address) / packet("192.0.2.1")))
    assert not REACH.includes(mac(mac_address) + vectors.FRAMES["tcp"][6:])


@pytest.mark.parametrize("group", ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "01:80:c2:00:00:00"])
def test_groups_of_the_lan(group):
    """What a group gets stays on the LAN, unless it asks for somebody elsewhere."""
    assert REACH.includes(bytes(Ether(dst=group) / ARP(pdst="192.0.2.1")))
    assert not REACH.includes(bytes(Ether(dst=group) / packet(STRANGER)))


@pytest.mark.parametrize("size", [0, 5, 6, 12, 13, 14, 33, 45])
def test_frames_that_end_early_go_to_the_target_alone(size):
    frame = bytes(TO_ROUTER / packet("192.0.2.1"))[:size]
    assert REACH.includes(frame) == (size >= 6)


# The gate itself


@pytest.fixture
def wire():
    """A gate on one end of a cable, and a socket on the other, in namespaces of their own."""
    ours, theirs = Namespace(), Namespace()
    ours.link_to(theirs, "eth1", "eth2")

    def other_end() -> socket.socket:
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        end.bind(("eth2", 0))
        end.setblocking(False)
        return end

    made = ours.within(lambda: Gate(Lan.FIRST, "eth1", 7, 1000.0, reach=REACH, longest=1514, tape=[]))
    end = theirs.within(other_end)
    yield made, end
    made.close()
    end.close()
    ours.close()
    theirs.close()


def heard(end) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(end.recv(2000))
        except BlockingIOError:
            return found


@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_gate_withholds_strangers_and_counts_them(wire):
    gate, end = wire
    right, wrong = bytes(TO_ROUTER / packet("192.0.2.1")), bytes(TO_ROUTER / packet(STRANGER))
    assert gate.try_to_send(wrong) is None
    gate.try_to_send(right)
    gate.change_next(lambda _: ("astray", wrong))
    gate.send(right)
    gate.change_next(lambda _: ("longer", right + bytes(1500)))
    gate.send(right)
    assert heard(end) == [right] * 3
    assert (gate.withheld, gate.changed.total()) == (3, 0)


@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_gate_keeps_to_its_rate(wire):
    """1,000 frames a second behind a burst of 64."""
    gate, _ = wire
    frame = bytes(TO_ROUTER / packet("192.0.2.1"))
    begin = time.monotonic()
    for _ in range(264):
        gate.try_to_send(frame)
    assert time.monotonic() - begin >= 0.195


@pytest.mark.kernel
@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_interface_with_the_default_route_is_refused_unless_forced(routers, tmp_path):
    machine, other = Namespace(), Namespace()
    machine.link_to(other, "eth1", "eth2")
    machine.run("ip", "address", "add", "10.9.8.7/24", "dev", "eth1")
    machine.run("ip", "route", "add", "default", "via", "10.9.8.1")
    text = target_file(routers, "none", start=0.3).read_text()
    text = text.replace('"ipos-lan1"', '"eth1"').replace('"ipos-lan2"', '"lo"').replace('"target"', '"existing"')
    start, end = text.index("launch = ["), text.index("]\n\n[first_lan]")
    target = routers / "default-route.toml"
    target.write_text(text[:start] + text[end + 2 :])
    words = ("run", target, "--time", "5s", "--output", tmp_path / "out")
    refused = call(tmp_path / "out", *words, prepare=machine.enter)
    forced = call(tmp_path / "out", *words, "--force", prepare=machine.enter)
    machine.close()
    other.close()
    assert (refused.status, refused.errors.count("\n")) == (2, 1)
    assert "carries this machine's default route" in refused.errors
    assert (forced.status, forced.errors) == (4, "")

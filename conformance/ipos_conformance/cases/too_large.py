"""Where the second LAN carries less than the first: a packet that does not fit is dropped, and its sender told."""

from ipos_spec.checksum import verifies
from scapy.layers.inet import ICMP

from ipos_conformance.case import parameters, requirement, should
from ipos_conformance.changes import ip_changed
from ipos_conformance.dut import Dut
from ipos_conformance.frames import ENCAPSULATION, Frame, Lan
from ipos_conformance.steps.moved import Moved, send_away

_SIZES = {"one-octet-too-large": 1, "sixteen-octets-too-large": ENCAPSULATION}


def _largest(dut: Dut, beyond: int = 1) -> int:
    """Octets of an IP packet that fit the second LAN when encapsulated; the first LAN has to carry so many more."""
    most = dut.target.second_lan.mtu - ENCAPSULATION
    dut.needs(dut.target.first_lan.mtu >= most + beyond, f"the first LAN carries no packet of {most + beyond} octets")
    return most


def _packet(moved: Moved, size: int) -> bytes:
    """A segment of the client with DF, this many octets with its headers."""
    return moved.client.packet("PA", bytes(size - 40))


def _says_too_large(frame: Frame, moved: Moved) -> bool:
    """Whether a frame is ICMP "fragmentation needed and DF set" for the client (RFC 792, RFC 1191 4)."""
    about = frame.lan is Lan.FIRST and moved.client.client in frame.clients and frame.ip is not None
    return about and ICMP in frame.ip and (frame.ip[ICMP].type, frame.ip[ICMP].code) == (3, 4)


@requirement("MTU-1")
def test_largest_packet_that_fits_is_forwarded(dut: Dut) -> None:
    """A packet that with 16 octets more fills the second LAN's MTU arrives whole."""
    moved, most = send_away(dut), _largest(dut)
    moved.expect_passed_on(_packet(moved, most))


@requirement("MTU-1")
@parameters(beyond=_SIZES, df={"df": b"\x40\0", "no-df": b"\0\0"})
def test_larger_packet_is_not_forwarded(dut: Dut, beyond: int, df: bytes) -> None:
    """One that exceeds it appears on the second LAN neither whole nor in part; a smaller one behind it does."""
    moved, most = send_away(dut), _largest(dut, beyond)
    moved.carry(ip_changed(_packet(moved, most + beyond), 6, df))
    moved.expect_nothing_forwarded()
    moved.carry(smaller := moved.client.packet("PA", b"more"))
    moved.expect_forwarded(smaller)


@requirement("MTU-1")
def test_larger_packet_is_not_forwarded_after_it_was_held(dut: Dut) -> None:
    """One that came while the acknowledgement was waited for is dropped too; what came before and behind it is not."""
    client, most = dut.settle(dut.connect()), _largest(dut)
    request, behind = client.packet("PA", dut.origin.request_octets()), client.packet("PA", b"more")
    client.carry(request)
    packet = dut.origin.expect_connection_packet(client)
    moved = Moved(dut, client, packet, dut.peer)
    moved.carry(_packet(moved, most + 1), behind)
    dut.peer.acknowledge(packet)
    moved.expect_forwarded(request, behind)
    moved.expect_nothing_forwarded()


@should
@requirement("MTU-1")
@parameters(beyond=_SIZES)
def test_sender_of_a_larger_packet_is_told(dut: Dut, beyond: int) -> None:
    """With DF, the client gets "fragmentation needed" with the second LAN's MTU less 16, quoting its packet."""
    moved, most = send_away(dut), _largest(dut, beyond)
    moved.carry(packet := _packet(moved, most + beyond))
    frame = dut.judge.expect(
        lambda frame: _says_too_large(frame, moved), f"ICMP type 3, code 4 with a next-hop MTU of {most}"
    )
    message = bytes(frame.ip[ICMP])
    dut.require(frame.ip[ICMP].nexthopmtu == most, f"a next-hop MTU of {most}", frame)
    dut.require(
        message[8:36] == packet[:28], "the packet's IP header and the next 8 octets behind the 8 of ICMP", frame
    )
    dut.require(verifies(message), "a right ICMP checksum", frame)


@requirement("MTU-1")
def test_only_the_large_packet_s_sender_with_df_is_told(dut: Dut) -> None:
    """Without DF, the packet is dropped without a word."""
    moved, most = send_away(dut), _largest(dut)
    moved.carry(ip_changed(_packet(moved, most + 1), 6, b"\0\0"))
    dut.judge.expect_silence()

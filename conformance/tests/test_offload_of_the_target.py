"""A router whose kernel leaves checksums to a NIC that is not there is told so, and not that it is wrong."""

import pytest
from ipos_conformance.doctor.services import wrong_checksum
from ipos_conformance.frames import Direction, Frame, Lan
from ipos_spec.checksum import internet_checksum
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether


def syn_ack(checksum: int) -> Frame:
    segment = TCP(sport=80, dport=30000, flags="SA", seq=7, ack=9, options=[("MSS", 1460)], chksum=checksum)
    packet = Ether(src="02:00:00:00:01:01", dst="02:00:00:00:01:fe") / IP(src="192.0.2.1", dst="198.51.100.7") / segment
    return Frame(Lan.FIRST, Direction.RECEIVED, 0.0, bytes(packet), 7)


def partial() -> int:
    """What Linux leaves in the field: the sum of the pseudo-header, not complemented (RFC 9293 3.1)."""
    pseudo_header = bytes([192, 0, 2, 1, 198, 51, 100, 7, 0, 6, 0, 24])
    return 0xFFFF - internet_checksum(pseudo_header)


@pytest.mark.parametrize(
    ("checksum", "says", "do"),
    [
        (partial(), "half a checksum: an offload at the other end", "`ethtool -K INTERFACE tx off tso off gso off`"),
        (0x1234, "comes with a wrong checksum", "whether an offload at its end is at fault"),
    ],
)
def test_unfinished_checksum_is_told_from_a_wrong_one(checksum, says, do):
    frame = syn_ack(checksum)
    assert not frame.is_sound
    finding = wrong_checksum(frame)
    assert says in finding.says
    assert do in finding.do

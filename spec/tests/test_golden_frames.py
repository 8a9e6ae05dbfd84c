"""One frame of each packet, written out octet by octet from FIG. 11, against the worked examples.

The checksums were computed apart from the package, by adding the 16-bit words that stand here.
"""

import pytest
from ipos_spec import decode, encode, vectors
from ipos_spec.packets import Acknowledgement, TcpConnectionPacket, TcpPacket, UdpConnectionPacket, UdpPacket

TO_TARGET = "020000000201 020000000202 0007"
TO_ORIGIN = "020000000202 020000000201 0007"
CLIENT_AT_TARGET = "c6336407 c000 c0000201"  # 198.51.100.7:49152 and 192.0.2.1, the port follows

CONTROL_BLOCK = (
    "00000000 00000000 0004 0000000000000000 0000 0000 0000 05b4 00 00 03e0 0000 000f4240 00000000"  # to t_inpcb
    "11223345 11223345 00000000 aabbccde 11223345 11223344 0000faf0"  # snd_una to snd_wnd
    "0000ffff aabbccde aabbccde aabbccdd aabcccdd"  # rcv_wnd to rcv_adv
    "11223345 00003908 7fffffff 0000 0000 00000000 0000 0000 0000 0000 0000faf0"  # snd_max to max_sndwnd
    "00 00 0000 07 02 02 07 001e8480 00000000 aabbccde"
)
REQUEST = (
    "45000046 00014000 40064e74 c6336407 c0000202 c0000050 aabbccde 11223345 801801f6 66900000"
    "0101080a 001e8480 000f4240 474554202f20485454502f312e300d0a0d0a"
)
DATAGRAM = "45000020 00020000 40118e8e c6336407 c0000202 c0000007 000c0000 70696e67"

FRAMES = {
    "tcp-connection": (TO_TARGET, CLIENT_AT_TARGET, "0050 01 01 e404", "c0000202 0050", CONTROL_BLOCK),
    "udp-connection": (TO_TARGET, CLIENT_AT_TARGET, "0007 01 02 90af", "c0000202 0007"),
    "tcp": (TO_TARGET, CLIENT_AT_TARGET, "0050 02 01 5171", REQUEST),
    "udp": (TO_TARGET, CLIENT_AT_TARGET, "0007 02 02 51b9", DATAGRAM),
    "acknowledgement": (TO_ORIGIN, CLIENT_AT_TARGET, "0050 03 01 e204"),
}
CLASSES = {
    "tcp-connection": (TcpConnectionPacket, 176),
    "udp-connection": (UdpConnectionPacket, 36),
    "tcp": (TcpPacket, 70 + 12 + 18),  # timestamps and the request
    "udp": (UdpPacket, 58 + 4),
    "acknowledgement": (Acknowledgement, 30),
}


@pytest.mark.parametrize("name", vectors.FRAMES)
def test_example_is_the_frame_that_figure_11_prescribes(name: str) -> None:
    octets = bytes.fromhex("".join(FRAMES[name]))
    packet_class, size = CLASSES[name]
    assert vectors.FRAMES[name].hex() == octets.hex()
    assert len(octets) == size
    assert decode(octets) == vectors.PACKETS[name]
    assert type(decode(octets)) is packet_class
    assert encode(vectors.PACKETS[name]) == octets


def test_a_tcp_packet_without_options_and_data_has_70_octets() -> None:
    """FIG. 11G says 40 + data; the request above has options."""
    segment = bytes.fromhex("45000028 00010000 40068e92 c6336407 c0000202 c0000050") + bytes(16)
    frame = bytearray(vectors.FRAMES["tcp"][:30] + segment)
    assert len(frame) == 70
    assert decode(bytes(frame)).inner == segment


def test_a_udp_packet_without_data_has_58_octets() -> None:
    datagram = bytes.fromhex("4500001c 00020000 40118e92 c6336407 c0000202 c0000007 0008 0000")
    frame = vectors.FRAMES["udp"][:30] + datagram
    assert len(frame) == 58
    assert decode(frame).inner == datagram

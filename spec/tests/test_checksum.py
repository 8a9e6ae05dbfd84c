"""The Internet checksum against RFC 1071's own algorithm, and what ipOS puts under it (ENC-6, ENC-7)."""

import itertools
import random
import struct
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ipos_spec import encode, vectors
from ipos_spec.checksum import internet_checksum, ones_complement_sum, verifies
from ipos_spec.compiled import build
from ipos_spec.connection import TcpConnectionInformation
from ipos_spec.encapsulation import PacketType
from ipos_spec.packets import (
    ConnectionPacket,
    TcpConnectionPacket,
    TcpPacket,
    UdpConnectionPacket,
    UdpPacket,
    acknowledgement,
    acknowledges,
    with_checksum,
)

MAC = bytes.fromhex("020000000201")
UDP = vectors.PACKETS["udp-connection"]
CONNECTION_PACKETS = st.one_of(st.from_type(TcpConnectionPacket), st.from_type(UdpConnectionPacket))
CLIENT_PACKETS = st.one_of(st.from_type(TcpPacket), st.from_type(UdpPacket))


def word_sum(octets: bytes) -> int:
    """RFC 1071, 4.1: add the 16-bit words, an odd octet on its own, and fold the carries."""
    total = 0
    for position in range(0, len(octets) - 1, 2):
        total += octets[position] << 8 | octets[position + 1]
    if len(octets) % 2:
        total += octets[-1] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


@given(st.binary(max_size=300))
def test_sum_is_that_of_rfc_1071(octets: bytes) -> None:
    assert ones_complement_sum(octets) == word_sum(octets)
    assert internet_checksum(octets) == ~word_sum(octets) & 0xFFFF


@pytest.mark.parametrize("length", range(1, 6))
def test_sum_of_extreme_octets_is_that_of_rfc_1071(length: int) -> None:
    """Carries, both zeros and odd ends: where the two ways of adding could part."""
    for octets in itertools.product(b"\x00\x01\xfe\xff", repeat=length):
        assert ones_complement_sum(bytes(octets)) == word_sum(bytes(octets))


@pytest.mark.parametrize("length", [191, 192, 193, 194, 768, 769, 1479, 1480, 9001, 65535])
@pytest.mark.parametrize("octets", [b"\x00", b"\xff", b"\xff\xfe", b"\x80\x00\x01", random.Random(1).randbytes(997)])
def test_sum_of_long_packets_is_that_of_rfc_1071(octets: bytes, length: int) -> None:
    """They are folded before they are divided."""
    packet = (octets * length)[:length]
    assert ones_complement_sum(packet) == word_sum(packet)


def test_sum_of_the_rfcs_example() -> None:
    """RFC 1071, 3: 0001 f203 f4f5 f6f7 add up to ddf2."""
    octets = bytes.fromhex("0001f203f4f5f6f7")
    assert ones_complement_sum(octets) == 0xDDF2
    assert internet_checksum(octets) == 0x220D


@pytest.mark.parametrize(
    ("octets", "total"), [("", 0), ("00", 0), ("000000", 0), ("ffff", 0xFFFF), ("fffe0001", 0xFFFF), ("ff00", 0xFF00)]
)
def test_only_zeros_sum_to_positive_zero(octets: str, total: int) -> None:
    assert ones_complement_sum(bytes.fromhex(octets)) == total


@given(st.binary(min_size=1, max_size=60), st.integers(0, 29))
def test_octets_with_their_checksum_verify_and_with_another_do_not(octets: bytes, position: int) -> None:
    words = octets + b"\0" * (len(octets) % 2)
    position = 2 * (position % (len(words) // 2))
    blank = words[:position] + b"\0\0" + words[position + 2 :]
    checksum = internet_checksum(blank)
    assert verifies(blank[:position] + struct.pack(">H", checksum) + blank[position + 2 :])
    wrong = (checksum + 1) % 0x10000
    assume(wrong % 0xFFFF != checksum % 0xFFFF)
    assert not verifies(blank[:position] + struct.pack(">H", wrong) + blank[position + 2 :])


@given(CONNECTION_PACKETS)
def test_connection_packet_covers_header_and_connection_information(packet: ConnectionPacket) -> None:
    frame = encode(packet)
    covered = frame[14 : 176 if isinstance(packet, TcpConnectionPacket) else 36]
    assert packet.header.checksum == ~word_sum(covered[:14] + b"\0\0" + covered[16:]) & 0xFFFF


@given(CLIENT_PACKETS)
def test_client_packet_covers_the_header_only(packet: TcpPacket | UdpPacket) -> None:
    assert packet.header.checksum == ~word_sum(encode(packet)[14:28]) & 0xFFFF


@given(CONNECTION_PACKETS)
def test_padding_is_not_covered(packet: ConnectionPacket) -> None:
    assert with_checksum(replace(packet, padding=b"\xff" * 24)).header.checksum == packet.header.checksum


@given(CONNECTION_PACKETS)
def test_acknowledgement_differs_by_rfc_1624s_one_addition(packet: ConnectionPacket) -> None:
    """RFC 1624, equation 3: HC' = ~(~HC + ~m + m'), where only the word of type and protocol changes."""
    old = PacketType.CONNECTION << 8 | packet.header.protocol
    new = PacketType.ACKNOWLEDGEMENT << 8 | packet.header.protocol
    words = (~packet.header.checksum & 0xFFFF, ~old & 0xFFFF, new)
    assert acknowledgement(packet, MAC).header.checksum == ~word_sum(struct.pack(">3H", *words)) & 0xFFFF


@given(CONNECTION_PACKETS, st.integers(0, 0xFFFF))
def test_acknowledgement_with_another_checksum_is_none(packet: ConnectionPacket, checksum: int) -> None:
    answer = acknowledgement(packet, MAC)
    assume(checksum % 0xFFFF != answer.header.checksum % 0xFFFF)
    assert acknowledges(answer, packet)
    assert not acknowledges(replace(answer, header=replace(answer.header, checksum=checksum)), packet)


def test_acknowledgement_may_write_zero_either_way() -> None:
    """A checksum of 0xFFFF in place of 0x0000 gives the same sum, so a receiver that sums accepts it."""
    packet = with_checksum(
        UdpConnectionPacket(ethernet=UDP.ethernet, header=replace(UDP.header, source_port=0), connection=UDP.connection)
    )
    port = acknowledgement(packet, MAC).header.checksum  # as the port, it brings the sum to 0xFFFF
    packet = with_checksum(replace(packet, header=replace(packet.header, source_port=port)))
    answer = acknowledgement(packet, MAC)
    assert answer.header.checksum == 0
    assert acknowledges(answer, packet)
    assert acknowledges(replace(answer, header=replace(answer.header, checksum=0xFFFF)), packet)
    assert not acknowledges(replace(answer, header=replace(answer.header, checksum=1)), packet)


@given(
    CONNECTION_PACKETS, st.sampled_from(["source_ip", "source_port", "destination_ip", "destination_port", "protocol"])
)
def test_acknowledgement_of_another_reference_is_none(packet: ConnectionPacket, field: str) -> None:
    answer = acknowledgement(packet, MAC)
    other = replace(answer.header, **{field: getattr(answer.header, field) ^ 1})
    assert not acknowledges(replace(answer, header=other), packet)


@given(packet=..., other=...)
def test_late_acknowledgement_of_other_connection_information_is_none(
    packet: TcpConnectionPacket, other: TcpConnectionInformation
) -> None:
    """Same reference, another attempt: the checksum tells them apart, but for the 1 in 65535 of any such sum."""
    assume(word_sum(build(other)) != word_sum(build(packet.connection)))
    late = acknowledgement(with_checksum(replace(packet, connection=other)), MAC)
    assert not acknowledges(late, packet)


@given(packet=..., name=st.sampled_from(["snd_nxt", "rcv_nxt", "iss", "irs"]))
def test_late_acknowledgement_of_the_next_request_is_none(packet: TcpConnectionPacket, name: str) -> None:
    block = packet.connection.control_block
    assume(getattr(block, name) != 0xFFFFFFFF)  # to zero is the one step that no Internet checksum sees
    moved = replace(block, **{name: (getattr(block, name) + 1) % 2**32})
    late = acknowledgement(replace(packet, connection=replace(packet.connection, control_block=moved)), MAC)
    assert not acknowledges(late, packet)

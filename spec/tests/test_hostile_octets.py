"""Whatever octets arrive: `decode` refuses them with a DecodeError, or reads them so that they encode back."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipos_spec import DecodeError, SpecError, decode, encode, vectors
from ipos_spec.encapsulation import PacketType
from ipos_spec.packets import (
    Acknowledgement,
    Packet,
    TcpConnectionPacket,
    TcpPacket,
    UdpConnectionPacket,
    UdpPacket,
)

ANY_PACKET = st.one_of(
    *map(st.from_type, (TcpConnectionPacket, UdpConnectionPacket, TcpPacket, UdpPacket, Acknowledgement))
)
COVERED = {"tcp-connection": 176, "udp-connection": 36, "tcp": 30, "udp": 30}  # where the checksum's cover ends


def refused(frame: bytes) -> bool:
    """Whether decode refuses the frame. If it doesn't, encode must give the same octets again."""
    try:
        packet = decode(frame)
    except DecodeError:
        return True
    assert encode(packet) == frame
    return False


def corruptions(frame: bytes, first: int, last: int) -> list[bytes]:
    """The frame with one octet changed, for each octet from first up to last, to each other value."""
    return [
        frame[:position] + bytes([value]) + frame[position + 1 :]
        for position in range(first, last)
        for value in range(256)
        if value != frame[position]
    ]


@pytest.mark.parametrize("name", vectors.FRAMES)
def test_every_truncation_of_an_example_is_refused(name: str) -> None:
    frame = vectors.FRAMES[name]
    assert not refused(frame)
    assert all(refused(frame[:length]) for length in range(len(frame)))


@pytest.mark.parametrize("name", vectors.FRAMES)
def test_every_corruption_of_an_example_is_refused_or_kept(name: str) -> None:
    frame = vectors.FRAMES[name]
    assert {refused(corrupt) for corrupt in corruptions(frame, 0, len(frame))} == {True, False}


@pytest.mark.parametrize("name", COVERED)
def test_every_corruption_of_what_ipos_adds_is_refused(name: str) -> None:
    """One changed octet always changes the sum (ENC-7), or breaks type or protocol first (ENC-4, ENC-5).

    Not so if it makes the type an acknowledgement's: that checksum is for `acknowledges` to judge.
    """
    for corrupt in corruptions(vectors.FRAMES[name], 12, COVERED[name]):
        assert refused(corrupt) or corrupt[26] == PacketType.ACKNOWLEDGEMENT


@given(ANY_PACKET, st.data())
def test_truncated_frames_are_refused(packet: Packet, data: st.DataObject) -> None:
    frame = encode(packet)
    meant = frame[: len(frame) - len(packet.padding)]
    assert refused(meant[: data.draw(st.integers(0, len(meant) - 1))])


@given(ANY_PACKET, st.integers(0, 10_000), st.integers(1, 255))
def test_corrupted_frames_are_refused_or_kept(packet: Packet, position: int, difference: int) -> None:
    frame = bytearray(encode(packet))
    frame[position % len(frame)] ^= difference
    refused(bytes(frame))


@given(st.binary(max_size=200))
def test_random_octets_are_refused_or_kept(octets: bytes) -> None:
    refused(octets)


@given(
    st.binary(min_size=12, max_size=12),
    st.binary(min_size=12, max_size=12),
    st.integers(1, 3),
    st.integers(1, 2),
    st.binary(max_size=180),
)
def test_random_octets_behind_a_right_start_are_refused_or_kept(
    macs: bytes, reference: bytes, packet_type: int, protocol: int, rest: bytes
) -> None:
    """Random octets seldom get past the EtherType: these do, up to the checksum."""
    refused(macs + b"\x00\x07" + reference + bytes([packet_type, protocol]) + rest)


@given(st.binary(max_size=60), st.integers(-1, 0x1_0000))
def test_no_ether_type_makes_decode_raise_anything_else(octets: bytes, ether_type: int) -> None:
    with contextlib.suppress(SpecError):
        decode(octets, ether_type)

"""What `decode` says about a bad frame: which field, where, and which requirement it violates."""

import struct
from typing import NamedTuple

import pytest
from ipos_spec import decode, vectors
from ipos_spec.errors import (
    ChecksumError,
    DecodeError,
    InnerPacketError,
    OtherEtherTypeError,
    TruncatedError,
    UnknownPacketError,
)

TCP_CONNECTION, UDP_CONNECTION, TCP, UDP, ACKNOWLEDGEMENT = vectors.FRAMES.values()


class Case(NamedTuple):
    """A bad frame and the whole of the complaint about it."""

    frame: bytes
    error: type[DecodeError]
    path: str
    offset: int
    requirement: str


def put(frame: bytes, offset: int, octets: str) -> bytes:
    """The frame with other octets at an offset."""
    new = bytes.fromhex(octets)
    return frame[:offset] + new + frame[offset + len(new) :]


CASES = {
    "empty": Case(b"", TruncatedError, "ethernet.destination", 0, "ENC-8"),
    "half a MAC": Case(TCP[:9], TruncatedError, "ethernet.source", 6, "ENC-8"),
    "half a type": Case(TCP[:13], TruncatedError, "ethernet.type", 12, "ENC-8"),
    "IPv4": Case(put(TCP, 12, "0800"), OtherEtherTypeError, "ethernet.type", 12, "ENC-2"),
    "IPv4, short": Case(put(TCP, 12, "0800")[:20], OtherEtherTypeError, "ethernet.type", 12, "ENC-2"),
    "alternative EtherType": Case(put(TCP, 12, "88b5"), OtherEtherTypeError, "ethernet.type", 12, "ENC-2"),
    "no header": Case(TCP[:14], TruncatedError, "header.source_ip", 14, "ENC-8"),
    "half a port": Case(TCP[:19], TruncatedError, "header.source_port", 18, "ENC-8"),
    "half a header": Case(TCP[:28], TruncatedError, "header.checksum", 28, "ENC-8"),
    "type 0": Case(put(TCP, 26, "00"), UnknownPacketError, "header.type", 26, "ENC-4"),
    "type 4": Case(put(TCP, 26, "04"), UnknownPacketError, "header.type", 26, "ENC-4"),
    "extension": Case(put(TCP, 26, "80"), UnknownPacketError, "header.type", 26, "ENC-4"),
    "protocol 0": Case(put(TCP, 27, "00"), UnknownPacketError, "header.protocol", 27, "ENC-5"),
    "IANA's TCP": Case(put(TCP_CONNECTION, 27, "06"), UnknownPacketError, "header.protocol", 27, "ENC-5"),
    "IANA's UDP": Case(put(ACKNOWLEDGEMENT, 27, "11"), UnknownPacketError, "header.protocol", 27, "ENC-5"),
    "UDP without port": Case(UDP_CONNECTION[:34], TruncatedError, "connection.server_port", 34, "ENC-8"),
    "TCP without block": Case(TCP_CONNECTION[:36], TruncatedError, "connection.control_block.seg_next", 36, "ENC-8"),
    "half a block": Case(TCP_CONNECTION[:79], TruncatedError, "connection.control_block.snd_una", 76, "ENC-8"),
    "last octet": Case(TCP_CONNECTION[:175], TruncatedError, "connection.control_block.last_ack_sent", 172, "ENC-8"),
    "wrong checksum": Case(put(TCP_CONNECTION, 28, "0000"), ChecksumError, "header.checksum", 28, "ENC-7"),
    "wrong information": Case(put(UDP_CONNECTION, 30, "ff"), ChecksumError, "header.checksum", 28, "ENC-7"),
    "wrong reference": Case(put(UDP, 20, "ff"), ChecksumError, "header.checksum", 28, "ENC-7"),
    "no inner packet": Case(TCP[:30], TruncatedError, "inner", 30, "ENC-8"),
    "half an inner header": Case(TCP[:49], TruncatedError, "inner", 30, "ENC-8"),
    "inner packet cut": Case(TCP[:-1], TruncatedError, "inner", 30, "ENC-8"),
    "other protocol": Case(put(UDP, 27, "01"), InnerPacketError, "inner.total_length", 32, "ENC-10"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_complaint(case: Case) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(case.frame)
    error = caught.value
    assert (type(error), error.path, error.offset, error.requirement) == case[1:]
    assert str(error) == f"{case.path} at octet {case.offset}: {error.problem} ({case.requirement})"


def with_header_checksum(packet: bytes) -> bytes:
    """An IPv4 packet with its header checksum made right, by adding words."""
    words = max(packet[0] & 0xF, 5) * 2
    blank = packet[:10] + b"\0\0" + packet[12:]
    total = sum(struct.unpack_from(f">{words}H", blank.ljust(words * 2, b"\0")))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return packet[:10] + struct.pack(">H", total ^ 0xFFFF) + packet[12:]


ROUTER_ALERT = bytes.fromhex("94040000")
WITH_OPTIONS = with_header_checksum(put(UDP[30:50], 0, "46000024") + ROUTER_ALERT + UDP[50:])


class Inner(NamedTuple):
    """One violation of ENC-10: octets put into the inner packet of an example, all else right."""

    frame: bytes
    at: int
    octets: str
    path: str
    offset: int


ENC_10 = {
    "version 6": Inner(TCP, 0, "65", "inner.version", 30),
    "version 0": Inner(UDP, 0, "05", "inner.version", 30),
    "IHL 4": Inner(TCP, 0, "44", "inner.ihl", 30),
    "IHL 0": Inner(UDP, 0, "40", "inner.ihl", 30),
    "TCP total length 39": Inner(TCP, 2, "0027", "inner.total_length", 32),
    "UDP total length 27": Inner(UDP, 2, "001b", "inner.total_length", 32),
    "total length 0": Inner(UDP, 2, "0000", "inner.total_length", 32),
    "options leave no room": Inner(UDP, 0, "4f", "inner.total_length", 32),
    "more fragments": Inner(TCP, 6, "2000", "inner.fragment_offset", 36),
    "later fragment": Inner(TCP, 6, "0001", "inner.fragment_offset", 36),
    "last fragment, DF": Inner(UDP, 6, "5fff", "inner.fragment_offset", 36),
    "UDP in a TCP packet": Inner(TCP, 9, "11", "inner.protocol", 39),
    "TCP in a UDP packet": Inner(UDP, 9, "06", "inner.protocol", 39),
    "ICMP": Inner(UDP, 9, "01", "inner.protocol", 39),
    "ipOS's number for TCP": Inner(TCP, 9, "01", "inner.protocol", 39),
    "another client": Inner(TCP, 12, "c6336408", "inner.source_ip", 42),
    "another port": Inner(TCP, 20, "c001", "inner.source_port", 50),
    "another UDP port": Inner(UDP, 20, "bfff", "inner.source_port", 50),
}


@pytest.mark.parametrize("case", ENC_10.values(), ids=ENC_10)
def test_each_violation_of_enc_10_alone_is_refused(case: Inner) -> None:
    frame = case.frame[:30] + with_header_checksum(put(case.frame[30:], case.at, case.octets))
    with pytest.raises(InnerPacketError) as caught:
        decode(frame)
    assert (caught.value.path, caught.value.offset, caught.value.requirement) == (case.path, case.offset, "ENC-10")


@pytest.mark.parametrize("name", ["tcp", "udp"])
@pytest.mark.parametrize("position", [1, 4, 8, 10, 11, 16, 19])
def test_wrong_header_checksum_of_the_inner_packet_is_refused(name: str, position: int) -> None:
    """Octets that nothing else is asked about: service, identification, TTL, checksum, destination."""
    frame = bytearray(vectors.FRAMES[name])
    frame[30 + position] ^= 0x10
    with pytest.raises(InnerPacketError) as caught:
        decode(bytes(frame))
    assert (caught.value.path, caught.value.offset) == ("inner.header_checksum", 40)


@pytest.mark.parametrize("octets", ["0000", "4000", "8000", "c000"])
def test_flags_that_are_no_fragments_are_accepted(octets: str) -> None:
    """DF and the reserved bit."""
    inner = with_header_checksum(put(TCP[30:], 6, octets))
    assert decode(TCP[:30] + inner).inner == inner


def test_source_port_is_looked_for_behind_the_options() -> None:
    assert decode(UDP[:30] + WITH_OPTIONS).inner == WITH_OPTIONS
    with pytest.raises(InnerPacketError) as caught:
        decode(UDP[:30] + put(WITH_OPTIONS, 24, "c001"))
    assert (caught.value.path, caught.value.offset) == ("inner.source_port", 54)


def test_client_packet_cut_within_its_options_is_called_truncated() -> None:
    """Not wrong in its header checksum, which can't be summed any more."""
    for length in range(len(WITH_OPTIONS)):
        with pytest.raises(TruncatedError) as caught:
            decode(UDP[:30] + WITH_OPTIONS[:length])
        assert (caught.value.path, caught.value.offset, caught.value.requirement) == ("inner", 30, "ENC-8")


@pytest.mark.parametrize("name", ["tcp", "udp"])
def test_transport_checksum_and_payload_are_not_looked_at(name: str) -> None:
    """The client's packet has its own checksums, and it is for the endpoint to verify them."""
    frame = bytearray(vectors.FRAMES[name])
    frame[-1] ^= 0xFF
    assert decode(bytes(frame)).inner == bytes(frame[30:])

"""The frames that every generated reader is asked, and what it has to make of them."""

import operator
from collections.abc import Iterator
from typing import Any

import pytest
from ipos_spec import DecodeError, decode
from ipos_spec.checksum import internet_checksum
from ipos_spec.description import FieldDescription, Kind, PacketDescription, describe
from ipos_spec.inner_packet import IPV4_HEADER
from ipos_spec.vectors import FRAMES

CHECKSUM = slice(28, 30)


Answer = dict[str, Any]


@pytest.fixture(scope="session")
def answers() -> dict[bytes, Answer]:
    """Frames, and what `ipos-spec vectors check` would have a parser answer.

    They are the examples; each cut at every octet, with every octet changed, with every number at its ends, and padded;
    of a client's packet, every bit of the IP header changed.
    """
    made = [frame for name in FRAMES for frame in _variations(describe().packet(name), FRAMES[name])]
    return {frame: _answer(frame) for frame in made}


@pytest.fixture(scope="session")
def valid(answers: dict[bytes, Answer]) -> dict[bytes, Answer]:
    """Those of the frames that are packets."""
    return {frame: answer for frame, answer in answers.items() if "packet" in answer}


def _answer(frame: bytes) -> Answer:
    """Packet and fields, numbers as they are and octets in hexadecimal; or the requirement that is violated."""
    try:
        packet = decode(frame)
    except DecodeError as error:
        return {"error": error.requirement}
    described = describe().packet(packet.NAME)
    values = {field.path: operator.attrgetter(field.path)(packet) for field in described.fields}
    fields = {path: value if isinstance(value, int) else value.hex() for path, value in values.items()}
    return {"packet": packet.NAME, "fields": fields}


def _variations(packet: PacketDescription, frame: bytes) -> Iterator[bytes]:
    yield frame
    for length in range(len(frame)):
        yield frame[:length]
    for at in range(len(frame)):
        for bits in (0x01, 0x80, 0xFF):
            yield _with(frame, slice(at, at + 1), bytes([frame[at] ^ bits]))
    for field in packet.fields:
        for value in _ends(field):
            yield _with_checksum(packet, _with(frame, slice(field.offset, field.end), value))
    if packet.carries_client_packet:
        yield from _client_packets(frame, packet.size)
    for padding in (b"\x00", b"\xff" * 7, bytes(max(0, describe().minimum_frame - len(frame)))):
        yield frame + padding


def _client_packets(frame: bytes, start: int) -> Iterator[bytes]:
    """Every bit of the client's IP header changed, with its checksum right for all that."""
    checksum = slice(start + 10, start + 12)
    for bit in range(8 * IPV4_HEADER):
        octet = start + bit // 8
        changed = _with(frame, slice(octet, octet + 1), bytes([frame[octet] ^ 1 << bit % 8]))
        blank = _with(changed, checksum, bytes(2))
        header = blank[start : start + 4 * (blank[start] & 0xF)]
        yield _with(blank, checksum, internet_checksum(header).to_bytes(2, "big"))


def _ends(field: FieldDescription) -> list[bytes]:
    if field.size is None:
        return []
    if field.kind in (Kind.UNSIGNED, Kind.IPV4):
        return [value.to_bytes(field.size, "big") for value in (0, 1, 256**field.size - 2, 256**field.size - 1)]
    return [bytes(field.size), b"\xff" * field.size]


def _with(frame: bytes, at: slice, octets: bytes) -> bytes:
    return frame[: at.start] + octets + frame[at.stop :]


def _with_checksum(packet: PacketDescription, frame: bytes) -> bytes:
    """An acknowledgement's checksum is left: nothing in the frame says what it should be."""
    if packet.covered is None:
        return frame
    blank = _with(frame, CHECKSUM, bytes(2))
    return _with(blank, CHECKSUM, internet_checksum(blank[slice(*packet.covered)]).to_bytes(2, "big"))

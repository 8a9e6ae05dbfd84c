"""The vectors, as every generated reader is asked them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from ipos_spec import encode
from ipos_spec.packets import Acknowledgement, ConnectionPacket, acknowledgement, acknowledges, with_checksum
from ipos_spec.vectors import PACKETS, Vector, all_vectors
from ipos_spec.vectors.values import plain

Answer = dict[str, Any]


@pytest.fixture(scope="session")
def answers() -> dict[bytes, Answer]:
    """Frames, and what a parser answers that reads whatever can be read and has the EtherType 0x0007 (ENC-2)."""
    return {vector.frame: _answer(vector) for vector in all_vectors()}


@pytest.fixture(scope="session")
def readable(answers: dict[bytes, Answer]) -> dict[bytes, Answer]:
    """Those of the frames that can be read, whether or not a router takes them."""
    return {frame: answer for frame, answer in answers.items() if "packet" in answer}


@pytest.fixture(scope="session")
def unreadable() -> list[Vector]:
    """Vectors that a reader has to refuse."""
    return [vector for vector in all_vectors() if not vector.is_readable]


@pytest.fixture(scope="session")
def acknowledged() -> dict[tuple[bytes, bytes], bool]:
    """Acknowledgements and connection packets, and whether the one acknowledges the other.

    Wrong checksum, other packet, other reference; and -0 beside +0, which is right.
    """
    pairs = [(packet, of) for packet in _acknowledgements() for of in _connection_packets()]
    made = {(encode(packet), encode(of)): acknowledges(packet, of) for packet, of in pairs}
    assert set(made.values()) == {True, False}
    return made


def _answer(vector: Vector) -> Answer:
    discard = vector.discard
    if discard is not None and (not vector.is_readable or discard.requirement == "ENC-2"):
        return {"error": discard.requirement}
    return {"packet": vector.packet, "fields": {path: plain(value) for path, value in vector.values.items()}}


def _connection_packets() -> list[Any]:
    """The examples, a retry with other numbers, and one whose acknowledgement's sum is zero."""
    tcp, udp = PACKETS["tcp-connection"], PACKETS["udp-connection"]
    assert isinstance(tcp, ConnectionPacket)
    assert isinstance(udp, ConnectionPacket)
    other_port = with_checksum(replace(udp, header=replace(udp.header, source_port=1)))
    checksum = acknowledgement(udp, udp.ethernet.destination).header.checksum
    port = udp.header.source_port + checksum
    zero = with_checksum(replace(udp, header=replace(udp.header, source_port=port % 0xFFFF)))
    assert acknowledgement(zero, zero.ethernet.destination).header.checksum == 0
    return [tcp, udp, other_port, zero]


def _acknowledgements() -> Iterable[Acknowledgement]:
    for of in _connection_packets():
        right = acknowledgement(of, of.ethernet.destination)
        yield right
        for checksum in {right.header.checksum ^ 1, right.header.checksum ^ 0xFFFF, 0, 0xFFFF}:
            yield replace(right, header=replace(right.header, checksum=checksum))

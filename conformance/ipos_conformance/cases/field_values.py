"""Every field of the connection packet at every value where readers go wrong; what each has to come to is the schemas'.

What depends on a bench (its MACs, its addresses) is left out where it is right, for other cases to judge.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ipos_spec.codec import encode
from ipos_spec.description import describe
from ipos_spec.vectors import Result, Vector
from ipos_spec.vectors.field_values import boundaries, inequalities

from ipos_conformance.case import generated, parameters, requirement
from ipos_conformance.changes import changed, summed
from ipos_conformance.dut import Dut
from ipos_conformance.frames import ETHERNET

_Values = Mapping[str, Any]
_BLOCK = "connection.control_block."
_PROTOCOL = describe()
_CONNECTION_PACKET = next(packet for packet in _PROTOCOL.packets if packet.name == "tcp-connection")
_OFFSETS = {field.path: (field.offset, field.size or 0) for field in _CONNECTION_PACKET.fields}
_RESERVED = {field.path for field in _CONNECTION_PACKET.fields if field.source == "TCB-3"}


def _vectors() -> Iterator[Vector]:
    alone = replace(_PROTOCOL, packets=(_CONNECTION_PACKET,))
    yield from boundaries(alone)
    yield from inequalities(alone)


def _values(vector: Vector) -> _Values:
    return {path: vector.values[path] for path in vector.about}


_VECTORS = tuple(_vectors())
_LABELS = {
    vector.slug: vector.slug.partition("/")[2].removeprefix(_BLOCK).replace("=", "-").replace(":", "-")
    for vector in _VECTORS
}


def _refused_by(slug: str) -> dict[str, _Values]:
    return {
        _LABELS[vector.slug]: _values(vector)
        for vector in _VECTORS
        if vector.discard is not None and vector.discard.requirement == slug
    }


def _taken(*, reserved: bool) -> dict[str, _Values]:
    return {
        _LABELS[vector.slug]: _values(vector)
        for vector in _VECTORS
        if vector.result is Result.VALID
        and vector.about[0].startswith(_BLOCK)
        and (vector.about[0] in _RESERVED) is reserved
    }


def _refusal(dut: Dut, values: _Values) -> None:
    """The packet with these octets gets no answer on either LAN and makes no endpoint."""
    packet = dut.peer.connection_packet(dut.new_client())
    frame = bytearray(encode(packet))
    for path, value in values.items():
        offset, size = _OFFSETS[path]
        frame[offset : offset + size] = value if isinstance(value, bytes) else value.to_bytes(size, "big")
    wrong = bytes(frame)
    dut.peer.send(summed(wrong) if min(_OFFSETS[path][0] for path in values) >= ETHERNET else wrong)
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@generated
@requirement("ENC-5")
@parameters(values=_refused_by("ENC-5"))
def test_protocol_that_there_is_not_is_refused(dut: Dut, values: _Values) -> None:
    """A connection packet of a protocol that does not exist gets no answer and makes no endpoint."""
    _refusal(dut, values)


@generated
@requirement("ENC-12")
@parameters(values=_refused_by("ENC-12"))
def test_destination_mac_of_a_group_is_refused(dut: Dut, values: _Values) -> None:
    """A connection packet to a group's MAC gets no answer and makes no endpoint."""
    _refusal(dut, values)


@generated
@requirement("ENC-13")
@parameters(values=_refused_by("ENC-13"))
def test_address_that_no_host_has_is_refused(dut: Dut, values: _Values) -> None:
    """A connection packet with an address or port that no host has gets no answer and makes no endpoint."""
    _refusal(dut, values)


@generated
@requirement("TCB-2")
@parameters(values=_refused_by("TCB-2"))
def test_control_block_that_can_t_be_continued_is_refused(dut: Dut, values: _Values) -> None:
    """A connection packet with such a control block gets no answer and makes no endpoint."""
    _refusal(dut, values)


@generated
@requirement("TGT-1")
@parameters(values=_taken(reserved=False))
def test_control_block_with_any_allowed_value_is_acknowledged(dut: Dut, values: _Values) -> None:
    """Whatever value a field may have, a connection packet with it is acknowledged."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.hand_over_by(dut.peer, changed(packet, dict(values)))


@generated
@requirement("TCB-3")
@parameters(values=_taken(reserved=True))
def test_reserved_field_with_any_value_is_acknowledged(dut: Dut, values: _Values) -> None:
    """Whatever stands in a reserved or padding field, the connection packet is acknowledged."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.hand_over_by(dut.peer, changed(packet, dict(values)))

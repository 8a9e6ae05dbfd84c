"""The client's IP packet inside a type 2 packet: how long it is, and what makes it acceptable (ENC-8, ENC-10)."""

from typing import Any

import construct

from ipos_spec.checksum import verifies
from ipos_spec.encapsulation import EncapsulationHeader, Protocol
from ipos_spec.errors import InnerPacketError, TruncatedError

IPV4_HEADER = 20
"""Octets of an IPv4 header without options."""

_IANA = {Protocol.TCP: 6, Protocol.UDP: 17}
_TRANSPORT_HEADER = {Protocol.TCP: 20, Protocol.UDP: 8}


class Ipv4Packet(construct.Construct):  # type: ignore[type-arg]
    """An IPv4 packet kept octet for octet; its own total length says where it ends."""

    def _parse(self, stream: Any, context: Any, path: str) -> bytes:  # noqa: ARG002 - Construct's signature
        start = construct.stream_read(stream, 4, path)
        total_length = int.from_bytes(start[2:4], "big")
        return bytes(start + construct.stream_read(stream, max(total_length - 4, 0), path))

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - Construct's signature
        construct.stream_write(stream, obj, len(obj), path)
        return obj


def check(header: EncapsulationHeader, octets: bytes, offset: int) -> None:
    """Raise if what stands in ``octets`` (padding may follow) can't be a packet of the header's client (ENC-8, ENC-10).

    header   the encapsulation header before it
    offset   of ``octets`` in the frame, for the error
    """
    if len(octets) < IPV4_HEADER:
        raise TruncatedError("inner", offset, f"{len(octets)} octets, expected a header of {IPV4_HEADER}", "ENC-8")
    problem = _header_problem(header, octets)
    if problem is not None:
        field, at, text = problem
        raise InnerPacketError(f"inner.{field}", offset + at, text, "ENC-10")
    total_length = int.from_bytes(octets[2:4], "big")
    if len(octets) < total_length:
        raise TruncatedError("inner", offset, f"{len(octets)} octets, its total length says {total_length}", "ENC-8")
    header_length = (octets[0] & 0xF) * 4
    if int.from_bytes(octets[header_length : header_length + 2], "big") != header.source_port:
        text = "not the client's port of the ipOS header"
        raise InnerPacketError("inner.source_port", offset + header_length, text, "ENC-10")


def _header_problem(header: EncapsulationHeader, octets: bytes) -> tuple[str, int, str] | None:
    """Field, its offset and what is wrong with the IPv4 header, or None."""
    protocol = Protocol(header.protocol)
    version, header_length = octets[0] >> 4, (octets[0] & 0xF) * 4
    total_length = int.from_bytes(octets[2:4], "big")
    least = header_length + _TRANSPORT_HEADER[protocol]
    checks = (
        (version == 4, "version", 0, f"{version}, expected 4"),
        (header_length >= IPV4_HEADER, "ihl", 0, f"{header_length} octets, expected at least {IPV4_HEADER}"),
        (total_length >= least, "total_length", 2, f"{total_length}, expected at least {least}"),
        (not int.from_bytes(octets[6:8], "big") & 0x3FFF, "fragment_offset", 6, "a fragment, expected a whole packet"),
        (octets[9] == _IANA[protocol], "protocol", 9, f"{octets[9]}, expected {_IANA[protocol]} for {protocol.name}"),
        (verifies(octets[:header_length]), "header_checksum", 10, "does not verify"),
        (int.from_bytes(octets[12:16], "big") == header.source_ip, "source_ip", 12, "not the ipOS header's client"),
    )
    return next(((field, at, text) for right, field, at, text in checks if not right), None)

"""The client's IP packet inside a type 2 packet: how long it is, and what makes it acceptable (ENC-8, ENC-10)."""

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple

import construct

from ipos_spec.checksum import verifies
from ipos_spec.encapsulation import EncapsulationHeader, Protocol
from ipos_spec.errors import InnerPacketError, TruncatedError
from ipos_spec.transport import TRANSPORTS

IPV4_HEADER = 20
"""Octets of an IPv4 header without options."""

_IANA: dict[int, int] = {transport.protocol: transport.iana for transport in TRANSPORTS}
_TRANSPORT_HEADER: dict[int, int] = {transport.protocol: transport.header for transport in TRANSPORTS}


class InnerRule(NamedTuple):
    """What the client's packet has to be, one rule a field (ENC-10).

    name      of the field of RFC 791 or of the transport
    offset    in the packet, in octets; None: behind the IP header, options included
    expected  in words
    """

    name: str
    offset: int | None
    expected: str


RULES = (
    InnerRule("version", 0, "4"),
    InnerRule("ihl", 0, "at least 5 words of 4 octets"),
    InnerRule("total_length", 2, "at least the IP header and 20 octets for TCP, 8 for UDP"),
    InnerRule("fragment_offset", 6, "a whole packet: no more fragments, offset 0"),
    InnerRule("protocol", 9, "6 for TCP, 17 for UDP, as the ipOS header says"),
    InnerRule("header_checksum", 10, "the Internet checksum of the IP header"),
    InnerRule("source_ip", 12, "the source IP of the ipOS header"),
    InnerRule("source_port", None, "the source port of the ipOS header"),
)
"""In the order in which they are checked; `check` is what they mean exactly."""

_START = struct.Struct(">BxHxxHxBxxL")
"""Version and IHL, total length, flags and fragment offset, protocol, source (RFC 791 3.1)."""

Check = tuple[bool, str, int, str]
"""Whether all is well with a field, its name, its offset in the packet, and what is wrong otherwise."""


class Ipv4Packet(construct.Construct):  # type: ignore[type-arg]
    """An IPv4 packet kept octet for octet; its own total length says where it ends."""

    def _parse(self, stream: Any, context: Any, path: str) -> bytes:  # noqa: ARG002 - Construct's signature
        start = construct.stream_read(stream, 4, path)
        total_length = int.from_bytes(start[2:4], "big")
        return bytes(start + construct.stream_read(stream, max(total_length - 4, 0), path))

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:  # noqa: ARG002 - Construct's signature
        construct.stream_write(stream, obj, len(obj), path)
        return obj


def is_acceptable(protocol: int, source_ip: int, source_port: int, frame: bytes, offset: int) -> bool:
    """Whether `check` finds nothing wrong: the same conditions in one sweep, since a forwarder asks for every packet.

    protocol, source_ip, source_port  of the encapsulation header
    offset                            of the client's packet in the frame, in octets
    """
    there = len(frame) - offset
    if there < IPV4_HEADER:
        return False
    first, total_length, fragment, iana, source = _START.unpack_from(frame, offset)
    header_length = (first & 0xF) * 4
    return (
        first >> 4 == 4
        and header_length >= IPV4_HEADER
        and header_length + _TRANSPORT_HEADER[protocol] <= total_length <= there
        and not fragment & 0x3FFF
        and iana == _IANA[protocol]
        and source == source_ip
        and frame[offset + header_length] << 8 | frame[offset + header_length + 1] == source_port
        and verifies(frame[offset : offset + header_length])
    )


def check(header: EncapsulationHeader, octets: bytes, offset: int) -> None:
    """Raise if what stands in ``octets`` (padding may follow) can't be a packet of the header's client (ENC-8, ENC-10).

    header   the encapsulation header before it
    offset   of ``octets`` in the frame, for the error
    """
    if len(octets) < IPV4_HEADER:
        raise TruncatedError("inner", offset, f"{len(octets)} octets, expected a header of {IPV4_HEADER}", "ENC-8")
    total_length = int.from_bytes(octets[2:4], "big")
    _refuse_first(_checks_of_fixed_part(header, octets), offset)
    if len(octets) < total_length:
        raise TruncatedError("inner", offset, f"{len(octets)} octets, its total length says {total_length}", "ENC-8")
    _refuse_first(_checks_of_whole_packet(header, octets), offset)


def _refuse_first(checks: Iterable[Check], offset: int) -> None:
    for right, field, at, text in checks:
        if not right:
            raise InnerPacketError(f"inner.{field}", offset + at, text, "ENC-10")


def _checks_of_fixed_part(header: EncapsulationHeader, octets: bytes) -> tuple[Check, ...]:
    """What the 20 octets show that are surely there."""
    protocol = Protocol(header.protocol)
    version, header_length = octets[0] >> 4, (octets[0] & 0xF) * 4
    total_length = int.from_bytes(octets[2:4], "big")
    least = header_length + _TRANSPORT_HEADER[protocol]
    fragment = int.from_bytes(octets[6:8], "big") & 0x3FFF
    return (
        (version == 4, "version", 0, f"{version}, expected 4"),
        (header_length >= IPV4_HEADER, "ihl", 0, f"{header_length} octets, expected at least {IPV4_HEADER}"),
        (total_length >= least, "total_length", 2, f"{total_length}, expected at least {least}"),
        (not fragment, "fragment_offset", 6, "a fragment, expected a whole packet"),
        (octets[9] == _IANA[protocol], "protocol", 9, f"{octets[9]}, expected {_IANA[protocol]} for {protocol.name}"),
    )


def _checks_of_whole_packet(header: EncapsulationHeader, octets: bytes) -> tuple[Check, ...]:
    """What stands in or behind the options, which have to be there first."""
    header_length = (octets[0] & 0xF) * 4
    source_ip = int.from_bytes(octets[12:16], "big")
    source_port = int.from_bytes(octets[header_length : header_length + 2], "big")
    return (
        (verifies(octets[:header_length]), "header_checksum", 10, "does not verify"),
        (source_ip == header.source_ip, "source_ip", 12, "not the ipOS header's client"),
        (source_port == header.source_port, "source_port", header_length, "not the client's port of the ipOS header"),
    )

"""Packets with one thing changed: fields go by the schemas' dotted paths, so that cases can be generated."""

from dataclasses import replace
from typing import Any, TypeVar

from ipos_spec import interpreted
from ipos_spec.addresses import Mac
from ipos_spec.advertisement import TableAdvertisement
from ipos_spec.checksum import internet_checksum
from ipos_spec.codec import encode
from ipos_spec.compiled import build
from ipos_spec.fields import size_of
from ipos_spec.packets import (
    Acknowledgement,
    ConnectionPacket,
    Packet,
    TcpConnectionPacket,
    UdpConnectionPacket,
    acknowledgement,
    with_checksum,
)

from ipos_conformance.frames import ENCAPSULATION, ETHERNET

PacketT = TypeVar("PacketT", bound=Packet)
_RECORDS = size_of(TableAdvertisement)
_CHECKSUM = ETHERNET + ENCAPSULATION - 2


def field(record: Any, path: str) -> Any:
    """The value of a field, such as `connection.control_block.rcv_nxt`."""
    for name in path.split("."):
        record = getattr(record, name)
    return record


def changed(packet: PacketT, fields: dict[str, Any]) -> PacketT:
    """The packet with these fields replaced, and the checksum that a sender would give it then (ENC-6)."""
    for path, value in fields.items():
        packet = _replaced(packet, path.split("."), value)
    return packet if isinstance(packet, Acknowledgement) else with_checksum(packet)


def acknowledging(packet: ConnectionPacket, source: Mac, fields: dict[str, Any]) -> bytes:
    """An acknowledgement of this packet from ``source``, with other header fields and the checksum that fits them."""
    right = acknowledgement(packet, source)
    header = replace(right.header, **fields, checksum=0)
    checksum = internet_checksum(build(header) + build(packet.connection))
    return build(right.ethernet) + build(replace(header, checksum=checksum))


def with_header(frame: bytes, packet_type: int, protocol: int) -> bytes:
    """A frame under another type and protocol, which no packet of FIG. 11 may have; the checksum fits again."""
    at = _CHECKSUM - 2
    return summed(frame[:at] + bytes([packet_type, protocol]) + frame[at + 2 :])


def truncated(packet: Packet, size: int) -> bytes:
    """The first ``size`` octets of a packet's frame, with a checksum that fits these: only ENC-8 speaks against it.

    A type 2 packet's checksum covers the header only, and is left as it is.
    """
    frame = encode(packet)[:size]
    covers_rest = hasattr(packet, "connection") and size >= ETHERNET + ENCAPSULATION
    return summed(frame) if covers_rest else frame


def shortened(frame: bytes, size: int) -> bytes:
    """The first ``size`` octets of a frame whose checksum covers all of it, with one that fits these."""
    return summed(frame[:size]) if size >= ETHERNET + ENCAPSULATION else frame[:size]


def announced(packet: TableAdvertisement, fields: dict[str, int]) -> bytes:
    """An advertisement's frame with other fields; the checksum is over what the table header then announces."""
    for path, value in fields.items():
        packet = _replaced(packet, path.split("."), value)
    frame = interpreted.build(packet)
    end = _RECORDS + packet.table_header.records_length
    return summed(frame[:end].ljust(end, b"\0")) + frame[end:]


def summed(frame: bytes) -> bytes:
    """A frame whose checksum is computed anew over everything from the ipOS header on."""
    blank = frame[:_CHECKSUM] + b"\0\0" + frame[_CHECKSUM + 2 :]
    return blank[:_CHECKSUM] + internet_checksum(blank[ETHERNET:]).to_bytes(2, "big") + blank[_CHECKSUM + 2 :]


def with_checksum_field(packet: Packet, checksum: int) -> bytes:
    """The packet's frame with this number in the checksum field, whether it fits or not."""
    frame = encode(packet)
    return frame[:_CHECKSUM] + checksum.to_bytes(2, "big") + frame[_CHECKSUM + 2 :]


def tuned(packet: TcpConnectionPacket, checksum: int) -> TcpConnectionPacket:
    """The packet with a right checksum of this value: t_rtseq, which a target may ignore, makes up the difference."""
    path = "connection.control_block.t_rtseq"
    blank = changed(packet, {path: 0})
    return changed(packet, {path: (blank.header.checksum - checksum) % 0xFFFF})


def tuned_by_port(packet: UdpConnectionPacket, checksum: int) -> UdpConnectionPacket:
    """The packet with a right checksum of this value: the server's port, which may be any, makes up the difference."""
    path = "connection.server_port"
    blank = changed(packet, {path: 0})
    return changed(packet, {path: (blank.header.checksum - checksum) % 0xFFFF or 0xFFFF})


def inverted(octets: bytes, offset: int) -> bytes:
    """The octets with one of them inverted."""
    return octets[:offset] + bytes([octets[offset] ^ 0xFF]) + octets[offset + 1 :]


def ip_changed(packet: bytes, offset: int, octets: bytes) -> bytes:
    """An IPv4 packet with other octets in its header, whose checksum is computed anew over IHL words."""
    changed_packet = packet[:offset] + octets + packet[offset + len(octets) :]
    size = (changed_packet[0] & 0xF) * 4
    blank = changed_packet[:10] + b"\0\0" + changed_packet[12:]
    return blank[:10] + internet_checksum(blank[:size]).to_bytes(2, "big") + blank[12:]


def with_ip_options(packet: bytes, options: bytes) -> bytes:
    """An IPv4 packet without options that has got some, a multiple of four octets."""
    length = (len(packet) + len(options)).to_bytes(2, "big")
    longer = bytes([packet[0] + len(options) // 4]) + packet[1:2] + length + packet[4:20] + options + packet[20:]
    return ip_changed(longer, 8, longer[8:9])


def _replaced(record: Any, path: list[str], value: Any) -> Any:
    name, rest = path[0], path[1:]
    return replace(record, **{name: _replaced(getattr(record, name), rest, value) if rest else value})

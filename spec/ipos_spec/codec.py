"""From frame to typed value and back. Construct reads and writes; this module decides what is acceptable."""

from ipos_spec import inner_packet
from ipos_spec.checksum import verifies
from ipos_spec.encapsulation import EncapsulationHeader, PacketType
from ipos_spec.errors import ChecksumError, EncodeError, OtherEtherTypeError, TruncatedError, UnknownPacketError
from ipos_spec.ethernet import ETHER_TYPE, EthernetHeader
from ipos_spec.fields import build, layout, parse, size_of
from ipos_spec.packets import PACKETS, Acknowledgement, Packet

_ETHERNET = size_of(EthernetHeader)
_HEADERS = _ETHERNET + size_of(EncapsulationHeader)


def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
    """Read one Ethernet frame (without frame check sequence) as the packet of FIG. 11 that it is.

    Everything is checked that a frame shows by itself: length, type, protocol, checksum, inner packet. The checksum
    of an acknowledgement covers what it acknowledges, so `packets.acknowledges` checks that one.

    Raises a DecodeError that names path and offset of the field and the requirement that is violated.
    """
    if len(frame) < _ETHERNET:
        raise _truncated(Acknowledgement, frame)
    ethernet = parse(EthernetHeader, frame)
    if ethernet.type != ether_type:
        raise OtherEtherTypeError("ethernet.type", 12, f"0x{ethernet.type:04x}, expected 0x{ether_type:04x}", "ENC-2")
    if len(frame) < _HEADERS:
        raise _truncated(Acknowledgement, frame)
    header = parse(EncapsulationHeader, frame[_ETHERNET:])
    record = _record(header)
    if len(frame) < size_of(record):
        raise _truncated(record, frame)
    if header.type == PacketType.PACKET:
        inner_packet.check(header, frame[_HEADERS:], _HEADERS)
    if record is not Acknowledgement and not verifies(frame[_ETHERNET : size_of(record)]):
        raise ChecksumError("header.checksum", _HEADERS - 2, f"0x{header.checksum:04x} does not verify", "ENC-7")
    return parse(record, frame)


def encode(packet: Packet) -> bytes:
    """Write a packet as its Ethernet frame, octet for octet what the value says; nothing is corrected.

    Raises EncodeError if a value does not fit its field, or if type and protocol announce another packet.
    """
    if not isinstance(packet, Packet):
        raise EncodeError("packet", f"{type(packet).__name__}, expected one of FIG. 11E-11I")
    frame = build(packet)
    if PACKETS.get((packet.header.type, packet.header.protocol)) is not type(packet):
        raise EncodeError(
            "header.type",
            f"type {packet.header.type} with protocol {packet.header.protocol} is not a {type(packet).__name__}",
        )
    return frame


def _record(header: EncapsulationHeader) -> type[Packet]:
    record = PACKETS.get((header.type, header.protocol))
    if record is not None:
        return record
    if any(header.type == known for known, _ in PACKETS):
        raise UnknownPacketError(
            "header.protocol", _HEADERS - 3, f"{header.protocol}, expected 1 (TCP) or 2 (UDP)", "ENC-5"
        )
    raise UnknownPacketError("header.type", _HEADERS - 4, f"0x{header.type:02x}, expected 0x01, 0x02 or 0x03", "ENC-4")


def _truncated(record: type[Packet], frame: bytes) -> TruncatedError:
    field = next(field for field in layout(record) if field.offset + field.size > len(frame))
    problem = f"the frame ends after {len(frame)} octets, expected {size_of(record)}"
    return TruncatedError(field.path, field.offset, problem, "ENC-8")

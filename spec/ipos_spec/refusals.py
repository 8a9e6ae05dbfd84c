"""What both codecs say of a frame that they refuse: the error with path, offset, finding and requirement."""

from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.errors import ChecksumError, OtherEtherTypeError, TruncatedError, UnknownPacketError
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.fields import layout, size_of
from ipos_spec.packets import PACKETS

_ETHERNET = {field.path: field.offset for field in layout(EthernetHeader)}
_HEADER = {field.path: size_of(EthernetHeader) + field.offset for field in layout(EncapsulationHeader)}


def other_ether_type(found: int, expected: int) -> OtherEtherTypeError:
    """Not an ipOS frame (ENC-2)."""
    return OtherEtherTypeError("ethernet.type", _ETHERNET["type"], f"0x{found:04x}, expected 0x{expected:04x}", "ENC-2")


def unknown_packet(packet_type: int, protocol: int) -> UnknownPacketError:
    """No packet has this type (ENC-4), or this protocol with it (ENC-5)."""
    if any(packet_type == known for known, _ in PACKETS):
        problem = f"{protocol}, expected 1 (TCP) or 2 (UDP)"
        return UnknownPacketError("header.protocol", _HEADER["protocol"], problem, "ENC-5")
    problem = f"0x{packet_type:02x}, expected 0x01, 0x02 or 0x03"
    return UnknownPacketError("header.type", _HEADER["type"], problem, "ENC-4")


def truncated(record: type, frame: bytes) -> TruncatedError:
    """The frame ends before the fixed part of the packet does (ENC-8)."""
    field = next(field for field in layout(record) if field.offset + field.size > len(frame))
    problem = f"the frame has {len(frame)} of {size_of(record)} octets"
    return TruncatedError(field.path, field.offset, problem, "ENC-8")


def wrong_checksum(found: int) -> ChecksumError:
    """The checksum does not verify (ENC-7)."""
    return ChecksumError("header.checksum", _HEADER["checksum"], f"0x{found:04x} does not verify", "ENC-7")

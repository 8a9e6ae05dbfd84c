"""From frame to typed value and back as `ipos_spec.codec` does it, but by Construct: slow, plain, and the oracle.

A property test holds the two equal on right frames and on wrong ones.
"""

from ipos_spec import inner_packet
from ipos_spec.checksum import verifies
from ipos_spec.encapsulation import EncapsulationHeader, PacketType
from ipos_spec.errors import EncodeError
from ipos_spec.ethernet import ETHER_TYPE, EthernetHeader
from ipos_spec.fields import size_of
from ipos_spec.interpreted import build, parse
from ipos_spec.packets import PACKETS, Acknowledgement, Packet
from ipos_spec.refusals import other_ether_type, truncated, unknown_packet, wrong_checksum

_ETHERNET = size_of(EthernetHeader)
_HEADERS = _ETHERNET + size_of(EncapsulationHeader)


def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
    """Read one Ethernet frame (without frame check sequence) as the packet of FIG. 11 that it is.

    Everything is checked that a frame shows by itself: length, type, protocol, checksum, inner packet. The checksum
    of an acknowledgement covers what it acknowledges, so `packets.acknowledges` checks that one.

    Raises a DecodeError that names path and offset of the field and the requirement that is violated.
    """
    if len(frame) < _ETHERNET:
        raise truncated(Acknowledgement, frame)
    ethernet = parse(EthernetHeader, frame)
    if ethernet.type != ether_type:
        raise other_ether_type(ethernet.type, ether_type)
    if len(frame) < _HEADERS:
        raise truncated(Acknowledgement, frame)
    header = parse(EncapsulationHeader, frame[_ETHERNET:])
    record = PACKETS.get((header.type, header.protocol))
    if record is None:
        raise unknown_packet(header.type, header.protocol)
    if len(frame) < size_of(record):
        raise truncated(record, frame)
    if header.type == PacketType.PACKET:
        inner_packet.check(header, frame[_HEADERS:], _HEADERS)
    if record is not Acknowledgement and not verifies(frame[_ETHERNET : size_of(record)]):
        raise wrong_checksum(header.checksum)
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

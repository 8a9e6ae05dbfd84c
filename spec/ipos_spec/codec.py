"""From frame to typed value and back: what a router can afford for every frame.

Reading and writing is generated from the schemas (`compiled`); what is acceptable is decided here, check for check in
the order of `oracle`, which does the same by Construct alone.
"""

from ipos_spec import advertisement, inner_packet, oracle
from ipos_spec.advertisement import TableAdvertisement
from ipos_spec.checksum import verifies
from ipos_spec.compiled import builder, parser
from ipos_spec.encapsulation import EncapsulationHeader, PacketType
from ipos_spec.ethernet import ETHER_TYPE, EthernetHeader
from ipos_spec.fields import layout, size_of
from ipos_spec.packets import PACKETS, Acknowledgement, Packet
from ipos_spec.refusals import other_ether_type, truncated, unknown_packet, wrong_checksum

_ETHERNET = size_of(EthernetHeader)
_HEADERS = _ETHERNET + size_of(EncapsulationHeader)
_OFFSET = {field.path: field.offset for field in layout(Acknowledgement)}
_ETHER_TYPE, _TYPE, _PROTOCOL = _OFFSET["ethernet.type"], _OFFSET["header.type"], _OFFSET["header.protocol"]

_parse_header = parser(EncapsulationHeader)
_READERS = {bytes(key): (record, size_of(record), parser(record)) for key, record in PACKETS.items()}
"""By type and protocol octet: the packet, octets of its fixed part, and what reads it."""

_WRITERS = {
    record: (builder(record), {bytes(key) for key, known in PACKETS.items() if known is record})
    for record in PACKETS.values()
}
"""By packet: what writes it, and the type and protocol octets that announce it."""


def decode(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet:
    """Read one Ethernet frame (without frame check sequence) as the packet of FIG. 11 that it is.

    Everything is checked that a frame shows by itself: length, type, protocol, checksum, inner packet. The checksum
    of an acknowledgement covers what it acknowledges, so `packets.acknowledges` checks that one.

    Raises a DecodeError that names path and offset of the field and the requirement that is violated.
    """
    if type(frame) is not bytes:
        frame = bytes(frame)  # a buffer will be read into again: nothing of it may be left in a packet
    length = len(frame)
    if length < _ETHERNET:
        raise truncated(Acknowledgement, frame)
    found = frame[_ETHER_TYPE] << 8 | frame[_ETHER_TYPE + 1]
    if found != ether_type:
        raise other_ether_type(found, ether_type)
    if length < _HEADERS:
        raise truncated(Acknowledgement, frame)
    reader = _READERS.get(frame[_TYPE : _PROTOCOL + 1])
    if reader is None:
        raise unknown_packet(frame[_TYPE], frame[_PROTOCOL])
    record, size, parse = reader
    if length < size:
        raise truncated(record, frame)
    if frame[_TYPE] == PacketType.PACKET:
        _check_inner_packet(frame)
    if record is not Acknowledgement and not verifies(frame[_ETHERNET:size]):
        raise wrong_checksum(_parse_header(frame, _ETHERNET).checksum)
    return parse(frame)


def decode_extended(frame: bytes, ether_type: int = ETHER_TYPE) -> Packet | TableAdvertisement:
    """The same for who supports the extension of ADV-1, too (ENC-4)."""
    if frame[_TYPE : _TYPE + 1] == bytes([advertisement.TYPE]):
        return advertisement.decode(frame, ether_type)
    return decode(frame, ether_type)


def encode(packet: Packet) -> bytes:
    """Write a packet as its Ethernet frame, octet for octet what the value says; nothing is corrected.

    Raises EncodeError if a value does not fit its field, or if type and protocol announce another packet.
    """
    build, announcements = _WRITERS.get(type(packet), (oracle.encode, ()))
    frame = build(packet)
    return frame if frame[_TYPE : _PROTOCOL + 1] in announcements else oracle.encode(packet)


def _check_inner_packet(frame: bytes) -> None:
    header = _parse_header(frame, _ETHERNET)
    if not inner_packet.is_acceptable(header.protocol, header.source_ip, header.source_port, frame, _HEADERS):
        inner_packet.check(header, frame[_HEADERS:], _HEADERS)

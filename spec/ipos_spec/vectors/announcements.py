"""What EtherType, type and protocol announce, beyond the boundaries of these fields (ENC-2, ENC-4, ENC-5)."""

from collections.abc import Iterator

from ipos_spec.addresses import ipv4
from ipos_spec.description import PacketDescription, ProtocolDescription
from ipos_spec.vectors.draft import ETHER_TYPE, PROTOCOL, SOURCE_IP, TYPE, Draft
from ipos_spec.vectors.flags import Flag
from ipos_spec.vectors.making import Point, cut, vector
from ipos_spec.vectors.values import Discard, Vector

GROUP = "announcements"

_TAG = bytes.fromhex("8100 0005")
_ETHER_TYPES = {
    0x0007 << 8: ("0x0007 with its octets exchanged", Flag.LITTLE_ENDIAN),
    0x0600: ("the least EtherType of IEEE 802.3", Flag.OTHER_ETHER_TYPE),
    0x0800: ("IPv4's", Flag.OTHER_ETHER_TYPE),
    0x0806: ("ARP's", Flag.OTHER_ETHER_TYPE),
    0x8100: ("that of a VLAN tag", Flag.VLAN_TAG),
}
_LOOK_LIKE_LLC = {
    "255.255.0.1": "FF FF, as raw IPX does",
    "170.170.3.1": "AA AA 03, as SNAP does",
    "66.66.3.1": "42 42 03, as the spanning tree protocol does",
}
"""Client addresses with which an 802.3 frame of "length 7" would begin like another protocol."""


def ether_types(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Other EtherTypes before an ipOS packet, a VLAN tag, and what IEEE 802.2 could take the packet for."""
    for packet in protocol.packets:
        example = Draft.example(protocol, packet)
        for number, (whose, flag) in _ETHER_TYPES.items():
            point = Point(GROUP, f"ether-type-{number:04x}", f"The EtherType is {whose}.", (flag,), (ETHER_TYPE,))
            yield vector(example.put({ETHER_TYPE: number}), point)
        yield _length_field(example)
        yield _tagged(example)
        for address, beginning in _LOOK_LIKE_LLC.items():
            comment = f"What follows the EtherType begins with {beginning}: the client is {address}."
            point = Point(GROUP, f"client-{address}", comment, (Flag.LOGICAL_LINK_CONTROL,), (SOURCE_IP,))
            yield vector(example.put({SOURCE_IP: ipv4(address)}).sealed(), point)


def protocols(protocol: ProtocolDescription) -> Iterator[Vector]:
    """IANA's numbers for TCP and UDP."""
    for packet in protocol.packets:
        example = Draft.example(protocol, packet)
        for transport in protocol.transports:
            name, number = transport.protocol.name, transport.iana
            comment = f"The protocol is {number}, IANA's number for {name}."
            point = Point(GROUP, f"iana-{name.lower()}", comment, (Flag.IANA_PROTOCOL,), (PROTOCOL,))
            yield vector(example.put({PROTOCOL: number}).sealed(), point)


def other_packets(protocol: ProtocolDescription) -> Iterator[Vector]:
    """The octets of one packet behind the header of another: type and protocol alone tell which it is."""
    connections = [packet for packet in protocol.packets if packet.parts and _has_information(packet)]
    for shorter in protocol.packets:
        for longer in connections:
            if shorter.size < longer.size and not shorter.carries_client_packet:
                yield _with_the_rest_of(protocol, shorter, longer)


def _has_information(packet: PacketDescription) -> bool:
    return any(part.path == "connection" for part in packet.parts)


def _with_the_rest_of(protocol: ProtocolDescription, shorter: PacketDescription, longer: PacketDescription) -> Vector:
    rest = Draft.example(protocol, longer).frame()[shorter.size :]
    comment = f"Behind the packet stands, as padding, the rest of a {longer.name} packet."
    point = Point(GROUP, f"before-rest-of-{longer.name}", comment, (Flag.OTHER_PACKET,), (TYPE, PROTOCOL, "padding"))
    return vector(Draft.example(protocol, shorter).put({"padding": rest}), point)


def _length_field(example: Draft) -> Vector:
    length = len(example.frame()) - example.field(SOURCE_IP).offset
    comment = f"The EtherType is an IEEE 802.3 length, {length} octets."
    point = Point(GROUP, "ether-type-length", comment, (Flag.OTHER_ETHER_TYPE,), (ETHER_TYPE,))
    return vector(example.put({ETHER_TYPE: length}), point)


def _tagged(example: Draft) -> Vector:
    frame, start = example.frame(), example.field(ETHER_TYPE).offset
    point = Point(GROUP, "vlan-tag", "The frame has an IEEE 802.1Q tag.", (Flag.VLAN_TAG,), (ETHER_TYPE,))
    return cut(example, point, frame[:start] + _TAG + frame[start:], Discard("ENC-2", ETHER_TYPE, start))

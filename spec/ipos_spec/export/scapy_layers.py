"""Layers for Scapy: a module of the user's own, so that nothing here imports Scapy, which is under GPL-2.0-only."""

import json
from collections.abc import Iterator, Sequence
from string import Template

from ipos_spec.description import FieldDescription, Kind, PacketDescription, ProtocolDescription, StructureDescription
from ipos_spec.export.banner import banner
from ipos_spec.rules import OneOf, Within
from ipos_spec.wording import explained

_MODULE = Template('''\
# $banner
# Scapy, which this module extends, is under GPL-2.0-only: heed that if you pass on a program that contains both.
"""ipOS for Scapy: frames of FIG. 11 are dissected and built.

    from scapy.all import Ether, IP, TCP, Padding
    from ipos_scapy import *

    Ether(octets).show()
    request = Ether(dst=target, src=origin) / EncapsulationHeader(source_ip="198.51.100.7") / UdpConnectionInformation()
    answer = acknowledge(Ether(bytes(request)))
    assert answer.answers(request)

Checksums that are None are computed (ENC-6), but for acknowledgements: their checksum covers what they acknowledge, so
`acknowledge` makes them. Around a client's packet, give the header its protocol: 1 for TCP, 2 for UDP.
"""

import struct

from scapy.fields import (
    ByteEnumField,
    ByteField,
    FlagsField,
    IntField,
    IPField,
    LongField,
    ShortEnumField,
    ShortField,
    XByteField,
    XIntField,
    XShortField,
    XStrFixedLenField,
)
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, bind_bottom_up, bind_layers, bind_top_down
from scapy.utils import checksum

__all__ = [$names]

ETHER_TYPE = $ether_type
ALTERNATIVE_ETHER_TYPE = $alternative_ether_type
$types
COVERED = {$covered}
"""Octets behind the header that its checksum covers, by type and protocol (ENC-6)."""


$layers


def acknowledgement_checksum(header, acknowledged):
    """The checksum of an acknowledgement with this header, of this connection packet's (ENC-6)."""
    blank = header.copy()
    blank.remove_payload()
    blank.checksum = 0
    length = COVERED.get((acknowledged.type, acknowledged.protocol), 0)
    return checksum(bytes(blank) + bytes(acknowledged.payload)[:length])


def acknowledge(frame, source=None):
    """The acknowledgement of a connection packet, from the MAC that it went to or another one (TGT-1)."""
    acknowledged = frame[$header]
    header = acknowledged.copy()
    header.remove_payload()
    header.type = ACKNOWLEDGEMENT
    header.checksum = acknowledgement_checksum(header, acknowledged)
    return Ether(dst=frame.src, src=source or frame.dst, type=frame.type) / header


_dispatch = Ether.dispatch_hook.__func__


def _dispatch_ipos(cls, _pkt=None, *args, **kargs):
    """Scapy takes an EtherType below 0x0600 for the length of an IEEE 802.3 frame; this one is none (ENC-2)."""
    if _pkt and _pkt[12:14] == struct.pack("!H", ETHER_TYPE):
        return cls
    return _dispatch(cls, _pkt, *args, **kargs)


Ether.dispatch_hook = classmethod(_dispatch_ipos)
bind_bottom_up(Ether, $header, type=ALTERNATIVE_ETHER_TYPE)
bind_layers(Ether, $header, type=ETHER_TYPE)
$bindings
''')

_HEADER = Template('''\
class $name(Packet):
    $title
    name = $label
    fields_desc = [
$fields
    ]
    REFERENCE = ($reference)

    def post_build(self, packet, payload):
        """Fill in the checksum."""
        if self.checksum is None:
            length = COVERED.get((self.type, self.protocol), 0)
            packet = packet[:$checksum] + bytes(2) + packet[$after_checksum:]
            sum_ = checksum(packet + payload[:length])
            packet = packet[:$checksum] + struct.pack("!H", sum_) + packet[$after_checksum:]
        return packet + payload

    def extract_padding(self, octets):
        """Nothing but padding follows in an acknowledgement (ENC-8)."""
        return (b"", octets) if self.type == ACKNOWLEDGEMENT else (octets, None)

    def hashret(self):
        """The reference, which an acknowledgement repeats (ENC-3)."""
        return repr([getattr(self, name) for name in self.REFERENCE]).encode()

    def answers(self, other):
        """Whether it is the acknowledgement of a connection packet, checksum included (ORG-6)."""
        if not isinstance(other, $name):
            return 0
        same = all(getattr(self, name) == getattr(other, name) for name in self.REFERENCE)
        if not same or (self.type, other.type) != (ACKNOWLEDGEMENT, CONNECTION):
            return 0
        return int((self.checksum or 0) % 0xFFFF == acknowledgement_checksum(self, other) % 0xFFFF)''')

_LAYER = Template('''\
class $name(Packet):
    $title
    name = $label
    fields_desc = [
$fields
    ]

    def extract_padding(self, octets):
        """Its size is fixed (ENC-8)."""
        return b"", octets''')

_NUMBERS = {1: "ByteField", 2: "ShortField", 4: "IntField", 8: "LongField"}
_HEXADECIMAL = {1: "XByteField", 2: "XShortField", 4: "XIntField"}
_NAMED = {1: "ByteEnumField", 2: "ShortEnumField"}


def scapy_layers(description: ProtocolDescription) -> str:
    """Render `ipos_scapy.py`: a layer for the encapsulation header, and one for each thing that may follow it."""
    header = description.structure(_structure_of(description.packets[0], "header"))
    layers = [description.structure(name) for name in dict.fromkeys(_following(description))]
    fields = {field.name: field for field in header.fields}
    return _MODULE.substitute(
        banner=banner("scapy"),
        names=", ".join(f'"{name}"' for name in (header.name, *(layer.name for layer in layers), "acknowledge")),
        ether_type=f"{description.ether_type:#06x}",
        alternative_ether_type=f"{description.alternative_ether_type:#06x}",
        types="\n".join(f"{name} = {number}" for name, number in fields["type"].names),
        covered=", ".join(
            f"({packet.type}, {protocol}): {packet.covered[1] - packet.covered[0] - header.size}"
            for packet in description.packets
            if packet.covered
            for protocol in packet.protocols
        ),
        header=header.name,
        layers="\n\n\n".join((_header(header), *(_layer(layer) for layer in layers))),
        bindings="\n".join(_bindings(description.packets, header.name)),
    )


def _header(header: StructureDescription) -> str:
    checksum = next(field for field in header.fields if field.name == "checksum")
    return _HEADER.substitute(
        _shape(header),
        checksum=checksum.offset,
        after_checksum=checksum.end,
        reference=", ".join(f'"{field.name}"' for field in header.fields if field.name not in ("type", "checksum")),
    )


def _layer(structure: StructureDescription) -> str:
    return _LAYER.substitute(_shape(structure))


def _shape(structure: StructureDescription) -> dict[str, str]:
    return {
        "name": structure.name,
        "title": json.dumps(structure.title),
        "label": json.dumps(f"ipOS {structure.name}"),
        "fields": "\n".join(f"        # {explained(field)}\n        {_field(field)}," for field in structure.fields),
    }


def _field(field: FieldDescription) -> str:
    name, size = json.dumps(field.name), field.size or 0
    names = "{" + ", ".join(f"{number}: {json.dumps(text)}" for text, number in field.names) + "}"
    match field:
        case FieldDescription(kind=Kind.IPV4):
            return f'IPField({name}, "0.0.0.0")'
        case FieldDescription(kind=Kind.MAC | Kind.OCTETS):
            return f"XStrFixedLenField({name}, bytes({size}), length={size})"
        case FieldDescription(flags=True):
            return f"FlagsField({name}, 0, {8 * size}, {names})"
        case FieldDescription(names=(_, *_)):
            return f"{_NAMED[size]}({name}, {_default(field)}, {names})"
        case FieldDescription(hexadecimal=True):
            return f"{_HEXADECIMAL[size]}({name}, {_default(field)})"
    return f"{_NUMBERS[size]}({name}, {_default(field)})"


def _default(field: FieldDescription) -> int | None:
    """The least number that keeps the field's rules; a checksum is computed."""
    if field.name == "checksum":
        return None
    least = [rule.low for rule in field.rules if isinstance(rule, Within)]
    least += [min(rule.values) for rule in field.rules if isinstance(rule, OneOf)]
    return int(max(least, default=0))


def _bindings(packets: Sequence[PacketDescription], header: str) -> Iterator[str]:
    for packet in packets:
        keys = [f"type={packet.type}, protocol={protocol}" for protocol in packet.protocols]
        if packet.carries_client_packet:
            yield from (f"bind_bottom_up({header}, IP, {key})" for key in keys)
        yield from (f"bind_layers({header}, {layer}, {key})" for layer in _behind_header(packet) for key in keys)
    client_types = dict.fromkeys(packet.type for packet in packets if packet.carries_client_packet)
    yield from (f"bind_top_down({header}, IP, type={number})" for number in client_types)


def _following(description: ProtocolDescription) -> Iterator[str]:
    for packet in description.packets:
        yield from _behind_header(packet)


def _behind_header(packet: PacketDescription) -> list[str]:
    """The structures that stand behind the headers; what is nested in one is part of its layer."""
    return [part.structure for part in packet.parts if part.path not in ("ethernet", "header") and "." not in part.path]


def _structure_of(packet: PacketDescription, path: str) -> str:
    return next(part.structure for part in packet.parts if part.path == path)

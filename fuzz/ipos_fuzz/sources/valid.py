"""From any octets to a right packet: each field of a schema takes from them the value that its rules allow.

What a strategy draws is a few runs of octets instead of fifty fields, which takes a tenth of the time; octets that get
smaller give values that get smaller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from ipos_conformance.target import Target
from ipos_spec.checksum import internet_checksum
from ipos_spec.description import (
    AdvertisedRecords,
    ExtensionDescription,
    FieldDescription,
    Kind,
    PacketDescription,
    RecordDescription,
    describe,
)
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.rules import Broadcast, FieldRule, Individual, OneOf, Unicast, Within, Zero
from ipos_spec.transport import TCP, TRANSPORTS

from ipos_fuzz import ip_packet
from ipos_fuzz.places import HEADER
from ipos_fuzz.subject import CHECKSUM, INNER

Known = Mapping[str, Sequence[bytes]]
"""What a field, by its path, holds on some bench: one of a few values, as octets."""

_DATA = 36
"""Of the octets that a client's packet is made from, those from here on are its data; the one before says how many."""

_TEXT = b"/abcdefghijklmnopqrstuvwxyz0123456789.-_=?&%"


def known_of(target: Target) -> Known:
    """The values by which a target's frames are for the target: MACs, EtherType, addresses, served ports."""
    ports = tuple(port.to_bytes(2, "big") for port in dict.fromkeys(port for _, port in target.pixit.ports()))
    peers = tuple(peer.address.to_bytes(4, "big") for peer in target.peer)
    return {
        "ethernet.destination": (target.second_lan.router_mac,),
        "ethernet.source": tuple(peer.mac for peer in target.peer),
        "ethernet.type": (target.second_lan.ether_type.to_bytes(2, "big"),),
        "header.destination_ip": (target.router.address.to_bytes(4, "big"),),
        "header.destination_port": ports,
        "connection.server_ip": peers,
        "connection.server_port": ports,
    }


DEFAULT: Known = {"ethernet.type": (ETHER_TYPE.to_bytes(2, "big"),)}
"""Any addresses, and the EtherType of FIG. 11A."""


def allowed(field: FieldDescription, octets: bytes) -> bytes:
    """The value that the octets, as many as the field has, give under the field's rules; themselves if they may be."""
    for rule in field.rules:
        octets = _fitted(rule, octets)
    return octets


def _fitted(rule: FieldRule, octets: bytes) -> bytes:
    number, size = int.from_bytes(octets, "big"), len(octets)
    match rule:
        case Within(low, high):
            return (number if low <= number <= high else low + number % (high - low + 1)).to_bytes(size, "big")
        case OneOf(values):
            return octets if number in values else int(values[number % len(values)]).to_bytes(size, "big")
        case Zero():
            return bytes(size)
        case Unicast():
            return (number & 0x7FFFFFFF or 1 if number >> 29 == 7 or not number else number).to_bytes(size, "big")
        case Individual():
            return bytes([octets[0] & 0xFE]) + octets[1:]
        case Broadcast():
            return b"\xff" * size


@dataclass(frozen=True, eq=False, repr=False)
class Maker:
    """Makes one kind of packet on one bench.

    packet     its description
    extension  the same of an extension packet: its records come behind it
    known      what is known of the bench
    """

    packet: PacketDescription
    extension: ExtensionDescription | None
    known: Known

    def __repr__(self) -> str:
        return f"Maker of {self.packet.name}"

    @property
    def size(self) -> int:
        """How many octets the fixed part is made of."""
        return self.packet.size

    def frame(self, octets: bytes, rest: bytes = b"") -> bytes:
        """A right frame.

        octets  `size` of them, for the fields of fixed place
        rest    any number: for a client's packet, or for records
        """
        values = {field.path: self._value(field, octets) for field in self._fixed()}
        for same in self.packet.rules:
            values |= dict.fromkeys(same.names, values[same.names[0]])
        values["header.type"] = bytes([self.packet.type])
        values["header.protocol"] = bytes([self.packet.protocols[octets[0] % len(self.packet.protocols)]])
        if self.extension is not None:
            return self._sealed(values, self._records(self.extension, values, rest))
        if self.packet.carries_client_packet:
            body = client_packet(values, rest)
            return self._sealed(values, b"") + body
        return self._sealed(values, b"")

    def _fixed(self) -> Sequence[FieldDescription]:
        return _fixed(self.packet)

    def _value(self, field: FieldDescription, octets: bytes) -> bytes:
        drawn = octets[field.offset : field.end]
        known = self.usable[field.path]
        return known[int.from_bytes(drawn, "big") % len(known)] if known else allowed(field, drawn)

    @cached_property
    def usable(self) -> Known:
        """What is known, as far as the rules of this packet's fields allow it."""
        return {
            field.path: [value for value in self.known.get(field.path, ()) if allowed(field, value) == value]
            for field in self._fixed()
        }

    def _sealed(self, values: dict[str, bytes], records: bytes) -> bytes:
        """The octets in their order, with the checksum over what it covers; an acknowledgement's is any."""
        frame = b"".join(values[field.path] for field in self._fixed()) + records
        if self.packet.covered is None and self.extension is None:
            return frame
        covered = frame[HEADER:CHECKSUM] + bytes(2) + frame[INNER:]
        return frame[:CHECKSUM] + internet_checksum(covered).to_bytes(2, "big") + frame[INNER:]

    def _records(self, extension: ExtensionDescription, values: dict[str, bytes], rest: bytes) -> bytes:
        """Up to four records of some table, and the fields that announce them set."""
        variant: AdvertisedRecords = extension.variants[rest[0] % len(extension.variants) if rest else 0]
        count = rest[1] % 5 if len(rest) > 1 else 0
        records = [_record(variant.record, rest[2 + number * 16 :]) for number in range(count)]
        values |= {path: bytes([value]) for path, value in zip(extension.selected_by, variant.selectors, strict=True)}
        values[extension.counted_by] = len(records).to_bytes(2, "big")
        values[extension.measured_by] = sum(map(len, records)).to_bytes(2, "big")
        return b"".join(records)


def makers(known: Known = DEFAULT) -> tuple[Maker, ...]:
    """One for each packet of the protocol, extensions included."""
    protocol = describe()
    return (
        *(Maker(packet, None, known) for packet in protocol.packets),
        *(Maker(extension.packet, extension, known) for extension in protocol.extensions),
    )


@cache
def _fixed(packet: PacketDescription) -> tuple[FieldDescription, ...]:
    return tuple(field for field in packet.fields if field.size is not None)


def _record(record: RecordDescription, octets: bytes) -> bytes:
    made = []
    for field in record.fields:
        if field.kind is Kind.TEXT:
            size = min(octets[0] if octets else 0, field.maximum or 0, len(octets))
            text = bytes(_TEXT[octet % len(_TEXT)] for octet in octets[:size])
            made.append(len(text).to_bytes(2, "big") + text)
        else:
            made.append(allowed(field, octets[: field.size].ljust(field.size or 0, b"\x01")))
        octets = octets[len(made[-1]) :]
    return b"".join(made)


def client_packet(values: Mapping[str, bytes], octets: bytes) -> bytes:
    """A packet that the header's client can have sent (ENC-10), both checksums right, all else from the octets."""
    transport = next(one for one in TRANSPORTS if one.protocol == values["header.protocol"][0])
    octets = octets.ljust(_DATA, b"\0")
    options = octets[1] % 11 * 4 if octets[0] & 1 else 0
    first = bytes([0x40 | (20 + options) // 4, octets[2]]) + bytes(2) + octets[3:5] + bytes([octets[5] & 0xC0, 0])
    address = values["connection.server_ip"] if "connection.server_ip" in values else octets[8:12]
    ip = first + bytes([octets[6], transport.iana]) + bytes(2) + values["header.source_ip"] + address
    ports = values["header.source_port"] + values["header.destination_port"]
    header = bytearray(ports + octets[12 : 12 + transport.header - 4])
    data = octets[_DATA : _DATA + octets[_DATA - 1] % (len(octets) - _DATA + 1)]
    if transport is TCP:
        words = TCP.header // 4 + octets[7] % min(11, 1 + len(data) // 4)
        header[12] = words << 4 | header[12] & 0xF
    option_octets = octets[12 : 12 + options].ljust(options, b"\0")
    return ip_packet.sealed(ip_packet.with_length(ip + option_octets + header + data))

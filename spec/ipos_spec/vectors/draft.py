"""A packet in the making: fields are put, then what depends on them is made right, then its octets are taken.

It writes by the description alone, apart from the codec, which is held against it.
"""

import operator
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ipos_spec.checksum import internet_checksum
from ipos_spec.description import FieldDescription, Kind, PacketDescription, ProtocolDescription
from ipos_spec.encapsulation import PacketType
from ipos_spec.rules import FieldRule, Same, holds
from ipos_spec.vectors.examples import PACKETS
from ipos_spec.vectors.ip_packet import of_client
from ipos_spec.vectors.values import Value, Values

ETHER_TYPE = "ethernet.type"
TYPE, PROTOCOL, CHECKSUM = "header.type", "header.protocol", "header.checksum"
SOURCE_IP, SOURCE_PORT = "header.source_ip", "header.source_port"


@dataclass(frozen=True, slots=True)
class Draft:
    """A packet of the protocol with a value for each of its fields, by path."""

    protocol: ProtocolDescription
    packet: PacketDescription
    values: Values

    @classmethod
    def example(cls, protocol: ProtocolDescription, packet: PacketDescription) -> "Draft":
        """The worked example of a packet."""
        value_of = {field.path: operator.attrgetter(field.path)(PACKETS[packet.name]) for field in packet.fields}
        return cls(protocol, packet, {path: _plain(value) for path, value in value_of.items()})

    def put(self, values: Values) -> "Draft":
        """With other values in some fields, and everything else as it was, right or wrong."""
        return replace(self, values={**self.values, **values})

    def sealed(self) -> "Draft":
        """With the client's packet from the header's client, and the checksum right (ENC-6, ENC-10)."""
        draft = self
        if self.packet.carries_client_packet:
            draft = self.put({"inner": of_client(self.octets_in("inner"), self[SOURCE_IP], self[SOURCE_PORT])})
        return draft.put({CHECKSUM: draft.checksum()})

    def frame(self) -> bytes:
        """All octets, as the values say."""
        return b"".join(_octets(field, self.values[field.path]) for field in self.packet.fields)

    def checksum(self) -> int:
        """What a sender puts into the checksum field (ENC-6)."""
        return internet_checksum(self.covered())

    def covered(self) -> bytes:
        """What the checksum covers, with the checksum field zero."""
        blank = self.put({CHECKSUM: 0})
        if self.packet.covered is not None:
            return blank.frame()[slice(*self.packet.covered)]
        acknowledged = self.acknowledged()
        start = self.field(CHECKSUM).offset + 2
        return blank.frame()[self.field(SOURCE_IP).offset : start] + acknowledged.frame()[start:]

    def acknowledged(self) -> "Draft":
        """The connection packet that an acknowledgement acknowledges: same reference and protocol, the other way."""
        connection_packets = [packet for packet in self.protocol.packets if packet.type == PacketType.CONNECTION]
        announced = (packet for packet in connection_packets if self[PROTOCOL] in packet.protocols)
        packet = next(announced, connection_packets[0])
        header = {field.path: self.values[field.path] for field in packet.fields if field.group == "header"}
        way = {
            "ethernet.destination": self.values["ethernet.source"],
            "ethernet.source": self.values["ethernet.destination"],
            ETHER_TYPE: self.values[ETHER_TYPE],
        }
        return Draft.example(self.protocol, packet).put(header | way | {TYPE: packet.type}).sealed()

    def field(self, path: str) -> FieldDescription:
        """The description of a field."""
        return next(field for field in self.packet.fields if field.path == path)

    def __getitem__(self, path: str) -> int:
        """The number in a field."""
        value = self.values[path]
        if not isinstance(value, int):
            raise TypeError(f"{path} holds octets")
        return value

    def octets_in(self, path: str) -> bytes:
        """The octets in a field that holds octets."""
        value = self.values[path]
        if not isinstance(value, bytes):
            raise TypeError(f"{path} holds a number")
        return value

    def broken_rules(self) -> Iterator[tuple[FieldRule | Same, FieldDescription]]:
        """Every rule that the values do not keep, with the (first) field that it is about."""
        for field in self.packet.fields:
            yield from ((rule, field) for rule in field.rules if not holds(rule, self.values[field.path]))
        for same in self.packet.rules:
            if len({self.values[name] for name in same.names}) > 1:
                yield same, self.field(same.names[0])


def read(draft: Draft, frame: bytes) -> Draft:
    """What stands in the fields of fixed size of a frame, and behind them as padding."""
    fixed = {field.path: _value(field, frame[field.offset : field.end]) for field in draft.packet.fields if field.size}
    return draft.put(fixed | {"padding": frame[draft.packet.size :]})


def is_number(field: FieldDescription) -> bool:
    """Whether the field holds an unsigned number, an IPv4 address included."""
    return field.kind in (Kind.UNSIGNED, Kind.IPV4)


def _plain(value: Value) -> Value:
    return int(value) if isinstance(value, int) else bytes(value)


def _octets(field: FieldDescription, value: Value) -> bytes:
    return value if isinstance(value, bytes) else value.to_bytes(field.size or 0, "big")


def _value(field: FieldDescription, octets: bytes) -> Value:
    return int.from_bytes(octets, "big") if is_number(field) else octets

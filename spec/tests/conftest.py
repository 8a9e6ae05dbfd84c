"""Hypothesis: how it runs here, and which values of each schema record it draws.

The strategies are made from the schemas (`fields.fields`), so that a new field is tested the day it is written. Tests
ask for them by type: `st.from_type(TcpConnectionPacket)`, or let `st.builds` and `given` infer them.
"""

import os
import struct
from dataclasses import replace
from typing import Any

import construct
from hypothesis import settings
from hypothesis import strategies as st
from ipos_spec.advertisement import (
    RECORD_CLASSES,
    AdvertisedTable,
    AdvertisementHeader,
    BroadcastEthernetHeader,
    Operation,
    TableAdvertisement,
    record_class,
    table_advertisement,
)
from ipos_spec.advertisement import with_checksum as advertisement_with_checksum
from ipos_spec.connection import TcpConnectionInformation, UdpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import EncapsulationHeader, Protocol
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.fields import fields
from ipos_spec.inner_packet import Ipv4Packet
from ipos_spec.packets import PACKETS, Acknowledgement, with_checksum
from ipos_spec.text import Text

settings.register_profile("developer", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "developer")


def values_of(wire_format: Any) -> st.SearchStrategy[Any]:
    """Every value that a field of this format can hold."""
    if isinstance(wire_format, type):
        return record(wire_format)
    if isinstance(wire_format, construct.FormatField):
        return st.integers(0, 256 ** wire_format.sizeof() - 1)
    if isinstance(wire_format, Ipv4Packet):
        return st.just(b"")  # `packet` draws it, since it depends on the header
    if wire_format is construct.GreedyBytes:
        return st.binary(max_size=40)
    if isinstance(wire_format, Text):
        return st.text(max_size=wire_format.maximum // 4)  # no character takes more than four octets
    return st.binary(min_size=wire_format.sizeof(), max_size=wire_format.sizeof())


def record(record_class: type) -> st.SearchStrategy[Any]:
    """Any value of a record class, all its fields drawn independently."""
    return st.builds(record_class, **{name: values_of(wire.format) for name, wire in fields(record_class)})


@st.composite
def inner_packet(draw: st.DrawFn, header: EncapsulationHeader) -> bytes:
    """An IPv4 packet that the header's client can have sent (ENC-10), options and data of any kind."""
    options = draw(st.integers(0, 10)) * 4
    transport, iana = {Protocol.TCP: (20, 6), Protocol.UDP: (8, 17)}[Protocol(header.protocol)]
    body = draw(st.binary(min_size=transport - 2, max_size=transport + 30))
    total_length = 20 + options + 2 + len(body)
    octets = bytearray(draw(st.binary(min_size=20 + options, max_size=20 + options)))
    octets[0] = 0x40 | (20 + options) // 4
    flags = draw(st.sampled_from([0x0000, 0x4000, 0x8000, 0xC000]))  # DF and the reserved bit: no fragment
    struct.pack_into(">H", octets, 2, total_length)
    struct.pack_into(">H", octets, 6, flags)
    octets[9] = iana
    struct.pack_into(">HI", octets, 10, 0, header.source_ip)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into(">H", octets, 10, total ^ 0xFFFF)
    return bytes(octets) + struct.pack(">H", header.source_port) + body


@st.composite
def packet(draw: st.DrawFn, packet_class: type) -> Any:
    """A packet that `decode` accepts: type, protocol, inner packet and checksum are right, all else is any value."""
    drawn = draw(record(packet_class))
    announcements = [key for key, announced in PACKETS.items() if announced is packet_class]
    packet_type, protocol = draw(st.sampled_from(announcements))
    ethernet = replace(drawn.ethernet, type=0x0007)
    drawn = replace(drawn, ethernet=ethernet, header=replace(drawn.header, type=packet_type, protocol=protocol))
    if any(isinstance(wire.format, Ipv4Packet) for _, wire in fields(packet_class)):
        drawn = replace(drawn, inner=draw(inner_packet(drawn.header)))
    return drawn if packet_class is Acknowledgement else with_checksum(drawn)


@st.composite
def advertisement(draw: st.DrawFn) -> TableAdvertisement:
    """An advertisement that `decode` accepts: numbers, length and checksum are right, all else is any value."""
    table, operation = draw(st.sampled_from(AdvertisedTable)), draw(st.sampled_from(Operation))
    records = draw(st.lists(record(record_class(table, operation)), max_size=5))
    ethernet = replace(draw(record(BroadcastEthernetHeader)), type=0x0007)
    made = table_advertisement(ethernet, 0, table, operation, records, mtu=0xFFFF)
    header = replace(draw(record(AdvertisementHeader)), type=0x80, protocol=0)
    return advertisement_with_checksum(replace(made, header=header, padding=draw(values_of(construct.GreedyBytes))))


for plain in (EthernetHeader, EncapsulationHeader, ControlBlock, TcpConnectionInformation, UdpConnectionInformation):
    st.register_type_strategy(plain, record(plain))
for announced in dict.fromkeys(PACKETS.values()):
    st.register_type_strategy(announced, packet(announced))
for advertised in RECORD_CLASSES:
    st.register_type_strategy(advertised, record(advertised))
st.register_type_strategy(TableAdvertisement, advertisement())

"""The neutral description of the protocol: what every generator reads, and nothing else.

Plain frozen values, made from the schemas: fields with offsets, sizes, units, rules; structures; packets. A change of a
schema is a change here, and so in every diagram, table, dissector, header, codec and vector.
"""

from ipos_spec.description.making import describe
from ipos_spec.description.values import (
    AdvertisedRecords,
    ExtensionDescription,
    FieldDescription,
    Kind,
    PacketDescription,
    Part,
    ProtocolDescription,
    RecordDescription,
    StructureDescription,
    TableDescription,
)
from ipos_spec.inner_packet import InnerRule
from ipos_spec.transport import Transport

__all__ = [
    "AdvertisedRecords",
    "ExtensionDescription",
    "FieldDescription",
    "InnerRule",
    "Kind",
    "PacketDescription",
    "Part",
    "ProtocolDescription",
    "RecordDescription",
    "StructureDescription",
    "TableDescription",
    "Transport",
    "describe",
]

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

__all__ = [
    "AdvertisedRecords",
    "ExtensionDescription",
    "FieldDescription",
    "Kind",
    "PacketDescription",
    "Part",
    "ProtocolDescription",
    "RecordDescription",
    "StructureDescription",
    "TableDescription",
    "describe",
]

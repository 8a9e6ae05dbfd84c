"""FIG. 11A-11E for Scapy: one layer for the header alone, one for the whole packet."""

from typing import ClassVar

from scapy.fields import ByteField, IntField, IPField, MACField, ShortField, StrFixedLenField, XByteField, XShortField
from scapy.packet import Packet

_HEADER = [
    IPField("source_ip", "0.0.0.0"),  # noqa: S104 - a field's default
    ShortField("source_port", 0),
    IPField("destination_ip", "0.0.0.0"),  # noqa: S104
    ShortField("destination_port", 0),
    XByteField("type", 1),
    ByteField("protocol", 1),
    XShortField("checksum", 0),
]
_BLOCK = "IITTHHHHBBHHIIIIIIIIIIIIIIIIIHHIHHHHIBBHBBBBIII".replace("IITT", "IIHT", 1)
_FIELDS = {"B": ByteField, "H": ShortField, "I": IntField}


class EncapsulationHeader(Packet):
    """FIG. 11B."""

    name = "ipOS"
    fields_desc: ClassVar = _HEADER


class TcpConnectionPacket(Packet):
    """FIG. 11E, all in one."""

    name = "ipOS TCP connection packet"
    fields_desc: ClassVar = [
        MACField("destination", "00:00:00:00:00:00"),
        MACField("source", "00:00:00:00:00:00"),
        XShortField("ether_type", 7),
        *_HEADER,
        IPField("server_ip", "0.0.0.0"),  # noqa: S104
        ShortField("server_port", 0),
        *(
            StrFixedLenField(f"block_{number}", b"", 8) if code == "T" else _FIELDS[code](f"block_{number}", 0)
            for number, code in enumerate(_BLOCK)
        ),
    ]

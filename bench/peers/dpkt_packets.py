"""FIG. 11B and 11E for dpkt, formats counted by hand as its users do."""

from typing import ClassVar

import dpkt


class EncapsulationHeader(dpkt.Packet):
    """FIG. 11B."""

    __byte_order__ = ">"
    __hdr__: ClassVar = (
        ("source_ip", "I", 0),
        ("source_port", "H", 0),
        ("destination_ip", "I", 0),
        ("destination_port", "H", 0),
        ("type", "B", 0),
        ("protocol", "B", 0),
        ("checksum", "H", 0),
    )


_FORMATS = "IIH8sHHHHBBHHIIIIIIIIIIIIIIIIIHHIHHHHIBBHBBBBIII".replace("8s", "T")


class TcpConnectionPacket(dpkt.Packet):
    """FIG. 11E, all in one."""

    __byte_order__ = ">"
    __hdr__: ClassVar = (
        ("destination", "6s", b""),
        ("source", "6s", b""),
        ("ether_type", "H", 7),
        *EncapsulationHeader.__hdr__,
        ("server_ip", "I", 0),
        ("server_port", "H", 0),
        *((f"block_{number}", code.replace("T", "8s"), 0) for number, code in enumerate(_FORMATS)),
    )

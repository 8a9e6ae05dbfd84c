"""The schemas' fields as the custom mutator reads them: names and places."""

import json

from ipos_spec.description import PacketDescription, ProtocolDescription

from ipos_fuzz.subject import INNER


def layout(description: ProtocolDescription) -> str:
    """Write a JSON document: the packets of FIG. 11 with their fields of fixed size.

    A field is [path, offset, size, source], offsets and sizes in octets. covered_end says where the octets of the frame
    end that the packet's checksum covers; where it covers what is acknowledged, that is behind the headers (ENC-6).
    """
    packets = [
        {
            "name": packet.name,
            "type": packet.type,
            "protocols": packet.protocols,
            "covered_end": packet.covered[1] if packet.covered else INNER,
            "fields": _fields(packet),
        }
        for packet in description.packets
    ]
    return json.dumps({"packets": packets}, indent=1) + "\n"


def _fields(packet: PacketDescription) -> list[tuple[str, int, int, str]]:
    return [(field.path, field.offset, field.size, field.source) for field in packet.fields if field.size is not None]

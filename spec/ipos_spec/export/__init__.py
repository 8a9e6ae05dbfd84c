"""What other programs and languages take: one module a format, each made from the neutral description alone."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from ipos_spec.description import ProtocolDescription
from ipos_spec.export.c_header import c_header
from ipos_spec.export.kaitai import kaitai
from ipos_spec.export.neutral_json import json_schema, neutral_json
from ipos_spec.export.rst import rst
from ipos_spec.export.scapy_layers import scapy_layers
from ipos_spec.export.svg import svg
from ipos_spec.export.wireshark import wireshark


class Format(NamedTuple):
    """What can be exported.

    help    one line: what it is and who takes it
    suffix  of a file's name
    render  the text of the file, or the texts of several by their names
    """

    help: str
    suffix: str
    render: Callable[[ProtocolDescription], str | Mapping[str, str]]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "c": Format("A C11 header: layout, values, checks; nothing to link.", ".h", c_header),
        "json": Format("The description itself: packets, structures, fields, rules.", ".json", neutral_json),
        "json-schema": Format("The JSON Schema of `json`.", ".schema.json", json_schema),
        "kaitai": Format("A Kaitai Struct description, for its compiler and its browser of octets.", ".ksy", kaitai),
        "rst": Format("Tables of all fields in reStructuredText, for Sphinx.", ".rst", rst),
        "scapy": Format("Layers for Scapy, as a Python module of your own.", ".py", scapy_layers),
        "svg": Format("Diagrams of packets and structures, light and dark; a file each.", ".svg", svg),
        "wireshark": Format("A dissector for Wireshark and tshark, 4.0 or later.", ".lua", wireshark),
    }
)
"""By the name that `ipos-spec export` takes."""

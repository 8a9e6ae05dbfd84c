"""Diagrams as SVG: one for each structure and packet, drawn as `ipos_spec.drawing` draws."""

from collections.abc import Mapping

from ipos_spec.description import PacketDescription, ProtocolDescription
from ipos_spec.export.svg.packet import packet_diagram
from ipos_spec.export.svg.structure import structure_diagram
from ipos_spec.wording import everything, slug

__all__ = ["svg"]


def svg(description: ProtocolDescription) -> Mapping[str, str]:
    """Render all diagrams: SVG documents by name, such as `control-block`."""
    return {
        slug(described): (
            packet_diagram(described, description)
            if isinstance(described, PacketDescription)
            else structure_diagram(described, description)
        )
        for described in everything(description)
    }

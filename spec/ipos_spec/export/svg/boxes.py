"""What the diagrams of packets and structures have in common: heading, outlines and tooltips of their boxes."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping

from ipos_spec.description import ProtocolDescription
from ipos_spec.diagram import Box, leaves
from ipos_spec.drawing.document import Head, Point, document, element, polygon
from ipos_spec.drawing.theme import LIGHT
from ipos_spec.export.banner import banner
from ipos_spec.wording import Described, everything, size_text, slug, summary


def diagram(described: Described, caption: str, height: float, pieces: Iterable[ET.Element]) -> str:
    """The document of a packet or structure."""
    title, _, rest = summary(described).partition(". ")
    head = Head(slug(described), title, rest, caption, banner("svg"))
    return document(head, height, [_hatching(head.name), *pieces])


def box_outline(
    points: Iterable[Point], box: Box, described: Described, description: ProtocolDescription
) -> ET.Element:
    """The outline of a box, in the hue of its group, or hatched if it is reserved."""
    if not box.reserved:
        return polygon(points, "box", f"hue-{_hues(description)[box.group]}")
    outline = polygon(points, "box")
    outline.set("fill", f"url(#{slug(described)}-reserved)")
    return outline


def _hues(description: ProtocolDescription) -> Mapping[str, int]:
    """A number for each group, in the order in which packets bring them."""
    boxes = [box for described in everything(description) for box in leaves(described, description)]
    known = dict.fromkeys(box.group for box in boxes if not box.reserved)
    return {name: number % len(LIGHT.hues) for number, name in enumerate(known)}


def tooltip(described: Described, box: Box) -> str:
    """All that there is to say about a box in a sentence or two."""
    said = {part.path: part.documentation for part in described.parts}
    for field in described.fields:
        said[field.path] = f"{field.documentation} In {field.unit}." if field.unit else field.documentation
    return f"{box.path}: offset {box.offset}, {size_text(box.size)}. {said[box.path]}"


def _hatching(name: str) -> ET.Element:
    """What fills reserved fields."""
    definitions = ET.Element("defs")
    pattern = ET.SubElement(definitions, "pattern", {"id": f"{name}-reserved"})
    pattern.attrib |= {"width": "6", "height": "6", "patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)"}
    pattern.append(element("path", ("hatch",), d="M 0 0 V 6"))
    return definitions

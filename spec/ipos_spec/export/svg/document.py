"""The pieces that diagrams are put together from, and the document around them.

Lengths are pixels; x and y count from the upper left.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping

from ipos_spec.description import ProtocolDescription
from ipos_spec.diagram import Box, leaves
from ipos_spec.export.banner import banner
from ipos_spec.export.svg.theme import LIGHT, ROOT, style_sheet
from ipos_spec.wording import Described, everything, size_text, slug, summary

WIDTH = 720
"""Of every diagram: what a page of Furo has room for."""

CHARACTER = 0.61
"""Width of a monospaced character in its size; of the common fonts none is wider."""

TOP = 32
"""Where the pieces of a diagram begin."""

_HEADING_BASELINE = 20

Point = tuple[float, float]


def text(x: float, y: float, content: str, *classes: str) -> ET.Element:
    """A line of text; `y` is its baseline."""
    element = _element("text", classes, x=x, y=y)
    element.text = content
    return element


def line(points: Iterable[Point], *classes: str) -> ET.Element:
    """A line through points."""
    return _element("polyline", ("line", *classes), points=_points(points))


def polygon(points: Iterable[Point], *classes: str) -> ET.Element:
    """A closed outline, filled as its classes say."""
    return _element("polygon", classes, points=_points(points))


def corners(x: float, y: float, width: float, height: float) -> list[Point]:
    """Of an upright rectangle."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def group(path: str, tooltip: str, pieces: Iterable[ET.Element]) -> ET.Element:
    """What belongs to one field, with the text that shows up under the pointer and is read aloud."""
    element = ET.Element("g", {"data-path": path})
    ET.SubElement(element, "title").text = tooltip
    element.extend(pieces)
    return element


def document(described: Described, caption: str, height: float, pieces: Iterable[ET.Element]) -> str:
    """Put a diagram together: its heading and caption, what a screen reader says, the style and the pieces."""
    name = slug(described)
    title, _, rest = summary(described).partition(". ")
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": ROOT,
            "width": str(WIDTH),
            "height": _number(height),
            "viewBox": f"0 0 {WIDTH} {_number(height)}",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-desc",
        },
    )
    root.append(ET.Comment(f" {banner('svg')} "))
    ET.SubElement(root, "title", {"id": f"{name}-title"}).text = title
    ET.SubElement(root, "desc", {"id": f"{name}-desc"}).text = rest
    ET.SubElement(root, "style").text = f"\n{style_sheet()}\n"
    root.append(_hatching(name))
    root.append(_element("rect", ("paper",), width=WIDTH, height=height, rx=6))
    root.append(text(8, _HEADING_BASELINE, title, "heading"))
    root.append(text(WIDTH - 8, _HEADING_BASELINE, caption, "caption", "muted", "end"))
    root.extend(pieces)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


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
    pattern.append(_element("path", ("hatch",), d="M 0 0 V 6"))
    return definitions


def _element(name: str, classes: Iterable[str], **attributes: float | str) -> ET.Element:
    written = {key: value if isinstance(value, str) else _number(value) for key, value in attributes.items()}
    return ET.Element(name, {"class": " ".join(classes), **written})


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.6g}"

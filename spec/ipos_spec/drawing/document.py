"""The pieces that diagrams are put together from, and the document around them.

Lengths are pixels; x and y count from the upper left.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import NamedTuple

from ipos_spec.drawing.theme import ROOT, style_sheet

WIDTH = 720
"""Of every diagram: what a page of Furo has room for."""

CHARACTER = 0.61
"""Width of a monospaced character in its size; of the common fonts none is wider."""

TOP = 32
"""Where the pieces of a diagram begin."""

_HEADING_BASELINE = 20

Point = tuple[float, float]


class Head(NamedTuple):
    """What a diagram says of itself.

    name         what its ids begin with; pages that inline more than one need them apart
    title        its heading
    description  for screen readers
    caption      short, opposite the heading
    comment      at the begin of the file; empty for none
    """

    name: str
    title: str
    description: str
    caption: str
    comment: str = ""


def document(head: Head, height: float, pieces: Iterable[ET.Element]) -> str:
    """Put a diagram together: its heading and caption, what a screen reader says, the style and the pieces."""
    title, description = f"{head.name}-title", f"{head.name}-desc"
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": ROOT,
            "width": str(WIDTH),
            "height": _number(height),
            "viewBox": f"0 0 {WIDTH} {_number(height)}",
            "role": "img",
            "aria-labelledby": f"{title} {description}",
        },
    )
    if head.comment:
        root.append(ET.Comment(f" {head.comment} "))
    ET.SubElement(root, "title", {"id": title}).text = head.title
    ET.SubElement(root, "desc", {"id": description}).text = head.description
    ET.SubElement(root, "style").text = f"\n{style_sheet()}\n"
    root.append(element("rect", ("paper",), width=WIDTH, height=height, rx=6))
    root.append(text(8, _HEADING_BASELINE, head.title, "heading"))
    root.append(text(WIDTH - 8, _HEADING_BASELINE, head.caption, "caption", "muted", "end"))
    root.extend(pieces)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def text(x: float, y: float, content: str, *classes: str) -> ET.Element:
    """A line of text; `y` is its baseline."""
    written = element("text", classes, x=x, y=y)
    written.text = content
    return written


def line(points: Iterable[Point], *classes: str) -> ET.Element:
    """A line through points."""
    return element("polyline", ("line", *classes), points=_points(points))


def polygon(points: Iterable[Point], *classes: str) -> ET.Element:
    """A closed outline, filled as its classes say."""
    return element("polygon", classes, points=_points(points))


def corners(x: float, y: float, width: float, height: float) -> list[Point]:
    """Of an upright rectangle."""
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def group(path: str, tooltip: str, pieces: Iterable[ET.Element]) -> ET.Element:
    """What belongs to one thing that is shown, with the text that shows up under the pointer and is read aloud."""
    grouped = ET.Element("g", {"data-path": path})
    ET.SubElement(grouped, "title").text = tooltip
    grouped.extend(pieces)
    return grouped


def element(name: str, classes: Iterable[str], **attributes: float | str) -> ET.Element:
    """Any other piece."""
    written = {key: value if isinstance(value, str) else _number(value) for key, value in attributes.items()}
    return ET.Element(name, {"class": " ".join(classes), **written})


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.6g}"

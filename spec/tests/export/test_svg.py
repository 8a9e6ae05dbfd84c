"""The diagrams are well-formed, complete and legible: nothing overlaps, nothing is cut off, in light and in dark."""

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest
from ipos_spec.description import ProtocolDescription, describe
from ipos_spec.diagram import members
from ipos_spec.drawing.document import CHARACTER
from ipos_spec.drawing.theme import DARK, HEADING_SIZE, LIGHT, NAME_SIZE, SMALL_SIZE, Theme
from ipos_spec.export.svg import svg
from ipos_spec.wording import Described, everything, slug

DESCRIPTION = describe()
DIAGRAMS = svg(DESCRIPTION)
SVG = "{http://www.w3.org/2000/svg}"
WIDEST_SANS = 0.65
"""Mean width of a character in its size; Verdana's bold, the widest of the common fonts, stays below it here."""

each = pytest.mark.parametrize("described", everything(DESCRIPTION), ids=slug)


class Rectangle(NamedTuple):
    """Left, upper, right, lower edge in pixels, and what it is."""

    left: float
    top: float
    right: float
    bottom: float
    what: str

    def overlaps(self, other: "Rectangle") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: "Rectangle") -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


def parsed(described: Described) -> ET.Element:
    return ET.fromstring(DIAGRAMS[slug(described)])  # noqa: S314 - our own


def text_box(element: ET.Element) -> Rectangle:
    """What a text takes, rather too much than too little."""
    classes = element.get("class", "").split()
    size = HEADING_SIZE if "heading" in classes else NAME_SIZE if "name" in classes else SMALL_SIZE
    width = len(element.text or "") * size * (WIDEST_SANS if {"heading", "caption"} & set(classes) else CHARACTER)
    x, y = float(element.get("x", "")), float(element.get("y", ""))
    left = x - width / 2 if "middle" in classes else x - width if "end" in classes else x
    return Rectangle(left, y - 0.8 * size, left + width, y + 0.25 * size, element.text or "")


def outline(element: ET.Element) -> Rectangle:
    """The rectangle around a polygon or polyline."""
    points = [[float(number) for number in pair.split(",")] for pair in element.get("points", "").split()]
    xs, ys = zip(*points, strict=True)
    return Rectangle(min(xs), min(ys), max(xs), max(ys), element.tag)


def overlaps(root: ET.Element) -> Iterator[tuple[Rectangle, Rectangle]]:
    for one, other in itertools.combinations(map(text_box, root.iter(f"{SVG}text")), 2):
        if one.overlaps(other):
            yield one, other


@each
def test_no_two_texts_overlap(described: Described) -> None:
    assert list(overlaps(parsed(described))) == []


@each
def test_nothing_is_outside(described: Described) -> None:
    root = parsed(described)
    left, top, width, height = map(float, root.get("viewBox", "").split())
    assert (root.get("width"), root.get("height")) == (f"{width:g}", f"{height:g}")
    page = Rectangle(left, top, left + width, top + height, "page")
    drawn = [outline(shape) for tag in ("polygon", "polyline") for shape in root.iter(f"{SVG}{tag}")]
    for rectangle in [*map(text_box, root.iter(f"{SVG}text")), *drawn]:
        assert page.holds(rectangle), rectangle


@each
def test_every_part_is_drawn_once_with_its_name_in_its_box(described: Described) -> None:
    groups = {group.get("data-path"): group for group in parsed(described).iter(f"{SVG}g")}
    for box in members(described, DESCRIPTION):
        group = groups.pop(box.path)
        (shape,) = [polygon for polygon in group.iter(f"{SVG}polygon") if "box" in polygon.get("class", "")]
        for label in group.iter(f"{SVG}text"):
            assert outline(shape).holds(text_box(label)), box.path
        tooltip = group.findtext(f"{SVG}title", "")
        assert tooltip.startswith(f"{box.path}: offset {box.offset}, ")
    assert all("flags." in str(path) for path in groups)


def test_names_stand_in_the_boxes() -> None:
    root = parsed(DESCRIPTION.structure("ControlBlock"))
    named = {group.get("data-path"): [text.text for text in group.iter(f"{SVG}text")] for group in root.iter(f"{SVG}g")}
    assert named["requested_s_scale"] == ["requested_s_scale"]
    assert named["t_flags.SACK_PERMIT"] == ["0x0200 SACK_PERMIT"]
    assert {path for path in named if "." not in str(path)} == {
        field.path for field in DESCRIPTION.structure("ControlBlock").fields
    }


def area(shape: ET.Element) -> float:
    """Of a polygon, by the shoelace formula: not the whole of it, or less than nothing, if it crosses itself."""
    points = [tuple(map(float, pair.split(","))) for pair in shape.get("points", "").split()]
    return sum(x * below - right * y for (x, y), (right, below) in itertools.pairwise([*points, points[0]])) / 2


def test_every_octet_of_a_field_is_within_its_outline() -> None:
    """Also where it crosses rows, as t_timer: the right half of one, a whole one, the left half of the next."""
    structure = DESCRIPTION.structure("ControlBlock")
    areas = {group.get("data-path"): area(group[1]) for group in parsed(structure).iter(f"{SVG}g")}
    octet = areas["t_force"]
    assert octet > 0
    assert {field.path: areas[field.path] / octet for field in structure.fields} == {
        field.path: field.size for field in structure.fields
    }


@each
def test_rulers_and_offsets_are_beside_the_boxes(described: Described) -> None:
    root = parsed(described)
    boxes = [outline(shape) for shape in root.iter(f"{SVG}polygon") if "box" in shape.get("class", "")]
    for element in root.findall(f"{SVG}text"):
        assert [box for box in boxes if box.overlaps(text_box(element))] == [], element.text


def test_offsets_and_ruler_are_shown() -> None:
    texts = [text.text for text in parsed(DESCRIPTION.structure("EthernetHeader")).iter(f"{SVG}text")]
    assert [str(bit) for bit in range(32)] == texts[2:34]
    assert texts[34:38] == ["0", "4", "8", "12"]
    shown = [text.text for text in parsed(DESCRIPTION.packet("tcp-connection")).iter(f"{SVG}text")]
    assert {"0", "14", "30", "176", "covered by the checksum (ENC-6)"} <= set(shown)


def test_reserved_fields_are_hatched() -> None:
    root = parsed(DESCRIPTION.structure("ControlBlock"))
    hatched = {group.get("data-path") for group in root.iter(f"{SVG}g") if "reserved" in (group[1].get("fill") or "")}
    assert {"seg_next", "t_timer", "padding_1", "t_softerror"} <= hatched
    assert not {"t_state", "snd_una", "ts_now"} & hatched


@each
def test_screen_readers_are_told(described: Described) -> None:
    root = parsed(described)
    ids = (root.get("aria-labelledby") or "").split()
    assert [root.find(f"*[@id='{id_}']") is not None for id_ in ids] == [True, True]
    assert root.findtext(f"{SVG}title")
    assert root.findtext(f"{SVG}desc")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_have_contrast(theme: Theme) -> None:
    for letters, ground in itertools.product((theme.ink, theme.muted), (theme.paper, theme.hatch, *theme.hues)):
        if (letters, ground) != (theme.muted, theme.hatch):
            dark, bright = sorted((luminance(letters), luminance(ground)))
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, (letters, ground)


def test_both_themes_are_in_one_file() -> None:
    """By the reader's preference, and by the page's own toggle where it is inlined."""
    css = DIAGRAMS["tcp"]
    assert re.search(r"prefers-color-scheme: dark\) \{\s*\.ipos-diagram \.paper \{ fill: " + DARK.paper, css)
    assert f'[data-theme="dark"] .ipos-diagram .paper {{ fill: {DARK.paper} }}' in css
    assert f'[data-theme="light"] .ipos-diagram .paper {{ fill: {LIGHT.paper} }}' in css
    assert min(NAME_SIZE, SMALL_SIZE, HEADING_SIZE) >= 12


def with_field(**changes: object) -> ProtocolDescription:
    """The description with another first field of the encapsulation header."""
    header = DESCRIPTION.structure("EncapsulationHeader")
    changed = replace(header, fields=(replace(header.fields[0], **changes), *header.fields[1:]))  # type: ignore[arg-type]
    return replace(
        DESCRIPTION, structures=tuple(changed if known is header else known for known in DESCRIPTION.structures)
    )


def test_a_long_name_takes_more_lines_and_stays_in_its_box() -> None:
    header = DESCRIPTION.structure("EncapsulationHeader")
    long = replace(header.fields[4], path="the_type_of_what_follows_as_figures_11E_to_11I_print_it")
    changed = replace(header, fields=(*header.fields[:4], long, *header.fields[5:]))
    root = ET.fromstring(  # noqa: S314 - our own
        svg(replace(DESCRIPTION, structures=(changed, *DESCRIPTION.structures[:1], *DESCRIPTION.structures[2:])))[
            "encapsulation-header"
        ]
    )
    assert list(overlaps(root)) == []
    (group,) = [group for group in root.iter(f"{SVG}g") if group.get("data-path") == long.path]
    labels = list(group.iter(f"{SVG}text"))
    assert len(labels) > 2
    assert "".join(label.text or "" for label in labels) == long.path
    assert all(outline(group[1]).holds(text_box(label)) for label in labels)


def test_what_a_schema_says_is_escaped() -> None:
    text = svg(with_field(documentation='<b>&"quoted"</b>'))["encapsulation-header"]
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert any('<b>&"quoted"</b>' in (title.text or "") for title in root.iter(f"{SVG}title"))

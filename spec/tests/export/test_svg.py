"""All diagrams are well-formed, complete and legible: nothing overlaps, nothing is cut off, in light and in dark."""

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
from ipos_spec.states import TABLES
from ipos_spec.states import diagram as state_diagram
from ipos_spec.states.table import Event, Row, State, Table
from ipos_spec.wording import Described, everything, slug

DESCRIPTION = describe()
STATE_DIAGRAMS = {name: state_diagram.svg(table) for name, table in TABLES.items()}
DIAGRAMS = {**svg(DESCRIPTION), **{f"states of {name}": text for name, text in STATE_DIAGRAMS.items()}}
SVG = "{http://www.w3.org/2000/svg}"
WIDEST_SANS = 0.65
"""Mean width of a character in its size; Verdana's bold, the widest of the common fonts, stays below it here."""

each = pytest.mark.parametrize("described", everything(DESCRIPTION), ids=slug)
each_diagram = pytest.mark.parametrize("diagram", DIAGRAMS.values(), ids=DIAGRAMS)
each_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


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


def read(diagram: str) -> ET.Element:
    return ET.fromstring(diagram)  # noqa: S314 - our own


def parsed(described: Described) -> ET.Element:
    return read(DIAGRAMS[slug(described)])


def text_box(element: ET.Element) -> Rectangle:
    """What a text takes, rather too much than too little."""
    classes = element.get("class", "").split()
    size = HEADING_SIZE if "heading" in classes else NAME_SIZE if "name" in classes else SMALL_SIZE
    width = len(element.text or "") * size * (WIDEST_SANS if {"heading", "caption"} & set(classes) else CHARACTER)
    x, y = float(element.get("x", "")), float(element.get("y", ""))
    left = x - width / 2 if "middle" in classes else x - width if "end" in classes else x
    return Rectangle(left, y - 0.8 * size, left + width, y + 0.25 * size, element.text or "")


def corners_of(element: ET.Element) -> list[tuple[float, ...]]:
    """The points of a polygon or polyline, two corners of a rectangle."""
    if element.tag == f"{SVG}rect":
        x, y, width, height = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
        return [(x, y), (x + width, y + height)]
    return [tuple(map(float, pair.split(","))) for pair in element.get("points", "").split()]


def outline(element: ET.Element) -> Rectangle:
    """The rectangle around a shape."""
    xs, ys = zip(*corners_of(element), strict=True)
    return Rectangle(min(xs), min(ys), max(xs), max(ys), element.tag)


def overlaps(root: ET.Element) -> Iterator[tuple[Rectangle, Rectangle]]:
    for one, other in itertools.combinations(map(text_box, root.iter(f"{SVG}text")), 2):
        if one.overlaps(other):
            yield one, other


@each_diagram
def test_no_two_texts_overlap(diagram: str) -> None:
    assert list(overlaps(read(diagram))) == []


@each_diagram
def test_nothing_is_outside(diagram: str) -> None:
    root = read(diagram)
    left, top, width, height = map(float, root.get("viewBox", "").split())
    assert (root.get("width"), root.get("height")) == (f"{width:g}", f"{height:g}")
    page = Rectangle(left, top, left + width, top + height, "page")
    drawn = [outline(shape) for tag in ("polygon", "polyline", "rect") for shape in root.iter(f"{SVG}{tag}")]
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
    points = corners_of(shape)
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


@each_diagram
def test_screen_readers_are_told(diagram: str) -> None:
    root = read(diagram)
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


@each_diagram
def test_both_themes_are_in_one_file(diagram: str) -> None:
    """By the reader's preference, and by the page's own toggle where it is inlined; no other colour is named."""
    css = read(diagram).findtext(f"{SVG}style", "")
    assert "currentColor" not in diagram
    assert not re.search("(fill|stroke|font-size|style)=", diagram.replace('fill="url(', ""))
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
    root = read(
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
    assert any('<b>&"quoted"</b>' in (title.text or "") for title in read(text).iter(f"{SVG}title"))


def boxes_of(root: ET.Element) -> dict[str, ET.Element]:
    """The groups of states, by their names."""
    return {group.get("data-path", ""): group for group in root.iter(f"{SVG}g") if group.find(f"{SVG}rect") is not None}


def arrow_lines(root: ET.Element) -> dict[tuple[str, str], list[tuple[float, ...]]]:
    """The points of each arrow, by the states that it leads from and to."""
    found = {}
    for group in root.iter(f"{SVG}g"):
        led = group.find(f"{SVG}polyline")
        if led is not None:
            start, _, end = group.get("data-path", "").partition(" \u2192 ")
            found[start, end] = corners_of(led)
    return found


def assert_texts_are_in_their_boxes(root: ET.Element) -> None:
    boxes = [outline(group[1]) for group in boxes_of(root).values()]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    for box, group in zip(boxes, boxes_of(root).values(), strict=True):
        for label in map(text_box, group.iter(f"{SVG}text")):
            assert box.holds(label), label


@each_table
def test_what_is_said_of_a_state_is_in_its_box(table: Table) -> None:
    root = read(STATE_DIAGRAMS[table.name])
    assert list(boxes_of(root)) == [state.name for state in table.states]
    assert_texts_are_in_their_boxes(root)


@each_table
def test_arrows_go_from_box_to_box_and_around_all_others(table: Table) -> None:
    root = read(STATE_DIAGRAMS[table.name])
    boxes = {name: outline(group[1]) for name, group in boxes_of(root).items()}
    arrows = arrow_lines(root)
    assert set(arrows) == {(start.name, end.name) for start, end in state_diagram.arrows(table)}
    for (start, end), points in arrows.items():
        for name, (x, y) in ((start, points[0]), (end, points[-1])):
            assert boxes[name].top < y < boxes[name].bottom
            assert min(abs(x - boxes[name].left), abs(x - boxes[name].right)) <= 8
        assert not any(box.left < x < box.right for box in boxes.values() for x, _ in points)


def assert_no_stretch_in_common(root: ET.Element) -> None:
    """Of arrows to different states; they may cross."""
    for (one, points), (other, others) in itertools.combinations(arrow_lines(root).items(), 2):
        stretches = itertools.product(itertools.pairwise(points), itertools.pairwise(others))
        assert one[1] == other[1] or not any(covers(*pair) for pair in stretches), (one, other)


@each_table
def test_arrows_to_different_states_have_no_stretch_in_common(table: Table) -> None:
    assert_no_stretch_in_common(read(STATE_DIAGRAMS[table.name]))


@pytest.mark.parametrize("leads", list(itertools.permutations(range(4), 2)), ids=str)
def test_an_arrow_that_ends_where_another_begins_has_a_stretch_of_its_own(leads: tuple[int, int]) -> None:
    """Beside a chain down and up again."""
    states = tuple(State(f"state {number}", "One of four.") for number in range(4))
    ways = {leads, (0, 1), (1, 2), (2, 3), (3, 2), (2, 1), (1, 0)}
    event = Event("event", "It happens.")
    leading = tuple(Row(state=states[start], event=event, then=states[end], ids=()) for start, end in sorted(ways))
    root = read(state_diagram.svg(Table("chain", "Four states.", states, (event,), leading)))
    assert len(arrow_lines(root)) == len(ways)
    assert_no_stretch_in_common(root)


def covers(one: tuple[tuple[float, ...], ...], other: tuple[tuple[float, ...], ...]) -> bool:
    """Whether two upright or level stretches lie on each other, be it in one point of their ends."""
    for along, across in ((0, 1), (1, 0)):
        if len({point[across] for point in (*one, *other)}) == 1:
            (a, b), (c, d) = (sorted(point[along] for point in stretch) for stretch in (one, other))
            return a <= d and c <= b
    return False


def test_a_long_line_of_a_state_takes_more_lines_and_stays_in_its_box() -> None:
    here, there = State("here", "Here."), State("there", "<There>.", goes_on_in="elsewhere")
    events = [Event(f"event number {number}", "It happens.") for number in range(20)]
    leading = tuple(Row(state=here, event=event, then=there, ids=()) for event in events)
    root = read(state_diagram.svg(Table("long", "Many events.", (here, there), tuple(events), leading)))
    assert len(list(boxes_of(root)["here"].iter(f"{SVG}text"))) > 3
    assert list(overlaps(root)) == []
    assert_texts_are_in_their_boxes(root)
    assert boxes_of(root)["there"].findtext(f"{SVG}title") == "there: <There>."

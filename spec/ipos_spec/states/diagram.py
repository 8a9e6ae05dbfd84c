"""State tables as diagrams: Graphviz DOT, Mermaid, and an SVG that needs no program to draw it.

An arrow carries its events; what is ignored or discarded without a change of state is the table's, not the diagram's.
"""

import itertools
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap

from ipos_spec.drawing.document import CHARACTER, TOP, WIDTH, Head, document, element, group, line, polygon, text
from ipos_spec.drawing.theme import LIGHT, SMALL_SIZE
from ipos_spec.states.table import State, Table

_LINE, _GAP, _LANE, _PADDING, _NAME = 18, 14, 12, 12, 16
"""Pixels: a line of text, between boxes, between arrows, beside texts, from a box's top to the middle of its name."""


def arrows(table: Table) -> Mapping[tuple[State, State], tuple[str, ...]]:
    """The names of the events that lead from one state to another, each once, in the table's order."""
    found: dict[tuple[State, State], dict[str, None]] = {}
    for row in table.rows:
        if row.then is not row.state:
            found.setdefault((row.state, row.then), {})[row.event.name] = None
    return {pair: tuple(names) for pair, names in found.items()}


def dot(table: Table) -> str:
    """The diagram for Graphviz; a state that goes on in another table is dashed."""
    lines = [f"digraph {table.name} {{", "  rankdir=TB;", "  node [shape=box, style=rounded];"]
    for state in table.states:
        style = ', style="rounded,dashed"' if state.goes_on_in else ""
        lines.append(f'  "{state.name}" [tooltip="{state.documentation}"{style}];')
    lines += [f'  "{a.name}" -> "{b.name}" [label="{_label(on)}"];' for (a, b), on in arrows(table).items()]
    return "\n".join([*lines, "}"]) + "\n"


def _label(events: tuple[str, ...]) -> str:
    return "\\n".join(events)


def mermaid(table: Table) -> str:
    """The diagram for Mermaid."""
    names = {state: f"s{number}" for number, state in enumerate(table.states)}
    lines = ["stateDiagram-v2", *(f'  state "{state.name}" as {name}' for state, name in names.items())]
    lines.append(f"  [*] --> {names[table.initial]}")
    lines += [f"  {names[a]} --> {names[b]}: {', '.join(on)}" for (a, b), on in arrows(table).items()]
    return "\n".join(lines) + "\n"


def svg(table: Table) -> str:
    """The diagram as an image, light and dark: states in one column, each with the events that leave it.

    Arrows down are on the right, arrows up on the left; those to the same state join, so that each side has at most one
    line to a state.
    """
    order = {state: number for number, state in enumerate(table.states)}
    ways = arrows(table)
    down = _lanes([(order[a], order[b]) for a, b in ways if order[a] < order[b]])
    up = _lanes([(order[a], order[b]) for a, b in ways if order[a] > order[b]])
    left, right = _gutter(up), WIDTH - _gutter(down)
    boxes, top = [], float(TOP)
    for state in table.states:
        leaving = [(b, on) for (a, b), on in ways.items() if a is state]
        boxes.append(_Box(state, leaving, left, right, top))
        top = boxes[-1].bottom + _GAP
    hues = list(dict.fromkeys(state.table for state in table.states if state.table))
    pieces = [_drawn(box, hues.index(box.state.table) if box.state.table else None) for box in boxes]
    for (start, then), y in ((pair, y) for box in boxes for pair, y in box.exits):
        end = order[then]
        x, step, lane = (right, 1, down[end]) if order[start] < end else (left, -1, up[end])
        pieces.append(_arrow(f"{start.name} \u2192 {then.name}", x, step * _reach(lane), y, boxes[end].top + _NAME))
    caption = "on the right, and by colour: its table of FIG. 12" if hues else ""
    title = f"{table.name.capitalize()}: states and events"
    return document(Head(f"states-{table.name}", title, table.documentation, caption), top, pieces)


class _Box:
    """A state in its place, with its lines of text.

    exits  where arrows leave: from this state to another, and the height
    """

    def __init__(
        self, state: State, leaving: Sequence[tuple[State, tuple[str, ...]]], left: float, right: float, top: float
    ) -> None:
        self.state, self.left, self.right, self.top = state, left, right, top
        self.lines: list[str] = []
        self.exits: list[tuple[tuple[State, State], float]] = []
        room = int((right - left - 2 * _PADDING) / (CHARACTER * SMALL_SIZE))
        for then, events in leaving:
            self.exits.append(((state, then), self.baseline(len(self.lines)) - 4))
            self.lines += wrap(f"{', '.join(events)} \u2192 {then.name}", room, subsequent_indent="  ")
        if state.goes_on_in:
            self.lines += wrap(f"goes on in the table {state.goes_on_in}", room)

    def baseline(self, number: int) -> float:
        """Of a line below the name."""
        return self.top + _NAME + 4 + _LINE * (number + 1)

    @property
    def bottom(self) -> float:
        return self.baseline(len(self.lines) - 1) + 10


def _lanes(pairs: Iterable[tuple[int, int]]) -> Mapping[int, int]:
    """A lane for each state that arrows of one side lead to, by their numbers; lanes count from the boxes.

    Lines that don't meet share a lane, shorter ones are further in. An arrow leaves a box below where one arrives.
    """
    reach: dict[int, set[int]] = {}
    for start, end in pairs:
        reach.setdefault(end, {2 * end}).add(2 * start + 1)
    lanes: dict[int, int] = {}
    for end, heights in sorted(reach.items(), key=lambda item: max(item[1]) - min(item[1])):
        met = {lanes[e] for e in lanes if min(reach[e]) <= max(heights) and min(heights) <= max(reach[e])}
        lanes[end] = next(lane for lane in itertools.count() if lane not in met)
    return lanes


def _reach(lane: int) -> float:
    """How far from the boxes it is."""
    return 18 + _LANE * lane


def _gutter(lanes: Mapping[int, int]) -> float:
    """The room beside the boxes for all lanes."""
    return _reach(max(lanes.values())) + 12 if lanes else 12


def _drawn(box: _Box, hue: int | None) -> ET.Element:
    colour = "paper" if hue is None else f"hue-{hue % len(LIGHT.hues)}"
    outline = element(
        "rect",
        ("box", colour, *(["dashed"] if box.state.goes_on_in else [])),
        x=box.left, y=box.top, width=box.right - box.left, height=box.bottom - box.top, rx=8,
    )  # fmt: skip
    first = box.left + _PADDING
    texts = [text(first, box.top + _NAME + 4, box.state.name, "name", "strong")]
    if box.state.table:
        texts.append(text(box.right - _PADDING, box.top + _NAME + 4, box.state.table, "muted", "end"))
    texts += [text(first, box.baseline(number), content) for number, content in enumerate(box.lines)]
    return group(box.state.name, f"{box.state.name}: {box.state.documentation}", [outline, *texts])


def _arrow(way: str, x: float, reach: float, start: float, end: float) -> ET.Element:
    """Out of a box's side at one height, and into another's at another."""
    tip = math.copysign(8, reach)
    led = line([(x, start), (x + reach, start), (x + reach, end), (x + tip, end)])
    return group(way, way, [led, polygon([(x, end), (x + tip, end - 4), (x + tip, end + 4)], "tip")])

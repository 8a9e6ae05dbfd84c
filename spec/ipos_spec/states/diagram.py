"""State tables as diagrams: Graphviz DOT, Mermaid, and an SVG that needs no program to draw it.

An arrow carries its events; what is ignored or discarded without a change of state is the table's, not the diagram's.
"""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from ipos_spec.states.table import State, Table

WIDTH, LINE, GAP, LANE = 560, 17, 14, 9
"""Of the SVG, in pixels: a box's width, a line of text, between two boxes, between two arrows."""


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
    """The diagram as an image: states in one column, each with the events that leave it and where they lead.

    Arrows down are on the right, arrows up on the left. Its colours are the reader's: lines and letters take the text
    colour around the image.
    """
    ways = arrows(table)
    leaving = {state: [(b, on) for (a, b), on in ways.items() if a is state] for state in table.states}
    tops, y = {}, GAP
    for state in table.states:
        tops[state] = y
        y += LINE * (1 + len(leaving[state])) + 12 + GAP
    upwards = [pair for pair in ways if tops[pair[0]] > tops[pair[1]]]
    downwards = [pair for pair in ways if tops[pair[0]] < tops[pair[1]]]
    left, width = LANE * (len(upwards) + 2), LANE * (len(ways) + 4) + WIDTH
    body = [_box(state, leaving[state], left, top) for state, top in tops.items()]
    body += [_arrow(pair, tops, left, -LANE * lane) for lane, pair in enumerate(upwards, start=1)]
    body += [_arrow(pair, tops, left + WIDTH, LANE * lane) for lane, pair in enumerate(downwards, start=1)]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" width="{width}" height="{y}"'
            ' font-family="sans-serif" font-size="12" fill="currentColor" stroke="currentColor" role="img">',
            f"<title>{escape(table.name)}: {escape(table.documentation)}</title>",
            '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
            '<path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
            *body,
            "</svg>\n",
        )
    )


def _box(state: State, leaving: list[tuple[State, tuple[str, ...]]], x: int, y: int) -> str:
    dashes = ' stroke-dasharray="5 3"' if state.goes_on_in else ""
    lines = [f"{', '.join(on)} \u2192 {there.name}" for there, on in leaving]
    texts = [
        f'<text x="{x + 10}" y="{y + LINE * number}" stroke="none" font-size="11">{escape(line)}</text>'
        for number, line in enumerate(lines, start=2)
    ]
    return (
        f"<g><title>{escape(state.documentation)}</title>"
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{LINE * (1 + len(lines)) + 8}" rx="8" fill="none"{dashes}/>'
        f'<text x="{x + 10}" y="{y + LINE}" font-weight="bold" stroke="none">{escape(state.name)}</text>'
        f"{''.join(texts)}</g>"
    )


def _arrow(pair: tuple[State, State], tops: Mapping[State, int], x: int, reach: int) -> str:
    """An arrow out of a box's side and into another's, at a height that is its lane's alone."""
    start, end = (tops[state] + 4 + abs(reach) % LINE for state in pair)
    path = f"M{x},{start} H{x + reach} V{end} H{x}"
    title = f"{pair[0].name} to {pair[1].name}"
    return f'<g><title>{escape(title)}</title><path d="{path}" fill="none" opacity="0.5" marker-end="url(#tip)"/></g>'

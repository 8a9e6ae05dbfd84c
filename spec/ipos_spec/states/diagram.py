"""State tables as diagrams: Graphviz DOT, Mermaid, and an SVG that needs no program to draw it.

An arrow carries its events; what is ignored or discarded without a change of state is the table's, not the diagram's.
"""

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from ipos_spec.states.table import State, Table

WIDTH, STEP, BOX = 200, 76, 34
"""Of the SVG, in pixels: box width, distance of two boxes' upper edges, box height."""


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
    """The diagram as an image: states in one column, arrows down on its right, arrows up on its left.

    Its colours are the reader's: lines and letters take the text colour around the image.
    """
    place = {state: number for number, state in enumerate(table.states)}
    down = [pair for pair in arrows(table) if place[pair[0]] < place[pair[1]]]
    up = [pair for pair in arrows(table) if place[pair[0]] > place[pair[1]]]
    left, lane = 24 + 14 * len(up), 24
    height, width = STEP * len(place) + 20, left + WIDTH + 24 + lane * len(down) + 420
    body = [_box(state, left, STEP * number + 20) for state, number in place.items()]
    body += [_arrow(table, pair, place, left, -14 * number) for number, pair in enumerate(up, start=1)]
    body += [_arrow(table, pair, place, left + WIDTH, 12 * number) for number, pair in enumerate(down, start=1)]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
            ' font-family="sans-serif" font-size="12" fill="currentColor" stroke="currentColor" role="img">',
            f"<title>{escape(table.name)}: {escape(table.documentation)}</title>",
            '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
            '<path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
            *body,
            "</svg>\n",
        )
    )


def _box(state: State, x: int, y: int) -> str:
    dashes = ' stroke-dasharray="5 3"' if state.goes_on_in else ""
    return (
        f'<g><title>{escape(state.documentation)}</title><rect x="{x}" y="{y}" width="{WIDTH}" height="{BOX}" rx="8"'
        f' fill="none"{dashes}/><text x="{x + WIDTH // 2}" y="{y + 21}" text-anchor="middle" stroke="none">'
        f"{escape(state.name)}</text></g>"
    )


def _arrow(table: Table, pair: tuple[State, State], place: Mapping[State, int], x: int, reach: int) -> str:
    """An arrow out of a box's side and into another's; hovering over it tells its events, as does its label."""
    above = -5 if place[pair[0]] < place[pair[1]] else 7
    start, end = (STEP * place[state] + 20 + BOX // 2 for state in pair)
    start, end = start - above, end + above
    events = ", ".join(arrows(table)[pair])
    text = f"{pair[0].name} to {pair[1].name}: {events}"
    path = f"M{x},{start} H{x + reach} V{end} H{x}"
    return (
        f"<g><title>{escape(text)}</title>"
        f'<path d={quoteattr(path)} fill="none" opacity="0.6" marker-end="url(#tip)"/></g>'
    )

"""A sequence diagram as SVG: a lifeline for each participant, an arrow for each message.

What crosses the first LAN is a thin line; what crosses the second is a double one on a coloured ground. An arrow that
somebody passes on has a dot on his lifeline. Each message is a group with the numbers of its frames in ``data-frame``.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from textwrap import wrap

from ipos_spec.addresses import ipv4_text
from ipos_spec.drawing.document import CHARACTER, TOP, WIDTH, Head, document, element, group, line, polygon, text
from ipos_spec.drawing.theme import HEADING_SIZE, SMALL_SIZE
from ipos_spec.sequence.values import Kind, Message, Sequence

_TIME = 76
"""Pixels at the left for the times."""
_MARGIN, _ROW, _LINE, _HEAD = 12, 34, 16, 44
_RAISED = 2 * _LINE
"""How much higher every second name stands, where names would run into each other in one row."""
_DOT, _TIP, _DOUBLE, _TURN = 3, 7, 2, 6
_SHORTEST_NAME = 18
"""Characters of a line of a name that are not broken: an address with its port."""
_MOST_LISTED = 50
"""Frames of a run whose numbers a message's tooltip lists."""

_HUES = {Kind.CONNECTION: "hue-0", Kind.ACKNOWLEDGEMENT: "hue-1", Kind.PACKET: "hue-4", Kind.WRONG: "hue-2"}


def svg(told: Sequence, title: str = "", name: str = "sequence", comment: str = "") -> str:
    """Draw it. name: what ids in the document begin with; comment: at the begin of the file."""
    columns = _columns(len(told.participants))
    raised = _RAISED if _names_meet(told, columns) else 0
    top = TOP + _HEAD + raised
    height = top + _ROW * len(told.messages) + 20
    pieces = [*_lifelines(told, columns, top, height - 12, raised)]
    start = told.messages[0].time_ns if told.messages else 0
    for row, message in enumerate(told.messages):
        pieces.append(_message(message, told, columns, top + _ROW * row + 26, (message.time_ns - start) / 1e6))
    ends = f"{ipv4_text(told.client.ip)}:{told.client.port} to {ipv4_text(told.server.ip)}:{told.server.port}"
    description = f"Sequence diagram: {len(told.messages)} messages between " + ", ".join(
        participant.name for participant in told.participants
    )
    heading = title or "Who sent what to whom"
    fits = len(heading) * HEADING_SIZE + len(ends) * SMALL_SIZE < WIDTH / CHARACTER
    return document(Head(name, heading, description, ends if fits else "", comment), height, pieces)


def _columns(count: int) -> list[float]:
    """Where the lifelines stand, the outer ones with room for half a name."""
    room = (WIDTH - _TIME) / max(count, 1)
    return [_TIME + room * (place + 0.5) for place in range(count)]


def _lifelines(told: Sequence, columns: list[float], top: float, bottom: float, raised: float) -> Iterator[ET.Element]:
    for place, (lines, x) in enumerate(zip(_names(told, columns), columns, strict=True)):
        begin = top - raised * (place % 2)
        yield line([(x, begin), (x, bottom)], "dashed")
        middle = _name_middle(lines, x)
        for number, content in enumerate(lines):
            yield text(middle, begin - 10 - _LINE * (len(lines) - 1 - number), content, "strong", "middle")


def _names(told: Sequence, columns: list[float]) -> list[list[str]]:
    """What stands above each lifeline, in lines."""
    width = columns[1] - columns[0] if len(columns) > 1 else WIDTH - _TIME
    room = max(_SHORTEST_NAME, int((width - 8) / (CHARACTER * SMALL_SIZE)))
    return [wrap(participant.name, room)[:2] for participant in told.participants]


def _name_width(lines: list[str]) -> float:
    return max(map(len, lines), default=0) * CHARACTER * SMALL_SIZE


def _name_middle(lines: list[str], x: float) -> float:
    """Above the lifeline, or as near to that as keeps the name on the canvas."""
    return min(x, WIDTH - _MARGIN / 2 - _name_width(lines) / 2)


def _names_meet(told: Sequence, columns: list[float]) -> bool:
    """Whether names beside each other leave less than a character between them."""
    spans = [
        (_name_middle(lines, x), _name_width(lines) / 2)
        for lines, x in zip(_names(told, columns), columns, strict=True)
    ]
    return any(b - a < half + other + CHARACTER * SMALL_SIZE for (a, half), (b, other) in pairwise(spans))


def _message(message: Message, told: Sequence, columns: list[float], y: float, milliseconds: float) -> ET.Element:
    pieces = [text(8, y, f"{milliseconds:.1f} ms", "muted")]
    if message.way:
        pieces += _arrow(message, columns, y)
    else:
        pieces.append(_label(message.label, (columns[0] + columns[-1]) / 2, y - 6))
    drawn = group(message.lan, _tooltip(message, told), pieces)
    drawn.set("class", "message")
    drawn.set("data-frame", " ".join(map(str, message.numbers[:_MOST_LISTED])))
    return drawn


def _arrow(message: Message, columns: list[float], y: float) -> Iterator[ET.Element]:
    xs = [columns[place] for place in message.way]
    begin, end = xs[0], xs[-1]
    if hue := _HUES.get(message.kind):
        yield element("rect", (hue,), x=min(xs) + 2, y=y - 19, width=max(abs(end - begin) - 4, 1), height=25, rx=3)
    tip = end - _TIP if end > xs[-2] else end + _TIP
    if message.kind is Kind.ORDINARY:
        yield line([*_path(xs, y), (tip, y)])
    else:
        yield line([(begin, y - _DOUBLE / 2), (tip, y - _DOUBLE / 2)])
        yield line([(begin, y + _DOUBLE / 2 + 1), (tip, y + _DOUBLE / 2 + 1)])
    yield polygon([(end, y), (tip, y - 4), (tip, y + 4)], "tip")
    for x in xs[1:-1]:
        yield element("circle", ("tip",), cx=x, cy=y, r=_DOT)
    # A label may be wider than its arrow; it stands where most of it is over the longest free stretch.
    longest = max(pairwise(xs), key=lambda pair: abs(pair[1] - pair[0]), default=(begin, end))
    middle = (begin + end) / 2 if hue or len(xs) < 3 else sum(longest) / 2
    yield _label(message.label, middle, y - 7, *((hue,) if hue else ()))


def _path(xs: list[float], y: float) -> Iterator[tuple[float, float]]:
    """From the sender to whoever passes it on last; who passes it back past the sender gets it a little below."""
    turns = [x for before, x, after in zip(xs, xs[1:], xs[2:], strict=False) if (x > before) != (after > x)]
    height = y + _TURN if turns else y
    for x in xs[:-1]:
        yield x, height
        if x in turns:
            height = y
            yield x, height


def _label(content: str, x: float, y: float, ground: str = "paper") -> ET.Element:
    """A text with its ground, which keeps lifelines off it; moved as far as it needs to stay on the canvas."""
    most = int((WIDTH - _TIME - 2 * _MARGIN) / (CHARACTER * SMALL_SIZE))
    shown = content if len(content) <= most else content[: most - 1] + "…"
    width = len(shown) * CHARACTER * SMALL_SIZE
    middle = min(max(x, _TIME + width / 2), WIDTH - _MARGIN - width / 2)
    labelled = ET.Element("g")
    labelled.append(element("rect", (ground,), x=middle - width / 2 - 2, y=y - 11, width=width + 4, height=14))
    labelled.append(text(middle, y, shown, "middle"))
    return labelled


def _tooltip(message: Message, told: Sequence) -> str:
    way = " to ".join(told.participants[place].name for place in message.way)
    count = len(message.numbers)
    frames = f"frame {message.numbers[0]}" if count == 1 else f"{count} frames from {message.numbers[0]} on"
    return "\n".join([f"{frames}, {message.lan}: {way}: {message.label}", *message.comments])

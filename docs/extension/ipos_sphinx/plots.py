"""Figures of benchmarks as SVG, in the look of the other diagrams: ratios as bars, growth as lines on log-log paper."""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ipos_spec.drawing.document import CHARACTER, TOP, WIDTH, Head, corners, document, element, line, polygon, text
from ipos_spec.drawing.theme import ROOT, SMALL_SIZE

_LIGHT = ("#0550ae", "#1a7f37", "#bf3989", "#9a6700", "#8250df", "#cf222e", "#1b7c83", "#57606a")
_DARK = ("#79c0ff", "#7ee787", "#ff9bce", "#e3b341", "#d2a8ff", "#ff7b72", "#76e3ea", "#b1bac4")
"""Of series; each has a contrast of 4.5 to 1 or more to the paper of its theme (WCAG 2.1 1.4.3)."""

_MARGIN, _ROW, _BAR = 12, 26, 14
_LETTER = CHARACTER * SMALL_SIZE
_MOST_NAMED = 44
"""Characters of a name beside a bar."""

_LINEAR = 30
"""How many times as long as the shortest bar the longest may be before ratios are drawn by their logarithm."""

_LEFT, _PLOT = 92, 240
"""Pixels beside the plot for its figures, and its height."""

_LAST = 48
"""Pixels behind the last size, for half of its figures."""

_POINT = 4


class Scale(NamedTuple):
    """From values to pixels, by the value or by its logarithm."""

    low: float
    high: float
    begin: float
    end: float
    logarithmic: bool = True

    def at(self, value: float) -> float:
        """Where a value stands."""
        low, high, here = (math.log(one) if self.logarithmic else one for one in (self.low, self.high, value))
        return self.begin + (self.end - self.begin) * (here - low) / (high - low)


def short(value: float) -> str:
    """A figure with three digits that count, thousands apart."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    return f"{rounded:,.0f}" if digits <= 0 else f"{rounded:,.{min(digits, 6)}f}".rstrip("0").rstrip(".")


def unit(name: str) -> str:
    """A unit as people write it, of what can be typed everywhere."""
    return re.sub(r"\bus\b", "µs", name)


def ratios_svg(table: Mapping[str, Any], name: str) -> str:
    """A table's ratios, to its first row or its base, as bars. name: what ids in the drawing begin with."""
    rows, base = table["rows"], table.get("base", "")
    to = base or rows[0]["name"]
    named = [_cut(row["name"]) for row in rows]
    left = _MARGIN + max(map(len, named)) * _LETTER + 10
    scale = _bar_scale([row["ratio"] for row in rows], left, WIDTH - 80)
    bottom = TOP + 8 + _ROW * len(rows)
    first = scale.at(1)
    pieces: list[ET.Element] = [_style(), line([(first, TOP + 2), (first, bottom)], "dashed")]
    for number, (row, shown) in enumerate(zip(rows, named, strict=True)):
        pieces += _bar(row["ratio"], shown, scale, TOP + 8 + _ROW * number, "tip" if number or base else "mark-0")
    head = Head(
        name,
        f"Ratio to {to}",
        f"{table['title']}, by {to}: " + "; ".join(f"{row['name']} {short(row['ratio'])}" for row in rows),
        f"{table['better']} is better{', logarithmic' if scale.logarithmic else ''}",
    )
    return document(head, bottom + 10, pieces)


def growth_svg(growth: Mapping[str, Any], name: str) -> str:
    """What grows with a size, a line for each contestant; both axes logarithmic."""
    series: Mapping[str, Sequence[float]] = growth["series"]
    values = [value for taken in series.values() for value in taken]
    sizes = growth["sizes"]
    top, bottom = TOP + 12, TOP + 12 + _PLOT
    across = Scale(min(sizes), max(sizes), _LEFT + 14, WIDTH - _LAST)
    up = Scale(*_decades(min(values), max(values)), bottom, top)
    pieces = [_style(), *_grid(sizes, across, up, growth)]
    for number, (contestant, taken) in enumerate(series.items()):
        points = [(across.at(size), up.at(value)) for size, value in zip(sizes, taken, strict=True)]
        pieces.append(line(points, *_classes(number)))
        pieces += [
            _titled(
                _marker(number, x, y), f"{contestant}, {size:,} {growth['size']}: {short(value)} {unit(growth['unit'])}"
            )
            for (x, y), size, value in zip(points, sizes, taken, strict=True)
        ]
        pieces += _legend(number, contestant, growth["slopes"][contestant], bottom + 62 + 18 * number)
    grows = "; ".join(f"{contestant} {growth['slopes'][contestant]:.2f}" for contestant in series)
    described = f"{growth['title']} by {growth['size']}, on logarithmic axes. Slopes: {grows}"
    head = Head(name, growth["title"].capitalize(), described, unit(growth["unit"]))
    return document(head, bottom + 62 + 18 * len(series), pieces)


def _bar_scale(ratios: Sequence[float], left: float, right: float) -> Scale:
    positive = [ratio for ratio in ratios if ratio > 0] or [1.0]
    low, high = min(*positive, 1.0), max(*positive, 1.0)
    if high / low > _LINEAR:
        return Scale(low / 1.3, high, left, right)
    return Scale(0, high, left, right, logarithmic=False)


def _bar(ratio: float, shown: str, scale: Scale, y: float, fill: str) -> Iterator[ET.Element]:
    """By the logarithm it begins at 1, for there is no nought; what is not above nought has no bar."""
    yield text(scale.begin - 10, y + _BAR - 3, shown, "end")
    begin = scale.at(1) if scale.logarithmic else scale.begin
    end = scale.at(ratio) if ratio > 0 else begin
    yield polygon(corners(min(begin, end), y, max(abs(end - begin), 2), _BAR), fill)
    yield text(max(begin, end) + 6, y + _BAR - 3, short(ratio))


def _decades(low: float, high: float) -> tuple[float, float]:
    return 10.0 ** math.floor(math.log10(low)), 10.0 ** max(
        math.ceil(math.log10(high)), math.floor(math.log10(low)) + 1
    )


def _grid(sizes: Sequence[int], across: Scale, up: Scale, growth: Mapping[str, Any]) -> Iterator[ET.Element]:
    lowest, highest = round(math.log10(up.low)), round(math.log10(up.high))
    step = max(1, math.ceil((highest - lowest) / 6))
    for exponent in range(lowest, highest + 1, step):
        y = up.at(10.0**exponent)
        yield line([(_LEFT, y), (WIDTH - _MARGIN, y)], "grid")
        yield text(_LEFT - 6, y + 4, short(10.0**exponent), "muted", "end")
    end = -math.inf
    for size in sizes:
        x, shown = across.at(size), f"{size:,}"
        yield line([(x, up.begin), (x, up.end)], "grid")
        half = len(shown) * _LETTER / 2
        if x - half > end:  # sizes that stand close have no room for all their figures
            yield text(x, up.begin + 18, shown, "muted", "middle")
            end = x + half + _LETTER
    yield text((_LEFT + WIDTH) / 2, up.begin + 38, growth["size"], "muted", "middle")


def _legend(number: int, contestant: str, slope: float, y: float) -> Iterator[ET.Element]:
    yield line([(_LEFT, y - 4), (_LEFT + 36, y - 4)], *_classes(number))
    yield _marker(number, _LEFT + 18, y - 4)
    yield text(_LEFT + 46, y, contestant)
    yield text(WIDTH - _MARGIN, y, f"slope {slope:.2f}", "end")


def _marker(number: int, x: float, y: float) -> ET.Element:
    """Series differ in shape, too: not everybody sees colours, and not every printer has them."""
    shape, radius = number % 4, _POINT
    fill = f"mark-{number % len(_LIGHT)}"
    if shape == 0:
        return element("circle", (fill,), cx=x, cy=y, r=radius)
    if shape == 1:
        return polygon(corners(x - radius, y - radius, 2 * radius, 2 * radius), fill)
    if shape == 2:
        return polygon([(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)], fill)
    return polygon([(x - 5, y + 4), (x + 5, y + 4), (x, y - 5)], fill)


def _titled(drawn: ET.Element, tooltip: str) -> ET.Element:
    ET.SubElement(drawn, "title").text = tooltip
    return drawn


def _classes(number: int) -> tuple[str, ...]:
    return (f"series-{number % len(_LIGHT)}", *(("dashed",) if number % 2 else ()))


def _cut(name: str) -> str:
    return name if len(name) <= _MOST_NAMED else name[: _MOST_NAMED - 1] + "…"


def _style() -> ET.Element:
    """The colours of series, beside those that every diagram has."""
    style = ET.Element("style")
    style.text = "\n".join(
        [
            "",
            *_colours(_LIGHT, "#d8dee4", f".{ROOT}"),
            "@media (prefers-color-scheme: dark) {",
            *_colours(_DARK, "#30363d", f".{ROOT}"),
            "}",
            *_colours(_LIGHT, "#d8dee4", f'[data-theme="light"] .{ROOT}'),
            *_colours(_DARK, "#30363d", f'[data-theme="dark"] .{ROOT}'),
            "",
        ]
    )
    return style


def _colours(colours: Sequence[str], grid: str, scope: str) -> Iterator[str]:
    yield f"{scope} .line.grid {{ stroke: {grid} }}"
    for number, colour in enumerate(colours):
        yield f"{scope} .line.series-{number} {{ stroke: {colour}; stroke-width: 2 }}"
        yield f"{scope} .mark-{number} {{ fill: {colour} }}"

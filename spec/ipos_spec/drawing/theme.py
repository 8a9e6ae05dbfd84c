"""Colours and letters of the diagrams."""

from collections.abc import Iterator
from typing import NamedTuple

ROOT = "ipos-diagram"
"""Class of the document, which every rule names: inlined, they must not touch the page around."""

MONOSPACE = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace'
SANS = "system-ui, sans-serif"

NAME_SIZE, SMALL_SIZE, HEADING_SIZE = 13, 12, 15
"""Pixels. Nothing is smaller: this is read at 100 %."""


class Theme(NamedTuple):
    """Colours of one theme; ink and muted have a contrast of 4.5 to 1 or more to all they stand on (WCAG 2.1 1.4.3).

    hues  of groups, in the order in which packets bring them
    """

    paper: str
    ink: str
    muted: str
    line: str
    hatch: str
    hues: tuple[str, ...]


LIGHT = Theme(
    paper="#ffffff",
    ink="#1f2328",
    muted="#57606a",
    line="#57606a",
    hatch="#c5ccd4",
    hues=("#dbeafe", "#dcf5e3", "#fbe3f2", "#d2f4ef", "#ffe9d1", "#ebe5fd", "#f4f0c0"),
)
DARK = Theme(
    paper="#16191d",
    ink="#e6edf3",
    muted="#b1bac4",
    line="#8b949e",
    hatch="#3d4650",
    hues=("#1d3b63", "#1c4430", "#4d2142", "#124a47", "#4d3013", "#392c63", "#45400f"),
)


def style_sheet() -> str:
    """The CSS of every diagram."""
    return "\n".join(
        [
            f".{ROOT} text {{ font-family: {MONOSPACE}; font-size: {SMALL_SIZE}px }}",
            f".{ROOT} .name {{ font-size: {NAME_SIZE}px }}",
            f".{ROOT} .strong {{ font-weight: 600 }}",
            f".{ROOT} .heading, .{ROOT} .caption {{ font-family: {SANS} }}",
            f".{ROOT} .heading {{ font-size: {HEADING_SIZE}px; font-weight: 600 }}",
            f".{ROOT} .middle {{ text-anchor: middle }}",
            f".{ROOT} .end {{ text-anchor: end }}",
            f".{ROOT} .line {{ fill: none }}",
            f".{ROOT} .dashed {{ stroke-dasharray: 6 4 }}",
            *_colours(LIGHT, f".{ROOT}"),
            "@media (prefers-color-scheme: dark) {",
            *_colours(DARK, f".{ROOT}"),
            "}",
            *_colours(LIGHT, f'[data-theme="light"] .{ROOT}'),
            *_colours(DARK, f'[data-theme="dark"] .{ROOT}'),
        ]
    )


def _colours(theme: Theme, scope: str) -> Iterator[str]:
    yield f"{scope} .paper {{ fill: {theme.paper} }}"
    yield f"{scope} text {{ fill: {theme.ink} }}"
    yield f"{scope} text.muted {{ fill: {theme.muted} }}"
    yield f"{scope} .box, {scope} .line {{ stroke: {theme.line} }}"
    yield f"{scope} .tip {{ fill: {theme.line} }}"
    yield f"{scope} .hatch {{ stroke: {theme.hatch} }}"
    for number, hue in enumerate(theme.hues):
        yield f"{scope} .hue-{number} {{ fill: {hue} }}"

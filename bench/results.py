"""What a benchmark came to: contestants, how cost grows, and bars; as JSON, of which docs/ makes its page."""

import json
import math
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

TAIL = 1000
"""Rounds from which on a 99th percentile is told: ten of them lie above it."""

KEPT = 3
"""Runs of which the bars are told: one alone may be luck."""


@dataclass(frozen=True)
class Row:
    """One contestant.

    median, quartiles  in the table's unit
    ratio              to the first row's, or the table's base's, within a round, median over the rounds; above 1: more
                       of the unit
    p99                its 99th percentile, where there are enough rounds to tell
    """

    name: str
    median: float
    quartiles: tuple[float, float]
    ratio: float
    p99: float | None = None


@dataclass(frozen=True)
class Table:
    """Contestants that took turns.

    unit    of its figures
    better  "less" or "more" of it
    told    what has to be known to read it, one sentence or none
    base    what the ratios are to, where that is not the first row
    """

    title: str
    unit: str
    rows: tuple[Row, ...]
    better: str = "less"
    told: str = ""
    base: str = ""


@dataclass(frozen=True)
class Growth:
    """What happens with the size of something.

    size    what grows: "entries", "octets of data"
    sizes   at least four
    series  by contestant, a median for each size, in the unit
    slopes  by contestant: the exponent of the power of the size which fits best; 0 constant, 1 linear, 2 quadratic
    """

    title: str
    unit: str
    size: str
    sizes: tuple[int, ...]
    series: Mapping[str, tuple[float, ...]]
    slopes: Mapping[str, float]


@dataclass(frozen=True)
class Bar:
    """What was promised, and what came out, newest run last.

    says    "forwarding on TAP by the floor, 512 octets"
    bound   what every value has to reach, or, unless at_least, must not exceed
    """

    says: str
    bound: float
    values: tuple[float, ...]
    at_least: bool = True

    @property
    def holds(self) -> bool:
        """Whether it did in all runs that are kept."""
        return all(value >= self.bound if self.at_least else value <= self.bound for value in self.values)


@dataclass(frozen=True)
class Results:
    """All of one benchmark.

    subject   the name of its file: `nox -s bench -- SUBJECT`
    packages  whose versions decide
    programs  versions of other programs, by name
    """

    subject: str
    tables: tuple[Table, ...] = ()
    growths: tuple[Growth, ...] = ()
    bars: tuple[Bar, ...] = ()
    packages: tuple[str, ...] = ("ipos",)
    programs: Mapping[str, str] = field(default_factory=dict)


def rows(samples: Mapping[str, Sequence[float]]) -> tuple[Row, ...]:
    """Rows of what contestants took, round by round; ratios to the first one."""
    first = next(iter(samples.values()))
    return tuple(
        Row(
            name,
            statistics.median(taken),
            _quartiles(taken),
            statistics.median(mine / its for mine, its in zip(taken, first, strict=True)),
            p99(taken),
        )
        for name, taken in samples.items()
    )


def p99(taken: Sequence[float]) -> float | None:
    """The 99th percentile; None of too few rounds to tell."""
    return statistics.quantiles(taken, n=100)[98] if len(taken) >= TAIL else None


def growth(title: str, unit: str, size: str, sizes: Sequence[int], series: Mapping[str, Sequence[float]]) -> Growth:
    """With the slopes that fit, by least squares of the logarithms."""
    slopes = {name: slope(sizes, values) for name, values in series.items()}
    return Growth(title, unit, size, tuple(sizes), {name: tuple(values) for name, values in series.items()}, slopes)


def slope(sizes: Sequence[int], values: Sequence[float]) -> float:
    """The exponent k of a * size**k that fits best."""
    fitted = statistics.linear_regression([math.log(size) for size in sizes], [math.log(value) for value in values])
    return fitted.slope


def publish(results: Results, output: Path | None) -> None:
    """Print it, and write it as JSON with the machine and the versions. The bars of earlier runs there are kept."""
    if output is not None:
        results = replace(results, bars=tuple(_with_earlier(bar, _earlier(output)) for bar in results.bars))
    for table in results.tables:
        _show_table(table)
    for one in results.growths:
        _show_growth(one)
    for bar in results.bars:
        values = ", ".join(f"{value:,.3g}" for value in bar.values)
        bound = f"{'at least' if bar.at_least else 'at most'} {bar.bound:,g}"
        sys.stdout.write(f"\n{'holds ' if bar.holds else 'MISSED'}  {bar.says}: {values} ({bound})")
    sys.stdout.write("\n")
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(document(results), indent=2) + "\n", encoding="utf-8")
        sys.stdout.write(f"\nWritten to {output}\n")


def document(results: Results) -> dict[str, Any]:
    """As JSON has it."""
    return {
        "subject": results.subject,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {
            "python": platform.python_version(),
            **{name: _version(name) for name in results.packages},
            **results.programs,
        },
        "tables": [asdict(table) for table in results.tables],
        "growths": [asdict(one) for one in results.growths],
        "bars": [{**asdict(bar), "holds": bar.holds} for bar in results.bars],
    }


def _quartiles(taken: Sequence[float]) -> tuple[float, float]:
    if len(taken) < 2:
        return min(taken), max(taken)
    low, _, high = statistics.quantiles(taken)
    return low, high


def _earlier(output: Path) -> Mapping[str, tuple[float, ...]]:
    if not output.exists():
        return {}
    bars = json.loads(output.read_text(encoding="utf-8")).get("bars", [])
    return {bar["says"]: tuple(bar["values"]) for bar in bars}


def _with_earlier(bar: Bar, earlier: Mapping[str, tuple[float, ...]]) -> Bar:
    return replace(bar, values=(*earlier.get(bar.says, ()), *bar.values)[-KEPT:])


def _show_table(table: Table) -> None:
    tails = f"{'p99':>12}" if any(row.p99 is not None for row in table.rows) else ""
    sys.stdout.write(f"\n{table.title}\n{'':44}{table.unit:>16}{'quartiles':>24}{tails}{'ratio':>9}\n")
    for row in table.rows:
        low, high = (_short(value) for value in row.quartiles)
        tail = "" if row.p99 is None else f"{_short(row.p99):>12}"
        sys.stdout.write(f"{row.name:44}{_short(row.median):>16}{low:>12}{high:>12}{tail}{row.ratio:9.2f}\n")
    if table.base:
        sys.stdout.write(f"Ratios are to: {table.base}.\n")
    if table.told:
        sys.stdout.write(f"{table.told}\n")


def _show_growth(one: Growth) -> None:
    sizes = "".join(f"{size:>12,}" for size in one.sizes)
    sys.stdout.write(f"\n{one.title}, {one.unit}\n{one.size:44}{sizes}{'slope':>9}\n")
    for name, values in one.series.items():
        sys.stdout.write(f"{name:44}{''.join(f'{_short(value):>12}' for value in values)}{one.slopes[name]:9.2f}\n")


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"

"""What benchmarks came to: the form of their results, and the page that is made of it."""

import dataclasses
import html
import importlib.util
import json
import re
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from built_pages import built, empty_pages, ids, page

ROOT = Path(__file__).resolve().parents[1]
needs_sphinx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("sphinx", "furo")), reason="Sphinx or Furo is not installed"
)


def _loaded(name: str, file: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(name, file)
    assert specification is not None
    assert specification.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


results = _loaded("bench_results", ROOT / "bench" / "results.py")


@pytest.fixture
def extension(monkeypatch) -> None:
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(ROOT / "docs" / "extension")


def made_up(**bars: float):
    """Results of a benchmark that nobody has; what its bars came to, which have bounds of at least and at most 2."""
    taken = {"ours": [2.0, 4.0, 6.0], "by hand": [1.0, 2.0, 3.0], "_theirs_": [200.0, 400.0, 6000.0]}
    table = results.Table("eggs, boiled", "us", results.rows(taken), told="Hens were at rest.")
    sizes = (10, 100, 1_000, 10_000)
    series = {"ours": [3.0] * 4, "theirs": [0.5 * size**2 for size in sizes]}
    grown = results.growth("laying", "ns", "hens", sizes, series)
    bounds = {"fast": True, "slow": False}
    told = tuple(results.Bar(f"{name} enough", 2, (value,), bounds[name]) for name, value in bars.items())
    return results.Results("made-up", (table,), (grown,), told, programs={"hen": "1.0"})


# The form of results


@pytest.mark.parametrize("exponent", [0, 0.5, 1, 2])
def test_the_slope_is_the_exponent_of_the_power(exponent):
    sizes = (1_000, 10_000, 100_000, 1_000_000)
    assert results.slope(sizes, [7.5 * size**exponent for size in sizes]) == pytest.approx(exponent)


def test_the_slope_of_what_varies_is_the_line_that_fits_best():
    # Logarithms 0, 1, 2, 3 and 1, 0, 3, 2: their covariance is 3/4 of the variance of the first, as 3 of 5 by squares.
    assert results.slope((1, 10, 100, 1000), [10, 1, 1000, 100]) == pytest.approx(0.6)


def test_ratios_are_of_one_round_and_to_the_first():
    ours, by_hand, theirs = made_up().tables[0].rows
    assert (ours.ratio, by_hand.ratio, theirs.ratio) == (1, 0.5, 100)  # the median of 100, 100 and 1000
    assert (ours.median, by_hand.quartiles) == (4, (1, 3))


def test_bars_of_the_last_three_runs_are_kept(tmp_path):
    file = tmp_path / "results" / "made-up.json"
    for fast in (1.0, 5.0, 6.0, 7.0):
        results.publish(made_up(fast=fast, slow=1.5), file)
        bar = json.loads(file.read_text(encoding="utf-8"))["bars"][0]
        assert bar["values"][-1] == fast
        assert bar["holds"] == (min(bar["values"]) >= 2)
    assert bar["values"] == [5.0, 6.0, 7.0]


def test_a_bar_that_is_named_anew_begins_anew(tmp_path):
    file = tmp_path / "made-up.json"
    results.publish(made_up(fast=1.0), file)
    results.publish(dataclasses.replace(made_up(), bars=(results.Bar("quick enough", 2, (3.0,)),)), file)
    assert json.loads(file.read_text(encoding="utf-8"))["bars"][0]["values"] == [3.0]


# The page


def _said(file: Path) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", file.read_text(encoding="utf-8"))).split())


@needs_sphinx
def test_a_page_tells_figures_bars_and_what_was_not_measured(tmp_path):
    file = tmp_path / "bench" / "results" / "made-up.json"
    for slow in (1.0, 1.0, 2345.678):
        results.publish(made_up(fast=2.0, slow=slow), file)
    text = "\n\n".join(
        (
            ".. measured:: made-up nobody-s",
            ".. measured:: made-up",
            ".. measured:: nobody-s\n   :again: nox -s nobody",
        )
    )
    finished = built(page(empty_pages(tmp_path / "pages"), text), tmp_path / "html")
    assert (finished.returncode, finished.stderr) == (0, "")
    said = _said(tmp_path / "html" / "index.html")
    assert re.search(r"made-up \d{4}-\d\d-\d\d 1 slow enough nobody-s not yet", said)
    assert "fast enough at least 2 2, 2, 2 yes" in said
    assert "slow enough at most 2 1, 1, 2,350 missed in 1 of 3" in said
    assert "hen 1.0" in said
    assert "nox -s bench -- made-up" in said
    assert "Median, µs Quartiles Ratio ours 4 2 to 6 1 by hand 2 1 to 3 0.5 _theirs_ 400" in said
    assert "Hens were at rest." in said
    assert "ours 3 3 3 3 0.00 theirs 50 5,000 500,000 50,000,000 2.00" in said
    assert "not yet: there are no figures of this To do it : nox -s nobody" in said
    found = ids(tmp_path / "html" / "index.html")
    assert {"measured-made-up-table-0-title", "measured-made-up-growth-0-title"} <= set(found)


@pytest.mark.usefixtures("extension")
@pytest.mark.parametrize("text", ["", "[]", '{"subject": "made-up", "bars": []}'])
def test_what_is_no_results_document_is_told_in_a_line(tmp_path, text):
    from ipos_sphinx.measured import MeasuredError, read

    (tmp_path / "made-up.json").write_text(text, encoding="utf-8")
    with pytest.raises(MeasuredError, match=r"^made-up\.json (has no .*tables|can't be read)[^\n]*$"):
        read(tmp_path / "made-up.json")


@pytest.mark.usefixtures("extension")
@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (1, "1"), (0.12345, "0.123"), (9.996, "10"), (12.34, "12.3"), (999.6, "1,000"), (-2345, "-2,340")],
)
def test_figures_have_three_digits_that_count(value, shown):
    from ipos_sphinx.plots import short

    assert short(value) == shown


@pytest.mark.usefixtures("extension")
def test_a_power_is_a_straight_line():
    from ipos_sphinx.plots import growth_svg

    drawn = ET.fromstring(growth_svg(results.document(made_up())["growths"][0], "laying"))  # noqa: S314 - our own
    lines = drawn.findall(".//{*}polyline")
    series = [one for one in lines if "series-" in one.get("class") and len(one.get("points").split()) == 4]
    flat, steep = ([tuple(map(float, point.split(","))) for point in one.get("points").split()] for one in series)
    assert len({y for _, y in flat}) == 1
    rises = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(steep)]
    assert rises == pytest.approx([rises[0]] * 3, rel=1e-3)
    assert rises[0] < 0  # upwards
    assert [text.text for text in drawn.findall(".//{*}text") if text.text.startswith("slope")] == [
        "slope 0.00",
        "slope 2.00",
    ]


@pytest.mark.usefixtures("extension")
@pytest.mark.parametrize(("ratios", "lengths"), [((1, 2, 0.5), (0.5, 1, 0.25)), ((1, 10, 100), (0, 0.5, 1))])
def test_bars_are_as_long_as_ratios_or_as_their_logarithms(ratios, lengths):
    from ipos_sphinx.plots import ratios_svg

    rows = [{"name": str(ratio), "ratio": ratio} for ratio in ratios]
    drawn = ET.fromstring(ratios_svg({"title": "", "better": "less", "rows": rows}, "eggs"))  # noqa: S314 - our own
    drawn_lengths = []
    for bar in drawn.findall(".//{*}polygon"):
        xs = [float(point.split(",")[0]) for point in bar.get("points").split()]
        drawn_lengths.append(max(xs) - min(xs))
    longest = max(drawn_lengths)
    assert [length / longest for length in drawn_lengths] == pytest.approx(lengths, abs=0.01)


@pytest.mark.usefixtures("extension")
@pytest.mark.parametrize(("base", "reference"), [("", "1.0"), ("nobody in it", "nobody in it")])
def test_ratios_are_said_to_be_to_what_they_are_to(base, reference):
    from ipos_sphinx.measured import table_text
    from ipos_sphinx.plots import ratios_svg

    rows = tuple(results.Row(str(ratio), ratio, (ratio, ratio), ratio) for ratio in (1.0, 2.0, 3.0))
    table = dataclasses.asdict(results.Table("Eggs", "eggs", rows, base=base))
    said = ratios_svg(table, "eggs")
    assert f"Ratio to {reference}" in said
    assert f"Eggs, by {reference}: " in said
    assert ("nobody in it" in "\n".join(table_text(table))) == bool(base)

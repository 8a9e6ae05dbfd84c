"""`ipos-spec states` and `ipos-spec model`, as their users meet them."""

import json
from xml.etree import ElementTree as ET

import pytest
from ipos_spec.cli import app
from ipos_spec.states import TABLES
from typer.testing import CliRunner, Result


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("table", TABLES)
def test_table_is_shown_with_its_requirements(table: str) -> None:
    result = run("states", table)
    assert result.exit_code == 0
    assert all(slug in result.stdout for row in TABLES[table].rows for slug in row.ids)


def test_json_has_all_tables() -> None:
    assert [table["name"] for table in json.loads(run("states", "--json").stdout)] == list(TABLES)


@pytest.mark.parametrize(("written", "beginning"), [("dot", "digraph"), ("mermaid", "stateDiagram"), ("rst", "A")])
def test_formats_are_written_as_they_are(written: str, beginning: str) -> None:
    result = run("states", "forwarding", "--format", written)
    assert result.exit_code == 0
    assert result.stdout.startswith(beginning)


def test_svg_is_written_as_it_is() -> None:
    assert ET.fromstring(run("states", "origin", "--format", "svg").stdout).tag.endswith("svg")  # noqa: S314 - our own


def test_clean_scenario_ends_with_0_and_its_figures() -> None:
    result = run("model", "pipeline")
    assert result.exit_code == 0
    assert "clean" in result.stdout


def test_broken_property_ends_with_1_and_its_story() -> None:
    result = run("model", "single", "--without", "TGT-12")
    assert result.exit_code == 1
    assert "broken: ONE_VOICE" in result.stdout
    assert result.stdout.endswith("Broken: never do two routers speak to the client for one connection.\n")


def test_story_is_in_json_too() -> None:
    result = run("model", "single", "--without", "TGT-12", "--json")
    (explored,) = json.loads(result.stdout)
    assert result.exit_code == 1
    assert explored["violation"] == "ONE_VOICE"
    assert explored["story"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("states", "router"), "no state table is called 'router'; there are origin, target, forwarding"),
        (("states", "origin", "--format", "png"), "format 'png' is not one of table, dot, mermaid, rst, svg"),
        (("states", "--format", "dot"), "format dot is of one table; name one of origin, target, forwarding"),
        (("model", "single", "--large"), "--large explores each of the large ones; leave out either it or 'single'"),
        (("model", "square"), "no scenario is called 'square'"),
        (("model", "single", "--without", "ENC-1"), "the model can't leave out 'ENC-1'"),
    ],
)
def test_misunderstanding_is_one_line_and_ends_with_2(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"ipos-spec: {said}")
    assert result.stderr.count("\n") == 1


def test_names_of_the_model_are_known_in_any_case() -> None:
    result = run("model", "SINGLE", "--without", "tgt-13")
    assert result.exit_code in (0, 1), result.stderr
    assert result.stdout.startswith("single: ")

"""The state tables for readers: diagrams (in SVG: `export/test_svg.py`), lists, and plain values for other programs."""

import json
import shutil
import subprocess

import pytest
from ipos_spec.states import FORWARDING, TABLES, forwarding
from ipos_spec.states.diagram import arrows, dot, mermaid
from ipos_spec.states.listing import plain, rst
from ipos_spec.states.table import Table

each_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


def test_arrow_carries_its_events_once() -> None:
    assert arrows(FORWARDING)[forwarding.QUIET, forwarding.CLOSING] == ("FIN or RST",)


@each_table
def test_every_state_and_arrow_is_in_every_diagram(table: Table) -> None:
    for text in (dot(table), mermaid(table)):
        assert all(f'"{state.name}"' in text for state in table.states)
    assert dot(table).count(" -> ") == mermaid(table).count(" --> ") - 1 == len(arrows(table))


@each_table
def test_graphviz_draws_the_dot_text(table: Table) -> None:
    program = shutil.which("dot")
    if program is None:
        pytest.skip("Graphviz is not installed (Debian package graphviz)")
    drawn = subprocess.run([program, "-Tplain"], input=dot(table), text=True, capture_output=True, check=True)
    assert drawn.stdout.count("\nedge ") == len(arrows(table))


@each_table
def test_plain_values_go_through_json_and_have_every_row(table: Table) -> None:
    values = json.loads(json.dumps(plain(table)))
    assert len(values["rows"]) == len(table.rows)
    known = {kind: {it["name"] for it in values[kind]} for kind in ("states", "events", "conditions", "actions")}
    for row in values["rows"]:
        assert {row["state"], row["then"]} <= known["states"]
        assert row["event"] in known["events"]
        assert {it["condition"] for it in row["when"]} <= known["conditions"]
        assert set(row["do"]) <= known["actions"]


@each_table
def test_rst_has_six_cells_in_every_record_of_the_rows(table: Table) -> None:
    rows = rst(table).partition(".. list-table:: Rows")[2]
    assert rows.count("\n   * -") == len(table.rows) + 1
    assert rows.count("\n     -") == 5 * (len(table.rows) + 1)

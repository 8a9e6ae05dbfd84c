"""`ipos-spec tables`: FIG. 12 in a terminal, and for other programs."""

import json

import pytest
from ipos_spec.cli import app
from ipos_spec.tables import TABLES
from typer.testing import CliRunner, Result


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["tables", *arguments])


def words(result: Result) -> str:
    """What was printed, whatever its columns and line breaks."""
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def test_all_tables_are_listed() -> None:
    listed = words(run())
    assert "forward source_ip, source_port destination_ip, destination_port Clients whose packets" in listed
    assert all(f" {name} " in listed for name in TABLES)


def test_a_table_is_shown_with_all_that_is_said_about_it() -> None:
    shown = words(run("forward"))
    assert "Forward. Clients whose packets are passed on to a target. [fig 12; TAB-1, TAB-3]" in shown
    assert "yes 2 source_port Port of the client. 1 to 65535 (ENC-13) fig 12; TAB-5" in shown
    assert "no 4 destination_ip IP address to forward to" in shown
    assert "900 s TCP The last packet that was forwarded by it. The entry ends. FWD-2" in shown
    assert "Instances: one for TCP and UDP each (TAB-5)." in shown
    assert "Bound: 65536 records, if the operator says nothing else (TAB-4)." in shown
    assert "Full: Nothing more is migrated; migrations in progress are counted as records." in shown


def test_units_and_texts_are_shown() -> None:
    assert "CPU utilization of the server. (0.01 %) 0 to 10000 (ADV-1)" in words(run("server-state"))
    assert "yes 2 + up to 255 cookie_id" in words(run("cookie-map"))
    assert "Instances: one." in words(run("cookie-map"))


@pytest.mark.parametrize("name", TABLES)
def test_every_table_can_be_shown(name: str) -> None:
    assert words(run(name)).startswith(f"{TABLES[name].title}. {TABLES[name].use} [")


def test_json_is_that_of_the_description() -> None:
    everything = json.loads(run("--json").stdout)
    assert [table["name"] for table in everything] == list(TABLES)
    (forward,) = json.loads(run("forward", "--json").stdout)
    assert forward == everything[0]
    assert forward["bound"]["records"] == 65536
    assert [field["path"] for field in forward["record"]["fields"]][: len(forward["record"]["key"])] == [
        "source_ip",
        "source_port",
    ]


def test_an_unknown_table_gets_one_line() -> None:
    result = run("forwards")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("ipos-spec: no table is called 'forwards'; expected one of forward, temporary, ")
    assert result.stderr.count("\n") == 1

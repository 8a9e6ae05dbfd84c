"""The ready-made target files, the template, and the schema that an editor reads them by."""

import json
import tomllib

import jsonschema
import pytest
from ipos_conformance import cli
from ipos_conformance.schemas import FOLDER, SCHEMAS
from ipos_conformance.target import DEFAULT_TARGET, read_target

TARGETS = DEFAULT_TARGET.parent
READY_MADE = ("reference-tap.toml", "reference-veth.toml", "template.toml")
SCHEMA = json.loads((FOLDER / "target.schema.json").read_text())


@pytest.mark.parametrize("name", READY_MADE)
def test_ready_made_file_is_right(name):
    read_target(TARGETS / name)
    jsonschema.validate(tomllib.loads((TARGETS / name).read_text()), SCHEMA)


@pytest.mark.parametrize("name", SCHEMAS)
def test_published_schema_is_the_models_own(name):
    """Else: `python -m ipos_conformance schema NAME > schemas/NAME.schema.json`."""
    assert (FOLDER / f"{name}.schema.json").read_text() == SCHEMAS[name]()
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMAS[name]()))


def test_schema_explains_every_key():
    tables = {"the file": SCHEMA, **SCHEMA["$defs"]}
    silent = [
        f"{name}.{key}"
        for name, table in tables.items()
        for key, entry in table["properties"].items()
        if not entry.get("description")
    ]
    assert not silent


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("first_lan", "router_mac", "02:00"),
        ("first_lan", "colour", 1),
        ("router", "address", 7),
        ("pixit", "http_port", 0),
        ("pics", "origin", "yes"),
    ],
)
def test_schema_finds_what_the_suite_finds(table, key, value):
    document = tomllib.loads((TARGETS / "template.toml").read_text())
    document[table][key] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize("phase", ["", "-quick"])
def test_router_over_veth_is_the_one_on_tap_but_for_its_ports(phase):
    """Else: sed 's/port = "tap"/port = "packet"/' reference-router.toml > reference-router-veth.toml."""
    tap, veth = ((TARGETS / f"reference-router{kind}{phase}.toml").read_text() for kind in ("", "-veth"))
    assert veth == tap.replace('port = "tap"', 'port = "packet"')


def test_target_over_veth_is_the_one_on_tap_but_for_where_it_stands():
    tap, veth = (tomllib.loads((TARGETS / f"reference-{kind}.toml").read_text()) for kind in ("tap", "veth"))
    names = {"target", "first_lan", "second_lan"}
    assert {key: table for key, table in veth.items() if key not in names} == {
        **{key: table for key, table in tap.items() if key not in names},
        "quick": {**tap["quick"], "configuration": "reference-router-veth-quick.toml"},
    }


def test_new_writes_a_file_that_stands_by_itself(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "new", "bench/my-router.toml") == 0
    target = read_target(tmp_path / "bench" / "my-router.toml")
    assert target.target.interfaces == "existing"
    assert (tmp_path / "bench" / "target.schema.json").exists()
    assert "doctor bench/my-router.toml --fix" in capsys.readouterr().out


def test_new_overwrites_nothing(monkeypatch, tmp_path, capsys):
    (tmp_path / "site").mkdir()
    assert call(monkeypatch, "new", str(tmp_path / "my-router.toml")) == 2
    assert f"{tmp_path}/site is there already" in capsys.readouterr().err
    assert not (tmp_path / "my-router.toml").exists()


def call(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["ipos-conformance", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code

"""The registry as a file: what its reader and its JSON Schema take, and what they refuse in one line."""

import importlib.resources
import json
import tomllib
from dataclasses import MISSING, fields
from typing import Any

import jsonschema
import pytest
from ipos_spec.errors import SpecError
from ipos_spec.requirements import DISPOSITIONS, LEVELS, ROLES, Requirement, read_registry

PACKAGE = importlib.resources.files("ipos_spec")
DOCUMENT: dict[str, Any] = tomllib.loads(PACKAGE.joinpath("requirements.toml").read_text(encoding="utf-8"))
SCHEMA: dict[str, Any] = json.loads(PACKAGE.joinpath("requirements.schema.json").read_text(encoding="utf-8"))
ENTRY_SCHEMA = SCHEMA["$defs"]["requirement"]
ENTRY = {
    "id": "ENC-1",
    "revision": 1,
    "level": "MUST",
    "role": "any",
    "source": ["decision"],
    "sentence": "Frames are frames.",
    "observed": "A frame.",
    "disposition": "tested",
}


def entry(**values: object) -> dict[str, object]:
    """A right entry but for these values; None leaves a key out."""
    return {name: value for name, value in {**ENTRY, **values}.items() if value is not None}


def toml(*tables: dict[str, object]) -> str:
    """Texts, numbers and lists are written in JSON as in TOML."""
    return "\n".join(
        "\n".join(["[[requirement]]", *(f"{name} = {json.dumps(value)}" for name, value in table.items())])
        for table in tables
    )


def refused_by_the_reader(text: str) -> str:
    with pytest.raises(SpecError) as refusal:
        read_registry(text, "my.toml")
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_registry_follows_its_schema() -> None:
    jsonschema.validate(DOCUMENT, SCHEMA)


def test_schema_and_reader_know_the_same_keys_and_names() -> None:
    properties = ENTRY_SCHEMA["properties"]
    assert list(properties) == [field.name for field in fields(Requirement)]
    assert ENTRY_SCHEMA["required"] == [field.name for field in fields(Requirement) if field.default is MISSING]
    names = (LEVELS, ROLES, DISPOSITIONS)
    assert tuple(tuple(properties[name]["enum"]) for name in ("level", "role", "disposition")) == names


def test_right_entries_are_taken() -> None:
    whole = entry(id="ENC-2", note="So.", disposition="retired", reason="Because\n  of that.", links=["ENC-1"])
    jsonschema.validate({"requirement": [ENTRY, whole]}, SCHEMA)
    taken = read_registry(toml(ENTRY, whole), "my.toml")
    assert list(taken) == ["ENC-1", "ENC-2"]
    assert taken["ENC-2"].reason == "Because of that."
    assert (taken["ENC-1"].links, taken["ENC-2"].links) == ((), ("ENC-1",))


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"sentense": "x"}, "found the key 'sentense', expected one of id, revision, level"),
        ({"disposition": None}, "found no disposition, expected one of tested, not yet tested, by construction"),
        ({"observed": None}, "found no observed, expected a text"),
        ({"revision": None}, "found no revision, expected a whole number from 1"),
        ({"revision": 0}, "revision: found 0, expected a whole number from 1"),
        ({"revision": True}, "revision: found True"),
        ({"revision": "1"}, "revision: found '1'"),
        ({"level": "OUGHT"}, "level: found 'OUGHT', expected one of MUST, MUST NOT, SHOULD"),
        ({"level": ["MUST"]}, "level: found ['MUST']"),
        ({"role": "bystander"}, "role: found 'bystander', expected one of any, origin"),
        ({"disposition": "hoped for"}, "disposition: found 'hoped for', expected one of tested"),
        ({"disposition": "not observable"}, "found no reason, expected one for the disposition 'not observable'"),
        ({"disposition": "retired"}, "found no reason, expected one for the disposition 'retired'"),
        ({"disposition": "not yet tested", "reason": " "}, "reason: found ' ', expected a text"),
        ({"sentence": ""}, "sentence: found '', expected a text"),
        ({"source": []}, "source: found [], expected a list of different texts"),
        ({"source": "decision"}, "source: found 'decision', expected a list"),
        ({"source": ["decision", "decision"]}, "source: found ['decision', 'decision']"),
        ({"links": [7]}, "links: found [7], expected a list"),
    ],
)
def test_broken_rule_is_refused_by_reader_and_schema(values: dict[str, object], complaint: str) -> None:
    planted = entry(**values)
    assert f"my.toml: ENC-1: {complaint}" in refused_by_the_reader(toml(planted))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"requirement": [planted]}, SCHEMA)


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"id": None}, "entry 2: found no id, expected three capitals, a hyphen and a number up to 99"),
        ({"id": 7}, "entry 2: id: found 7"),
        ({"id": "enc-7"}, "enc-7: id: found 'enc-7'"),
        ({"id": "ENC-07"}, "ENC-07: id: found 'ENC-07'"),
    ],
)
def test_entry_without_a_right_id_is_named_by_its_place(values: dict[str, object], complaint: str) -> None:
    planted = entry(**values)
    assert f"my.toml: {complaint}" in refused_by_the_reader(toml(ENTRY, planted))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"requirement": [planted]}, SCHEMA)


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        ([ENTRY, ENTRY], "my.toml: ENC-1 stands there twice, expected each id once"),
        ([entry(links=["ENC-2"])], "my.toml: ENC-1: links: found 'ENC-2', expected the id of another entry"),
        ([entry(links=["ENC-1"])], "my.toml: ENC-1: links: found 'ENC-1', expected the id of another entry"),
    ],
)
def test_what_no_schema_can_see_is_refused_by_the_reader(tables: list[dict[str, object]], complaint: str) -> None:
    assert refused_by_the_reader(toml(*tables)) == complaint


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[requirement", "my.toml: this is no TOML: "),
        ("", "my.toml: found nothing, expected tables [[requirement]] and nothing else"),
        ("edition = 2\n" + toml(ENTRY), "my.toml: found edition, requirement, expected tables"),
        ("requirement = 3", "my.toml: found requirement, expected tables [[requirement]]"),
        ("requirement = [3]", "my.toml: entry 1: found 3, expected a table [[requirement]]"),
    ],
)
def test_file_that_is_no_registry(text: str, complaint: str) -> None:
    assert refused_by_the_reader(text).startswith(complaint)

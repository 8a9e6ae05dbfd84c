"""The JSON is the description, and its schema is the schema of exactly that."""

import copy
import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from ipos_spec.description import describe
from ipos_spec.export.neutral_json import json_schema, neutral_json

DOCUMENT: dict[str, Any] = json.loads(neutral_json(describe()))
SCHEMA: dict[str, Any] = json.loads(json_schema(describe()))
T_MAXSEG = next(field for field in DOCUMENT["protocol"]["packets"][0]["fields"] if field["path"].endswith("t_maxseg"))


def test_schema_is_one_and_takes_the_document() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(DOCUMENT)


def test_a_field_is_what_the_description_says() -> None:
    assert T_MAXSEG == {
        "path": "connection.control_block.t_maxseg",
        "offset": 60,
        "size": 2,
        "kind": "unsigned",
        "unit": "octets",
        "documentation": "Largest segment to send to the client, timestamps not subtracted.",
        "source": "TCB-2",
        "names": [],
        "flags": False,
        "hexadecimal": False,
        "rules": [{"rule": "Within", "low": 64, "high": 65495, "requirement": "TCB-2", "stage": "packet"}],
        "maximum": None,
    }


def test_every_packet_and_structure_is_there() -> None:
    for kind in ("packets", "structures"):
        assert [entry["name"] for entry in DOCUMENT["protocol"][kind]] == [
            entry.name for entry in getattr(describe(), kind)
        ]


def test_a_change_of_the_description_is_a_change_of_the_json() -> None:
    changed = json.loads(neutral_json(replace(describe(), ether_type=0x1234)))
    assert changed["protocol"] == DOCUMENT["protocol"] | {"ether_type": 0x1234}


@pytest.mark.parametrize(
    "fault",
    [{"offset": "60"}, {"kind": "number"}, {"rules": [{"rule": "Within", "low": 64}]}, {"comment": ""}, {"size": 1.5}],
    ids=str,
)
def test_schema_refuses_what_the_json_never_holds(fault: dict[str, Any]) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["protocol"]["packets"][0]["fields"][0] |= fault
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(document)

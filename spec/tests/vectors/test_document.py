"""The JSON document is as its schema has it and says what the vectors say; nothing of the description is left out."""

import copy
import dataclasses
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ipos_spec.description import describe
from ipos_spec.rules import Within
from ipos_spec.vectors import all_vectors, vectors_of
from ipos_spec.vectors.coverage import coverage
from ipos_spec.vectors.document import document, schema

SNAPSHOT = Path(__file__).with_name("snapshot.txt")
VALIDATOR = jsonschema.Draft202012Validator(schema())
DOCUMENT: dict[str, Any] = json.loads(json.dumps(document(all_vectors())))
TESTS = [test for group in DOCUMENT["testGroups"] for test in group["tests"]]


def test_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_document_is_as_its_schema_has_it() -> None:
    VALIDATOR.validate(DOCUMENT)
    assert DOCUMENT["numberOfTests"] == len(TESTS) == len(all_vectors())
    assert [test["tcId"] for test in TESTS] == list(range(1, len(TESTS) + 1))
    assert {flag for test in TESTS for flag in test["flags"]} == DOCUMENT["notes"].keys()


@pytest.mark.parametrize(
    "damage",
    [
        lambda test: test.update(result="perhaps"),
        lambda test: test.update(frame="0"),
        lambda test: test.update(frame=""),
        lambda test: test.update(flags=[]),
        lambda test: test.update(flags=["no flag"]),
        lambda test: test.update(error={"requirement": "ENC-7", "path": "header.checksum", "offset": 28}),
        lambda test: test.update(result="invalid"),
        lambda test: test.update(result="acceptable"),
        lambda test: test["fields"].update({"header.source_ip": -1}),
        lambda test: test["fields"].update({"header.source_ip": "C0"}),
        lambda test: test.update(remark="new"),
        lambda test: test.pop("slug"),
    ],
)
def test_schema_refuses_what_is_damaged(damage: Callable[[dict[str, Any]], object]) -> None:
    damaged = copy.deepcopy({**DOCUMENT, "testGroups": DOCUMENT["testGroups"][:1]})
    damage(damaged["testGroups"][0]["tests"][0])
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(damaged)


def test_a_test_says_all_that_its_vector_does() -> None:
    (test,) = (test for test in TESTS if test["slug"] == "udp-connection/connection.server_port=0")
    assert test == {
        "tcId": test["tcId"],
        "slug": "udp-connection/connection.server_port=0",
        "comment": "connection.server_port: 0. The port that the client itself is talking to.",
        "about": ["connection.server_port"],
        "frame": "0200000002010200000002020007c6336407c000c00002010007010290b6c00002020000",
        "result": "acceptable",
        "flags": ["FieldBoundary", "RuleBoundary", "OutOfRange"],
        "requirements": ["ENC-13", "ENC-1"],
        "packet": "udp-connection",
        "fields": {
            "ethernet.destination": "020000000201",
            "ethernet.source": "020000000202",
            "ethernet.type": 7,
            "header.source_ip": 0xC6336407,
            "header.source_port": 49152,
            "header.destination_ip": 0xC0000201,
            "header.destination_port": 7,
            "header.type": 1,
            "header.protocol": 2,
            "header.checksum": 0x90B6,
            "connection.server_ip": 0xC0000202,
            "connection.server_port": 0,
            "padding": "",
        },
        "error": {"requirement": "ENC-13", "path": "connection.server_port", "offset": 34},
    }


def test_every_field_and_rule_of_the_description_has_vectors() -> None:
    assert [line for line in coverage(describe(), all_vectors()) if line.is_missing] == []


def test_every_named_number_and_bit_has_a_vector() -> None:
    for packet in describe().packets:
        vectors = [vector for vector in all_vectors() if vector.packet == packet.name and vector.values]
        for field in packet.fields:
            seen = {vector.values[field.path] for vector in vectors if field.path in vector.about}
            others = {"header.type": {packet.type}, "header.protocol": set(packet.protocols)}
            wanted = {number for _, number in field.names} & others.get(field.path, {n for _, n in field.names})
            assert wanted <= seen, (packet.name, field.path)


def test_a_field_without_vectors_is_missed() -> None:
    without = [
        dataclasses.replace(vector, about=tuple(path for path in vector.about if path != "header.source_port"))
        for vector in all_vectors()
    ]
    missed = {(line.packet, line.path) for line in coverage(describe(), without) if line.is_missing}
    assert missed == {(packet.name, "header.source_port") for packet in describe().packets}


def test_a_rule_that_nothing_breaks_is_missed() -> None:
    kept = [vector for vector in all_vectors() if "header.source_port=0" not in vector.slug]
    missed = [line for line in coverage(describe(), kept) if line.is_missing]
    assert {(line.path, line.rule) for line in missed} == {("header.source_port", "1 to 65535 (ENC-13)")}


def test_another_bound_in_the_description_gives_other_vectors() -> None:
    """The vectors follow from it alone: t_maxseg from 100 on is then broken by 99, and kept by 100."""
    packets = []
    for packet in describe().packets:
        fields = [
            dataclasses.replace(field, rules=(Within(100, 65495, "TCB-2"),), documentation="Changed.")
            if field.name == "t_maxseg"
            else field
            for field in packet.fields
        ]
        packets.append(dataclasses.replace(packet, fields=tuple(fields)))
    changed = {v.slug: v for v in vectors_of(dataclasses.replace(describe(), packets=tuple(packets)))}
    slug = "tcp-connection/connection.control_block.t_maxseg="
    assert (changed[f"{slug}99"].result, changed[f"{slug}100"].result) == ("acceptable", "valid")
    assert changed[f"{slug}99"].comment.endswith("Changed.")
    assert f"{slug}99" not in {vector.slug for vector in all_vectors()}


def test_nothing_has_changed_unnoticed(tmp_path: Path) -> None:
    """Slug, result, requirement and checksum of every frame, against the list that is committed."""
    lines = [
        f"{v.slug} {v.result} {v.discard.requirement if v.discard else '-'} {zlib.crc32(v.frame):08x}\n"
        for v in all_vectors()
    ]
    now = tmp_path / SNAPSHOT.name
    now.write_text("".join(lines), encoding="utf-8")
    changed = set(lines) ^ set(SNAPSHOT.read_text(encoding="utf-8").splitlines(keepends=True))
    assert not changed, f"{len(changed)} lines differ; if that is meant, copy {now} over {SNAPSHOT}"


@pytest.mark.parametrize(
    ("slug", "requirement"),
    [
        ("acknowledgement/header.source_port=1", "ENC-13"),
        ("udp/ethernet.source=fe:ff:ff:ff:ff:ff", "ENC-13"),
        ("tcp-connection/connection.control_block.t_maxseg=64", "TCB-2"),
    ],
)
def test_a_bound_is_asked_for_by_the_requirement_that_sets_it(slug: str, requirement: str) -> None:
    """Not by the one of another field: an acknowledgement has no control block."""
    (test,) = (test for test in TESTS if test["slug"] == slug)
    assert [asked for asked in test["requirements"] if asked != "ENC-1"] == [requirement]

"""The vectors as one JSON document, in the shape that Wycheproof's have; `vectors.schema.json` is its JSON Schema."""

import json
from collections.abc import Iterable
from importlib import resources
from itertools import groupby
from typing import Any

from ipos_spec.description import describe
from ipos_spec.vectors.flags import Flag
from ipos_spec.vectors.values import Discard, Vector, plain

SCHEMA = "vectors.schema.json"
VERSION = 1

_BOUNDS = (Flag.RULE_BOUNDARY, Flag.OUT_OF_RANGE)
"""Bugs of any field's bounds: what they violate is the requirement of that field's rules."""

_HEADER = (
    "Each test is one Ethernet frame without frame check sequence, as hexadecimal, and what a reader of single frames"
    " has to make of it.",
    "valid: it reads as its packet, with these fields; reserved octets that are not zero do not change that.",
    "invalid: it can't be read as its packet; the reader has to refuse it.",
    "acceptable: it reads as its packet, with these fields, and a router discards it all the same, for the requirement"
    " in error; a reader may do either.",
    "valid says nothing of what a router knows besides: whether the addresses are its own, or a migration in progress.",
    "The checksum of an acknowledgement covers the connection packet in acknowledges too: alone it can't be verified.",
    "fields: by dotted path, numbers as unsigned integers, octets as lowercase hexadecimal; inner is the client's"
    " packet, padding what stands behind the packet.",
    "error tells the requirement for which the frame is discarded, the field that shows it, and its offset; nearly"
    " always it is the only thing that is wrong.",
    "slug is stable, tcId is not. The notes tell the bug that is behind a wrong answer, by flag.",
)


def document(vectors: Iterable[Vector]) -> dict[str, Any]:
    """The document of some vectors, in their order."""
    chosen = list(vectors)
    used = {flag for vector in chosen for flag in vector.flags}
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "protocol": "ipOS",
        "numberOfTests": len(chosen),
        "header": list(_HEADER),
        "notes": {flag.title: _note(flag) for flag in Flag if flag in used},
        "testGroups": [
            {"name": f"{packet}: {group}", "type": group, "packet": packet, "tests": [_test(test) for test in tests]}
            for (packet, group), tests in groupby(chosen, lambda vector: (vector.packet, vector.group))
        ],
    }


def schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    loaded: dict[str, Any] = json.loads(resources.files("ipos_spec.vectors").joinpath(SCHEMA).read_text("utf-8"))
    return loaded


def requirements_of(vector: Vector) -> tuple[str, ...]:
    """Ids of what the vector asks for: why its frame is discarded, and what the bugs that it finds violate."""
    discarded = () if vector.discard is None else (vector.discard.requirement,)
    asked = (one for flag in vector.flags for one in (_rules(vector) if flag in _BOUNDS else flag.requirements))
    return tuple(dict.fromkeys([*discarded, *asked]))


def _rules(vector: Vector) -> tuple[str, ...]:
    """Ids of what the fields that it is about may hold."""
    about = (field for field in describe().packet(vector.packet).fields if field.path in vector.about)
    return tuple(rule.requirement for field in about for rule in field.rules)


def _note(flag: Flag) -> dict[str, object]:
    return {"bugType": flag.bug, "description": flag.description, "requirements": list(flag.requirements)}


def _test(vector: Vector) -> dict[str, object]:
    test: dict[str, object] = {
        "tcId": vector.number,
        "slug": vector.slug,
        "comment": vector.comment,
        "about": list(vector.about),
        "frame": vector.frame.hex(),
        "result": vector.result,
        "flags": [flag.title for flag in vector.flags],
        "requirements": list(requirements_of(vector)),
        "packet": vector.packet,
    }
    if vector.is_readable:
        test["fields"] = {path: plain(value) for path, value in vector.values.items()}
    if vector.discard is not None:
        test["error"] = _error(vector.discard)
    if vector.acknowledges is not None:
        test["acknowledges"] = vector.acknowledges.hex()
    return test


def _error(discard: Discard) -> dict[str, object]:
    return {"requirement": discard.requirement, "path": discard.path, "offset": discard.offset}

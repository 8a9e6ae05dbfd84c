"""A field's documentation and bound stand in one place: changed there, they are changed in what is exported."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ipos_spec.description import FieldDescription, ProtocolDescription, describe
from ipos_spec.export import FORMATS
from ipos_spec.rules import Within

Change = Callable[[FieldDescription], FieldDescription]


def documented_anew(field: FieldDescription) -> FieldDescription:
    return replace(field, documentation="Said in other words.") if field.name == "t_maxseg" else field


def bounded_anew(field: FieldDescription) -> FieldDescription:
    return replace(field, rules=(Within(64, 4321, "TCB-2"),)) if field.name == "t_maxseg" else field


@pytest.mark.parametrize("name", ["c", "json", "kaitai", "scapy"])
def test_documentation(name: str) -> None:
    assert "Said in other words." in FORMATS[name].render(_changed(documented_anew))
    assert "Said in other words." not in FORMATS[name].render(describe())


@pytest.mark.parametrize("name", ["c", "json", "kaitai"])
def test_bound(name: str) -> None:
    assert "4321" in FORMATS[name].render(_changed(bounded_anew))
    assert "4321" not in FORMATS[name].render(describe())


def _changed(change: Change) -> ProtocolDescription:
    def every(described: Any) -> Any:
        return replace(described, fields=tuple(change(field) for field in described.fields))

    protocol = describe()
    return replace(
        protocol,
        structures=tuple(every(structure) for structure in protocol.structures),
        packets=tuple(every(packet) for packet in protocol.packets),
    )

"""A record of FIG. 12 in a line, by its schema."""

from typing import Any

from ipos_spec.addresses import ipv4_text
from ipos_spec.fields import Wire, fields


def told(record: object) -> str:
    """Names and values of all fields, with their units."""
    return ", ".join(
        f"{name.replace('_', ' ')} {_value(name, wire, getattr(record, name))}" for name, wire in fields(type(record))
    )


def _value(name: str, wire: Wire, value: Any) -> str:
    if name.endswith("_ip"):
        return ipv4_text(value)
    if wire.unit == "0.01 %":
        return f"{value / 100:.2f} %"
    return f"{value} {wire.unit}".rstrip()

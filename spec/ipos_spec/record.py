"""Immutable values with named fields, made so cheaply that a router can afford one for each frame.

A record looks like a frozen, keyword-only dataclass, to its reader and to the type checker, and `dataclasses.replace`,
`fields` and `asdict` take it. It is a tuple underneath: what `struct` unpacks becomes a value in one call of
`tuple.__new__`, where a frozen dataclass would set each of 43 fields by `object.__setattr__`.
"""

import dataclasses
from collections import namedtuple
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform

ClassT = TypeVar("ClassT", bound=type)


class _Record:
    """What all records share. Unlike plain tuples, two of them are equal only if they are of one class."""

    __slots__ = ()

    _defaults: ClassVar[dict[str, Any]]
    _fields: ClassVar[tuple[str, ...]]

    def __new__(cls, **given: Any) -> "_Record":
        values = cls._defaults | given
        if len(values) != len(cls._fields) or not values.keys() <= set(cls._fields):
            missing = [name for name in cls._fields if name not in values]
            unknown = [name for name in values if name not in cls._fields]
            raise TypeError(f"{cls.__name__}: missing {missing}, unknown {unknown}")
        return tuple.__new__(cls, [values[name] for name in cls._fields])  # type: ignore[type-var]

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and tuple.__eq__(cast("tuple[Any, ...]", self), other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return tuple.__hash__(cast("tuple[Any, ...]", self))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self)._make, (tuple(cast("tuple[Any, ...]", self)),)  # type: ignore[attr-defined]


@dataclass_transform(kw_only_default=True, frozen_default=True)
def record(declared: ClassT) -> ClassT:
    """Make a record class of a class whose annotations declare its fields, with defaults where they have one."""
    body = {name: value for name, value in vars(declared).items() if name not in ("__dict__", "__weakref__")}
    plain: Any = dataclasses.dataclass(frozen=True, kw_only=True)(type(declared.__name__, (), dict(body)))
    declarations = dataclasses.fields(plain)
    names = [field.name for field in declarations]
    return cast(
        "ClassT",
        type(
            declared.__name__,
            (_Record, namedtuple(declared.__name__, names)),
            {name: value for name, value in body.items() if name not in names}
            | {
                "__slots__": (),
                "__dataclass_fields__": plain.__dataclass_fields__,
                "_defaults": {f.name: f.default for f in declarations if f.default is not dataclasses.MISSING},
            },
        ),
    )

"""Immutable values with named fields, made so cheaply that a router can afford one for each frame.

A record looks like a frozen, keyword-only dataclass, to its reader and to the type checker, and `dataclasses.replace`,
`fields` and `asdict` take it. It is a tuple underneath: what `struct` unpacks becomes a value in one call (`maker`),
where a frozen dataclass would set each of 43 fields by `object.__setattr__`.
"""

import dataclasses
import inspect
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast, dataclass_transform

RecordT = TypeVar("RecordT")
ClassT = TypeVar("ClassT", bound=type)


class _RecordClass(type):
    """Calls of a record class take its fields by name; a `__new__` in the class itself would slow `maker` down."""

    _names: tuple[str, ...]
    _defaults: dict[str, Any]
    _by_name: Callable[..., Any]

    def __call__(cls, **given: Any) -> Any:
        try:
            return cls._by_name(cls, **given)
        except TypeError:
            missing = [name for name in cls._names if name not in cls._defaults | given]
            unknown = [name for name in given if name not in cls._names]
            raise TypeError(f"{cls.__name__}: missing {missing}, unknown {unknown}") from None


class _Record(tuple[Any, ...], metaclass=_RecordClass):
    """What all records share. Unlike plain tuples, two of them are equal only if they are of one class, none is less.

    The rest of a tuple stays, for generated code to use: a record has a length, can be iterated over, sliced and
    concatenated; `json.dumps` writes it as a list, `"%s" % record` and sequence patterns take it apart.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return tuple.__hash__(self)

    def __lt__(self, other: object) -> bool:
        """No order, as of a dataclass: by chance of their first fields is none that anybody means."""
        return NotImplemented

    __le__ = __gt__ = __ge__ = __lt__

    def __repr__(self) -> str:
        held = ", ".join(f"{name}={value!r}" for name, value in zip(type(self)._names, self, strict=True))
        return f"{type(self).__name__}({held})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _make, (type(self), tuple(self))


@dataclass_transform(kw_only_default=True, frozen_default=True)
def record(declared: ClassT) -> ClassT:
    """Make a record class of a class whose annotations declare its fields, with defaults where they have one."""
    body = {name: value for name, value in vars(declared).items() if name not in ("__dict__", "__weakref__")}
    plain: Any = dataclasses.dataclass(frozen=True, kw_only=True)(type(declared.__name__, (), dict(body)))
    fields = dataclasses.fields(plain)
    names = tuple(field.name for field in fields)
    defaults = {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}
    namespace = body | _getters(namedtuple(declared.__name__, names), names)
    namespace |= {
        "__slots__": (),
        "__dataclass_fields__": plain.__dataclass_fields__,
        "__signature__": inspect.signature(plain),  # for `help` and documentation; the metaclass takes any names
        "_names": names,
        "_defaults": defaults,
        "_by_name": staticmethod(_by_name(names, defaults)),
    }
    return cast("ClassT", _RecordClass(declared.__name__, (_Record,), namespace))


def _getters(shape: type, names: Iterable[str]) -> dict[str, Any]:
    """What reads each field; the class is held meanwhile, since the garbage collector empties one that nobody holds."""
    return {name: vars(shape)[name] for name in names}


def _by_name(names: Iterable[str], defaults: Mapping[str, Any]) -> Callable[..., Any]:
    """What makes a record of fields by name: generated, so that the interpreter sorts them, not we."""
    parameters = ", ".join(f"{name}=_defaults[{name!r}]" if name in defaults else name for name in names)
    text = f"lambda _class, /, *, {parameters}: _new(_class, ({', '.join(names)},))"
    return cast("Callable[..., Any]", eval(text, {"_new": tuple.__new__, "_defaults": defaults}))  # noqa: S307 - ours


def maker(record_class: type[RecordT]) -> Callable[[Iterable[Any]], RecordT]:
    """What makes a record of the values of all its fields in their order; it does not count them."""
    return cast("Callable[[Iterable[Any]], RecordT]", type.__call__.__get__(record_class))


def _make(record_class: type[RecordT], values: tuple[Any, ...]) -> RecordT:
    return maker(record_class)(values)

"""Which values of a field are worth a vector: where readers go wrong."""

from collections.abc import Iterator

from ipos_spec.description import FieldDescription
from ipos_spec.rules import Broadcast, FieldRule, Individual, OneOf, Unicast, Within, Zero
from ipos_spec.vectors.draft import is_number
from ipos_spec.vectors.flags import Flag
from ipos_spec.vectors.values import Value

_Interest = Iterator[tuple[int, Flag]]


def interesting(field: FieldDescription) -> dict[Value, tuple[Flag, ...]]:
    """Values of a field of fixed size, ascending, each with the bugs that it finds."""
    size = field.size or 0
    found: dict[int, dict[Flag, None]] = {}
    for number, flag in _interest(field, size):
        if 0 <= number < 256**size:
            found.setdefault(number, {})[flag] = None
    return {
        number if is_number(field) else number.to_bytes(size, "big"): tuple(flags)
        for number, flags in sorted(found.items())
    }


def _interest(field: FieldDescription, size: int) -> _Interest:
    yield from _extremes(size)
    if is_number(field):
        yield from _signs(size)
    if size > 1:
        yield int.from_bytes(range(1, size + 1), "big"), Flag.LITTLE_ENDIAN
    yield from _bits(field, size) if field.flags else _names(field)
    for rule in field.rules:
        yield from _around(rule, size)


def _extremes(size: int) -> _Interest:
    largest = 256**size - 1
    return ((number, Flag.FIELD_BOUNDARY) for number in (0, 1, largest - 1, largest))


def _signs(size: int) -> _Interest:
    least_negative = 256**size // 2
    return ((number, Flag.SIGNED_NUMBER) for number in (least_negative - 1, least_negative))


def _names(field: FieldDescription) -> _Interest:
    return ((number, Flag.NAMED_VALUE) for _, number in field.names)


def _bits(field: FieldDescription, size: int) -> _Interest:
    named = {number for _, number in field.names}
    for bit in range(size * 8):
        yield 1 << bit, Flag.FLAG_BIT if 1 << bit in named else Flag.UNKNOWN_FLAG_BIT
    yield sum(named), Flag.FLAG_BIT


def _around(rule: FieldRule, size: int) -> _Interest:
    """The last values that keep a rule, and the first ones that break it."""
    first_octet = 256 ** (size - 1)
    match rule:
        case Within(low, high):
            numbers = [low - 1, low, high, high + 1]
        case OneOf(values):
            numbers = [near for value in values for near in (value - 1, value, value + 1)]
        case Unicast():
            numbers = [0, 1, 0xDFFFFFFF, 0xE0000000, 0xEFFFFFFF, 0xF0000000, 0xFFFFFFFE, 0xFFFFFFFF]
        case Individual():
            numbers = [first_octet, 0xFF * first_octet - 1, 0xFF * first_octet]
        case Zero():
            numbers = [0, 1, first_octet]
        case Broadcast():
            numbers = [0, 256**size - 2, 256**size - 1]
    return ((int(number), Flag.RULE_BOUNDARY) for number in numbers)

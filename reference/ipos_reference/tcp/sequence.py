"""Sequence numbers: 32 bits, compared modulo 2**32 (RFC 9293 3.4)."""

MASK = 0xFFFFFFFF
_HALF = 1 << 31


def add(a: int, n: int) -> int:
    """The number n octets after a (before it, if n is negative)."""
    return (a + n) & MASK


def difference(a: int, b: int) -> int:
    """How far a is after b: -2**31 to 2**31 - 1, negative if a is before b."""
    return ((a - b + _HALF) & MASK) - _HALF


def lt(a: int, b: int) -> bool:
    """Whether a is before b."""
    return difference(a, b) < 0


def le(a: int, b: int) -> bool:
    """Whether a is b or before it."""
    return difference(a, b) <= 0


def gt(a: int, b: int) -> bool:
    """Whether a is after b."""
    return difference(a, b) > 0


def ge(a: int, b: int) -> bool:
    """Whether a is b or after it."""
    return difference(a, b) >= 0


def later(a: int, b: int) -> int:
    """The later of two numbers."""
    return a if ge(a, b) else b


def in_window(number: int, left: int, size: int) -> bool:
    """Whether number is one of the size numbers from left on."""
    return (number - left) & MASK < size

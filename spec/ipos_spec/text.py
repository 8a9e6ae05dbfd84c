"""Texts on the wire: a length in octets, then as many octets of UTF-8 (ADV-1)."""

from typing import Any

import construct

_LENGTH = construct.Int16ub


class TextError(construct.ConstructError):
    """What stands there, or should be written, is no text within its bound; ``problem`` says why."""

    def __init__(self, problem: str, path: str) -> None:
        super().__init__(problem, path=path)
        self.problem = problem


class Text(construct.Construct):  # type: ignore[type-arg]
    """A text of at most ``maximum`` octets of UTF-8; its value is a string.

    Raises TextError where the octets, or the string, are none, and StreamError where the octets end too early.
    """

    length_size = _LENGTH.sizeof()
    """Octets of the length before the text."""

    value_types = (str,)

    def __init__(self, maximum: int) -> None:
        super().__init__()
        self.maximum = maximum

    def _parse(self, stream: Any, context: Any, path: str) -> str:
        length = _LENGTH._parse(stream, context, path)
        self._check_length(length, path)
        try:
            return str(construct.stream_read(stream, length, path), "utf-8")
        except UnicodeDecodeError as error:
            found = f"octet 0x{error.object[error.start]:02x} at {error.start} of the text"
            raise TextError(f"{found} is no UTF-8: {error.reason}", path) from error

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        try:
            octets = obj.encode("utf-8")
        except UnicodeEncodeError as error:
            found = f"{error.object[error.start]!r} at {error.start} of the text"
            raise TextError(f"{found} has no UTF-8: {error.reason}", path) from error
        self._check_length(len(octets), path)
        _LENGTH._build(len(octets), stream, context, path)
        construct.stream_write(stream, octets, len(octets), path)
        return obj

    def _check_length(self, length: int, path: str) -> None:
        if length > self.maximum:
            raise TextError(f"{length} octets of text, expected at most {self.maximum}", path)

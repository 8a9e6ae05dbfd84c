"""YAML as far as an export needs it: mappings, sequences, texts and numbers, in blocks."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off)$)[a-z_][a-z0-9_/-]*")


def yaml_text(document: Mapping[str | int, Any]) -> str:
    """Write a document. Texts that are more than an identifier are quoted as in JSON, which YAML 1.2 reads."""
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(value: Any) -> Iterator[str]:
    match value:
        case Mapping():
            for key, member in value.items():
                yield from _entry(f"{_scalar(key)}:", member)
        case _:
            for member in value:
                first, *others = _lines(member) if _is_block(member) else [_scalar(member)]
                yield f"- {first}"
                yield from (f"  {line}" for line in others)


def _entry(head: str, value: Any) -> Iterator[str]:
    if not _is_block(value):
        yield f"{head} {_scalar(value)}"
        return
    yield head
    yield from (f"  {line}" for line in _lines(value))


def _is_block(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str))


def _scalar(value: str | int) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)

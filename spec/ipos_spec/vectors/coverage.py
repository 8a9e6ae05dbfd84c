"""Which fields and rules of the description have vectors, and how many."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ipos_spec.description import PacketDescription, ProtocolDescription
from ipos_spec.rules import FieldRule, Same, holds
from ipos_spec.vectors.field_values import EXAMPLES
from ipos_spec.vectors.values import Vector


class Covered(NamedTuple):
    """A field of a packet, or a rule about it, and the number of vectors about it.

    packet  name
    path    of the field; of several that have to be equal, of all
    rule    in words, with its requirement; empty for the field itself
    kept    vectors in which the rule is kept; for a field, those that can be read, but the examples
    broken  vectors in which it is broken; for a field, those that can't be read
    """

    packet: str
    path: str
    rule: str
    kept: int
    broken: int

    @property
    def is_missing(self) -> bool:
        """Whether a field has no vector, or a rule has none that breaks it or none that keeps it."""
        return not (self.kept and self.broken) if self.rule else not (self.kept or self.broken)


def coverage(protocol: ProtocolDescription, vectors: Iterable[Vector]) -> tuple[Covered, ...]:
    """A line for each field, rule and, of a client's packet, rule of ENC-10."""
    chosen = list(vectors)
    return tuple(
        line
        for packet in protocol.packets
        for line in _lines(protocol, packet, [vector for vector in chosen if vector.packet == packet.name])
    )


def _lines(protocol: ProtocolDescription, packet: PacketDescription, vectors: list[Vector]) -> Iterator[Covered]:
    for field in packet.fields:
        about = [vector for vector in vectors if field.path in vector.about]
        special = [vector for vector in about if vector.group != EXAMPLES]  # those are about everything
        readable = sum(vector.is_readable for vector in special)
        yield Covered(packet.name, field.path, "", readable, len(special) - readable)
        for rule in field.rules:
            yield _rule_line(packet, (field.path,), rule, about)
    for same in packet.rules:
        yield _rule_line(packet, same.names, same, [v for v in vectors if set(same.names) <= set(v.about)])
    if packet.carries_client_packet:
        kept = sum("inner" in vector.about and vector.is_readable for vector in vectors)
        for inner in protocol.inner_rules:
            path = f"inner.{inner.name}"
            broken = sum(path in vector.about for vector in vectors)
            yield Covered(packet.name, path, f"{inner.expected} (ENC-10)", kept, broken)


def _rule_line(
    packet: PacketDescription, paths: tuple[str, ...], rule: FieldRule | Same, about: list[Vector]
) -> Covered:
    kept = [_keeps(rule, paths, vector) for vector in about if vector.values]
    text = f"{rule} ({rule.requirement})"
    return Covered(packet.name, ", ".join(paths), text, sum(kept), len(kept) - sum(kept))


def _keeps(rule: FieldRule | Same, paths: tuple[str, ...], vector: Vector) -> bool:
    if isinstance(rule, Same):
        return len({vector.values[path] for path in paths}) == 1
    return holds(rule, vector.values[paths[0]])

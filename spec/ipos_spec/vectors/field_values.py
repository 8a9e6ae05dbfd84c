"""Every field at its boundaries, every named value and bit, every rule kept just so and broken alone."""

from collections.abc import Iterator

from ipos_spec.description import FieldDescription, PacketDescription, ProtocolDescription
from ipos_spec.rules import Same
from ipos_spec.vectors.boundaries import interesting
from ipos_spec.vectors.draft import CHECKSUM, PROTOCOL, TYPE, Draft
from ipos_spec.vectors.flags import Flag
from ipos_spec.vectors.making import Point, text_of, vector
from ipos_spec.vectors.values import Value, Vector

EXAMPLES, GROUP = "examples", "field values"


def examples(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Each packet as it usually is."""
    for packet in protocol.packets:
        every_field = tuple(field.path for field in packet.fields)
        yield vector(
            Draft.example(protocol, packet), Point(EXAMPLES, "example", packet.title, (Flag.EXAMPLE,), every_field)
        )


def boundaries(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Each field of each packet at each value where readers go wrong, everything else right."""
    for packet in protocol.packets:
        example = Draft.example(protocol, packet)
        for field, together in _independent(packet):
            for value, flags in interesting(field).items():
                if not _announces_another(protocol, packet, field, value):
                    yield _at(example, field, together, value, flags)


def inequalities(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Each field that has to equal others, one higher than they are."""
    for packet in protocol.packets:
        example = Draft.example(protocol, packet)
        for same in packet.rules:
            for path in same.names:
                yield _apart(example, same, path)


def _independent(packet: PacketDescription) -> Iterator[tuple[FieldDescription, tuple[str, ...]]]:
    """Fields of fixed size but the checksum, each with the paths of all that change with it; of equals the first."""
    for field in packet.fields:
        if field.size is None or field.path == CHECKSUM:
            continue
        together = next((same.names for same in packet.rules if field.path in same.names), (field.path,))
        if field.path == together[0]:
            yield field, together


def _announces_another(
    protocol: ProtocolDescription, packet: PacketDescription, field: FieldDescription, value: Value
) -> bool:
    """Whether type or protocol would make it another packet, whose fields these are not."""
    if field.path == TYPE:
        return value != packet.type and value in {other.type for other in protocol.packets}
    others = {number for other in protocol.packets if other.type == packet.type for number in other.protocols}
    return field.path == PROTOCOL and value in others - set(packet.protocols)


def _at(
    example: Draft, field: FieldDescription, together: tuple[str, ...], value: Value, flags: tuple[Flag, ...]
) -> Vector:
    text = text_of(field, value)
    paths = ", ".join(together)
    point = Point(GROUP, f"{field.path}={text}", f"{paths}: {text}. {field.documentation}", flags, together)
    return vector(example.put(dict.fromkeys(together, value)).sealed(), point)


def _apart(example: Draft, same: Same, path: str) -> Vector:
    others = ", ".join(name for name in same.names if name != path)
    comment = f"{path} is one higher than {others}; expected {same}."
    point = Point(GROUP, f"{path}-apart", comment, (), same.names)
    return vector(example.put({path: example[path] + 1}).sealed(), point)

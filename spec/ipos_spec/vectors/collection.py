"""All vectors, in one order."""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ipos_spec.description import ProtocolDescription, describe
from ipos_spec.vectors import (
    acknowledgements,
    announcements,
    checksums,
    client_packets,
    field_values,
    known_bugs,
    lengths,
)
from ipos_spec.vectors.values import Vector

_FAMILIES: tuple[Callable[[ProtocolDescription], Iterator[Vector]], ...] = (
    field_values.examples,
    field_values.boundaries,
    field_values.inequalities,
    lengths.truncations,
    lengths.padded_truncations,
    lengths.paddings,
    announcements.ether_types,
    announcements.protocols,
    announcements.other_packets,
    checksums.wrong_checksums,
    checksums.unusual_checksums,
    acknowledgements.acknowledgements,
    client_packets.broken_rules,
    client_packets.unusual_packets,
    client_packets.server_addresses,
    known_bugs.little_endian_senders,
    known_bugs.compiler_padding,
    known_bugs.unusual_control_blocks,
)


def vectors_of(protocol: ProtocolDescription) -> tuple[Vector, ...]:
    """The vectors that a description of the protocol gives, packet by packet, numbered from 1."""
    order = {packet.name: place for place, packet in enumerate(protocol.packets)}
    made = (vector for family in _FAMILIES for vector in family(protocol))
    by_packet = sorted(_distinct(made), key=lambda vector: order[vector.packet])
    return tuple(replace(vector, number=number) for number, vector in enumerate(by_packet, start=1))


@functools.cache
def all_vectors() -> tuple[Vector, ...]:
    """The vectors of the protocol."""
    return vectors_of(describe())


def _distinct(vectors: Iterable[Vector]) -> Iterable[Vector]:
    """Each question to a packet once: a frame that comes again adds to the first what it finds and is about."""
    first: dict[tuple[object, ...], Vector] = {}
    for vector in vectors:
        question = (vector.packet, vector.frame, vector.result, vector.acknowledges)
        known = first.setdefault(question, vector)
        flags, about = dict.fromkeys(known.flags + vector.flags), dict.fromkeys(known.about + vector.about)
        first[question] = replace(known, flags=tuple(flags), about=tuple(about))
    return first.values()

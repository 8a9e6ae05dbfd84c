"""A frame decoded by hand: the octets of a vector, field after field, and its checksum added up."""

from collections.abc import Iterator, Sequence

from ipos_spec.codec import decode
from ipos_spec.description import PacketDescription, ProtocolDescription
from ipos_spec.dissection import Item, dissect
from ipos_spec.ethernet import MINIMUM_FRAME
from ipos_spec.rst_text import escaped, list_table, prose, requirement
from ipos_spec.vectors import Vector
from ipos_spec.wording import bounds, common_bounds, heading

_PER_LINE = 16
_WORDS_PER_LINE = 8
_HEADINGS = ("At", "Octets", "Field", "Reads", "Meaning")
_WIDTHS = (6, 22, 20, 20, 32)


class WalkError(ValueError):
    """A vector that can't be walked through, or whose fields are not what was put into it."""


def walk_text(vector: Vector, protocol: ProtocolDescription) -> Iterator[str]:
    """The sections of a walk. Raises WalkError, before the first line."""
    packet = protocol.packet(vector.packet)
    is_summed = packet.covered is not None or vector.acknowledges is not None
    if not vector.is_readable or not is_summed or packet.carries_client_packet:
        raise WalkError(
            f"{vector.slug} can't be walked through: expected a valid connection packet, or its acknowledgement"
        )
    items = dissect(decode(vector.frame))
    for item in items:
        if item.path in vector.values and item.value != vector.values[item.path]:
            raise WalkError(
                f"{vector.slug}: {item.path} reads {item.value!r}, but {vector.values[item.path]!r} was put into it"
            )
    return iter(
        [
            *_frame(vector),
            *_fields(items, vector, packet),
            *_checksum(vector, packet, protocol),
            *_rules(packet, protocol),
        ]
    )


def _frame(vector: Vector) -> Iterator[str]:
    yield from (*_title("The frame"), f"{len(vector.frame)} octets, as a router sends them:", "")
    yield from ("::", "", *(f"   {line}" for line in _dump(vector.frame)), "")
    yield f"It is the vector ``{vector.slug}``, which ``ipos-spec vectors --packet {vector.packet}`` prints, too."
    yield (
        f"Whatever stands behind these octets is padding: a sender fills a shorter frame up to {MINIMUM_FRAME} octets "
        f"with zeros ({requirement('ENC-9')}), and a reader ignores octets there, whatever their values "
        f"({requirement('ENC-8')})."
    )
    yield ""


def _dump(octets: bytes) -> Iterator[str]:
    for offset in range(0, len(octets), _PER_LINE):
        yield f"{offset:4}  {octets[offset : offset + _PER_LINE].hex(' ')}"


def _fields(items: Sequence[Item], vector: Vector, packet: PacketDescription) -> Iterator[str]:
    """A section for each structure, in the order of the octets."""
    titles = {part.path: heading(part.structure) for part in packet.parts}
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.path.rpartition(".")[0], []).append(item)
    for group, members in groups.items():
        octets = sum(item.size for item in members)
        if not octets:
            continue
        yield from _title(titles.get(group, "Padding"))
        yield from (f"{octets} octets from {members[0].offset} on.", "")
        yield from list_table(_HEADINGS, _WIDTHS, (_row(item, vector) for item in members))
        yield ""


def _row(item: Item, vector: Vector) -> tuple[str, ...]:
    octets = vector.frame[item.offset : item.offset + item.size]
    number = f"{item.value:,}".replace(",", " ") if isinstance(item.value, int) else ""
    reads = item.text if item.text.replace(".", "").isdigit() or not number else f"{item.text} = {number}"
    told = octets.hex(" ") if len(octets) <= _PER_LINE else f"{octets[:4].hex(' ')} … ({len(octets)} octets)"
    read = escaped(reads) if len(octets) <= _PER_LINE else ""
    unit = f" ({escaped(item.wire.unit)})" if item.wire.unit and isinstance(item.value, int) else ""
    return (
        str(item.offset),
        f"``{told}``",
        f"``{item.path.rpartition('.')[2]}``",
        read + unit,
        prose(item.wire.documentation),
    )


def _checksum(vector: Vector, packet: PacketDescription, protocol: ProtocolDescription) -> Iterator[str]:
    """The sum of ENC-6, line by line, checksum field included: a receiver verifies by summing."""
    said, covered = _covered(vector, packet, protocol)
    words = [int.from_bytes(covered[place : place + 2]) for place in range(0, len(covered), 2)]
    yield from _title("The checksum, by hand")
    yield (
        f"{requirement('ENC-6')}: {prose('the Internet checksum (RFC 1071)')} covers {said}, "
        f"as {len(words)} words of 16 bits. The receiver adds all of them, the checksum itself included, and what runs "
        "over 16 bits at the low end again, until nothing does."
    )
    yield from ("", "::", "")
    total = 0
    for place in range(0, len(words), _WORDS_PER_LINE):
        line = words[place : place + _WORDS_PER_LINE]
        total += sum(line)
        yield f"   {' + '.join(f'{word:04x}' for word in line):<53}  so far {total:#07x}"
    low, high = total & 0xFFFF, total >> 16
    yield from ("", f"   {low:04x} + {high:x} = {low + high:04x}", "")
    if low + high != 0xFFFF:
        raise WalkError(f"{vector.slug}: the sum folds to {low + high:#x}, expected 0xffff")
    yield "All bits are set, so the checksum is right. With any other sum the frame would be discarded without a word"
    yield (
        f"({requirement('ENC-7')}). The sender added up the same words with zero in the checksum's place, and inverted "
        "all bits of what came out."
    )
    yield ""
    if vector.acknowledges is not None:
        yield from _one_addition(vector, vector.acknowledges, packet)


def _covered(vector: Vector, packet: PacketDescription, protocol: ProtocolDescription) -> tuple[str, bytes]:
    """What the checksum covers: in words, and its octets."""
    if vector.acknowledges is None:
        begin, end = packet.covered or (0, 0)
        return f"the octets {begin} to {end - 1}", vector.frame[begin:end]
    of = next(other for other in protocol.packets if len(vector.acknowledges) == other.size)
    begin, end = packet.parts[-1].offset, packet.size or 0
    said = (
        f"the octets {begin} to {end - 1} and, behind them, what this frame does not carry: the connection information "
        f"of the packet that it acknowledges, octets {end} to {len(vector.acknowledges) - 1} of that "
        f"(:ref:`{heading(of.record)} <ipos-{of.name}>`)"
    )
    return said, vector.frame[begin:end] + vector.acknowledges[end:]


def _one_addition(vector: Vector, acknowledged: bytes, packet: PacketDescription) -> Iterator[str]:
    """How a target comes to the checksum without adding all of it up (RFC 1624)."""
    header = packet.parts[-1].offset
    place = next(field.offset for field in packet.fields if field.path == "header.type")
    mended = slice(packet.size - 2, packet.size) if packet.size else slice(0)
    before, after, was = (
        int.from_bytes(octets)
        for octets in (acknowledged[mended], vector.frame[mended], acknowledged[place : place + 2])
    )
    now = int.from_bytes(vector.frame[place : place + 2])
    total = (before ^ 0xFFFF) + now - was
    if acknowledged[header:place] != vector.frame[header:place] or (total & 0xFFFF) + (total >> 16) ^ 0xFFFF != after:
        raise WalkError(f"{vector.slug}: its checksum does not follow from {before:#06x}, that of what it acknowledges")
    yield (
        f"The target need not add it up: of all that is summed only the type differs from the connection packet, whose "
        f"checksum is {before:04x}. {prose('RFC 1624')} makes of that one, inverted, the other:"
    )
    yield from (
        "",
        "::",
        "",
        f"   {before ^ 0xFFFF:04x} + {now:04x} - {was:04x} = {total:04x}, inverted {after:04x}",
        "",
    )


def _rules(packet: PacketDescription, protocol: ProtocolDescription) -> Iterator[str]:
    """What a reader checks besides, field by field."""
    yield from _title("What has to hold besides")
    yield "What may stand in the fields; the requirement tells what becomes of a frame that does not keep to it."
    yield ""
    for field in packet.fields:
        for bound in bounds(field):
            if bound.requirement:
                yield f"- ``{field.path}``: {escaped(bound.text)} ({requirement(bound.requirement)})"
    yield from (
        f"- {escaped(bound.text)} ({requirement(bound.requirement)})" for bound in common_bounds(packet, protocol)
    )
    yield ""


def _title(title: str) -> tuple[str, ...]:
    return title, "-" * len(title), ""

"""Frames that end too early, at the edges of every field, and frames that go on behind their packet."""

from collections.abc import Iterator

from ipos_spec.description import ProtocolDescription
from ipos_spec.vectors.draft import CHECKSUM, Draft
from ipos_spec.vectors.flags import Flag
from ipos_spec.vectors.ip_packet import header_length
from ipos_spec.vectors.making import Point, cut, vector
from ipos_spec.vectors.values import Discard, Vector

GROUP = "lengths"

_LENGTH_SEVEN = 7
"""What equipment may take EtherType 0x0007 for (ENC-2)."""

_FRAME_CHECK_SEQUENCE = bytes.fromhex("d95a1c3e")
_LONGEST_PADDING = 1000


def truncations(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Frames that end right before a field, or without its last octet.

    The empty frame is not among them: as a line of hexadecimal it would be an empty line, which readers may skip.
    """
    for packet in protocol.packets:
        example = Draft.example(protocol, packet)
        for length in _edges(example):
            yield _ending(example, length, f"cut={length}", f"ends after {length} octets", Flag.TRUNCATED)
        seven = example.field("ethernet.type").offset + 2 + _LENGTH_SEVEN
        comment = "was cut to an IEEE 802.3 length of 7"
        yield _ending(example, seven, "cut-to-length-seven", comment, Flag.CUT_TO_LENGTH_SEVEN)


def padded_truncations(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Frames that were cut behind the header and filled up with zeros to the shortest Ethernet frame."""
    for packet in protocol.packets:
        example = Draft.example(protocol, packet)
        start = example.field(CHECKSUM).offset + 2
        if len(example.frame()) == start:
            continue
        frame = example.frame()[:start].ljust(protocol.minimum_frame, b"\0")
        comment = "Nothing follows the header but zeros, up to the shortest Ethernet frame."
        discard = _reason_of_padded(example, len(frame), start)
        point = Point(GROUP, "cut-and-padded", comment, (Flag.TRUNCATED_AND_PADDED,), (discard.path,))
        yield cut(example, point, frame, discard)


def paddings(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Octets behind the packet: none of them matters."""
    for packet in protocol.packets:
        example = Draft.example(protocol, packet)
        missing = protocol.minimum_frame - len(example.frame())
        yield _padded(example, "one-octet", "One octet of padding.", b"\0", Flag.PADDING)
        yield _padded(example, "one-octet-ff", "One octet of padding, ff.", b"\xff", Flag.PADDING_NOT_ZERO)
        if missing > 0:
            yield _padded(example, "to-60", "Padded to 60 octets with zeros (ENC-9).", bytes(missing), Flag.PADDING)
            comment = "Padded to 60 octets with what a driver left there."
            yield _padded(example, "to-60-ff", comment, b"\xff" * missing, Flag.PADDING_NOT_ZERO)
        yield _padded(example, "long", f"{_LONGEST_PADDING} octets of padding.", bytes(_LONGEST_PADDING), Flag.PADDING)
        comment = "A frame check sequence behind the frame."
        yield _padded(example, "frame-check-sequence", comment, _FRAME_CHECK_SEQUENCE, Flag.FRAME_CHECK_SEQUENCE)
        comment = "The same frame once more behind it."
        yield _padded(example, "twice", comment, example.frame(), Flag.PADDING_NOT_ZERO)


def _edges(example: Draft) -> list[int]:
    ends = [field.end for field in example.packet.fields if field.end is not None]
    if example.packet.carries_client_packet:
        start, inner = example.packet.size, example.octets_in("inner")
        transport = header_length(inner)
        ends += [start + end for end in (1, 4, transport, transport + 2, len(inner))]
    edges = {length for end in ends for length in (end, end - 1)}
    return sorted(edges - {0, len(example.frame())})


def _ending(example: Draft, length: int, slug: str, how: str, flag: Flag) -> Vector:
    fields = example.packet.fields
    field = next(field for field in fields if field.end is None or field.end > length)
    point = Point(GROUP, slug, f"The frame {how}, in {field.path}.", (flag,), (field.path,))
    return cut(example, point, example.frame()[:length], Discard("ENC-8", field.path, field.offset))


def _reason_of_padded(example: Draft, length: int, start: int) -> Discard:
    """Too short all the same; or long enough, and then the checksum covers what was cut; or no client's packet."""
    if example.packet.carries_client_packet:
        return Discard("ENC-10", "inner.version", start)
    if example.packet.size > length:
        field = next(field for field in example.packet.fields if field.end is None or field.end > length)
        return Discard("ENC-8", field.path, field.offset)
    return Discard("ENC-7", CHECKSUM, example.field(CHECKSUM).offset)


def _padded(example: Draft, slug: str, comment: str, padding: bytes, flag: Flag) -> Vector:
    return vector(example.put({"padding": padding}), Point(GROUP, f"padding-{slug}", comment, (flag,), ("padding",)))

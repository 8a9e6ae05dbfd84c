"""Frames written by hand for bugs that are known from elsewhere."""

from collections.abc import Iterator

from ipos_spec.control_block import ControlFlag
from ipos_spec.description import ProtocolDescription
from ipos_spec.vectors.draft import CHECKSUM, ETHER_TYPE, SOURCE_PORT, TYPE, Draft, is_number, read
from ipos_spec.vectors.flags import Flag
from ipos_spec.vectors.making import Outcome, Point, cut, vector
from ipos_spec.vectors.values import Discard, Result, Values, Vector

GROUP = "known bugs"

_BLOCK = "connection.control_block."
_SERVER_PORT = "connection.server_port"
_ALIGNMENT = bytes(2)

_UNUSUAL_BLOCKS: dict[str, tuple[str, Flag, Values]] = {
    "sequence-wrap": (
        "Both directions have passed the end of the sequence numbers.",
        Flag.SEQUENCE_WRAP,
        {
            "iss": 0xFFFFFFFE,
            "snd_una": 3,
            "snd_nxt": 3,
            "snd_max": 3,
            "irs": 0xFFFFFF00,
            "rcv_nxt": 1,
            "rcv_adv": 0x10000,
            "last_ack_sent": 1,
        },
    ),
    "window-wrap": (
        "The receive window reaches over the end of the sequence numbers.",
        Flag.SEQUENCE_WRAP,
        {"irs": 0x7FFFFFFF, "rcv_nxt": 0xFFFFFFFF, "rcv_adv": 0xFFFE, "last_ack_sent": 0xFFFFFFFF},
    ),
    "scale-without-flags": (
        "Scales, but no scale flag: they count as 0.",
        Flag.SCALE_WITHOUT_FLAGS,
        {"t_flags": int(ControlFlag.TIMESTAMPS)},
    ),
    "scale-offered-only": (
        "Scales, but only one of the scale flags: they count as 0.",
        Flag.SCALE_WITHOUT_FLAGS,
        {"t_flags": int(ControlFlag.TIMESTAMPS | ControlFlag.REQ_SCALE)},
    ),
    "timestamp-clock-unknown": (
        "Timestamps are in use, but the origin did not tell its clock.",
        Flag.TIMESTAMP_CLOCK_UNKNOWN,
        {"ts_now": 0},
    ),
}


def little_endian_senders(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Every number in little endian: the checksum verifies all the same, for it does not know of byte order."""
    for packet in protocol.packets:
        example = Draft.example(protocol, packet)
        turned = _reversed(example)
        comment = "A sender wrote every number behind the EtherType in little endian."
        point = Point(GROUP, "little-endian", comment, (Flag.LITTLE_ENDIAN,), tuple(turned))
        draft = example.put(turned)
        stranger = Outcome(Result.INVALID, Discard("ENC-10", "inner.source_ip", packet.size + 12))
        yield vector(draft.put({CHECKSUM: draft.checksum()}), point, stranger if packet.carries_client_packet else None)


def compiler_padding(protocol: ProtocolDescription) -> Iterator[Vector]:
    """C structures with the octets that compilers put before a 32-bit number at an odd place."""
    for packet in protocol.packets:
        example = Draft.example(protocol, packet)
        frame = _split(example.frame(), example.field(SOURCE_PORT).offset + 2)
        comment = "Two octets of alignment behind the client's port: the type is read from the target's port."
        point = Point(GROUP, "alignment-in-header", comment, (Flag.COMPILER_PADDING,), (TYPE,))
        yield cut(example, point, frame, Discard("ENC-4", TYPE, example.field(TYPE).offset))
    example = Draft.example(protocol, protocol.packet("tcp-connection"))
    frame = _split(example.frame(), example.field(_SERVER_PORT).offset + 2)
    comment = "Two octets of alignment behind the server's port: the control block is read two octets late."
    point = Point(GROUP, "alignment-in-connection", comment, (Flag.COMPILER_PADDING,), (f"{_BLOCK}t_state",))
    yield vector(read(example, frame).sealed(), point)


def unusual_control_blocks(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Control blocks that look wrong and are right."""
    example = Draft.example(protocol, protocol.packet("tcp-connection"))
    for slug, (comment, flag, block) in _UNUSUAL_BLOCKS.items():
        values = {f"{_BLOCK}{name}": value for name, value in block.items()}
        yield vector(example.put(values).sealed(), Point(GROUP, slug, comment, (flag,), tuple(values)))


def _reversed(example: Draft) -> Values:
    """All numbers of more than one octet but the EtherType and the checksum, as a little endian machine holds them."""
    return {
        field.path: int.from_bytes(example[field.path].to_bytes(field.size, "big"), "little")
        for field in example.packet.fields
        if field.size is not None and field.size > 1 and is_number(field) and field.path not in (ETHER_TYPE, CHECKSUM)
    }


def _split(frame: bytes, offset: int) -> bytes:
    return frame[:offset] + _ALIGNMENT + frame[offset:]

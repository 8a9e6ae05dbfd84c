"""AFL++'s custom mutator for ipOS: named operators over sequences of frames, and checksums made right.

    PYTHONPATH=. AFL_PYTHON_MODULE=ipos_mutator afl-fuzz -i seeds -o findings -x ipos.dict -- ./fuzzed

It needs nothing but the standard library and `ipos_fields.json`, the schemas' fields, beside it. The interface is
AFL++'s: `init`, `fuzz_count`, `fuzz`, `post_process`, `describe`, `deinit`. Operators over one frame
have the names of `ipos-fuzz operators`.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

LENGTH = 2
"""Octets before each frame that say how long it is."""

MOST_FRAMES = 64
"""As in harness.c."""

_MOST_MADE = 12
"""Longer sequences cost time and seldom say more."""

HEADER, INNER, CHECKSUM = 14, 30, 28
TYPE, PROTOCOL = 26, 27
CONNECTION, CLIENT_PACKET, ACKNOWLEDGEMENT = 1, 2, 3
LEFT_ALONE = (0, 0xFFFF)
"""Checksums that are never made right, so that wrong ones get through."""

Octets = bytes | bytearray


class Field(NamedTuple):
    """A field of fixed size: its path, where it stands, and ids of the requirements that speak of it."""

    path: str
    offset: int
    size: int
    requirements: str


def _read_fields() -> tuple[dict[tuple[int, int], list[Field]], dict[tuple[int, int], int]]:
    document = json.loads(Path(__file__).with_name("ipos_fields.json").read_text(encoding="utf-8"))
    fields, covered = {}, {}
    for packet in document["packets"]:
        for protocol in packet["protocols"]:
            kind = packet["type"], protocol
            fields[kind] = [Field(*field) for field in packet["fields"]]
            covered[kind] = packet["covered_end"]
    return fields, covered


FIELDS, COVERED_END = _read_fields()
"""By type and protocol: the fields, and where the octets end that the checksum covers (ENC-6)."""

# Sequences


def frames_of(data: bytes) -> list[bytearray]:
    """The frames of an input, as the harness cuts it."""
    frames: list[bytearray] = []
    at = 0
    while at + LENGTH <= len(data) and len(frames) < MOST_FRAMES:
        length = int.from_bytes(data[at : at + LENGTH], "big")
        frames.append(bytearray(data[at + LENGTH : at + LENGTH + length]))
        at += LENGTH + length
    return frames


def joined(frames: Sequence[bytearray]) -> bytearray:
    """An input of frames."""
    data = bytearray()
    for frame in frames:
        data += len(frame).to_bytes(LENGTH, "big") + frame
    return data


# Checksums


def ones_complement_sum(octets: bytes) -> int:
    """Of 16-bit words, an odd octet padded (RFC 1071)."""
    if len(octets) % 2:
        octets = bytes(octets) + b"\0"
    total = int.from_bytes(octets, "big")
    return total % 0xFFFF or (0xFFFF if total else 0)


def checksum(octets: bytes) -> bytes:
    """What makes octets, with their checksum field zero, sum to -0."""
    return (0xFFFF ^ ones_complement_sum(octets)).to_bytes(2, "big")


def repair(frame: bytearray, acknowledged: bytes = b"") -> None:
    """Make all checksums of a frame right that are not 0 or 0xFFFF.

    acknowledged   the connection packet whose acknowledgement it may be; its information is covered as well (ENC-6)
    """
    kind = kind_of(frame)
    if kind is None:
        return
    if kind[0] == CLIENT_PACKET:
        _repair_inner(frame)
    if kind[0] == ACKNOWLEDGEMENT:
        if not acknowledged:
            return  # nobody can say which would be right
        covered = acknowledged[INNER : COVERED_END[kind_of(acknowledged) or kind]]
    else:
        covered = bytes(frame[INNER : COVERED_END[kind]])
    _put_checksum(frame, CHECKSUM, bytes(frame[HEADER:CHECKSUM]) + bytes(2) + covered)


def kind_of(frame: Octets) -> tuple[int, int] | None:
    """Type and protocol of a frame that has both headers, and is a packet of FIG. 11."""
    kind = (frame[TYPE], frame[PROTOCOL]) if len(frame) >= INNER else None
    return kind if kind in FIELDS else None


def _put_checksum(frame: bytearray, offset: int, octets: bytes) -> None:
    if int.from_bytes(frame[offset : offset + 2], "big") not in LEFT_ALONE:
        frame[offset : offset + 2] = checksum(octets)


def _repair_inner(frame: bytearray) -> None:
    header = transport_offset(frame)
    if header is None:
        return
    ip = frame[INNER:header]
    _put_checksum(frame, INNER + 10, bytes(ip[:10]) + bytes(2) + bytes(ip[12:]))
    end = INNER + int.from_bytes(frame[INNER + 2 : INNER + 4], "big")
    place = {6: 16, 17: 6}.get(frame[INNER + 9])
    if place is None or end > len(frame) or header + place + 2 > end:
        return
    segment = bytes(frame[header : header + place]) + bytes(2) + bytes(frame[header + place + 2 : end])
    pseudo = bytes(frame[INNER + 12 : INNER + 20]) + bytes([0, frame[INNER + 9]]) + len(segment).to_bytes(2, "big")
    _put_checksum(frame, header + place, pseudo + segment)


def transport_offset(frame: Octets) -> int | None:
    """Where TCP or UDP begins in a type 2 frame; None if its IP header is none, or not all there."""
    if len(frame) < INNER + 20 or frame[INNER] & 0xF < 5:
        return None
    offset = INNER + (frame[INNER] & 0xF) * 4
    return offset if offset <= len(frame) else None


def _acknowledged(frames: Sequence[bytearray], number: int) -> bytes:
    """The last connection packet before a frame that has its reference."""
    reference = frames[number][HEADER:TYPE]
    earlier = (frame for frame in reversed(frames[:number]) if (kind_of(frame) or (0,))[0] == CONNECTION)
    return next((bytes(frame) for frame in earlier if frame[HEADER:TYPE] == reference), b"")


# Operators over one frame: they change it in place, and say whether they could.

Operator = Callable[[bytearray, Random], bool]


def _put(frame: bytearray, offset: int, size: int, value: int) -> bool:
    if offset + size > len(frame):
        return False
    frame[offset : offset + size] = (value % 256**size).to_bytes(size, "big")
    return True


def _some_field(frame: bytearray, random: Random, chosen: Callable[[Field], bool]) -> Field | None:
    fields = [field for field in FIELDS.get(kind_of(frame) or (0, 0), []) if chosen(field)]
    return random.choice(fields) if fields else None


def _boundary(frame: bytearray, random: Random) -> bool:
    field = _some_field(frame, random, lambda field: field.offset >= HEADER and field.path != "header.checksum")
    if field is None:
        return False
    top = 256**field.size
    near = random.choice([0, 1, top // 2 - 1, top // 2, top - 2, top - 1, 1 << random.randrange(8 * field.size)])
    old = int.from_bytes(frame[field.offset : field.offset + field.size], "big")
    small = random.randrange(min(17, top))
    value = random.choice([near, near, small, small, old + 1, old - 1, random.randrange(top)])
    return _put(frame, field.offset, field.size, value)


def _reserved(frame: bytearray, random: Random) -> bool:
    field = _some_field(frame, random, lambda field: field.requirements == "TCB-3")
    return field is not None and _put(frame, field.offset, field.size, random.randrange(256**field.size))


def _padding(frame: bytearray, random: Random) -> bool:
    frame += random.randbytes(random.randrange(1, 64))
    return True


def _truncation(frame: bytearray, random: Random) -> bool:
    if len(frame) <= HEADER:
        return False
    short = [len(frame) - 2, HEADER, INNER - 1, INNER, random.randrange(len(frame))]
    del frame[random.choice([length for length in short if 0 <= length < len(frame)]) :]
    return True


def _one_octet_less(frame: bytearray, _random: Random) -> bool:
    if not frame:
        return False
    del frame[-1]
    return True


def _checksum(frame: bytearray, random: Random) -> bool:
    return _put(frame, CHECKSUM, 2, random.choice(LEFT_ALONE))


def _bit_flip(frame: bytearray, random: Random) -> bool:
    if not frame:
        return False
    frame[random.randrange(len(frame))] ^= 1 << random.randrange(8)
    return True


def _type(frame: bytearray, random: Random) -> bool:
    return _put(frame, TYPE, 1, random.choice([0, 1, 2, 3, 4, 0x7F, 0x80, 0x81, 0xFF]))


def _protocol(frame: bytearray, random: Random) -> bool:
    return _put(frame, PROTOCOL, 1, random.choice([0, 1, 2, 3, 6, 17, 0xFF]))


def _address(frame: bytearray, random: Random) -> bool:
    field = _some_field(frame, random, lambda field: field.path.endswith("_ip"))
    value = random.choice([0, 0xFFFFFFFF, 0xE0000001, 0x7F000001])
    return field is not None and _put(frame, field.offset, 4, value)


def _port(frame: bytearray, random: Random) -> bool:
    field = _some_field(frame, random, lambda field: field.path.endswith("_port"))
    return field is not None and _put(frame, field.offset, 2, random.choice([0, 1, 80, 0xFFFF]))


def _group_mac(frame: bytearray, random: Random) -> bool:
    offset = random.choice([0, 6])
    return len(frame) >= HEADER and _put(frame, offset, 6, random.choice([0xFFFFFFFFFFFF, 0x01005E000001]))


def _block_field(frame: bytearray, name: str, value: int) -> bool:
    path = f"connection.control_block.{name}"
    field = next((field for field in FIELDS.get(kind_of(frame) or (0, 0), []) if field.path == path), None)
    return field is not None and _put(frame, field.offset, field.size, value)


def _refused_block(frame: bytearray, random: Random) -> bool:
    values = {"t_state": (0, 3, 5, 0xFFFF), "t_maxseg": (0, 63, 64, 65495, 65496, 0xFFFF)}
    scales = ("snd_scale", "rcv_scale", "request_r_scale", "requested_s_scale")
    name = random.choice([*values, *scales])
    return _block_field(frame, name, random.choice(values.get(name, (14, 15, 31, 32, 0xFF))))


def _unquiet_block(frame: bytearray, random: Random) -> bool:
    name = random.choice(["snd_una", "snd_nxt", "snd_max"])
    return _block_field(frame, name, random.getrandbits(32))


def _inner(offset: int, size: int, values: Callable[[Random], int]) -> Operator:
    """Put a number into the client's IP packet."""

    def operator(frame: bytearray, random: Random) -> bool:
        return transport_offset(frame) is not None and _put(frame, INNER + offset, size, values(random))

    return operator


def _transport(offset: int, size: int, values: Callable[[Random], int]) -> Operator:
    """Put a number into the client's TCP or UDP header."""

    def operator(frame: bytearray, random: Random) -> bool:
        start = transport_offset(frame)
        return start is not None and _put(frame, start + offset, size, values(random))

    return operator


def _tcp_options(frame: bytearray, random: Random) -> bool:
    """Another list of options, of right length or not; total length and data offset follow."""
    start = transport_offset(frame)
    if start is None or frame[INNER + 9] != 6 or len(frame) < start + 20:
        return False
    choices = (
        b"\1",
        b"\0",
        b"\2\4" + random.randbytes(2),
        b"\3\3" + random.randbytes(1),
        b"\4\2",
        b"\x08\x0a" + random.randbytes(8),
        b"\5" + bytes([2 + 8 * random.randrange(5)]) + random.randbytes(32),
        random.randbytes(2),
        bytes([random.randrange(256), random.choice([0, 1, 2, 40, 255])]),
    )
    options = b"".join(random.choice(choices) for _ in range(random.randrange(1, 12)))[:40]
    options += bytes(-len(options) % 4)
    old = start + 20, max(start + (frame[start + 12] >> 4) * 4, start + 20)
    frame[old[0] : old[1]] = options
    frame[start + 12] = (5 + len(options) // 4) << 4 | frame[start + 12] & 0xF
    return _put(frame, INNER + 2, 2, len(frame) - INNER)


def _ip_options(frame: bytearray, random: Random) -> bool:
    """IP options, IHL and total length as they have to be."""
    start = transport_offset(frame)
    if start is None:
        return False
    options = random.randbytes(4 * random.randrange(1, 11))
    frame[INNER + 20 : start] = options
    frame[INNER] = frame[INNER] & 0xF0 | (5 + len(options) // 4)
    return _put(frame, INNER + 2, 2, len(frame) - INNER)


def _any(size: int) -> Callable[[Random], int]:
    return lambda random: random.choice([0, 1, 256**size // 2, 256**size - 1, random.getrandbits(8 * size)])


def _one_of(*values: int) -> Callable[[Random], int]:
    return lambda random: random.choice(values)


FRAME_OPERATORS: dict[str, Operator] = {
    "boundary": _boundary,
    "reserved-octets": _reserved,
    "padding": _padding,
    "truncation": _truncation,
    "one-octet-less": _one_octet_less,
    "wrong-checksum": _checksum,
    "bit-flip": _bit_flip,
    "unknown-type": _type,
    "unknown-protocol": _protocol,
    "group-mac": _group_mac,
    "unusable-address": _address,
    "port-zero": _port,
    "refused-control-block": _refused_block,
    "unquiet-control-block": _unquiet_block,
    "inner-version": _inner(0, 1, _one_of(0x05, 0x35, 0x55, 0x65, 0xF5)),
    "inner-header-length": _inner(0, 1, _one_of(*range(0x40, 0x50))),
    "inner-length-short": _inner(2, 2, _one_of(0, 1, 19, 20, 27, 28, 39, 40)),
    "inner-length-long": _inner(2, 2, _one_of(41, 1500, 0x7FFF, 0x8000, 0xFFFF)),
    "inner-fragment": _inner(6, 2, _one_of(0x2000, 0x0001, 0x1FFF, 0x3FFF, 0x4000)),
    "inner-protocol": _inner(9, 1, _one_of(0, 1, 6, 17, 0xFF)),
    "inner-checksum": _inner(10, 2, _one_of(*LEFT_ALONE)),
    "inner-source": _inner(12, 4, _any(4)),
    "inner-source-port": _transport(0, 2, _any(2)),
    "inner-options": _ip_options,
    "inner-tcp-options": _tcp_options,
    "inner-tcp-data-offset-other": _transport(12, 1, _one_of(*range(0, 0x100, 0x10))),
    "inner-tcp-flags": _transport(13, 1, _one_of(0, 1, 2, 4, 0x10, 0x11, 0x14, 0x18, 0x3F)),
    "inner-tcp-number": _transport(4, 4, _any(4)),
}
"""By name: of the catalogue that `ipos-fuzz operators` tells, what octets alone allow."""


# Operators over the sequence


def _repeat(frames: list[bytearray], random: Random, _other: list[bytearray]) -> None:
    frames.insert(random.randrange(len(frames) + 1), bytearray(random.choice(frames)))


def _drop(frames: list[bytearray], random: Random, _other: list[bytearray]) -> None:
    if len(frames) > 1:
        del frames[random.randrange(len(frames))]


def _swap(frames: list[bytearray], random: Random, _other: list[bytearray]) -> None:
    one, two = random.randrange(len(frames)), random.randrange(len(frames))
    frames[one], frames[two] = frames[two], frames[one]


def _insert(frames: list[bytearray], random: Random, other: list[bytearray]) -> None:
    if other:
        frames.insert(random.randrange(len(frames) + 1), bytearray(random.choice(other)))


def _crossed_reference(frames: list[bytearray], random: Random, _other: list[bytearray]) -> None:
    one, two = random.choice(frames), random.choice(frames)
    if len(one) >= INNER and len(two) >= INNER:
        one[HEADER:TYPE] = two[HEADER:TYPE]


def _later_holder(frames: list[bytearray], random: Random, _other: list[bytearray]) -> None:
    """The same connection once more, from a holder that is later, or claims to be (TGT-4)."""
    connections = [frame for frame in frames if kind_of(frame) == (CONNECTION, 1)]
    if connections:
        again = bytearray(random.choice(connections))
        name = random.choice(["rcv_nxt", "rcv_nxt", "snd_nxt", "iss"])
        path = f"connection.control_block.{name}"
        field = next(field for field in FIELDS[CONNECTION, 1] if field.path == path)
        old = int.from_bytes(again[field.offset : field.offset + 4], "big")
        _put(again, field.offset, 4, old + random.choice([1, 256, -1, 1 << 31]))
        frames.append(again)


SEQUENCE_OPERATORS: dict[str, Callable[[list[bytearray], Random, list[bytearray]], None]] = {
    "repeat-packet": _repeat,
    "drop-packet": _drop,
    "swap-packets": _swap,
    "insert-packet": _insert,
    "crossed-reference": _crossed_reference,
    "later-holder": _later_holder,
}

OFTEN = ("boundary",) * 6 + ("insert-packet",) * 3
"""One operator for many fields, and the one by which an input gets what others have: more often than the rest."""


# AFL++'s interface


class _State:
    """What one process of AFL++ keeps: its source of chance, the operators, and the last one's name."""

    random = Random(0)  # noqa: S311 - reproducible, not secret
    names: tuple[str, ...] = ()
    last = b"none"
    sent = bytearray()


def init(seed: int) -> None:
    """Begin: AFL++ gives a seed; IPOS_OPERATORS may name the operators that are wanted."""
    _State.random = Random(seed)  # noqa: S311
    wanted = [name for name in os.environ.get("IPOS_OPERATORS", "").split(",") if name]
    everything = (*FRAME_OPERATORS, *SEQUENCE_OPERATORS)
    unknown = sorted(set(wanted) - set(everything))
    if unknown:
        raise SystemExit(f"IPOS_OPERATORS: found {unknown[0]!r}, expected some of {', '.join(everything)}")
    _State.names = tuple(wanted) or (*everything, *OFTEN)


def fuzz_count(_buf: bytearray) -> int:
    """Say how many mutants one input is worth: few, or AFL++ stays with its first inputs for minutes."""
    return 64


def fuzz(buf: bytearray, add_buf: bytearray, max_size: int) -> bytearray:
    """Make an input of another: one to four operators, one after the other."""
    random = _State.random
    frames = frames_of(bytes(buf)) or [bytearray()]
    other = frames_of(bytes(add_buf)) if add_buf else []
    done = []
    for _ in range(random.choice([1, 1, 2, 4])):
        name = random.choice(_State.names)
        if name in SEQUENCE_OPERATORS:
            SEQUENCE_OPERATORS[name](frames, random, other)
        elif not FRAME_OPERATORS[name](random.choice(frames), random):
            continue
        done.append(name)
    _State.last = "+".join(done).encode() or b"none"
    return joined(frames[:_MOST_MADE])[:max_size]


def post_process(buf: bytearray) -> bytearray:
    """Make the checksums of an input right before the target gets it, whoever made the input."""
    frames = frames_of(bytes(buf))
    for number, frame in enumerate(frames):
        repair(frame, _acknowledged(frames, number))
    _State.sent = joined(frames)  # AFL++ 4.04 reads it after it has let go of it
    return _State.sent


def describe(max_description_length: int) -> bytes:
    """Name the operators of the last input, for the names of AFL++'s files. AFL++ 4.04 takes bytes, and no str."""
    return _State.last[:max_description_length]


def deinit(*_: Any) -> None:
    """End; there is nothing to give back."""

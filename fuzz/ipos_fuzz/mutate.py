"""Single frames, each with one thing wrong, odd or extreme: named operators over the fields of the schemas.

An operator promises in advance whether what it makes must be discarded: then any answer to it, and any trace of it in
a table, is a finding. Of the other mutants only the general oracles speak (the router lives, its answers are valid).
"""

from collections.abc import Callable, Collection, Iterator
from random import Random
from typing import NamedTuple

from ipos_spec.control_block import MAXIMUM_MAXSEG, MAXIMUM_SCALE, MINIMUM_MAXSEG
from ipos_spec.encapsulation import PacketType, Protocol
from ipos_spec.errors import SpecError

from ipos_fuzz.subject import CHECKSUM, HEADER, INNER, Subject


class Mutant(NamedTuple):
    """What came out of an operator.

    operator           its name, a key of OPERATORS
    frame              without frame check sequence
    must_be_discarded  whether a router has to discard it silently, whatever state it is in
    """

    operator: str
    frame: bytes
    must_be_discarded: bool


class Operator(NamedTuple):
    """One way to change a frame.

    requirement        id of what is violated, or of what the mutant probes
    must_be_discarded  see Mutant
    applies            to which frames it can be applied
    mutate             makes a mutant with the random source that it is given, and no other
    """

    requirement: str
    must_be_discarded: bool
    applies: Callable[[Subject], bool]
    mutate: Callable[[Subject, Random], bytes]


class UnknownOperatorError(SpecError):
    """No operator has this name, or none of those named applies to the frame."""


def mutants(frame: bytes, count: int, seed: int, operators: Collection[str] = ()) -> Iterator[Mutant]:
    """Yield `count` mutants of a valid frame, the same ones for the same seed.

    operators  names to choose among; all that apply to the frame if empty

    Raises ipos_spec.DecodeError if the frame itself is not valid, UnknownOperatorError.
    """
    subject = Subject.of(frame)
    chosen = _applicable(subject, operators)
    random = Random(seed)  # noqa: S311 - reproducible, not secret
    for _ in range(count):
        name = random.choice(chosen)
        operator = OPERATORS[name]
        yield Mutant(name, operator.mutate(subject, random), operator.must_be_discarded)


def _applicable(subject: Subject, names: Collection[str]) -> list[str]:
    unknown = sorted(set(names) - set(OPERATORS))
    if unknown:
        raise UnknownOperatorError(f"no operator is called {unknown[0]!r}")
    chosen = [name for name in OPERATORS if (not names or name in names) and OPERATORS[name].applies(subject)]
    if not chosen:
        raise UnknownOperatorError(f"{', '.join(sorted(names))}: applies to no {type(subject.packet).__name__}")
    return chosen


def boundary_values(size: int) -> tuple[int, ...]:
    """Numbers at which a field of this many octets is likely to be mishandled."""
    top = 256**size
    return (0, 1, top // 2 - 1, top // 2, top - 2, top - 1)


def _any_packet(_subject: Subject) -> bool:
    return True


def _client_packet(subject: Subject) -> bool:
    return subject.carries_client_packet


def _control_block(subject: Subject) -> bool:
    return subject.carries_control_block


def _boundary(subject: Subject, random: Random) -> bytes:
    field = random.choice([field for field in subject.fields.values() if field.offset >= HEADER])
    return subject.put_repaired(field.offset, random.choice(boundary_values(field.size)).to_bytes(field.size, "big"))


def _reserved(subject: Subject, random: Random) -> bytes:
    field = random.choice([field for field in subject.fields.values() if field.wire.source == "TCB-3"])
    return subject.put_repaired(field.offset, random.randbytes(field.size))


def _padding(subject: Subject, random: Random) -> bytes:
    return subject.frame[: subject.meant_length] + random.randbytes(random.randrange(1, 64))


def _truncation(subject: Subject, random: Random) -> bytes:
    return subject.frame[: random.randrange(HEADER, subject.meant_length)]


def _checksum(subject: Subject, random: Random) -> bytes:
    right = int.from_bytes(subject.frame[CHECKSUM:INNER], "big")
    wrong = (right + random.randrange(1, 0xFFFF)) % 0xFFFF  # modulo 0xFFFF, or it could be zero's other form
    return subject.put(CHECKSUM, wrong.to_bytes(2, "big"))


def _bit_flip(subject: Subject, random: Random) -> bytes:
    while True:
        offset = random.randrange(HEADER, subject.covered_end)
        flipped = subject.put(offset, bytes([subject.frame[offset] ^ 1 << random.randrange(8)]))
        if subject.fields["header.type"].offset != offset:  # a flip there can make another packet of it
            return flipped


def _type(subject: Subject, random: Random) -> bytes:
    return subject.put_field("header.type", random.choice([0, *range(max(PacketType) + 1, 0x80)]))


def _protocol(subject: Subject, random: Random) -> bytes:
    return subject.put_field("header.protocol", random.choice([0, *range(max(Protocol) + 1, 0x100)]))


def _address(subject: Subject, random: Random) -> bytes:
    path = random.choice([path for path in subject.fields if path.endswith("_ip")])
    return subject.put_field(path, random.choice([0, 0xFFFFFFFF, 0xE0000000 | random.getrandbits(28)]))


def _port(subject: Subject, random: Random) -> bytes:
    return subject.put_field(random.choice([path for path in subject.fields if path.endswith("_port")]), 0)


def _group_mac(subject: Subject, random: Random) -> bytes:
    field = subject.fields[random.choice(["ethernet.destination", "ethernet.source"])]
    group = random.choice([b"\xff" * 6, bytes([random.getrandbits(8) | 1]) + random.randbytes(5)])
    return subject.put(field.offset, group)


def _refused_block(subject: Subject, random: Random) -> bytes:
    name, value = random.choice(
        [
            ("t_state", random.choice([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 0xFFFF])),
            ("t_maxseg", random.choice([0, MINIMUM_MAXSEG - 1, MAXIMUM_MAXSEG + 1, 0xFFFF])),
            *(
                (scale, random.randrange(MAXIMUM_SCALE + 1, 0x100))
                for scale in ("snd_scale", "rcv_scale", "request_r_scale", "requested_s_scale")
            ),
        ]
    )
    return subject.put_field(f"connection.control_block.{name}", value)


def _unquiet_block(subject: Subject, random: Random) -> bytes:
    field = subject.fields[f"connection.control_block.{random.choice(['snd_una', 'snd_nxt', 'snd_max'])}"]
    number = int.from_bytes(subject.frame[field.offset : field.offset + field.size], "big")
    return subject.put_field(field.path, (number + random.choice([1, 2, 1 << 16, 1 << 31, -1])) % 2**32)


def _inner_version(subject: Subject, random: Random) -> bytes:
    version = random.choice([version for version in range(16) if version != 4])
    return subject.put_inner(0, bytes([version << 4 | subject.frame[INNER] & 0xF]))


def _inner_header_length(subject: Subject, random: Random) -> bytes:
    return subject.put_inner(0, bytes([0x40 | random.randrange(5)]))


def _inner_length_short(subject: Subject, random: Random) -> bytes:
    least = (subject.frame[INNER] & 0xF) * 4 + {Protocol.TCP: 20, Protocol.UDP: 8}[_protocol_of(subject)]
    return subject.put_inner(2, random.randrange(least).to_bytes(2, "big"))


def _inner_length_long(subject: Subject, random: Random) -> bytes:
    there = len(subject.frame) - INNER
    return subject.put_inner(2, random.randrange(there + 1, 0x10000).to_bytes(2, "big"))


def _inner_fragment(subject: Subject, random: Random) -> bytes:
    flags = random.choice([0x2000, 0x0000, 0x4000]) | random.randrange(1, 0x2000)
    return subject.put_inner(6, flags.to_bytes(2, "big"))


def _inner_protocol(subject: Subject, random: Random) -> bytes:
    right = subject.frame[INNER + 9]
    return subject.put_inner(9, bytes([random.choice([number for number in range(256) if number != right])]))


def _inner_checksum(subject: Subject, random: Random) -> bytes:
    right = int.from_bytes(subject.frame[INNER + 10 : INNER + 12], "big")
    return subject.put(INNER + 10, ((right + random.randrange(1, 0xFFFF)) % 0xFFFF).to_bytes(2, "big"))


def _inner_source(subject: Subject, random: Random) -> bytes:
    right = int.from_bytes(subject.frame[INNER + 12 : INNER + 16], "big")
    return subject.put_inner(12, (right ^ 1 << random.randrange(32)).to_bytes(4, "big"))


def _inner_port(subject: Subject, random: Random) -> bytes:
    offset = (subject.frame[INNER] & 0xF) * 4
    right = int.from_bytes(subject.frame[INNER + offset : INNER + offset + 2], "big")
    return subject.put_inner(offset, (right ^ 1 << random.randrange(16)).to_bytes(2, "big"))


def _protocol_of(subject: Subject) -> Protocol:
    return Protocol(subject.packet.header.protocol)


OPERATORS: dict[str, Operator] = {
    "boundary": Operator("ENC-1", False, _any_packet, _boundary),
    "reserved-octets": Operator("TCB-3", False, _control_block, _reserved),
    "padding": Operator("ENC-8", False, _any_packet, _padding),
    "truncation": Operator("ENC-8", True, _any_packet, _truncation),
    "wrong-checksum": Operator("ENC-7", True, _any_packet, _checksum),
    "bit-flip": Operator("ENC-7", True, _any_packet, _bit_flip),
    "unknown-type": Operator("ENC-4", True, _any_packet, _type),
    "unknown-protocol": Operator("ENC-5", True, _any_packet, _protocol),
    "group-mac": Operator("ENC-12", True, _any_packet, _group_mac),
    "unusable-address": Operator("ENC-13", True, _any_packet, _address),
    "port-zero": Operator("ENC-13", True, _any_packet, _port),
    "refused-control-block": Operator("TCB-2", True, _control_block, _refused_block),
    "unquiet-control-block": Operator("TCB-2", True, _control_block, _unquiet_block),
    "inner-version": Operator("ENC-10", True, _client_packet, _inner_version),
    "inner-header-length": Operator("ENC-10", True, _client_packet, _inner_header_length),
    "inner-length-short": Operator("ENC-10", True, _client_packet, _inner_length_short),
    "inner-length-long": Operator("ENC-8", True, _client_packet, _inner_length_long),
    "inner-fragment": Operator("ENC-10", True, _client_packet, _inner_fragment),
    "inner-protocol": Operator("ENC-10", True, _client_packet, _inner_protocol),
    "inner-checksum": Operator("ENC-10", True, _client_packet, _inner_checksum),
    "inner-source": Operator("ENC-10", True, _client_packet, _inner_source),
    "inner-source-port": Operator("ENC-10", True, _client_packet, _inner_port),
}
"""All operators by name. Each promise is held against the specification by a test."""

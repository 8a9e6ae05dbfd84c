"""Every kind of bug, planted into a parser that is written here from the figures, is found and called by its name."""

from typing import Any, ClassVar

import pytest
from ipos_spec.description import Kind, describe
from ipos_spec.vectors import Result, all_vectors
from ipos_spec.vectors.judging import Answer, Verdict, judge, tally

IPV4_START, PORTS = 30, {1: (6, 20), 2: (17, 8)}


class RefusedError(Exception):
    """With the requirement as its text."""


class Parser:
    """A textbook parser of ipOS frames; each step can be got wrong by itself."""

    NAMES: ClassVar = {(packet.type, number): packet for packet in describe().packets for number in packet.protocols}
    byte_order: Any = "big"
    signed = False
    least_version, most_fragment_bits = 4, 0x3FFF

    def answer(self, frame: bytes) -> Answer:
        try:
            name, fields = self.parse(frame)
        except RefusedError as requirement:
            return Answer(None, {}, str(requirement))
        return Answer(name, fields, None)

    def parse(self, frame: bytes) -> tuple[str, dict[str, int | str]]:
        self.has(frame, 14)
        self.refuse_unless(self.is_ipos(frame[12:14]), "ENC-2")
        self.has(frame, 30)
        packet_type, protocol = frame[26], self.protocol(frame[27])
        self.refuse_unless(packet_type in (1, 2, 3), "ENC-4")
        self.refuse_unless(protocol in (1, 2), "ENC-5")
        packet = self.NAMES[packet_type, protocol]
        self.has(frame, packet.size)
        end = packet.size
        if packet_type == 2:
            end += self.client_packet(frame, protocol)
        if packet_type != 3:
            self.refuse_unless(self.verifies(frame, packet.size), "ENC-7")
        self.look_at_padding(frame[end:])
        fields = {field.path: self.value(field, frame) for field in packet.fields if field.size}
        fields["padding"] = frame[end:].hex()
        if packet_type == 2:
            fields["inner"] = frame[IPV4_START:end].hex()
        self.look_at(fields)
        return packet.name, fields

    @staticmethod
    def refuse_unless(condition: bool, requirement: str) -> None:
        if not condition:
            raise RefusedError(requirement)

    def has(self, frame: bytes, length: int) -> None:
        self.refuse_unless(len(frame) >= length, "ENC-8")

    def is_ipos(self, ether_type: bytes) -> bool:
        return ether_type == b"\x00\x07"

    def protocol(self, octet: int) -> int:
        return octet

    def verifies(self, frame: bytes, end: int) -> bool:
        return self.sum(frame[14:end]) == 0xFFFF

    def sum(self, octets: bytes) -> int:
        total = sum(octets[0::2]) * 256 + sum(octets[1::2])
        while total > 0xFFFF:
            total = self.fold(total)
        return total

    def fold(self, total: int) -> int:
        return (total & 0xFFFF) + (total >> 16)

    def look_at_padding(self, padding: bytes) -> None:
        """Nothing to see here (ENC-8)."""

    def look_at(self, fields: dict[str, int | str]) -> None:
        """Nor here: what a router discards a packet for is not a parser's business."""

    def value(self, field: Any, frame: bytes) -> int | str:
        octets = frame[field.offset : field.end]
        if field.kind in (Kind.UNSIGNED, Kind.IPV4):
            return int.from_bytes(octets, self.byte_order, signed=self.signed)
        return octets.hex()

    def client_packet(self, frame: bytes, protocol: int) -> int:
        """Octets of the client's packet, which has to be in order (ENC-10)."""
        self.has(frame, IPV4_START + 20)
        packet = frame[IPV4_START:]
        iana, transport = PORTS[protocol]
        total = int.from_bytes(packet[2:4], "big")
        header = (packet[0] & 15) * 4
        self.check("version", packet[0] >> 4 == 4)
        self.check("ihl", header >= 20)
        self.check("total_length", total >= header + transport)
        self.check("fragment_offset", not int.from_bytes(packet[6:8], "big") & self.most_fragment_bits)
        self.check("protocol", packet[9] == iana)
        self.has(packet, self.length(packet, total))
        self.check("header_checksum", self.sum(packet[:header]) == 0xFFFF)
        self.check("source_ip", packet[12:16] == frame[14:18])
        self.check("source_port", self.source_port(packet, header) == frame[18:20])
        return self.length(packet, total)

    def check(self, rule: str, condition: bool) -> None:  # noqa: ARG002
        self.refuse_unless(condition, "ENC-10")

    def length(self, packet: bytes, total: int) -> int:  # noqa: ARG002
        return total

    def source_port(self, packet: bytes, header: int) -> bytes:
        return packet[header : header + 2]


def verdicts(parser: Parser) -> list[Verdict]:
    return [judge(vector, parser.answer(vector.frame)) for vector in all_vectors()]


def flags_of(found: list[Verdict]) -> list[str]:
    return [one.flag.title for one in tally(found)]


def test_the_parser_of_the_textbook_is_right() -> None:
    """So what the others show is their bugs."""
    assert [verdict for verdict in verdicts(Parser()) if verdict.problem] == []


class LittleEndian(Parser):
    byte_order = "little"


class SignedNumber(Parser):
    signed = True


class OtherEtherType(Parser):
    def is_ipos(self, ether_type: bytes) -> bool:
        return int.from_bytes(ether_type, "big") < 0x600


class Truncated(Parser):
    """Reads what happens to stand behind the frame."""

    def parse(self, frame: bytes) -> tuple[str, dict[str, int | str]]:
        try:
            return super().parse(frame)
        except RefusedError as requirement:
            if str(requirement) != "ENC-8":
                raise
            return "tcp", {}


class PaddingNotZero(Parser):
    def look_at_padding(self, padding: bytes) -> None:
        self.refuse_unless(not any(padding), "ENC-9")


class FrameCheckSequence(Parser):
    def look_at_padding(self, padding: bytes) -> None:
        self.refuse_unless(len(padding) != 4, "ENC-8")


class IanaProtocol(Parser):
    def protocol(self, octet: int) -> int:
        return {6: 1, 17: 2}.get(octet, octet)


class ExtensionType(Parser):
    def parse(self, frame: bytes) -> tuple[str, dict[str, int | str]]:
        extension = frame[26:27] >= b"\x80"
        return ("tcp", {}) if extension else super().parse(frame)


class ChecksumIgnored(Parser):
    def verifies(self, frame: bytes, end: int) -> bool:  # noqa: ARG002
        return True


class ChecksumMissing(Parser):
    def verifies(self, frame: bytes, end: int) -> bool:
        return frame[28:30] == b"\0\0" or super().verifies(frame, end)


class ChecksumTooLittle(Parser):
    def verifies(self, frame: bytes, end: int) -> bool:  # noqa: ARG002
        return super().verifies(frame, 30)


class ChecksumTooMuch(Parser):
    def verifies(self, frame: bytes, end: int) -> bool:  # noqa: ARG002
        return super().verifies(frame, len(frame))


class ChecksumNotComplemented(Parser):
    def verifies(self, frame: bytes, end: int) -> bool:
        return self.sum(frame[14:28] + frame[30:end]) == int.from_bytes(frame[28:30], "big")


class ChecksumZero(Parser):
    """Computes the checksum and compares, instead of summing."""

    def verifies(self, frame: bytes, end: int) -> bool:
        return self.sum(frame[14:28] + frame[30:end]) ^ 0xFFFF == int.from_bytes(frame[28:30], "big")


class ChecksumCarry(Parser):
    def verifies(self, frame: bytes, end: int) -> bool:
        octets = frame[14:28] + frame[30:end]
        once = self.fold(sum(octets[0::2]) * 256 + sum(octets[1::2])) & 0xFFFF
        return once ^ 0xFFFF == int.from_bytes(frame[28:30], "big") or frame[28:30] == b"\xff\xff"


class ReservedNotZero(Parser):
    def look_at(self, fields: dict[str, int | str]) -> None:
        self.refuse_unless(not fields.get("connection.control_block.padding_1"), "TCB-3")


class UnknownFlagBit(Parser):
    def look_at(self, fields: dict[str, int | str]) -> None:
        path = "connection.control_block.t_flags"
        fields |= {path: fields[path] & 0x3E4} if path in fields else {}  # type: ignore[operator]


class Unequal(Parser):
    """Takes one for the other, which mostly are equal."""

    def look_at(self, fields: dict[str, int | str]) -> None:
        first, other = (f"connection.control_block.{name}" for name in ("snd_una", "snd_nxt"))
        if first in fields:
            fields[first], fields[other] = fields[other], fields[first]


class AcknowledgementChecksum(Parser):
    def parse(self, frame: bytes) -> tuple[str, dict[str, int | str]]:
        name, fields = super().parse(frame)
        self.refuse_unless(name != "acknowledgement" or self.sum(frame[14:30]) == 0xFFFF, "ENC-7")
        return name, fields


class ClientFragment(Parser):
    most_fragment_bits = 0x1FFF


class ClientNoFragment(Parser):
    most_fragment_bits = 0xFFFF


class ClientTotalLength(Parser):
    """Takes the rest of the frame for the client's packet."""

    def length(self, packet: bytes, total: int) -> int:  # noqa: ARG002
        return len(packet)


class ClientOptions(Parser):
    def source_port(self, packet: bytes, header: int) -> bytes:  # noqa: ARG002
        return packet[20:22]


BUGS = [
    *(LittleEndian, SignedNumber, OtherEtherType, Truncated, PaddingNotZero, FrameCheckSequence, IanaProtocol),
    *(ExtensionType, ChecksumIgnored, ChecksumMissing, ChecksumTooLittle, ChecksumTooMuch, ChecksumNotComplemented),
    *(ChecksumZero, ChecksumCarry, ReservedNotZero, UnknownFlagBit, Unequal, AcknowledgementChecksum),
    *(ClientFragment, ClientNoFragment, ClientTotalLength, ClientOptions),
]


@pytest.mark.parametrize("bug", BUGS)
def test_bug_is_found_and_called_by_its_name(bug: type[Parser]) -> None:
    """Among the first two; where it keeps ordinary packets from being read, that is said before."""
    first, *others = flags_of(verdicts(bug()))
    assert bug.__name__ in (first, *others[: None if first == "Example" else 1])


@pytest.mark.parametrize("rule", [rule.name for rule in describe().inner_rules])
def test_each_check_of_the_client_packet_that_is_left_out_is_found(rule: str) -> None:
    class Careless(Parser):
        def check(self, rule_: str, condition: bool) -> None:
            super().check(rule_, condition or rule_ == rule)

    wrong = [verdict.vector for verdict in verdicts(Careless()) if verdict.problem]
    assert any(f"inner.{rule}" in vector.about for vector in wrong)


PLACED = [
    pytest.param(field, id=f"{packet.name}-{field.path}")
    for packet in describe().packets
    for field in packet.fields
    if field.size and not (field.path == "header.type" and packet.protocols == (packet.type,))  # these two are equal
]


@pytest.mark.parametrize("field", PLACED)
def test_a_field_that_is_read_from_a_neighbour_is_found(field: Any) -> None:
    """One octet late: every field has a vector that tells its place."""

    class Misplaced(Parser):
        def value(self, of: Any, frame: bytes) -> int | str:
            octets = frame[of.offset + 1 :][: of.size]
            right = super().value(of, frame)
            if of is not field:
                return right
            return int.from_bytes(octets, "big") if isinstance(right, int) else octets.hex()

    parser = Misplaced()
    about = [v for v in all_vectors() if field.path in v.about and v.result is not Result.INVALID]
    assert any(judge(vector, parser.answer(vector.frame)).problem for vector in about)

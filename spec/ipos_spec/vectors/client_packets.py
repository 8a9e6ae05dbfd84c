"""The client's packet in a type 2 packet: each rule of ENC-10 broken alone, and what is right though it looks odd."""

from collections.abc import Iterator
from typing import NamedTuple

from ipos_spec.addresses import ipv4
from ipos_spec.checksum import internet_checksum
from ipos_spec.description import ProtocolDescription
from ipos_spec.transport import TCP, TRANSPORTS
from ipos_spec.vectors.draft import Draft
from ipos_spec.vectors.flags import Flag
from ipos_spec.vectors.ip_packet import header_length, put, with_checksums, with_header_checksum, with_options
from ipos_spec.vectors.making import Outcome, Point, vector
from ipos_spec.vectors.values import Discard, Result, Vector

GROUP = "client packets"

_TRANSPORT_HEADERS = {transport.iana: transport.header for transport in TRANSPORTS}
_IDENTIFICATION = bytes.fromhex("1234")
"""With it the header checksum's octets differ."""

_NO_OPERATION = b"\x01"
_ROUTER_ALERT = bytes.fromhex("94040000")
_LONGEST_OPTIONS = _NO_OPERATION * 40


class _Change(NamedTuple):
    """Octets of the client's packet; rule: of ENC-10 that breaks, or ENC-8 if the frame is then too short."""

    slug: str
    comment: str
    flag: Flag
    inner: bytes
    rule: str = ""
    requirement: str = "ENC-10"


def broken_rules(protocol: ProtocolDescription) -> Iterator[Vector]:
    """Each rule of ENC-10 broken alone, the IP header checksum right where it is not the rule itself."""
    for example in _carriers(protocol):
        inner = example.octets_in("inner")
        for change in (*_wrong_start(inner), *_wrong_lengths(inner), *_wrong_fragments(inner)):
            yield _broken(example, change._replace(inner=with_header_checksum(change.inner)))
        for change in (_consistent_short_header(inner), *_wrong_checksums(inner), *_wrong_client(inner)):
            yield _broken(example, change)


def unusual_packets(protocol: ProtocolDescription) -> Iterator[Vector]:
    """What the rules leave free, of IP and of the transport."""
    for example in _carriers(protocol):
        inner = example.octets_in("inner")
        for change in (*_unusual_ip(inner), *_unusual_transport(inner)):
            yield vector(example.put({"inner": change.inner}), _point(change, "inner"))
        yield from _shorter_than_frame(example)


def server_addresses(protocol: ProtocolDescription) -> Iterator[Vector]:
    """The client's packet is addressed to what can't be a server (ENC-13)."""
    for example in _carriers(protocol):
        inner, start = example.octets_in("inner"), example.packet.size
        for address in ("0.0.0.0", "224.0.0.1", "255.255.255.255"):  # noqa: S104 - no interface is bound
            octets = with_checksums(put(inner, 16, ipv4(address).to_bytes(4, "big")))
            comment = f"The client's packet is addressed to {address}."
            change = _Change(f"server-{address}", comment, Flag.CLIENT_SERVER_ADDRESS, octets)
            discard = Discard("ENC-13", "inner", start)
            outcome = Outcome(Result.ACCEPTABLE, discard)
            yield vector(example.put({"inner": octets}), _point(change, "inner"), outcome)


def _carriers(protocol: ProtocolDescription) -> Iterator[Draft]:
    return (Draft.example(protocol, packet) for packet in protocol.packets if packet.carries_client_packet)


def _wrong_start(inner: bytes) -> Iterator[_Change]:
    for version in (0, 3, 5, 6, 15):
        octets = put(inner, 0, bytes([version << 4 | 5]))
        yield _Change(f"version={version}", f"IP version {version}.", Flag.CLIENT_VERSION, octets, "version")
    for words in (0, 1, 4):
        octets = put(inner, 0, bytes([0x40 | words]))
        yield _Change(f"ihl={words}", f"An IP header of {words} words.", Flag.CLIENT_HEADER_LENGTH, octets, "ihl")
    others = {1: "ICMP, ipOS's number for TCP", 2: "IGMP, ipOS's number for UDP", 6: "TCP", 17: "UDP", 255: "reserved"}
    for number, name in others.items():
        if number != inner[9]:
            octets = put(inner, 9, bytes([number]))
            comment = f"The client's packet is of protocol {number}, {name}."
            yield _Change(f"protocol={number}", comment, Flag.CLIENT_PROTOCOL, octets, "protocol")


def _consistent_short_header(inner: bytes) -> _Change:
    """Whoever believes the header length finds a right checksum, and the client's port behind 16 octets."""
    octets = put(put(inner, 0, b"\x44"), 10, bytes(2))[:16] + inner[20:22] + inner[18:]
    checksum = internet_checksum(octets[:16]).to_bytes(2, "big")
    comment = "An IP header of 4 words, with a checksum and a port that are right for that."
    return _Change("ihl=4-consistent", comment, Flag.CLIENT_HEADER_LENGTH, put(octets, 10, checksum), "ihl")


def _wrong_lengths(inner: bytes) -> Iterator[_Change]:
    least = header_length(inner) + _TRANSPORT_HEADERS[inner[9]]
    totals = {0: "as of a frame that the sender's interface was to cut", 19: "less than the IP header"}
    totals |= {20: "the IP header alone", least - 1: "an octet less than the headers"}
    for total, meaning in totals.items():
        octets = put(inner, 2, total.to_bytes(2, "big"))
        comment = f"Total length {total}: {meaning}."
        yield _Change(f"total-length={total}", comment, Flag.CLIENT_TOTAL_LENGTH, octets, "total_length")
    octets = put(inner, 0, b"\x4f")[:least]
    comment = "An IP header of 60 octets in a packet that has no room for it."
    short = put(octets, 2, least.to_bytes(2, "big"))
    yield _Change("ihl=15-no-room", comment, Flag.CLIENT_HEADER_LENGTH, short, "total_length")
    for total in (len(inner) + 1, 0xFFFF):
        octets = put(inner, 2, total.to_bytes(2, "big"))
        comment = f"Total length {total}, but {len(inner)} octets are there."
        yield _Change(f"total-length={total}", comment, Flag.CLIENT_TOTAL_LENGTH, octets, requirement="ENC-8")


def _wrong_fragments(inner: bytes) -> Iterator[_Change]:
    fields = {0x2000: "More fragments follow", 0x0001: "Fragment offset 1", 0x1FFF: "The largest fragment offset"}
    fields |= {0x3FFF: "In the middle of fragments", 0x6000: "Don't fragment, and more fragments"}
    for field, meaning in fields.items():
        octets = put(inner, 6, field.to_bytes(2, "big"))
        yield _Change(f"fragment={field:04x}", f"{meaning}.", Flag.CLIENT_FRAGMENT, octets, "fragment_offset")


def _wrong_checksums(inner: bytes) -> Iterator[_Change]:
    inner = with_header_checksum(put(inner, 4, _IDENTIFICATION))
    right = int.from_bytes(inner[10:12], "big")
    wrong = {
        "one-more": ("is one too high", right + 1),
        "zero": ("is missing", 0),
        "inverted": ("is the sum, not its complement", right ^ 0xFFFF),
        "byte-swapped": ("has its octets exchanged", int.from_bytes(inner[10:12], "little")),
    }
    for slug, (problem, checksum) in wrong.items():
        octets = put(inner, 10, checksum.to_bytes(2, "big"))
        comment = f"The client's IP header checksum {problem}."
        slug = f"header-checksum-{slug}"
        yield _Change(slug, comment, Flag.CLIENT_HEADER_CHECKSUM, octets, "header_checksum")
    octets = put(with_options(inner, _ROUTER_ALERT), 23, b"\1")
    comment = "The client's IP header checksum leaves out the options."
    yield _Change("header-checksum-of-options", comment, Flag.CLIENT_HEADER_CHECKSUM, octets, "header_checksum")
    octets = put(inner, 8, bytes([inner[8] - 1]))
    comment = "The time to live was lowered on the way, the checksum left."
    yield _Change("header-checksum-ttl", comment, Flag.CLIENT_HEADER_CHECKSUM, octets, "header_checksum")


def _wrong_client(inner: bytes) -> Iterator[_Change]:
    for at in (12, 15):
        octets = with_checksums(put(inner, at, bytes([inner[at] ^ 1])))
        comment = f"Octet {at - 12} of the client's address differs from the header's."
        yield _Change(f"source-ip-{at - 12}", comment, Flag.CLIENT_ADDRESS, octets, "source_ip")
    exchanged = with_checksums(put(inner, 12, inner[16:20] + inner[12:16]))
    yield _Change(
        "answer", "The server's answer, not the client's packet.", Flag.CLIENT_ADDRESS, exchanged, "source_ip"
    )
    for at in (20, 21):
        octets = with_checksums(put(inner, at, bytes([inner[at] ^ 1])))
        comment = f"Octet {at - 20} of the client's port differs from the header's."
        yield _Change(f"source-port-{at - 20}", comment, Flag.CLIENT_ADDRESS, octets, "source_port")
    options = with_options(inner, inner[20:22] + bytes(2))
    octets = with_checksums(put(options, 24, bytes([options[24] ^ 1])))
    comment = "The client's port stands where it would without options; the port behind them is another."
    yield _Change("source-port-in-options", comment, Flag.CLIENT_OPTIONS, octets, "source_port")


def _unusual_ip(inner: bytes) -> Iterator[_Change]:
    for field, name in {0: "no flag", 0x4000: "don't fragment", 0x8000: "the reserved bit", 0xC000: "both"}.items():
        octets = with_header_checksum(put(inner, 6, field.to_bytes(2, "big")))
        yield _Change(f"fragment={field:04x}", f"Fragment field with {name}.", Flag.CLIENT_NO_FRAGMENT, octets)
    for slug, options in {"ihl=6": _ROUTER_ALERT, "ihl=15": _LONGEST_OPTIONS}.items():
        comment = f"{len(options)} octets of IP options before the ports."
        yield _Change(slug, comment, Flag.CLIENT_OPTIONS, with_options(inner, options))
    blank = with_header_checksum(put(inner, 4, bytes(2)))
    zero = with_header_checksum(put(blank, 4, blank[10:12]))  # identification makes the sum -0
    yield _Change("header-checksum-plus-zero", "The IP header checksum is 0x0000.", Flag.CHECKSUM_ZERO, zero)
    comment = "The IP header checksum is 0xffff; it verifies as 0x0000 does."
    yield _Change("header-checksum-minus-zero", comment, Flag.CHECKSUM_ZERO, put(zero, 10, b"\xff\xff"))
    octets = with_header_checksum(put(inner, 1, b"\xff"))
    yield _Change("type-of-service", "All bits of the type of service.", Flag.CLIENT_NO_FRAGMENT, octets)


def _unusual_transport(inner: bytes) -> Iterator[_Change]:
    start = header_length(inner)
    headers = start + _TRANSPORT_HEADERS[inner[9]]
    flag = Flag.CLIENT_TRANSPORT
    last = put(inner, len(inner) - 1, bytes([inner[-1] ^ 0xFF]))
    yield _Change("payload-altered", "The last octet of the data is not as its checksum has it.", flag, last)
    empty = with_checksums(put(inner[:headers], 2, headers.to_bytes(2, "big")))
    yield _Change("no-data", "Headers without data: the least total length.", Flag.CLIENT_TOTAL_LENGTH, empty)
    if inner[9] == TCP.iana:
        octets = with_checksums(put(inner, start + 12, b"\xf0"))
        yield _Change("data-offset", "A TCP data offset of 60 octets, behind the segment's end.", flag, octets)
        octets = with_checksums(put(inner, start + 13, b"\0"))
        yield _Change("no-flags", "A TCP segment without any flag.", flag, octets)
    else:
        octets = put(inner, start + 4, b"\xff\xff")
        yield _Change("udp-length", "A UDP length of 65535.", flag, octets)
        octets = put(inner, start + 6, b"\xff\xff")
        yield _Change("udp-checksum", "A UDP checksum that is wrong.", flag, octets)


def _shorter_than_frame(example: Draft) -> Iterator[Vector]:
    """The client's packet ends where its total length says; the rest is padding."""
    inner = example.octets_in("inner")
    odd = with_checksums(put(inner[:-1], 2, (len(inner) - 1).to_bytes(2, "big")))
    comment = "The frame goes on for an octet behind the client's total length: padding, which looks like data."
    point = Point(GROUP, "total-length-before-end", comment, (Flag.CLIENT_TOTAL_LENGTH,), ("inner", "padding"))
    yield vector(example.put({"inner": odd, "padding": inner[-1:]}), point)


def _broken(example: Draft, change: _Change) -> Vector:
    start = example.packet.size
    offsets = {rule.name: rule.offset for rule in example.protocol.inner_rules}
    path = f"inner.{change.rule}" if change.rule else "inner"
    at = offsets[change.rule] if change.rule else 0
    offset = start + (header_length(change.inner) if at is None else at)
    outcome = Outcome(Result.INVALID, Discard(change.requirement, path, offset))
    return vector(example.put({"inner": change.inner}), _point(change, path), outcome)


def _point(change: _Change, path: str) -> Point:
    return Point(GROUP, f"inner-{change.slug}", change.comment, (change.flag,), (path,))

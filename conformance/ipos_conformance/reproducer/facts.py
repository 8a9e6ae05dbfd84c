"""What a router has said, so that two times can be compared: this is a part of every reproducer."""

import re
import socket
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from ipos_conformance.reproducer.octets import (
    ACK,
    FIN,
    SPACE,
    SYN,
    Segment,
    Setup,
    is_ipos,
    number,
    ones_sum,
    put,
    segment_of,
)

SEQUENCES = (76, 80, 84, 92, 96, 124)
"""Offsets of a connection packet's fields in the router's own sequence space, four octets each."""
VOLATILE = {56: 2, 68: 4, 136: 2, 138: 2, 140: 4, 144: 2, 146: 2, 148: 2, 168: 4}
"""Offset and octets of its clocks, time-outs and round trips."""
NEAR = 1 << 24
"""Octets that a connection of a case surely does not reach."""
LEAP = 10_000
"""What TGT-7 adds to the client's clock where the origin named none."""


def endpoint(octets: bytes) -> str:
    """The address and port with which these octets begin."""
    return f"{socket.inet_ntoa(octets[:4])}:{number(octets, 4, 2)}"


class View:
    """What the router has said, in words that don't depend on the numbers that it chose.

    said      facts with how often each was seen
    order     all facts, as they came first
    optional  facts that a router is free to add: they may be looked for, but being there is no difference
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.said: Counter[str] = Counter()
        self.optional: Counter[str] = Counter()
        self.order: dict[str, None] = {}
        self.initial: dict[bytes, list[int]] = {}
        self.clock: dict[bytes, int] = {}
        self.handed_over: dict[bytes, bytes] = {}
        self.streams: dict[bytes, tuple[dict[int, bytes], set[str]]] = {}
        self.ends: dict[bytes, int] = {}
        self.acknowledged: dict[bytes, int] = {}

    def take(self, lan: int, frame: bytes) -> str | None:
        """Note a received frame. The fact, or None if it says nothing."""
        try:
            fact, free = self.fact(lan, frame)
        except (IndexError, ValueError):  # nothing keeps a router from sending what can't be read
            fact, free = f"LAN {lan + 1}, unreadable: {frame.hex()}", False
        if fact:
            self.order.setdefault(fact)
            (self.optional if free else self.said)[fact] += 1
        return fact

    def fact(self, lan: int, frame: bytes) -> tuple[str | None, bool]:
        """A frame in words, and whether the router is free to send it."""
        start = f"LAN {lan + 1}, {frame[6:12].hex(':')} to {frame[:6].hex(':')}: "
        kind = number(frame, 12, 2)
        if kind == 0x0806:
            return start + f"ARP {frame[20:42].hex()}", frame[20:22] == b"\0\1"
        if is_ipos(frame, self.setup):
            text = self.ipos(frame)
            return start + text, frame[26] >= 0x80 and frame[:6] == b"\xff" * 6
        if kind != 0x0800 or len(frame) < 34:
            return None, True
        segment = segment_of(frame, self.setup, outbound=False)
        if segment is not None:
            known = endpoint(segment.connection) in self.setup["clients"]
            return (start + self.segment(frame, segment), bool(segment.data)) if known else (None, True)
        size = number(frame, 16, 2)
        packet = frame[14 : 14 + min(size, 56)]  # an ICMP error quotes at least our IP header and eight octets
        client = socket.inet_ntoa(packet[16:20])
        routing = packet[9] == 1 and packet[20] in (9, 10)
        free = routing or (packet[9] != 1 and client not in self.setup["clients"])
        return start + f"IPv4 protocol {packet[9]} to {client}, {size} octets: {self.blank_ip(packet).hex()}", free

    @staticmethod
    def blank_ip(packet: bytes) -> bytes:
        """An IP packet without identification, TTL and header checksum."""
        return packet[:4] + b"\0\0" + packet[6:8] + b"\0" + packet[9:10] + b"\0\0" + packet[12:]

    def relative(self, connection: bytes, value: int) -> int:
        """A number in the router's sequence space, from its SYN/ACK on; as it is if it was not the router's choice."""
        known = self.initial.get(connection)
        return (value - known[self.base(connection, value)]) % SPACE if known and value else value

    def base(self, connection: bytes, value: int) -> int:
        """Which of the router's initial numbers it goes by: the nearest before it, the first if it is far from all."""
        ahead = [(value - initial) % SPACE for initial in self.initial[connection]]
        return ahead.index(min(ahead)) if min(ahead) < NEAR else 0

    def segment(self, frame: bytes, segment: Segment, inside: str = "") -> str:
        """A TCP segment: addresses, flags, numbers, options; data is kept in the stream."""
        who = segment.connection
        if segment.flags & (SYN | ACK) == SYN | ACK and not inside:
            known = self.initial.setdefault(who, [])
            if segment.seq not in known:
                known.append(segment.seq)
            inside = f"SYN/ACK {known.index(segment.seq)} "
        stamp = segment.options.get(8)
        if stamp and not inside.startswith("client"):
            self.clock[who] = number(stamp[1], 0, 4)
        told = {kind: value.hex() for kind, (_, value) in segment.options.items() if kind != 8}
        if stamp:
            told[8] = f"TSval {self.age(who, number(stamp[1], 0, 4))} TSecr {self.echo(who, number(stamp[1], 4, 4))}"
        packet = frame[segment.ip : segment.end]
        pseudo = packet[12:20] + b"\0\6" + (segment.end - segment.tcp).to_bytes(2, "big")
        right = not ones_sum(packet[: segment.tcp - segment.ip]) and not ones_sum(
            pseudo + frame[segment.tcp : segment.end]
        )
        seq = segment.seq if inside.startswith("client") else self.relative(who, segment.seq)
        ack = self.relative(who, segment.ack) if inside.startswith("client") else segment.ack
        if (segment.data or segment.flags & FIN) and not inside.startswith("client"):
            self.stream(who, seq, segment)
        ends = f"{endpoint(who[6:])} and {endpoint(who)}"
        names = "".join(
            name for bit, name in ((1, "F"), (2, "S"), (4, "R"), (16, "A"), (32, "U")) if segment.flags & bit
        )
        fragment = "DF" if packet[6] & 0x40 else "no DF"
        # Where data is cut into segments is a matter of chance: the stream tells where it begins and what it is.
        numbers = f"ack {ack}" if segment.data and not inside else f"seq {seq} ack {ack}"
        return (
            f"{inside}TCP between {ends} [{names}] {numbers}, {len(segment.data)} octets, {fragment}, "
            f"options {told}{'' if right else ', WRONG CHECKSUM'}"
        )

    def age(self, who: bytes, stamp: int) -> str:
        """A timestamp beside the router's clock as we echoed it first, where that is not the router's own choice."""
        clock = self.setup["clocks"].get(who.hex())
        if clock is None or who in self.initial:
            return "n" if stamp else "0"
        ahead = (stamp - clock) % SPACE
        return "behind the clock" if ahead >= SPACE // 2 else "at the clock" if ahead < LEAP else "ahead of the clock"

    def echo(self, who: bytes, stamp: int) -> str:
        """Whether an echoed timestamp is one that this client sends."""
        if not stamp:
            return "0"
        return "ours" if stamp in self.setup["stamps"].get(who.hex(), ()) else "not ours"

    def stream(self, who: bytes, seq: int, segment: Segment) -> None:
        """Keep a segment's data under its sequence number."""
        self.ends[who] = max(self.ends.get(who, 0), seq + segment.length)
        if segment.flags & ACK:
            self.acknowledged[who] = segment.ack
        pieces, flags = self.streams.setdefault(who, ({}, set()))
        pieces[seq] = max(pieces.get(seq, b""), segment.data, key=len)
        if segment.flags & FIN:
            flags.add("FIN")

    def data(self) -> Iterator[str]:
        """Facts about what was said in each connection, as octets: where it begins, how much, and a digest."""
        for who, (pieces, flags) in self.streams.items():
            octets, start = bytearray(), min(pieces)
            for at in sorted(pieces):
                overlap = len(octets) - (at - start)
                octets += pieces[at][max(overlap, 0) :]
            client, acknowledged = endpoint(who), self.acknowledged.get(who)
            if octets and flags:
                lasting = re.sub(rb"(?i)(Date|Last-Modified|ETag|Set-Cookie): [^\r]*", b"", bytes(octets))
                digest = sha256(lasting).hexdigest()[:12]
                yield f"data to {client} from {start}: {len(octets)} octets, digest {digest}, FIN, ack {acknowledged}"
            elif octets:
                yield f"data to {client} from {start}, unfinished, begins with {bytes(octets[:12])!r}"

    def ipos(self, frame: bytes) -> str:
        """An ipOS frame: the reference, and what the router says behind it."""
        start = f"ipOS {frame[26]:02x} {frame[27]:02x} {endpoint(frame[14:20])} at {endpoint(frame[20:26])}"
        if frame[26:28] == b"\1\1" and len(frame) >= 176:
            self.handed_over[frame[14:26]] = frame[30:176]
            right = "right" if not ones_sum(frame[14:176]) else "WRONG"
            return f"{start}, {right} checksum: {self.block(frame).hex()}"
        segment = segment_of(frame, self.setup, outbound=True)
        if segment is not None:
            right = "right" if not ones_sum(frame[14:30]) else "WRONG"
            return f"{start}, {right} checksum, {self.segment(frame, segment, 'client: ')}, data {segment.data.hex()}"
        if frame[26] == 1:
            self.handed_over[frame[14:26]] = frame[30:36]
        size = {1: 36, 3: 30}.get(frame[26], len(frame))
        return f"{start}: {frame[28:size].hex()}"

    def block(self, frame: bytes) -> bytes:
        """Connection information without what differs each time: clocks, round trips, initial numbers."""
        who = frame[14:20] + frame[30:36]
        for at, size in VOLATILE.items():
            frame = put(frame, at, size, bool(number(frame, at, size)))
        for at in SEQUENCES:
            frame = put(frame, at, 4, self.relative(who, number(frame, at, 4)))
        return frame[30:176]

    def starts(self) -> dict[bytes, int]:
        """Where the data of each connection begins."""
        return {who: min(pieces) for who, (pieces, _) in self.streams.items()}

    def facts(self) -> Counter[str]:
        """All that was said."""
        return self.said + Counter(self.data())

    def outcomes(self) -> Counter[str]:
        """What a client's application sees: the data, and resets."""
        return Counter(self.data()) + Counter({fact: 1 for fact in self.said if "R" in fact.partition("[")[2][:6]})

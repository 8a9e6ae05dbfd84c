"""A client's side of one TCP connection (RFC 9293), independent of any router's: built on Scapy's layers."""

import io
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from typing import Any, cast

from ipos_spec.addresses import IPv4, ipv4_text
from scapy.layers.inet import IP, TCP
from scapy.packet import Raw

from ipos_conformance.frames import Client, Frame, Lan, address
from ipos_conformance.stations.bare_segment import bare_segment

_SPACE = 1 << 32
REQUEST = 256
"""Octets of every request, whatever its path: so one can stand in another's place in the sequence space."""


def distance(start: int, end: int) -> int:
    """How far ``end`` lies behind ``start`` in sequence space, negative if before it (RFC 9293 3.4)."""
    return (end - start + (_SPACE >> 1)) % _SPACE - (_SPACE >> 1)


def is_plain_ack(tcp: Any) -> bool:
    """Whether Scapy's segment acknowledges and neither opens nor ends anything; other flags don't matter."""
    return "A" in tcp.flags and not {"S", "F", "R"} & set(str(tcp.flags))


def is_syn_ack(tcp: Any) -> bool:
    """Whether Scapy's segment answers a SYN; PSH, which some stacks set always, doesn't matter."""
    return {"S", "A"} <= set(str(tcp.flags)) and not {"F", "R"} & set(str(tcp.flags))


def request_octets(path: str) -> bytes:
    """An HTTP request of always the same length, after whose answer the server closes."""
    start = f"GET {path} HTTP/1.1\r\nHost: ipos.test\r\nConnection: close\r\nX-Fill: "
    return start.ljust(REQUEST - 4, "x").encode() + b"\r\n\r\n"


class Conversation:
    """State and segments of the client's side.

    carry      takes the client's IP packets to the target: through the edge router, or through a peer as type 2 packets
    snd_nxt    sequence number of the next octet that the client sends
    rcv_nxt    sequence number of the next octet that it expects
    window     what it puts into the window field
    scale      shift count that applies to that window
    server_scale   shift count that applies to the server's windows
    ts_value   what it puts into TSval; None without timestamps
    ts_echo    what it puts into TSecr
    note       told of each valid packet, before a case changes something in it

    What came from the server, for cases to judge:

    segments                 all of it
    received                 the octets, in order
    acknowledged             how far it has acknowledged what the client sent
    finished, was_reset      whether all octets and the FIN are there; whether an RST came
    contradicted             whether a repetition brought other octets than before
    furthest_beyond_window   largest distance of an octet from the right edge of the window, not positive if in it
    """

    def __init__(
        self,
        client: Client,
        server: tuple[IPv4, int],
        carry: Callable[[bytes], None],
        *,
        snd_nxt: int,
        rcv_nxt: int,
        timestamps: tuple[int, int] | None = None,
        note: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self.client = client
        self.server = server
        self.carry = carry
        self.note = note
        self.snd_nxt = snd_nxt
        self.rcv_nxt = rcv_nxt
        self.window, self.scale, self.server_scale = 0xFFFF, 0, 0
        self.ts_value: int | None = None if timestamps is None else timestamps[0]
        self.ts_echo = 0 if timestamps is None else timestamps[1]
        self.segments: list[Frame] = []
        self.furthest_beyond_window = -_SPACE
        self.received = bytearray()
        self.finished = self.was_reset = False
        self.contradicted = False
        self.acknowledged = snd_nxt
        self._start = rcv_nxt
        self._promises = [(0.0, rcv_nxt)]
        self._early: dict[int, bytes] = {}
        self._fin_at: int | None = None
        self.syn = b""

    def begin(self, syn_ack: Frame) -> None:
        """Go on from the server's SYN/ACK: its numbers, and its timestamps if it took our offer."""
        self._start = self.rcv_nxt = (syn_ack.tcp.seq + 1) % _SPACE
        self._promises = [(0.0, self.rcv_nxt)]
        options = dict(syn_ack.tcp.options)
        if "Timestamp" in options:
            self.ts_echo, self.ts_value = options["Timestamp"]
        self.server_scale = options.get("WScale", 0)

    def as_seen_from(self, client: Client) -> "Conversation":
        """The same side under another client's address and port, for packets that claim to belong to it."""
        return Conversation(client, self.server, self.carry, snd_nxt=self.snd_nxt, rcv_nxt=self.rcv_nxt, note=self.note)

    def packet(self, flags: str = "A", data: bytes = b"", options: list[Any] | None = None, **fields: Any) -> bytes:
        """A segment of the client as an IP packet; ``fields`` replace seq, ack, window (Scapy's names)."""
        usual = {"seq": self.snd_nxt, "ack": self.rcv_nxt if "A" in flags else 0, "window": self.window}
        options = self.timestamps() if options is None else options
        if not (data or options or fields):
            self.note(octets := bare_segment(self.client, Client(*self.server), flags, ip_flags="DF", **usual))
            return octets
        tcp = TCP(
            sport=self.client.port,
            dport=self.server[1],
            flags=flags,
            options=options,
            **usual,
        )
        ip = IP(src=ipv4_text(self.client.ip), dst=ipv4_text(self.server[0]), flags="DF")
        packet = ip / tcp / Raw(data) if data else ip / tcp
        self.note(octets := bytes(packet))
        if not fields:
            return octets
        for name, value in fields.items():
            setattr(packet[TCP], name, value % _SPACE)
        return bytes(packet)

    def send(self, flags: str = "A", data: bytes = b"") -> None:
        """Send the next segment in order."""
        began = time.time()
        self.carry(self.packet(flags, data))
        self.snd_nxt = (self.snd_nxt + len(data) + ("F" in flags)) % _SPACE
        self._promise(began)

    def stamped(self, later: int, flags: str = "A", data: bytes = b"", **fields: Any) -> bytes:
        """The same with a TSval so many ticks after the usual one."""
        options = [("NOP", None), ("NOP", None), ("Timestamp", (((self.ts_value or 0) + later) % _SPACE, self.ts_echo))]
        return self.packet(flags, data, options, **fields)

    def request(self, path: str) -> None:
        """Send a whole HTTP request in one segment."""
        self.send("PA", request_octets(path))

    def is_mine(self, frame: Frame) -> bool:
        """Whether a frame is a sound segment of the server for this client, on the first LAN."""
        return (
            frame.lan is Lan.FIRST
            and frame.tcp is not None
            and frame.is_sound
            and (address(frame.ip.dst), frame.tcp.dport) == self.client
            and (address(frame.ip.src), frame.tcp.sport) == self.server
        )

    def is_keep_alive(self, frame: Frame) -> bool:
        """Whether a frame is a probe of an idle connection: an octet, or none, that was acknowledged before."""
        before = (self.rcv_nxt - 1) % _SPACE
        return (
            self.is_mine(frame) and is_plain_ack(frame.tcp) and frame.tcp.seq == before and len(frame.tcp.payload) < 2
        )

    def lets_through(self, tcp: Any) -> bool:
        """Whether a segment's window takes a whole request."""
        return bool(tcp.window << (0 if "S" in tcp.flags else self.server_scale) >= REQUEST)

    def take(self, frame: Frame) -> None:
        """Receive a segment, and acknowledge what it brings. ``segments`` keeps it."""
        tcp = frame.tcp
        self.segments.append(frame)
        self.was_reset = self.was_reset or "R" in tcp.flags
        if "A" not in tcp.flags or distance(self.snd_nxt, tcp.ack) > 0:
            return  # RFC 9293 3.10.7.4, fifth: without ACK, or of something never sent, a segment counts for nothing
        if distance(self.acknowledged, tcp.ack) > 0:
            self.acknowledged = tcp.ack
        if self.ts_value is not None:
            self.ts_echo = dict(tcp.options).get("Timestamp", (self.ts_echo, 0))[0]
        data = bytes(tcp.payload)
        self.furthest_beyond_window = max(
            self.furthest_beyond_window, distance(self._right_edge_at(frame.time), (tcp.seq + len(data)) % _SPACE)
        )
        if data:
            self._keep(distance(self._start, tcp.seq), data)
        if "F" in tcp.flags:
            self._fin_at = distance(self._start, tcp.seq) + len(data)
        self._advance()
        if data or "F" in tcp.flags:
            self.send()

    @property
    def largest_payload(self) -> int:
        """Octets of the largest segment received."""
        return max((len(frame.tcp.payload) for frame in self.segments), default=0)

    @property
    def below_start(self) -> list[Frame]:
        """Segments with data before the first octet that the client expected (TGT-6); a keep-alive has at most one."""
        return [frame for frame in self.segments if self._offset(frame) < 0 and len(frame.tcp.payload) > 1]

    def response(self) -> tuple[int, bytes] | None:
        """Status and body of the HTTP response, None if it is not whole."""
        answer = HTTPResponse(cast("Any", _Stream(bytes(self.received))))
        try:
            answer.begin()
            return answer.status, answer.read()
        except (HTTPException, OSError, ValueError):
            return None

    def _offset(self, frame: Frame) -> int:
        return distance(self._start, frame.tcp.seq)

    def timestamps(self) -> list[Any]:
        """The option that every segment has once it was agreed on (RFC 7323 3.2); nothing if it was not."""
        if self.ts_value is None:
            return []
        return [("NOP", None), ("NOP", None), ("Timestamp", (self.ts_value, self.ts_echo))]

    def _promise(self, began: float) -> None:
        """Note the right edge of the window that a segment sent from the time ``began`` on offers; none moves back."""
        edge = (self.rcv_nxt + (self.window << self.scale)) % _SPACE
        if distance(self._promises[-1][1], edge) > 0:
            self._promises.append((began, edge))

    def _right_edge_at(self, when: float) -> int:
        """How far the server may have known that it can send: not by what we acknowledged after its segment came."""
        return next(edge for began, edge in reversed(self._promises) if began <= when)

    def _keep(self, offset: int, data: bytes) -> None:
        known = bytes(self.received[max(offset, 0) : offset + len(data)])
        self.contradicted |= offset >= 0 and not data.startswith(known)
        self._early[offset] = max(self._early.get(offset, b""), data, key=len)

    def _advance(self) -> None:
        for offset in sorted(self._early):
            data = self._early[offset]
            overlap = len(self.received) - offset
            if 0 <= overlap < len(data):
                self.received += data[overlap:]
        self._early = {at: data for at, data in self._early.items() if at + len(data) > len(self.received)}
        self.finished = self._fin_at is not None and self._fin_at <= len(self.received)
        self.rcv_nxt = (self._start + len(self.received) + self.finished) % _SPACE


class _Stream:
    """What http.client takes for a socket."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def makefile(self, mode: str) -> io.BytesIO:  # noqa: ARG002 - the socket's signature
        return io.BytesIO(self._octets)

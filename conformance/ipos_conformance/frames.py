"""Frames as the suite sees them: where and when they passed, what they are, whom they are about."""

import struct
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ipos_spec.addresses import IPv4, ipv4_text, mac_text
from ipos_spec.checksum import verifies
from ipos_spec.compiled import parser
from ipos_spec.encapsulation import EncapsulationHeader, PacketType, Protocol
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.fields import size_of
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import ARP

ETHERNET = size_of(EthernetHeader)
ENCAPSULATION = size_of(EncapsulationHeader)
_read_header = parser(EncapsulationHeader)
IPV4_TYPE, ARP_TYPE = 0x0800, 0x0806
_ICMP = 1
_SHORTEST = {_ICMP: 8, 6: 20, 17: 8}
"""Octets of the headers of ICMP, TCP and UDP, by IANA's numbers."""
_QUOTED = 8 + 20
"""Where the ports of the packet begin that an ICMP error quotes, from its own first octet (RFC 792)."""
_IP, _PORTS, _PORT = struct.Struct(">BxHxxHxBxxLL"), struct.Struct(">HH"), struct.Struct(">H")
_REFERENCE = struct.Struct(">LHLH")
"""How the ipOS header begins (ENC-3)."""


if TYPE_CHECKING:
    _once = cached_property
else:

    class _once:  # noqa: N801 - stands for the other
        """`functools.cached_property` without its lock, which takes longer than what is kept (it is gone in 3.12)."""

        def __init__(self, function):
            self._function, self.__doc__ = function, function.__doc__

        def __set_name__(self, owner, name):
            self._name = name

        def __get__(self, frame, owner=None):
            if frame is None:
                return self
            found = frame.__dict__[self._name] = self._function(frame)
            return found


class Lan(StrEnum):
    """One of the two LANs of section 1."""

    FIRST = "first LAN"
    SECOND = "second LAN"


class Direction(StrEnum):
    """From the suite to the target, or back."""

    SENT = "sent"
    RECEIVED = "received"


class Client(NamedTuple):
    """A client's address and port: what a frame is about."""

    ip: IPv4
    port: int

    def __str__(self) -> str:
        return f"{ipv4_text(self.ip)}:{self.port}"


@dataclass(frozen=True)
class Frame:
    """One Ethernet frame on the wire.

    time        seconds since the epoch: the kernel's timestamp if received, our clock if sent
    ether_type  of ipOS on this bench
    """

    lan: Lan
    direction: Direction
    time: float
    octets: bytes
    ether_type: int

    @property
    def destination(self) -> bytes:
        """Destination MAC."""
        return self.octets[0:6]

    @property
    def source(self) -> bytes:
        """Source MAC."""
        return self.octets[6:12]

    @property
    def type(self) -> int:
        """EtherType as it stands in the frame."""
        return int.from_bytes(self.octets[12:14], "big")

    @_once
    def header(self) -> EncapsulationHeader | None:
        """The ipOS encapsulation header, if there is one."""
        if self.type != self.ether_type or len(self.octets) < ETHERNET + ENCAPSULATION:
            return None
        return _read_header(self.octets, ETHERNET)

    @_once
    def ip(self) -> Any:
        """Scapy's IPv4 packet, or None. Octets behind its total length are cut off."""
        if self.type != IPV4_TYPE or len(self.octets) < ETHERNET + 20:
            return None
        total_length = int.from_bytes(self.octets[ETHERNET + 2 : ETHERNET + 4], "big")
        return _dissected(IP, self.octets[ETHERNET : ETHERNET + total_length])

    @property
    def tcp(self) -> Any:
        """Scapy's TCP segment, or None."""
        return self.ip[TCP] if self.ip is not None and TCP in self.ip else None

    @property
    def udp(self) -> Any:
        """Scapy's UDP datagram, or None."""
        return self.ip[UDP] if self.ip is not None and UDP in self.ip else None

    @_once
    def arp(self) -> Any:
        """Scapy's ARP message, or None."""
        return _dissected(ARP, self.octets[ETHERNET:]) if self.type == ARP_TYPE else None

    @property
    def is_sound(self) -> bool:
        """Whether the checksums of an IPv4 packet with TCP or UDP in it are right: a client discards it otherwise."""
        if self.tcp is None and self.udp is None:
            return False
        packet = self.octets[ETHERNET : ETHERNET + self.ip.len]
        header, segment = packet[: self.ip.ihl * 4], packet[self.ip.ihl * 4 :]
        pseudo_header = packet[12:20] + b"\0" + packet[9:10] + len(segment).to_bytes(2, "big")
        if self.udp is not None and (self.udp.len != len(segment) or self.udp.chksum == 0):
            return self.udp.len == len(segment) and verifies(header)  # RFC 768: zero is no checksum
        return verifies(header) and verifies(pseudo_header + segment)

    @_once
    def clients(self) -> frozenset[Client]:
        """The clients that the frame may be about: a header may name one in either place, an ICMP error quotes one."""
        octets = self.octets
        if self.type == self.ether_type and len(octets) >= ETHERNET + ENCAPSULATION:
            source_ip, source_port, destination_ip, destination_port = _REFERENCE.unpack_from(octets, ETHERNET)
            return frozenset((Client(IPv4(source_ip), source_port), Client(IPv4(destination_ip), destination_port)))
        ends = self.ends
        return _NOBODY if ends is None else frozenset(ends[1:])

    @_once
    def ends(self) -> tuple[Client, Client] | None:
        """Source and destination of an IPv4 packet, with port 0 where it has none; None if it is no such packet.

        The destination of an ICMP message is whose packet it quotes. Read without Scapy, which takes a hundred times as
        long: it is asked of every frame.
        """
        octets = self.octets
        if self.type != IPV4_TYPE or len(octets) < ETHERNET + 20:
            return None
        words, length, fragment, protocol, source, destination = _IP.unpack_from(octets, ETHERNET)
        if length < 20:
            return None
        start, end = ETHERNET + max((words & 15) * 4, 20), min(ETHERNET + length, len(octets))
        source_port = destination_port = 0
        if protocol in _SHORTEST and not fragment & 0x1FFF and end - start >= _SHORTEST[protocol]:
            if protocol != _ICMP:
                source_port, destination_port = _PORTS.unpack_from(octets, start)
            elif end - start >= _QUOTED + 2:
                (destination_port,) = _PORT.unpack_from(octets, start + _QUOTED)
        return Client(IPv4(source), source_port), Client(IPv4(destination), destination_port)


_NOBODY: frozenset[Client] = frozenset()


def _dissected(layer: Any, octets: bytes) -> Any:
    """Scapy's layer of these octets; None if they are none, as when they end too early."""
    try:
        return layer(octets)
    except Exception:
        return None


def address(text: str) -> IPv4:
    """Scapy's dotted decimal as a number."""
    return IPv4(int.from_bytes(bytes(int(part) for part in text.split(".")), "big"))


def describe(frame: Frame) -> str:
    """One line in protocol words."""
    start = f"{frame.lan}, {mac_text(frame.source)} to {mac_text(frame.destination)}: "
    try:
        return start + _describe(frame)
    except Exception as error:
        return start + f"{len(frame.octets)} octets that can't be taken apart ({type(error).__name__})"


def _describe(frame: Frame) -> str:
    if frame.header is not None:
        return _describe_header(frame.header, len(frame.octets))
    if frame.arp is not None:
        return _describe_arp(frame.arp)
    if frame.tcp is not None:
        return _describe_segment(frame)
    if frame.udp is not None:
        return _describe_datagram(frame)
    if frame.ip is not None:
        return f"IPv4 {frame.ip.src} to {frame.ip.dst}, {frame.ip.payload.summary()}"
    return f"EtherType 0x{frame.type:04x}, {len(frame.octets)} octets"


def _describe_header(header: EncapsulationHeader, size: int) -> str:
    names = {PacketType.CONNECTION: "connection packet", PacketType.PACKET: "client's packet"}
    names[PacketType.ACKNOWLEDGEMENT] = "acknowledgement"
    kind = names.get(PacketType(header.type)) if header.type in set(PacketType) else f"type 0x{header.type:02x}"
    protocol = Protocol(header.protocol).name if header.protocol in set(Protocol) else f"protocol {header.protocol}"
    return f"ipOS {protocol} {kind}, client {header.reference}, checksum 0x{header.checksum:04x}, {size} octets"


def _describe_arp(arp: Any) -> str:
    if arp.op == 1:
        return f"ARP: who has {arp.pdst}? Tell {arp.psrc}"
    return f"ARP: {arp.psrc} is at {arp.hwsrc}"


def _describe_segment(frame: Frame) -> str:
    ip, tcp = frame.ip, frame.tcp
    options = ", ".join(name if value in (None, b"") else f"{name} {value}" for name, value in tcp.options)
    return (
        f"TCP {ip.src}:{tcp.sport} to {ip.dst}:{tcp.dport} [{tcp.flags}] seq {tcp.seq} ack {tcp.ack} "
        f"window {tcp.window}, {len(tcp.payload)} octets of data"
        + (f", options {options}" if options else "")
        + ("" if frame.is_sound else ", WRONG CHECKSUM")
    )


def _describe_datagram(frame: Frame) -> str:
    ip, udp = frame.ip, frame.udp
    octets = bytes(udp.payload)
    return f"UDP {ip.src}:{udp.sport} to {ip.dst}:{udp.dport}, {len(octets)} octets of data: {octets[:40]!r}" + (
        "" if frame.is_sound else ", WRONG LENGTH OR CHECKSUM"
    )

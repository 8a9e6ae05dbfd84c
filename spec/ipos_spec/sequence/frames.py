"""What one captured frame is, as far as it tells by itself: an IP packet, ARP, a packet of FIG. 11."""

import struct
from dataclasses import dataclass

from ipos_spec.addresses import IPv4, Mac
from ipos_spec.advertisement import TableAdvertisement
from ipos_spec.captures import CapturedFrame, LinkType
from ipos_spec.codec import decode_extended
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import ETHER_TYPE
from ipos_spec.exchanges.internet import Socket, TcpFlag
from ipos_spec.packets import Acknowledgement, ConnectionPacket, Packet, TcpConnectionPacket, TcpPacket
from ipos_spec.transport import TRANSPORTS

_ETHERNET = 14
_IPV4, _ARP = 0x0800, 0x0806
_ARP_SENDER = struct.Struct(">14x8x6sI")
_IP = struct.Struct(">BxHHHxBxxLL")
_PROTOCOLS = {transport.iana: transport for transport in TRANSPORTS}
_LONGEST_START_LINE = 60
_NO_FLAGS = TcpFlag(0)
_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"CONNECT ", b"TRACE ", b"HTTP/")


@dataclass(frozen=True, slots=True)
class IpPacket:
    """An IP packet with TCP or UDP in it.

    identity  what it has in common with a copy of it that a router has passed on
    flags     of TCP
    data      octets behind the transport's header
    """

    protocol: Protocol
    source: Socket
    destination: Socket
    identity: tuple[int, int, int]
    flags: TcpFlag = _NO_FLAGS
    data: bytes = b""

    @property
    def says(self) -> str:
        """What is in it, in a few words."""
        if self.protocol is Protocol.UDP:
            return f"datagram, {len(self.data):,} octets"
        names = [flag.name or "" for flag in (TcpFlag.SYN, TcpFlag.FIN, TcpFlag.RST, TcpFlag.ACK) if self.flags & flag]
        if not self.data:
            return " ".join(names) or "no flags"
        size = f"{len(self.data):,} octets"
        what = f"{start} ({size})" if (start := start_line(self.data)) else size
        others = [name for name in names if name != "ACK"]
        return ", ".join([what, *others])

    @property
    def is_bulk(self) -> bool:
        """Whether it is one of many like it: plain data, or nothing but an acknowledgement."""
        return self.protocol is Protocol.TCP and self.flags & ~TcpFlag.PSH == TcpFlag.ACK and not start_line(self.data)


@dataclass(frozen=True, slots=True)
class Frame:
    """A captured frame. number: its place in the capture, from 1.

    ip        the IP packet that it is, or that a packet of type 2 carries
    packet    the packet of FIG. 11 that it is
    wrong     why a router discards it, if it is of ipOS's EtherType and not right; ``about`` is then whom its header
              names, if that much is there
    speaks    an address that its sender says it has: of ARP, or of an advertisement
    """

    number: int
    captured: CapturedFrame
    ip: IpPacket | None = None
    packet: Packet | None = None
    wrong: str = ""
    about: tuple[Protocol, Socket] | None = None
    speaks: IPv4 | None = None

    @property
    def source(self) -> Mac:
        """Who sent it."""
        return Mac(self.captured.octets[6:12])

    @property
    def destination(self) -> Mac:
        """Whom it was sent to."""
        return Mac(self.captured.octets[:6])

    @property
    def time_ns(self) -> int:
        """When; 0 where the capture does not tell."""
        return self.captured.time_ns or 0

    @property
    def reference(self) -> Reference | None:
        """Which connection an ipOS header names."""
        return self.packet.header.reference if self.packet is not None else None


def frame(number: int, captured: CapturedFrame, ether_type: int = ETHER_TYPE) -> Frame | None:
    """What a captured frame is; None for what is no business of ipOS's, or no Ethernet."""
    octets = captured.octets
    if captured.link_type != LinkType.ETHERNET or len(octets) < _ETHERNET:
        return None
    found = int.from_bytes(octets[12:14], "big")
    if found == ether_type:
        return _ipos(number, captured, ether_type)
    if found == _IPV4:
        ip = ip_packet(octets[_ETHERNET:])
        return Frame(number, captured, ip=ip) if ip is not None else None
    if found == _ARP and len(octets) >= _ARP_SENDER.size:
        _, address = _ARP_SENDER.unpack_from(octets)
        return Frame(number, captured, speaks=IPv4(address)) if address else None
    return None


def ip_packet(octets: bytes) -> IpPacket | None:
    """An IPv4 packet with TCP or UDP; None for others, fragments behind the first, and what is cut short."""
    if len(octets) < _IP.size:
        return None
    first, length, identification, fragment, iana, source, destination = _IP.unpack_from(octets)
    header = (first & 0xF) * 4
    transport = _PROTOCOLS.get(iana)
    if first >> 4 != 4 or header < _IP.size or transport is None or fragment & 0x1FFF:
        return None
    inside = octets[header : max(length, header)]
    if len(inside) < transport.header:
        return None
    source_port, destination_port = struct.unpack_from(">HH", inside)
    tcp = transport.protocol is Protocol.TCP
    offset = (inside[12] >> 4) * 4 if tcp else transport.header
    return IpPacket(
        transport.protocol,
        Socket(IPv4(source), source_port),
        Socket(IPv4(destination), destination_port),
        identity=(identification, length, int.from_bytes(inside[4:8], "big")),
        flags=TcpFlag(inside[13] & 0x1F) if tcp else _NO_FLAGS,
        data=inside[max(offset, transport.header) :],
    )


def start_line(data: bytes) -> str:
    """The first line of an HTTP request or answer, without its version; empty for other data."""
    if not data.startswith(_METHODS):
        return ""
    words = data.split(b"\r\n", 1)[0].decode("ascii", "replace")
    text = words.removesuffix(" HTTP/1.1").removesuffix(" HTTP/1.0").removeprefix("HTTP/1.1 ").removeprefix("HTTP/1.0 ")
    printable = "".join(letter if letter.isprintable() else "?" for letter in text)
    return printable if len(printable) <= _LONGEST_START_LINE else printable[: _LONGEST_START_LINE - 1] + "…"


def _ipos(number: int, captured: CapturedFrame, ether_type: int) -> Frame:
    try:
        packet = decode_extended(captured.octets, ether_type)
    except DecodeError as error:
        return Frame(number, captured, wrong=f"{error.requirement} {error.path}", about=_about(captured.octets))
    if isinstance(packet, TableAdvertisement):
        return Frame(number, captured, speaks=packet.header.source_ip)
    inner = None if isinstance(packet, (ConnectionPacket, Acknowledgement)) else ip_packet(packet.inner)
    return Frame(number, captured, packet=packet, ip=inner)


def _about(octets: bytes) -> tuple[Protocol, Socket] | None:
    if len(octets) < _ETHERNET + 16 or octets[27] not in tuple(Protocol):
        return None
    return Protocol(octets[27]), Socket(
        IPv4(int.from_bytes(octets[14:18], "big")), int.from_bytes(octets[18:20], "big")
    )


def protocol_of(packet: Packet) -> Protocol:
    """Of the connection that a packet of FIG. 11 is about."""
    if isinstance(packet, Acknowledgement):
        return Protocol(packet.header.protocol)
    return Protocol.TCP if isinstance(packet, (TcpConnectionPacket, TcpPacket)) else Protocol.UDP

"""What a stimulus leaves behind at a right target is taken back: else its tables fill up with our own clients."""

import struct
from collections.abc import Iterable, Iterator

from ipos_conformance.frames import Direction, Frame, Lan
from ipos_conformance.reproducer.octets import ACK, SYN, Segment, spoken
from ipos_spec.checksum import internet_checksum
from ipos_spec.codec import decode, encode
from ipos_spec.encapsulation import EncapsulationHeader, PacketType, Protocol
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import TcpConnectionPacket, tcp_packet

_RST = 4
Sent = tuple[Lan, bytes]


def tidy(frames: Iterable[Frame]) -> Iterator[Sent]:
    """Resets for what the target has opened: a half-open connection for each SYN/ACK, an endpoint for each type 3."""
    offered: dict[bytes, TcpConnectionPacket] = {}
    for frame in frames:
        if frame.direction is Direction.SENT:
            _note_offer(frame, offered)
        elif frame.lan is Lan.SECOND and frame.header is not None:
            yield from _end_provisional(frame.header, frame, offered)
        elif frame.lan is Lan.FIRST:
            yield from _end_half_open(frame)


def _note_offer(frame: Frame, offered: dict[bytes, TcpConnectionPacket]) -> None:
    header = frame.header
    if header is None or (header.type, header.protocol) != (PacketType.CONNECTION, Protocol.TCP):
        return
    try:
        packet = decode(frame.octets, frame.ether_type)
    except DecodeError:
        return
    if isinstance(packet, TcpConnectionPacket):
        offered[frame.octets[14:26]] = packet


def _end_provisional(
    header: EncapsulationHeader, frame: Frame, offered: dict[bytes, TcpConnectionPacket]
) -> Iterator[Sent]:
    """A reset at rcv_nxt removes it silently (TGT-12)."""
    packet = offered.pop(frame.octets[14:26], None) if header.type == PacketType.ACKNOWLEDGEMENT else None
    if packet is None:
        return
    block = packet.connection.control_block
    client = struct.pack("!IH", packet.header.source_ip, packet.header.source_port)
    server = struct.pack("!IH", packet.connection.server_ip, packet.connection.server_port)
    back = EthernetHeader(
        destination=packet.ethernet.destination, source=packet.ethernet.source, type=packet.ethernet.type
    )
    yield Lan.SECOND, encode(tcp_packet(back, packet.header.reference, _reset(client, server, block.rcv_nxt)))


def _end_half_open(frame: Frame) -> Iterator[Sent]:
    """A client that knows nothing of a connection resets it (RFC 9293 3.10.7.1)."""
    segment = _spoken(frame)
    if segment is not None and segment.flags & (SYN | ACK) == SYN | ACK:
        octets = frame.octets
        client, server = segment.connection[:6], segment.connection[6:]
        yield Lan.FIRST, octets[6:12] + octets[:6] + octets[12:14] + _reset(client, server, segment.ack)


def _spoken(frame: Frame) -> Segment | None:
    try:
        return spoken(frame.octets, {"ether_type": frame.ether_type})
    except (IndexError, ValueError):
        return None


def _reset(client: bytes, server: bytes, sequence: int) -> bytes:
    """A client's RST as an IP packet. client, server: address and port."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0x4000, 64, 6, 0, client[:4], server[:4])
    ip = ip[:10] + internet_checksum(ip).to_bytes(2, "big") + ip[12:]
    tcp = struct.pack("!2s2sIIBBHHH", client[4:], server[4:], sequence, 0, 0x50, _RST, 0, 0, 0)
    pseudo = client[:4] + server[:4] + struct.pack("!BBH", 0, 6, len(tcp))
    return ip + tcp[:16] + internet_checksum(pseudo + tcp).to_bytes(2, "big") + tcp[18:]

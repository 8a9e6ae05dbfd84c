"""What a stimulus leaves behind at a right target is taken back: else its tables fill up with our own clients."""

import struct
from collections.abc import Iterable, Iterator

from ipos_conformance.frames import Direction, Frame, Lan
from ipos_conformance.reproducer.octets import ACK, Segment, spoken
from ipos_spec.checksum import internet_checksum
from ipos_spec.codec import decode, encode
from ipos_spec.encapsulation import PacketType, Protocol
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import TcpConnectionPacket, tcp_packet

_RST = 4
Sent = tuple[Lan, bytes]
Ends = tuple[bytes, bytes]
"""Address and port of client and server, in network byte order."""


def tidy(frames: Iterable[Frame]) -> Iterator[Sent]:
    """Resets for all that the target still has of the clients in these frames: they know nothing of it any more.

    A client that is spoken to resets the connection where the target says that it is (RFC 9293 3.10.7.1); an endpoint
    that was only handed over ends with a reset at rcv_nxt (TGT-12).
    """
    offers: dict[Ends, TcpConnectionPacket] = {}
    spoken_to: dict[Ends, tuple[Frame, Segment]] = {}
    acknowledged: list[Ends] = []
    for frame in frames:
        if frame.direction is Direction.SENT:
            offers.update(_offer(frame))
        elif frame.lan is Lan.FIRST:
            spoken_to.update(_spoken_to(frame))
        else:
            acknowledged += [ends for ends, offer in offers.items() if _acknowledges(frame, offer)]
    for ends in acknowledged:
        if ends not in spoken_to:
            yield _through_origin(offers[ends], ends, offers[ends].connection.control_block.rcv_nxt)
    for ends, (frame, segment) in spoken_to.items():
        if ends in offers:
            yield _through_origin(offers[ends], ends, segment.ack)
        else:
            octets = frame.octets
            yield Lan.FIRST, octets[6:12] + octets[:6] + octets[12:14] + _reset(*ends, segment.ack)


def _offer(frame: Frame) -> Iterator[tuple[Ends, TcpConnectionPacket]]:
    header = frame.header
    if header is None or (header.type, header.protocol) != (PacketType.CONNECTION, Protocol.TCP):
        return
    try:
        packet = decode(frame.octets, frame.ether_type)
    except DecodeError:
        return
    if isinstance(packet, TcpConnectionPacket):
        client = struct.pack("!IH", packet.header.source_ip, packet.header.source_port)
        yield (client, struct.pack("!IH", packet.connection.server_ip, packet.connection.server_port)), packet


def _acknowledges(frame: Frame, offer: TcpConnectionPacket) -> bool:
    header = frame.header
    kind = header is not None and (header.type, header.protocol) == (PacketType.ACKNOWLEDGEMENT, Protocol.TCP)
    return kind and header is not None and header.reference == offer.header.reference


def _spoken_to(frame: Frame) -> Iterator[tuple[Ends, tuple[Frame, Segment]]]:
    try:
        segment = spoken(frame.octets, {"ether_type": frame.ether_type})
    except (IndexError, ValueError):
        return
    if segment is not None and segment.flags & (ACK | _RST) == ACK:
        yield (segment.connection[:6], segment.connection[6:]), (frame, segment)


def _through_origin(offer: TcpConnectionPacket, ends: Ends, sequence: int) -> Sent:
    ethernet = offer.ethernet
    again = EthernetHeader(destination=ethernet.destination, source=ethernet.source, type=ethernet.type)
    return Lan.SECOND, encode(tcp_packet(again, offer.header.reference, _reset(*ends, sequence)))


def _reset(client: bytes, server: bytes, sequence: int) -> bytes:
    """A client's RST as an IP packet. client, server: address and port."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0x4000, 64, 6, 0, client[:4], server[:4])
    ip = ip[:10] + internet_checksum(ip).to_bytes(2, "big") + ip[12:]
    tcp = struct.pack("!2s2sIIBBHHH", client[4:], server[4:], sequence, 0, 0x50, _RST, 0, 0, 0)
    pseudo = client[:4] + server[:4] + struct.pack("!BBH", 0, 6, len(tcp))
    return ip + tcp[:16] + internet_checksum(pseudo + tcp).to_bytes(2, "big") + tcp[18:]

"""What a stimulus leaves behind at a right target is taken back: else its tables fill up with our own clients."""

import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from ipos_conformance.frames import Client, Direction, Frame, Lan
from ipos_conformance.reproducer.octets import ACK, Segment, spoken
from ipos_spec.checksum import internet_checksum
from ipos_spec.codec import decode, encode
from ipos_spec.encapsulation import PacketType, Protocol, Reference
from ipos_spec.errors import DecodeError
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import TcpConnectionPacket, tcp_packet

_RST = 4
Sent = tuple[Lan, bytes]
Ends = tuple[bytes, bytes]
"""Address and port of client and server, in network byte order."""

_PROTOCOL, _TCP = slice(23, 24), b"\6"
"""Where an IP header on the first LAN says what follows it; and where an ipOS header does:"""
_KIND = slice(26, 28)
_TCP_CONNECTION = bytes([PacketType.CONNECTION, Protocol.TCP])
_TCP_ACKNOWLEDGEMENT = bytes([PacketType.ACKNOWLEDGEMENT, Protocol.TCP])


def tidy(frames: Iterable[Frame], is_spared: Callable[[Client], bool] = lambda _: False) -> Iterator[Sent]:
    """Resets for all that the target still has of the clients in these frames: they know nothing of it any more.

    A client that is spoken to resets the connection where the target says that it is (RFC 9293 3.10.7.1); an endpoint
    that was only handed over ends with a reset at rcv_nxt (TGT-12). is_spared: whose connections are to stay.
    """
    offers: dict[Ends, TcpConnectionPacket] = {}
    offered: defaultdict[Reference, set[Ends]] = defaultdict(set)
    spoken_to: dict[Ends, bytes] = {}
    next_numbers: dict[Ends, int] = {}
    for frame in frames:
        octets = frame.octets  # a look at them spares most frames, of which there are thousands, the rest
        if frame.direction is Direction.SENT:
            for ends, offer in _offer(frame) if octets[_KIND] == _TCP_CONNECTION else ():
                offers[ends] = offer
                offered[offer.header.reference].add(ends)
        elif frame.lan is Lan.FIRST:
            for ends, segment in _spoken_to(frame) if octets[_PROTOCOL] == _TCP else ():
                spoken_to[ends], next_numbers[ends] = octets, segment.ack
        elif octets[_KIND] == _TCP_ACKNOWLEDGEMENT and frame.header is not None:
            for ends in offered[frame.header.reference]:
                next_numbers.setdefault(ends, offers[ends].connection.control_block.rcv_nxt)
    for ends, number in next_numbers.items():
        if not is_spared(_client(ends)):
            reset = _reset(*ends, number)
            yield _through_origin(offers[ends], reset) if ends in offers else _back(spoken_to[ends], reset)


def _offer(frame: Frame) -> Iterator[tuple[Ends, TcpConnectionPacket]]:
    try:
        packet = decode(frame.octets, frame.ether_type)
    except DecodeError:
        return
    if isinstance(packet, TcpConnectionPacket):
        client = struct.pack("!IH", packet.header.source_ip, packet.header.source_port)
        yield (client, struct.pack("!IH", packet.connection.server_ip, packet.connection.server_port)), packet


def _client(ends: Ends) -> Client:
    return Client(*struct.unpack("!IH", ends[0]))


def _spoken_to(frame: Frame) -> Iterator[tuple[Ends, Segment]]:
    try:
        segment = spoken(frame.octets, {"ether_type": frame.ether_type})
    except (IndexError, ValueError):
        return
    if segment is not None and segment.flags & (ACK | _RST) == ACK:
        yield (segment.connection[:6], segment.connection[6:]), segment


def _through_origin(offer: TcpConnectionPacket, packet: bytes) -> Sent:
    ethernet = offer.ethernet
    again = EthernetHeader(destination=ethernet.destination, source=ethernet.source, type=ethernet.type)
    return Lan.SECOND, encode(tcp_packet(again, offer.header.reference, packet))


def _back(octets: bytes, packet: bytes) -> Sent:
    """On the way on which a frame came."""
    return Lan.FIRST, octets[6:12] + octets[:6] + octets[12:14] + packet


def _reset(client: bytes, server: bytes, sequence: int) -> bytes:
    """A client's RST as an IP packet. client, server: address and port."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0x4000, 64, 6, 0, client[:4], server[:4])
    ip = ip[:10] + internet_checksum(ip).to_bytes(2, "big") + ip[12:]
    tcp = struct.pack("!2s2sIIBBHHH", client[4:], server[4:], sequence, 0, 0x50, _RST, 0, 0, 0)
    pseudo = client[:4] + server[:4] + struct.pack("!BBH", 0, 6, len(tcp))
    return ip + tcp[:16] + internet_checksum(pseudo + tcp).to_bytes(2, "big") + tcp[18:]

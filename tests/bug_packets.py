"""What clients and peers send to a router on a `bug_stage.Stage`."""

import struct

from bug_stage import Stage
from in_memory import (
    CLIENT,
    EDGE_MAC,
    FIRST_MAC,
    PEER_MAC,
    PEER_SERVER,
    RAW,
    ROUTER_IP,
    SECOND_MAC,
    says,
)
from ipos_reference import ethernet, ipv4, udp
from ipos_reference.addresses import Address
from ipos_reference.ethernet import Frame
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.router import Lan
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp.segment import Flags, Segment
from ipos_spec import advertisement
from ipos_spec.addresses import IPv4
from ipos_spec.advertisement import AdvertisedTable, BroadcastEthernetHeader, Operation
from ipos_spec.checksum import internet_checksum
from ipos_spec.codec import decode
from ipos_spec.connection import UdpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import (
    TcpConnectionPacket,
    UdpConnectionPacket,
    acknowledgement,
    udp_connection_packet,
)
from ipos_spec.tables.records import CookieEntry

ELSEWHERE = b"GET /peer HTTP/1.1\r\nHost: a\r\n\r\n"
GIVEN_UP, QUIET = 3.1, 61.0
"""Seconds after which an origin has given up (ORG-7), and a Forward entry's client is believed at once (FWD-5)."""

SECOND = EthernetHeader(destination=SECOND_MAC, source=PEER_MAC)
DATAGRAMS = Reference(*CLIENT, ROUTER_IP, RAW)


def sends_ip(stage: Stage, protocol: int, payload: bytes) -> None:
    """CLIENT's IP packet comes in on the first LAN."""
    packet = Ipv4Packet(source=CLIENT.ip, destination=ROUTER_IP, protocol=protocol, payload=payload)
    raw_ip(stage, ipv4.build(packet))


def raw_ip(stage: Stage, packet: bytes) -> None:
    """Any IP packet comes in on the first LAN."""
    stage.receives(Lan.FIRST, ethernet.build(Frame(FIRST_MAC, EDGE_MAC, ethernet.IPV4, packet)))


def syn(stage: Stage, client: Address = CLIENT, **changes: object) -> Segment:
    """A client's SYN; returns the router's answer. The client's next octet is 901."""
    stage.client_sends(says(seq=900, ack=0, flags=Flags.SYN, client=client)._replace(**changes), client)  # type: ignore[arg-type]
    return last_segment(stage)


def last_segment(stage: Stage) -> Segment:
    """What the router has sent last, which has to be a segment."""
    lan, octets = stage.frames[-1]
    packet = ipv4.parse(octets[14:])
    assert (lan, packet.protocol) == (Lan.FIRST, IpProtocol.TCP)
    return tcp_segment.parse(packet.payload, packet.source, packet.destination)


def asks(stage: Stage, payload: bytes, client: Address = CLIENT, **changes: object) -> int:
    """A SYN, and the ACK that completes the handshake and carries a request; returns the server's next number."""
    answer = syn(stage, client)
    number = answer.seq + 1
    stage.client_sends(says(payload, ack=number, client=client)._replace(**changes), client)  # type: ignore[arg-type]
    return number


def begins_to_leave(stage: Stage) -> TcpConnectionPacket:
    """A request for another server (2 packets); returns the connection packet."""
    asks(stage, ELSEWHERE)
    packet = decode(stage.frames[-1][1])
    assert isinstance(packet, TcpConnectionPacket)
    return packet


def leaves(stage: Stage) -> ControlBlock:
    """The same with its acknowledgement (3 packets); returns the control block."""
    packet = begins_to_leave(stage)
    stage.peer_sends(acknowledgement(packet, source=PEER_MAC))
    return packet.connection.control_block


def repaired(frame: bytes, at: int, octets: bytes) -> bytes:
    """An ipOS frame with octets changed, and its checksum computed anew."""
    changed = frame[:at] + octets + frame[at + len(octets) :]
    blank = changed[:28] + b"\0\0" + changed[30:]
    return blank[:28] + internet_checksum(blank[14:]).to_bytes(2, "big") + blank[30:]


def with_options(options: bytes) -> bytes:
    """A SYN with these octets as TCP options."""
    syn = tcp_segment.build(says(seq=900, ack=0, flags=Flags.SYN), CLIENT.ip, ROUTER_IP)
    octets = bytearray(syn[:20] + options)
    octets[12], octets[16:18] = (20 + len(options)) << 2, b"\0\0"
    pseudo_header = struct.pack("!IIBBH", CLIENT.ip, ROUTER_IP, 0, 6, len(octets))
    octets[16:18] = internet_checksum(pseudo_header + octets).to_bytes(2, "big")
    return bytes(octets)


def datagram(octets: bytes, ip: IPv4 = ROUTER_IP, port: int = RAW) -> bytes:
    """CLIENT's IP packet around a datagram to a server."""
    payload = udp.build(CLIENT, Address(ip, port), octets)
    return ipv4.build(Ipv4Packet(source=CLIENT.ip, destination=ip, protocol=IpProtocol.UDP, payload=payload))


def hands_datagrams_over() -> UdpConnectionPacket:
    """The peer hands CLIENT's datagrams to the raw port over."""
    information = UdpConnectionInformation(server_ip=PEER_SERVER.ip, server_port=RAW)
    return udp_connection_packet(SECOND, DATAGRAMS, information)


def advertises_session() -> bytes:
    """The peer tells of a session, four octets of text at offset 38."""
    packet = advertisement.table_advertisement(
        BroadcastEthernetHeader(source=PEER_MAC),
        PEER_SERVER.ip,
        AdvertisedTable.COOKIE_MAP,
        Operation.PUT,
        [CookieEntry(cookie_id="7f3a", server_ip=PEER_SERVER.ip)],
    )
    return advertisement.encode(packet)

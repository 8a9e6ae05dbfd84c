"""Right frames of each kind for a concrete target, each of which another client can have sent at little cost."""

from collections.abc import Iterator
from dataclasses import dataclass

from ipos_conformance.frames import Client, Lan
from ipos_conformance.target import Target
from ipos_spec import advertisement
from ipos_spec.addresses import IPv4, Mac
from ipos_spec.advertisement import AdvertisedTable, BroadcastEthernetHeader, Operation
from ipos_spec.codec import encode
from ipos_spec.connection import TcpConnectionInformation, UdpConnectionInformation
from ipos_spec.control_block import ControlBlock, ControlFlag
from ipos_spec.encapsulation import Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import (
    Packet,
    acknowledgement,
    tcp_connection_packet,
    tcp_packet,
    udp_connection_packet,
    udp_packet,
)
from ipos_spec.tables.records import CookieEntry, ListeningSocket, ServerState, UrlEntry
from ipos_spec.transport import TCP, UDP

from ipos_fuzz import ip_packet
from ipos_fuzz.places import HEADER, ICMP_PROTOCOL, IPV4
from ipos_fuzz.subject import ARP_REQUEST, ARP_TYPE, CHECKSUM, INNER, IPV4_TYPE, Shape, Subject

NOBODY = Client(IPv4(0), 0)
"""Stands in a template where a client will be put."""

_SOURCE_IP, _SOURCE_PORT = HEADER, HEADER + 4
"""Of the ipOS header, offsets in the frame."""

_BLOCK = ControlBlock(
    t_maxseg=1400,
    t_flags=ControlFlag.SCALE | ControlFlag.TIMESTAMPS | ControlFlag.SACK_PERMIT,
    ts_now=1_000_000,
    snd_una=5001,
    snd_nxt=5001,
    snd_max=5001,
    snd_up=5001,
    snd_wl1=901,
    snd_wl2=5001,
    iss=5000,
    snd_wnd=60000,
    max_sndwnd=60000,
    irs=900,
    rcv_nxt=901,
    rcv_up=901,
    rcv_wnd=30000,
    rcv_adv=30901,
    snd_cwnd=14000,
    snd_ssthresh=0x7FFFFFFF,
    snd_scale=2,
    rcv_scale=7,
    request_r_scale=7,
    requested_s_scale=2,
    ts_recent=2_000_000,
    last_ack_sent=901,
)
_REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
_SYN_OPTIONS = b"\x02\x04\x05\xb4\x04\x02\x08\x0a\x00\x1e\x84\x80\x00\x00\x00\x00\x01\x03\x03\x02"
_TIMESTAMPS = b"\x01\x01\x08\x0a\x00\x1e\x84\x81\x00\x0f\x42\x40"
_SYN, _PSH_ACK, _FIN_ACK = 0x02, 0x18, 0x11


@dataclass(frozen=True)
class Sum:
    """A checksum of a template: where it stands, and how often it covers the client's address and port.

    zero  what is written in place of 0x0000, which in UDP says that there is no checksum (RFC 768)
    """

    offset: int
    addresses: int
    ports: int
    zero: int = 0


@dataclass(frozen=True)
class Template:
    """A right frame, and the places where its client stands.

    lan        for which it is
    frame      of NOBODY, its checksums right for that
    addresses  offsets of the client's address
    ports      offsets of its port
    sums       the checksums that cover them
    """

    lan: Lan
    frame: bytes
    addresses: tuple[int, ...]
    ports: tuple[int, ...]
    sums: tuple[Sum, ...]

    def of(self, client: Client) -> bytes:
        """The frame as this client's (RFC 1624: a checksum is carried along, not made anew)."""
        frame = bytearray(self.frame)
        address, port = client.ip.to_bytes(4, "big"), client.port.to_bytes(2, "big")
        for at in self.addresses:
            frame[at : at + 4] = address
        for at in self.ports:
            frame[at : at + 2] = port
        for known in self.sums:
            at = known.offset
            covered = (
                0xFFFF - (frame[at] << 8 | frame[at + 1]) + known.addresses * client.ip + known.ports * client.port
            )
            checksum = 0xFFFF - (covered % 0xFFFF or 0xFFFF) or known.zero
            frame[at], frame[at + 1] = checksum >> 8, checksum & 0xFF
        return bytes(frame)

    def shape(self, client: Client, ether_type: int, mtu: int, others: tuple[bytes, ...] = ()) -> Shape:
        """The shape of what `of` makes."""
        return Subject.of(self.of(client), ether_type, others, mtu).shape


def templates(target: Target) -> tuple[Template, ...]:
    """One or more of each kind, for this target: its MACs, addresses and ports, and the peers that it knows."""
    return (*_on_second_lan(target), *_on_first_lan(target))


def _on_second_lan(target: Target) -> Iterator[Template]:
    peer = target.peer[0]
    lan = target.second_lan
    to_router = EthernetHeader(destination=lan.router_mac, source=peer.mac, type=lan.ether_type)
    router, pixit = target.router.address, target.pixit
    tcp_ports = sorted({pixit.http_port, pixit.raw.local or pixit.http_port})
    udp_port = pixit.udp.local or pixit.closed_port
    for port in tcp_ports:
        information = TcpConnectionInformation(server_ip=peer.address, server_port=port, control_block=_BLOCK)
        yield _type_1_or_3(tcp_connection_packet(to_router, _reference(router, port), information))
        segment = _segment(peer.address, port, _PSH_ACK, _TIMESTAMPS, _REQUEST)
        yield _type_2(tcp_packet(to_router, _reference(router, port), segment), segment)
    for bits, data in ((_SYN, b""), (_FIN_ACK, b"")):
        segment = _segment(peer.address, pixit.http_port, bits, b"", data)
        yield _type_2(tcp_packet(to_router, _reference(router, pixit.http_port), segment), segment)
    server = UdpConnectionInformation(server_ip=peer.address, server_port=udp_port)
    yield _type_1_or_3(udp_connection_packet(to_router, _reference(router, udp_port), server))
    datagram = _datagram(peer.address, udp_port, b"fuzzing.")
    yield _type_2(udp_packet(to_router, _reference(router, udp_port), datagram), datagram)
    yield from _acknowledgements(target, to_router)
    yield from _advertisements(lan.ether_type, peer.mac)


def _acknowledgements(target: Target, to_router: EthernetHeader) -> Iterator[Template]:
    """Of migrations that the router could have begun to the first peer."""
    peer, router = target.peer[0], target.router.address
    from_router = EthernetHeader(destination=peer.mac, source=to_router.destination, type=to_router.type)
    port = target.pixit.http_port
    information = TcpConnectionInformation(server_ip=router, server_port=port, control_block=_BLOCK)
    begun = tcp_connection_packet(from_router, _reference(peer.address, port), information)
    yield _type_1_or_3(acknowledgement(begun, peer.mac))
    port = target.pixit.udp.away or target.pixit.closed_port
    server = UdpConnectionInformation(server_ip=router, server_port=port)
    yield _type_1_or_3(
        acknowledgement(udp_connection_packet(from_router, _reference(peer.address, port), server), peer.mac)
    )


def _advertisements(ether_type: int, source: Mac) -> Iterator[Template]:
    """Of a server whose address is the client's: what it says of itself touches no server that there is."""
    ethernet = BroadcastEthernetHeader(source=source, type=ether_type)
    state = ServerState(
        server_ip=NOBODY.ip,
        tcp_connections=1,
        cpu_utilization=5000,
        available_memory=1 << 30,
        available_bandwidth=10**9,
    )
    socket = ListeningSocket(server_ip=NOBODY.ip, port=60001, process=1)
    url = UrlEntry(url="/fuzz/", server_ip=NOBODY.ip)  # texts of even length: what a checksum covers stays in place
    cookie = CookieEntry(cookie_id="fuzz", server_ip=NOBODY.ip)
    for table, record, at in (
        (AdvertisedTable.SERVER_STATE, state, 0),
        (AdvertisedTable.LISTENING_SOCKETS_TCP, socket, 0),
        (AdvertisedTable.URL_MAP, url, 8),
        (AdvertisedTable.COOKIE_MAP, cookie, 6),
    ):
        made = advertisement.table_advertisement(ethernet, NOBODY.ip, table, Operation.PUT, [record])
        frame, start = advertisement.encode(made), INNER + 6
        yield Template(Lan.SECOND, frame, (_SOURCE_IP, start + at), (), (Sum(CHECKSUM, 2, 0),))


def _on_first_lan(target: Target) -> Iterator[Template]:
    lan, router, pixit = target.first_lan, target.router.address, target.pixit
    start = lan.router_mac + target.suite.gateway_mac
    ports = dict.fromkeys((pixit.http_port, pixit.raw.local or pixit.http_port, pixit.closed_port))
    for port in ports:
        yield _on_ip(start, _segment(router, port, _SYN, _SYN_OPTIONS, b""))
    yield _on_ip(start, _segment(router, pixit.http_port, _PSH_ACK, _TIMESTAMPS, _REQUEST))
    for port in dict.fromkeys((pixit.udp.local or pixit.closed_port, pixit.closed_port)):
        yield _on_ip(start, _datagram(router, port, b"fuzzing."))
    yield _on_ip(start, _echo(router))
    request = ARP_REQUEST + target.suite.gateway_mac + bytes(10) + router.to_bytes(4, "big")
    yield Template(Lan.FIRST, start + ARP_TYPE + request, (HEADER + 14,), (), ())


def _on_ip(start: bytes, packet: bytes) -> Template:
    return Template(Lan.FIRST, start + IPV4_TYPE + packet, *_client_in(packet, HEADER))


def _type_1_or_3(packet: Packet) -> Template:
    return Template(Lan.SECOND, encode(packet), (_SOURCE_IP,), (_SOURCE_PORT,), (Sum(CHECKSUM, 1, 1),))


def _type_2(packet: Packet, inner: bytes) -> Template:
    addresses, ports, sums = _client_in(inner, INNER)
    header = Sum(CHECKSUM, 1, 1)
    return Template(Lan.SECOND, encode(packet), (_SOURCE_IP, *addresses), (_SOURCE_PORT, *ports), (header, *sums))


def _client_in(packet: bytes, start: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[Sum, ...]]:
    """Where the client stands in an IP packet at an octet of the frame: its address, its port, what covers them."""
    header, transport = Sum(start + ip_packet.CHECKSUM, 1, 0), start + IPV4
    if packet[9] == ICMP_PROTOCOL:
        return (start + 12,), (transport + 4,), (header, Sum(transport + 2, 0, 1))
    checksum = Sum(transport + 16, 1, 1) if packet[9] == TCP.iana else Sum(transport + 6, 1, 1, zero=0xFFFF)
    return (start + 12,), (transport,), (header, checksum)


def _reference(target_ip: IPv4, port: int) -> Reference:
    return Reference(NOBODY.ip, NOBODY.port, target_ip, port)


def _segment(destination: IPv4, port: int, bits: int, options: bytes, data: bytes) -> bytes:
    """A segment with the numbers that the control block of the connection packets goes on with."""
    number = 900 if bits == _SYN else 901
    acknowledged = 0 if bits == _SYN else 5001
    header = bytes(2) + port.to_bytes(2, "big") + number.to_bytes(4, "big") + acknowledged.to_bytes(4, "big")
    words = (TCP.header + len(options)) // 4
    header += bytes([words << 4, bits]) + (8000).to_bytes(2, "big") + bytes(4)
    return _ip(destination, TCP.iana, header + options + data)


def _datagram(destination: IPv4, port: int, data: bytes) -> bytes:
    return _ip(destination, UDP.iana, bytes(2) + port.to_bytes(2, "big") + bytes(4) + data)


def _echo(destination: IPv4) -> bytes:
    return _ip(destination, ICMP_PROTOCOL, b"\x08\x00" + bytes(4) + b"\x00\x01" + b"fuzzing.")


def _ip(destination: IPv4, protocol: int, segment: bytes) -> bytes:
    header = bytes.fromhex("4500000000010000") + bytes([64, protocol]) + bytes(6) + destination.to_bytes(4, "big")
    return ip_packet.sealed(ip_packet.with_length(header + segment))

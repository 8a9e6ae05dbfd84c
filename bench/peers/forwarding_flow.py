"""The flow that everybody forwards: whose packets, by which entries, and what has to come out (FWD-1)."""

from ipos_reference import ethernet, ipv4
from ipos_reference.addresses import Address
from ipos_reference.ethernet import Frame
from ipos_reference.forward_table import Onward
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp.segment import Flags, Segment
from ipos_spec.addresses import IPv4, Mac, ipv4_text, mac, mac_text
from ipos_spec.addresses import ipv4 as ip
from ipos_spec.codec import encode
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import tcp_packet

FIRST_MAC, SECOND_MAC, EDGE_MAC = mac("02:00:00:00:01:01"), mac("02:00:00:00:02:01"), mac("02:00:00:00:01:fe")
SERVER = Address(ip("192.0.2.1"), 80)
PEERS = {IPv4(SERVER.ip + number): mac(f"02:00:00:00:02:0{number + 1}") for number in range(1, 9)}
"""Second-LAN MACs by address."""

HEADERS = 40
"""Octets of a client's packet that are no data."""


def client(number: int) -> Address:
    """One of 2^24 addresses, scattered as addresses on the Internet are."""
    return Address(IPv4(ip("10.0.0.0") + number * 2_654_435_761 % 2**24), 1024 + number % 60_000)


def onward(number: int) -> Onward:
    """Where this client's packets go."""
    target = IPv4(SERVER.ip + 1 + number % len(PEERS))
    return Onward(target, 80, PEERS[target])


def arriving(number: int, octets: int) -> bytes:
    """The frame of a client's packet of so many octets, as the edge router sends it on the first LAN."""
    return ethernet.build(Frame(FIRST_MAC, EDGE_MAC, ethernet.IPV4, _packet(number, octets)))


def leaving(number: int, octets: int) -> bytes:
    """The same packet's frame on the second LAN (FIG. 11G)."""
    way = onward(number)
    header = EthernetHeader(destination=way.mac, source=SECOND_MAC, type=7)
    return encode(tcp_packet(header, way.reference(client(number)), _packet(number, octets)))


def added(number: int) -> bytes:
    """What stands before the packet then: both headers, the same for all packets of a client."""
    return leaving(number, HEADERS)[:30]


def words(number: int) -> tuple[tuple[str, int], tuple[str, int, str]]:
    """A client and where its packets go, as Scapy has addresses."""
    (address, port), way = client(number), onward(number)
    return (ipv4_text(address), port), (ipv4_text(way.ip), way.port, mac_text(Mac(way.mac)))


def _packet(number: int, octets: int) -> bytes:
    (address, port), payload = client(number), number.to_bytes(4, "big")
    segment = Segment(
        source_port=port,
        destination_port=SERVER.port,
        seq=1,
        ack=1,
        flags=Flags.ACK,
        window=65_535,
        payload=payload.ljust(octets - HEADERS, b"x")[: octets - HEADERS],
    )
    tcp = tcp_segment.build(segment, address, SERVER.ip)
    return ipv4.build(Ipv4Packet(source=address, destination=SERVER.ip, protocol=IpProtocol.TCP, payload=tcp))

"""Frames of a made-up exchange between harness and target, with a clock of its own, held against the model."""

from dataclasses import replace
from typing import Any

from ipos_conformance.frames import Client, Direction, Frame, Lan
from ipos_conformance.target import DEFAULT_TARGET, read_target
from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.model import judge
from ipos_spec.addresses import IPv4, Mac, ipv4, ipv4_text
from ipos_spec.codec import encode
from ipos_spec.connection import TcpConnectionInformation, UdpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import (
    Packet,
    TcpConnectionPacket,
    UdpConnectionPacket,
    acknowledgement,
    tcp_connection_packet,
    tcp_packet,
    udp_connection_packet,
    udp_packet,
)
from scapy.layers.inet import IP, TCP, UDP
from scapy.packet import Raw

FACTS = Facts.of(read_target(DEFAULT_TARGET))
OWN = FACTS.address
PEER, OTHER_PEER = sorted(FACTS.peers)
GATEWAY_MAC = Mac(bytes.fromhex("0200000001fe"))
CLIENT = Client(ipv4("198.51.100.7"), 40000)
HTTP = 80
IRS, ISS = 1000, 5000


class Exchange:
    """What has passed until now. Each frame takes a millisecond."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.now = 1000.0

    def wait(self, seconds: float) -> "Exchange":
        """Let time pass."""
        self.now += seconds
        return self

    def sent(self, octets: bytes, lan: Lan = Lan.SECOND) -> "Exchange":
        """A frame of the harness."""
        return self._pass(octets, lan, Direction.SENT)

    def received(self, octets: bytes, lan: Lan = Lan.SECOND) -> "Exchange":
        """A frame of the target."""
        return self._pass(octets, lan, Direction.RECEIVED)

    def says(self, packet: bytes) -> "Exchange":
        """A client's IP packet on the first LAN."""
        return self.sent(FACTS.first_mac + GATEWAY_MAC + b"\x08\x00" + packet, Lan.FIRST)

    def hears(self, packet: bytes) -> "Exchange":
        """The target's IP packet to a client."""
        return self.received(GATEWAY_MAC + FACTS.first_mac + b"\x08\x00" + packet, Lan.FIRST)

    def connects(self) -> "Exchange":
        """A handshake with the target's own server."""
        self.says(from_client("S", seq=IRS, ack=0, options=[("MSS", 1460)]))
        self.hears(to_client("SA", seq=ISS, ack=IRS + 1, options=[("MSS", 1440)]))
        return self.says(from_client("A"))

    def found(self) -> list[tuple[str, str]]:
        """Requirement and kind of each violation."""
        return [(violation.requirement, violation.kind) for violation in judge(self.frames, FACTS)]

    def requirements(self) -> list[str]:
        """Requirements that are violated."""
        return [requirement for requirement, _ in self.found()]

    def _pass(self, octets: bytes, lan: Lan, direction: Direction) -> "Exchange":
        self.now += 0.001
        self.frames.append(Frame(lan, direction, self.now, octets, FACTS.ether_type))
        return self


def from_client(flags: str = "A", data: bytes = b"", *, server: IPv4 = OWN, **fields: Any) -> bytes:
    """A client's segment, the first one behind the handshake if nothing else is said."""
    usual = {"seq": IRS + 1, "ack": ISS + 1, "window": 1000, "sport": CLIENT.port, "dport": HTTP}
    tcp = TCP(flags=flags, **{**usual, **fields})
    return bytes(IP(src=ipv4_text(CLIENT.ip), dst=ipv4_text(server)) / tcp / Raw(data))


def to_client(flags: str = "A", data: bytes = b"", *, server: IPv4 = OWN, **fields: Any) -> bytes:
    """A segment of the server's."""
    usual = {"seq": ISS + 1, "ack": IRS + 1, "window": 1000, "sport": HTTP, "dport": CLIENT.port}
    tcp = TCP(flags=flags, **{**usual, **fields})
    return bytes(IP(src=ipv4_text(server), dst=ipv4_text(CLIENT.ip)) / tcp / Raw(data))


def datagram(data: bytes = b"ask", *, server: IPv4 = OWN, port: int = 2007, back: bool = False, **fields: Any) -> bytes:
    """A client's datagram, or the server's."""
    ends = [(CLIENT.ip, CLIENT.port), (server, port)]
    (source, source_port), (destination, destination_port) = reversed(ends) if back else ends
    udp = UDP(sport=source_port, dport=destination_port, **fields)
    return bytes(IP(src=ipv4_text(source), dst=ipv4_text(destination)) / udp / Raw(data))


def block(**fields: int) -> ControlBlock:
    """The control block of a connection whose handshake is done."""
    usual = {
        "t_maxseg": 1460,
        "snd_una": ISS + 1,
        "snd_nxt": ISS + 1,
        "snd_max": ISS + 1,
        "iss": ISS,
        "snd_wnd": 1000,
        "max_sndwnd": 1000,
        "rcv_wnd": 1000,
        "rcv_nxt": IRS + 1,
        "irs": IRS,
        "rcv_adv": IRS + 1001,
    }
    return ControlBlock(**{**usual, **fields})


def to_target(peer: IPv4 = PEER, port: int = HTTP, **fields: int) -> TcpConnectionPacket:
    """A peer hands a connection of its server over."""
    connection = TcpConnectionInformation(server_ip=peer, server_port=HTTP, control_block=block(**fields))
    return tcp_connection_packet(_way(peer), Reference(*CLIENT, OWN, port), connection)


def of_target(peer: IPv4 = PEER, **fields: int) -> TcpConnectionPacket:
    """The target hands a connection of its server over."""
    connection = TcpConnectionInformation(server_ip=OWN, server_port=HTTP, control_block=block(**fields))
    return tcp_connection_packet(_back(peer), Reference(*CLIENT, peer, HTTP), connection)


def udp_of_target(peer: IPv4 = PEER) -> UdpConnectionPacket:
    """The target hands a client of its UDP service over."""
    connection = UdpConnectionInformation(server_ip=OWN, server_port=2007)
    return udp_connection_packet(_back(peer), Reference(*CLIENT, peer, 2007), connection)


def udp_to_target(peer: IPv4 = PEER) -> UdpConnectionPacket:
    """A peer hands a client of its UDP service over."""
    connection = UdpConnectionInformation(server_ip=peer, server_port=2007)
    return udp_connection_packet(_way(peer), Reference(*CLIENT, OWN, 2007), connection)


def passed_to_target(inner: bytes, peer: IPv4 = PEER, port: int = HTTP) -> bytes:
    """A peer passes a client's packet on."""
    make = tcp_packet if inner[9] == 6 else udp_packet
    return encode(make(_way(peer), Reference(*CLIENT, OWN, port), inner))


def passed_by_target(inner: bytes, peer: IPv4 = PEER, port: int = HTTP) -> bytes:
    """The target passes a client's packet on."""
    make = tcp_packet if inner[9] == 6 else udp_packet
    return encode(make(_back(peer), Reference(*CLIENT, peer, port), inner))


def answer(packet: TcpConnectionPacket | UdpConnectionPacket) -> bytes:
    """The acknowledgement of a connection packet, to where it came from."""
    return encode(acknowledgement(packet, packet.ethernet.destination))


def damaged(packet: Packet) -> bytes:
    """Its frame with a wrong ipOS checksum."""
    header = replace(packet.header, checksum=packet.header.checksum ^ 0x0101)
    return encode(replace(packet, header=header))


def _way(peer: IPv4) -> EthernetHeader:
    return EthernetHeader(destination=FACTS.second_mac, source=FACTS.peers[peer], type=FACTS.ether_type)


def _back(peer: IPv4) -> EthernetHeader:
    return EthernetHeader(destination=FACTS.peers[peer], source=FACTS.second_mac, type=FACTS.ether_type)

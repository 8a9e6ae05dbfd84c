"""The edge router: the gateway on the first LAN behind which all clients are, and hosts on that LAN itself."""

from collections.abc import Iterable, Iterator

from ipos_spec.addresses import IPv4, Mac, ipv4_text, mac_text
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

from ipos_conformance.frames import ARP_TYPE, Client, Frame, Lan
from ipos_conformance.stations.bare_segment import bare_segment
from ipos_conformance.target import Target
from ipos_conformance.traffic import Traffic

_BROADCAST = "ff:ff:ff:ff:ff:ff"
_TYPE, _ARP, _WHO_HAS = slice(12, 14), ARP_TYPE.to_bytes(2, "big"), slice(38, 42)
"""Where an ARP request for an IPv4 address on Ethernet says that it is one, and whose MAC is asked for (RFC 826)."""


class Edge:
    """Passes clients' IP packets to the target, and answers ARP for the gateway and for hosts on the LAN."""

    def __init__(self, target: Target, traffic: Traffic) -> None:
        self._target = target
        self._traffic = traffic
        self.mac = target.suite.gateway_mac
        self.hosts: dict[IPv4, Mac] = {target.router.gateway: self.mac}
        traffic.add_responder(self._answer)

    def pass_on(self, packet: bytes, lan: Lan = Lan.FIRST) -> None:
        """Send an IPv4 packet to the target."""
        router = self._target.first_lan if lan is Lan.FIRST else self._target.second_lan
        self._traffic.send(lan, router.router_mac + self.mac + b"\x08\x00" + packet)

    def ask_who_has(self, address: IPv4, lan: Lan, asker: tuple[IPv4, Mac]) -> None:
        """Broadcast an ARP request on a LAN, from (IPv4 address, MAC)."""
        sender, sender_mac = ipv4_text(asker[0]), mac_text(asker[1])
        request = ARP(op="who-has", hwsrc=sender_mac, psrc=sender, pdst=ipv4_text(address))
        self._traffic.send(lan, bytes(Ether(dst=_BROADCAST, src=sender_mac) / request))

    def ping(self, client: Client, nonce: bytes) -> None:
        """Send an ICMP echo request from a client; its port serves as the identifier."""
        packet = IP(src=ipv4_text(client.ip), dst=ipv4_text(self._target.router.address))
        self._pass_on_valid(bytes(packet / ICMP(id=client.port, seq=1) / Raw(nonce)))

    def datagram(self, client: Client, port: int) -> None:
        """Send a UDP datagram from a client to the target's own address."""
        packet = IP(src=ipv4_text(client.ip), dst=ipv4_text(self._target.router.address))
        self._pass_on_valid(bytes(packet / UDP(sport=client.port, dport=port) / Raw(b"ipOS")))

    def syn(self, client: Client, port: int, sequence: int) -> None:
        """Send a SYN from a client to the target's own address."""
        self._pass_on_valid(bare_segment(client, Client(self._target.router.address, port), "S", seq=sequence))

    def note_packet(self, octets: bytes) -> None:
        """A client behind this router has built a valid packet."""
        self._traffic.note_packet(octets)

    def _pass_on_valid(self, packet: bytes) -> None:
        self.note_packet(packet)
        self.pass_on(packet)

    def _answer(self, frame: Frame) -> Iterable[bytes]:
        return arp_answers(frame, self.hosts) if frame.lan is Lan.FIRST else ()


def arp_answers(frame: Frame, hosts: dict[IPv4, Mac]) -> Iterable[bytes]:
    """What stations of these addresses and MACs answer to a frame, if it is an ARP request for one of them."""
    if frame.octets[_TYPE] != _ARP or int.from_bytes(frame.octets[_WHO_HAS], "big") not in hosts:
        return ()  # as most frames: nobody needs to take them apart
    return _arp_answers(frame, hosts)


def _arp_answers(frame: Frame, hosts: dict[IPv4, Mac]) -> Iterator[bytes]:
    request = frame.arp
    if request is None or request.op != 1:
        return
    for host, hardware in hosts.items():
        if request.pdst == ipv4_text(host):
            hardware_text = mac_text(hardware)
            answer = ARP(op="is-at", hwsrc=hardware_text, psrc=request.pdst, hwdst=request.hwsrc, pdst=request.psrc)
            yield bytes(Ether(dst=mac_text(frame.source), src=hardware_text) / answer)

"""Bugs in the neighbourhood: ARP and ICMP, the two LANs, the receive buffer, and frames not for it."""

import struct
from weakref import WeakKeyDictionary, WeakSet

from ipos_reference import arp, ethernet, icmp, ipv4
from ipos_reference.arp import ArpPacket
from ipos_reference.datagrams import Datagrams
from ipos_reference.discards import Discard
from ipos_reference.ethernet import Frame
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.router import _TYPE_AT, Lan, Router
from ipos_spec import advertisement, checksum, codec
from ipos_spec.addresses import BROADCAST_MAC
from ipos_spec.packets import UdpPacket

from ipos_defects.bug import bug
from ipos_defects.defect import patch

_CHECKSUM = slice(14, 16)
"""Of the encapsulation header."""


@bug(1, "process")
def arp_sizes_believed() -> None:
    """Takes an ARP packet's addresses for as long as it says."""
    original = arp.parse

    def parse(octets: bytes) -> ArpPacket | None:
        if len(octets) >= 8:
            hardware, protocol = octets[4], octets[5]
            struct.unpack_from(f"!{hardware}s{protocol}s{hardware}s{protocol}s", octets, 8)
        return original(octets)

    patch(arp, "parse", parse)


@bug(1, "liveness")
def address_given_up() -> None:
    """Gives its address up for good as soon as another host claims it by ARP, or probes for it (RFC 5227 2.1)."""
    silenced: WeakSet[Router] = WeakSet()
    receive, receive_arp = Router.receive, Router._receive_arp

    def hears(self: Router, lan: Lan, frame: Frame, now: float) -> None:
        packet = arp.parse(frame.payload)
        own = self.settings.address
        probes = packet is not None and not packet.sender_ip and packet.target_ip == own
        claims = probes or (packet is not None and packet.sender_ip == own)
        if claims and lan is Lan.FIRST and frame.source != self.settings.first_mac:
            silenced.add(self)
        else:
            receive_arp(self, lan, frame, now)

    def receives(self: Router, lan: Lan, octets: bytes, now: float) -> None:
        if self not in silenced or lan is Lan.SECOND:
            receive(self, lan, octets, now)

    patch(Router, "_receive_arp", hears)
    patch(Router, "receive", receives)


@bug(1, "process")
def echo_shorter_than_its_header() -> None:
    """Reads identifier and sequence number of an ICMP message that has none."""
    original = icmp.echo_reply

    def echo_reply(message: bytes) -> bytes | None:
        kind, code, *_ = struct.unpack_from("!BBHHH", message)
        return original(message) if (kind, code) == (8, 0) else None

    patch(icmp, "echo_reply", echo_reply)


@bug(1, "model")
def unreachable_on_the_second_lan() -> None:
    """Answers a stray type 2 datagram by ICMP the way that it came: as IPv4 on the second LAN."""
    original = Datagrams.second_lan

    def second_lan(self: Datagrams, packet: UdpPacket, now: float) -> None:
        before = self._discards[Discard.NO_ENDPOINT]
        original(self, packet, now)
        if self._discards[Discard.NO_ENDPOINT] > before:
            answer = Ipv4Packet(
                source=self._settings.address,
                destination=packet.header.source_ip,
                protocol=IpProtocol.ICMP,
                payload=icmp.port_unreachable(packet.inner),
            )
            way_back = packet.ethernet.source, self._settings.second_mac, ethernet.IPV4
            self._emit(ethernet.build(Frame(*way_back, ipv4.build(answer))))

    patch(Datagrams, "second_lan", second_lan)


@bug(1, "model")
def unknown_extensions_flooded() -> None:
    """Passes a broadcast extension packet that it does not know on to the first LAN, as a bridge would."""
    original = Router._receive_ipos

    def receive(self: Router, lan: Lan, frame: Frame, octets: bytes, now: float) -> None:
        kind = octets[_TYPE_AT] if len(octets) > _TYPE_AT else 0
        if lan is Lan.SECOND and frame.destination == BROADCAST_MAC and kind > advertisement.TYPE:
            self._emit(Lan.FIRST, octets)
        original(self, lan, frame, octets, now)

    patch(Router, "_receive_ipos", receive)


@bug(1, "model")
def checksum_of_zero_accepted() -> None:
    """Takes a checksum of zero in the ipOS header for none, as UDP has it."""
    patch(codec, "verifies", lambda octets: octets[_CHECKSUM] == b"\0\0" or checksum.verifies(octets))


@bug(2, "model")
def frame_completed_from_the_buffer() -> None:
    """Reads beyond the end of a truncated ipOS frame, where the receive buffer still has the frame before."""
    buffers: WeakKeyDictionary[Router, bytes] = WeakKeyDictionary()
    original = Router.receive

    def receive(self: Router, lan: Lan, octets: bytes, now: float) -> None:
        if lan is Lan.SECOND and octets[12:14] == self.settings.ether_type.to_bytes(2, "big"):
            octets += buffers.get(self, b"")[len(octets) :]
            buffers[self] = octets
        original(self, lan, octets, now)

    patch(Router, "receive", receive)

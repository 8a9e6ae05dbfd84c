"""The way of a client's packet to a later holder of its connection (FWD-1, FWD-3, MTU-1)."""

from collections.abc import Callable
from typing import NamedTuple

from ipos_spec.codec import encode
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import ClientPacket, tcp_packet, udp_packet

from ipos_reference import icmp, ipv4
from ipos_reference.addresses import Address
from ipos_reference.discards import Discard, Discards
from ipos_reference.first_lan import FirstLan
from ipos_reference.forward_table import Entry, ForwardTable
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.journal import Journal
from ipos_reference.settings import ENCAPSULATION, Settings
from ipos_reference.tally import Happening, Tally
from ipos_reference.tcp.segment import Flags

_FLAGS = 13
"""Offset of the control bits in a TCP header."""

_Make = Callable[[EthernetHeader, Reference, bytes], ClientPacket]
_MAKE: dict[Protocol, _Make] = {Protocol.TCP: tcp_packet, Protocol.UDP: udp_packet}


class Transit(NamedTuple):
    """A client's packet: its addresses, what it is, and the octets as they came.

    first  it came on the first LAN: this router is the first to forward it
    """

    client: Address
    server: Address
    packet: Ipv4Packet
    octets: bytes
    first: bool

    @property
    def flags(self) -> int:
        """TCP's control bits, whether its checksum is right or not."""
        return self.packet.payload[_FLAGS]


def transit(packet: Ipv4Packet, octets: bytes, *, first: bool) -> Transit | None:
    """Read the ports of a TCP or UDP packet; None if its header is cut off (ENC-10)."""
    if len(packet.payload) < (20 if packet.protocol == IpProtocol.TCP else 8):
        return None
    ports = packet.payload[:4]
    client = Address(packet.source, int.from_bytes(ports[:2], "big"))
    server = Address(packet.destination, int.from_bytes(ports[2:], "big"))
    return Transit(client, server, packet, octets[: ipv4.total_length(octets)], first)


class Forwarder:
    """Sends type 2 packets by the entries of Forward.

    emit  called with a frame for the second LAN
    """

    def __init__(
        self,
        settings: Settings,
        lan: FirstLan,
        discards: Discards,
        tally: Tally,
        journal: Journal,
        emit: Callable[[bytes], None],
    ) -> None:
        self._settings = settings
        self._lan = lan
        self._discards = discards
        self._tally = tally
        self._journal = journal
        self._emit = emit

    def forward(self, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True) -> None:
        """Send a packet on, octet for octet as it came; it keeps the entry alive unless ``renew`` is False."""
        protocol = Protocol.TCP if packet.packet.protocol == IpProtocol.TCP else Protocol.UDP
        if renew:
            ends = protocol is Protocol.TCP and bool(packet.flags & (Flags.FIN | Flags.RST))
            table.renew(packet.client, now, closing=ends)
        if ENCAPSULATION + len(packet.octets) > self._settings.second_mtu:
            self._refuse(packet, now)
            return
        onward = entry.onward
        ethernet = EthernetHeader(
            destination=onward.mac, source=self._settings.second_mac, type=self._settings.ether_type
        )
        frame = encode(_MAKE[protocol](ethernet, onward.reference(packet.client), packet.octets))
        self._tally[Happening.FORWARDED] += 1
        self._journal.forwarded(packet.client, packet.server, onward)
        self._emit(frame)

    def _refuse(self, packet: Transit, now: float) -> None:
        self._discards.because(Discard.TOO_LARGE_TO_FORWARD)
        if packet.first and packet.packet.dont_fragment:
            message = icmp.fragmentation_needed(packet.octets, self._settings.second_mtu - ENCAPSULATION)
            self._lan.send(self._settings.address, packet.client.ip, IpProtocol.ICMP, message, now)

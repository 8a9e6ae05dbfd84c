"""The way out on the first LAN: from an IP packet to a frame for the next hop."""

from collections.abc import Callable

from ipos_spec.addresses import BROADCAST_MAC, IPv4, Mac

from ipos_reference import arp, ethernet, ipv4
from ipos_reference.discards import Discard, Discards
from ipos_reference.ethernet import Frame
from ipos_reference.ipv4 import Ipv4Packet
from ipos_reference.neighbours import Neighbours
from ipos_reference.settings import Settings


class FirstLan:
    """Sends IP packets from this router, or from the server address of an endpoint that came in (TGT-6).

    No packet has DF set: of a migrated endpoint it must not (TGT-9), and nothing here follows path MTU discovery.
    """

    def __init__(self, settings: Settings, discards: Discards, emit: Callable[[bytes], None]) -> None:
        self._settings = settings
        self._discards = discards
        self._emit = emit
        self._identification = 0
        self.neighbours = Neighbours(send=self._send_to, ask=self._ask, discards=discards)

    def send(self, source: IPv4, destination: IPv4, protocol: int, payload: bytes, now: float) -> None:
        """Send one IP packet to ``destination``."""
        next_hop = self._settings.next_hop(destination)
        if next_hop is None:
            self._discards.because(Discard.NO_ROUTE)
            return
        self._identification = (self._identification + 1) & 0xFFFF
        packet = Ipv4Packet(
            source=source,
            destination=destination,
            protocol=protocol,
            payload=payload,
            identification=self._identification,
        )
        self.neighbours.deliver(next_hop, ipv4.build(packet), now)

    def _send_to(self, mac: Mac, packet: bytes) -> None:
        self._emit(ethernet.build(Frame(mac, self._settings.first_mac, ethernet.IPV4, packet)))

    def _ask(self, address: IPv4) -> None:
        # The router's own address, never a server address that it answers for (TGT-11): neighbours learn from it.
        question = arp.build(arp.request(self._settings.first_mac, self._settings.address, address))
        self._emit(ethernet.build(Frame(BROADCAST_MAC, self._settings.first_mac, ethernet.ARP, question)))

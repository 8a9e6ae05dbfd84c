"""A client's datagrams to one server address (RFC 768), independent of any router's: built on Scapy's layers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ipos_spec.addresses import IPv4, ipv4_text
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

from ipos_conformance.frames import ETHERNET, Client, Frame, Lan, address

HEADERS = 28
"""Octets of an IP and a UDP header."""


@dataclass
class Flow:
    """What one client says to one server address, and what it hears from there.

    carry  takes the client's IP packets to the target: through the edge router, or through a peer as type 2 packets
    note   told of each valid packet, before a case changes something in it
    """

    client: Client
    server: tuple[IPv4, int]
    carry: Callable[[bytes], None]
    note: Callable[[bytes], None] = lambda _: None

    def packet(self, data: bytes = b"", *, flags: Any = "DF", **header: Any) -> bytes:
        """A datagram of the client as an IP packet. flags: of IP; header: replaces UDP's fields (Scapy's names)."""
        self.note(usual := self._packet(data, "DF", {}))
        return usual if flags == "DF" and not header else self._packet(data, flags, header)

    def _packet(self, data: bytes, flags: Any, header: dict[str, Any]) -> bytes:
        ip = IP(src=ipv4_text(self.client.ip), dst=ipv4_text(self.server[0]), flags=flags)
        udp = UDP(**{"sport": self.client.port, "dport": self.server[1], **header})
        return bytes(ip / udp / Raw(data) if data else ip / udp)

    def send(self, data: bytes = b"") -> bytes:
        """Send a right datagram; the IP packet that carried it."""
        packet = self.packet(data)
        self.carry(packet)
        return packet

    def to(self, server: tuple[IPv4, int]) -> "Flow":
        """The same client on the same way to another server address."""
        return Flow(self.client, server, self.carry, self.note)

    def of(self, client: Client) -> "Flow":
        """Another client on the same way to the same server address."""
        return Flow(client, self.server, self.carry, self.note)

    def is_mine(self, frame: Frame) -> bool:
        """Whether a frame is a sound datagram of the server for this client, on the first LAN."""
        return (
            frame.lan is Lan.FIRST
            and frame.udp is not None
            and frame.is_sound
            and (address(frame.ip.dst), frame.udp.dport) == self.client
            and (address(frame.ip.src), frame.udp.sport) == self.server
        )


def data_in(frame: Frame) -> bytes:
    """What a frame's datagram carries: as much as its UDP length says."""
    start = ETHERNET + int(frame.ip.ihl) * 4
    return frame.octets[start + 8 : start + int(frame.udp.len)]

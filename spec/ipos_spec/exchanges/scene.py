"""Where the exchanges take place: FIG. 2A with three routers, and a clock that the story moves on.

ARP is left out: everybody knows everybody's MAC address.
"""

from typing import NamedTuple

from ipos_spec.addresses import IPv4, Mac, ipv4, mac
from ipos_spec.codec import encode
from ipos_spec.encapsulation import Reference
from ipos_spec.ethernet import MINIMUM_FRAME, EthernetHeader
from ipos_spec.exchanges.internet import Socket
from ipos_spec.exchanges.values import FIRST_LAN, SECOND_LAN, Exchange, ExchangeFrame
from ipos_spec.packets import ConnectionPacket, Packet, acknowledgement

_IPV4 = 0x0800
_START_NS = 1_735_689_600 * 10**9
"""2025-01-01 00:00 UTC."""

_STEP_NS = 100_000
"""Between two frames of which one is the reason of the other, where the story says nothing else."""


class Router(NamedTuple):
    """An ipOS router: its address on both LANs, and its MAC address on each."""

    name: str
    ip: IPv4
    first_mac: Mac
    second_mac: Mac


A, B, C = (
    Router(name, ipv4(f"192.0.2.{number}"), mac(f"02:00:00:00:01:0{number}"), mac(f"02:00:00:00:02:0{number}"))
    for number, name in enumerate("ABC", start=1)
)
CLIENT = Socket(ipv4("198.51.100.7"), 49152)
_EDGE_ROUTER = mac("02:00:00:00:01:fe")

CLIENT_TTL, SERVER_TTL = 61, 64
"""Time to live as it stands on the first LAN: the client is three hops away."""


class Scene:
    """Collects frames with their times. The client talks to a port of router A, in every exchange."""

    def __init__(self, port: int) -> None:
        self.server = Socket(A.ip, port)
        self.now_ns = 0
        self._frames: list[ExchangeFrame] = []

    def wait(self, milliseconds: float) -> None:
        """Let time pass before the next frame."""
        self.now_ns += int(milliseconds * 1_000_000)

    def exchange(self, name: str, title: str) -> Exchange:
        """What has happened, as a value."""
        return Exchange(name=name, title=title, frames=tuple(self._frames))

    def from_client(self, packet: bytes, comment: str) -> None:
        """A client's packet comes in from the edge router, always to A: nobody has told the client otherwise."""
        self._on_first_lan(A.first_mac, _EDGE_ROUTER, packet, comment)

    def to_client(self, by: Router, packet: bytes, comment: str) -> None:
        """A router sends a packet towards the client."""
        self._on_first_lan(_EDGE_ROUTER, by.first_mac, packet, comment)

    def on_second_lan(self, packet: Packet, comment: str, violates: str = "") -> None:
        """A packet of FIG. 11 passes."""
        self._add(SECOND_LAN, encode(packet), comment, violates)

    def acknowledge(self, packet: ConnectionPacket, by: Router, comment: str) -> None:
        """A target answers a connection packet (FIG. 11I)."""
        self.on_second_lan(acknowledgement(packet, by.second_mac), comment)

    def reference(self, target: Router) -> Reference:
        """How a header names this connection to a target (ENC-3)."""
        return Reference(CLIENT.ip, CLIENT.port, target.ip, self.server.port)

    def _on_first_lan(self, destination: Mac, source: Mac, packet: bytes, comment: str) -> None:
        self._add(FIRST_LAN, destination + source + _IPV4.to_bytes(2, "big") + packet, comment)

    def _add(self, lan: str, frame: bytes, comment: str, violates: str = "") -> None:
        self.now_ns += _STEP_NS
        octets = frame.ljust(MINIMUM_FRAME, b"\0")
        self._frames.append(
            ExchangeFrame(time_ns=_START_NS + self.now_ns, lan=lan, octets=octets, comment=comment, violates=violates)
        )


def between(origin: Router, target: Router) -> EthernetHeader:
    """The Ethernet header of what an origin sends to a target."""
    return EthernetHeader(destination=target.second_mac, source=origin.second_mac)

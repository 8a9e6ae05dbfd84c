"""Another server's router on the second LAN: hands endpoints over and passes on what their clients send."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ipos_spec.addresses import IPv4, Mac
from ipos_spec.codec import encode
from ipos_spec.connection import TcpConnectionInformation
from ipos_spec.control_block import ControlBlock
from ipos_spec.encapsulation import Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import (
    ConnectionPacket,
    Packet,
    TcpConnectionPacket,
    TcpPacket,
    acknowledgement,
    tcp_connection_packet,
    tcp_packet,
    with_checksum,
)

from ipos_conformance.frames import Client, Frame, Lan
from ipos_conformance.stations.edge import arp_answers
from ipos_conformance.target import PeerStation, Target
from ipos_conformance.traffic import Traffic

_WINDOW = 0xFFFF
_SEQUENCE_SPACE = 1 << 32
_NUMBERS = {"iss", "irs", "snd_nxt", "rcv_nxt", "rcv_wnd"}
"""Fields of a control block that any value is usual for; others that a case names are what it changes."""


class Peer:
    """One such router; `address` is its server's, `mac` its own on the second LAN."""

    def __init__(self, station: PeerStation, target: Target, traffic: Traffic) -> None:
        self.address: IPv4 = station.address
        self.mac: Mac = station.mac
        self._target = target
        self._traffic = traffic
        traffic.add_responder(self._answer)

    @property
    def server(self) -> tuple[IPv4, int]:
        """The server's address and port, to which its clients talk."""
        return self.address, self._target.pixit.http_port

    @property
    def to_target(self) -> EthernetHeader:
        """Ethernet header from here to the target."""
        lan = self._target.second_lan
        return EthernetHeader(destination=lan.router_mac, source=self.mac, type=lan.ether_type)

    def reference(self, client: Client) -> Reference:
        """How a migration of this client's connection to the target's HTTP port is referred to (ENC-3)."""
        return Reference(client.ip, client.port, self._target.router.address, self._target.pixit.http_port)

    def connection_packet(
        self, client: Client, server: tuple[IPv4, int] | None = None, **block: Any
    ) -> TcpConnectionPacket:
        """A valid connection packet for a client of this peer's server, quiescent and unused.

        server   address and port that the client talks to, this peer's own if None
        block    fields of the control block that are to differ from the usual
        """
        server_ip, server_port = server or self.server
        numbers = {name: value for name, value in block.items() if name in _NUMBERS}
        usual = ControlBlock(**self._usual_block(numbers))
        packet = tcp_connection_packet(
            self.to_target,
            self.reference(client),
            TcpConnectionInformation(server_ip=server_ip, server_port=server_port, control_block=usual),
        )
        self._traffic.note_frame(encode(packet))
        if numbers.keys() == block.keys():
            return packet
        connection = replace(packet.connection, control_block=replace(usual, **block))
        return with_checksum(replace(packet, connection=connection))

    def client_packet(self, client: Client, packet: bytes) -> TcpPacket:
        """A client's IP packet as a type 2 packet."""
        made = tcp_packet(self.to_target, self.reference(client), packet)
        self._traffic.note_frame(encode(made))
        return made

    def note_packet(self, octets: bytes) -> None:
        """A client whose packets go through this router has built a valid one."""
        self._traffic.note_packet(octets)

    def acknowledge(self, packet: ConnectionPacket) -> None:
        """Take over the endpoint that the target's connection packet hands to this router."""
        answer = acknowledgement(packet, self.mac)
        self._traffic.note_frame(encode(answer))
        self.send(answer)

    def send(self, packet: Packet | bytes, lan: Lan = Lan.SECOND) -> None:
        """Put a packet, or a frame that is no packet, on the second LAN (or, wrongly, on the first)."""
        self._traffic.send(lan, packet if isinstance(packet, bytes) else encode(packet))

    def _usual_block(self, numbers: dict[str, Any]) -> dict[str, Any]:
        """That of an idle, unused connection. numbers: those that say which connection, and where it stands."""
        snd_nxt = numbers.get("snd_nxt", self._traffic.inbox.random.randrange(1, _SEQUENCE_SPACE))
        rcv_nxt = numbers.get("rcv_nxt", self._traffic.inbox.random.randrange(1, _SEQUENCE_SPACE))
        rcv_wnd = numbers.get("rcv_wnd", _WINDOW)
        usual = {
            "t_maxseg": 1460,
            "snd_una": snd_nxt,
            "snd_nxt": snd_nxt,
            "snd_max": snd_nxt,
            "snd_up": snd_nxt,
            "iss": (snd_nxt - 1) % _SEQUENCE_SPACE,
            "snd_wl1": rcv_nxt,
            "snd_wl2": snd_nxt,
            "snd_wnd": _WINDOW,
            "max_sndwnd": _WINDOW,
            "rcv_nxt": rcv_nxt,
            "rcv_up": rcv_nxt,
            "irs": (rcv_nxt - 1) % _SEQUENCE_SPACE,
            "rcv_wnd": rcv_wnd,
            "rcv_adv": (rcv_nxt + rcv_wnd) % _SEQUENCE_SPACE,
            "last_ack_sent": rcv_nxt,
            "snd_cwnd": 14600,
            "snd_ssthresh": _WINDOW,
        }
        return {**usual, **numbers}

    def _answer(self, frame: Frame) -> Iterable[bytes]:
        return arp_answers(frame, {self.address: self.mac}) if frame.lan is Lan.SECOND else ()

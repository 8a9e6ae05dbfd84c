"""A client's TCP connection on the scene: who has sent and seen what, so that numbers continue whoever answers."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from ipos_spec import packets
from ipos_spec.connection import TcpConnectionInformation
from ipos_spec.control_block import ControlBlock, ControlFlag
from ipos_spec.exchanges.internet import Segment, SynOptions, TcpFlag, Timestamps, tcp_packet
from ipos_spec.exchanges.scene import CLIENT, CLIENT_TTL, SERVER_TTL, A, Router, Scene, between
from ipos_spec.packets import TcpConnectionPacket

SYN, ACK, PSH, FIN, RST = TcpFlag.SYN, TcpFlag.ACK, TcpFlag.PSH, TcpFlag.FIN, TcpFlag.RST

_CLIENT_OFFERS, _CLIENT_WINDOW = SynOptions(maximum_segment=1460, window_scale=7), 502
_SERVER_OFFERS, _SERVER_WINDOW = SynOptions(maximum_segment=1500 - 16 - 40, window_scale=2), 16383
"""ORG-2: what the server offers leaves room for the encapsulation. Windows are in units of the scale."""

_CLIENT_CLOCK, _SERVER_CLOCK = 2_000_000, 1_000_000
"""Timestamp clocks at the start of the exchange, in milliseconds. A target goes on with the origin's (TGT-7)."""


@dataclass(frozen=True, slots=True)
class _End:
    """One end of the connection: initial and next sequence number, next expected, and the other's latest timestamp."""

    initial: int
    next: int
    expected: int = 0
    heard: int = 0


class ClientPacket(NamedTuple):
    """A client's IP packet, and the segment in it."""

    octets: bytes
    segment: Segment


class TcpScene(Scene):
    """A scene with one client that speaks HTTP to A's port 80."""

    def __init__(self) -> None:
        super().__init__(port=80)
        self._client = self._server = _End(0, 0)
        self._seen: Segment | None = None
        self._identifications = {"": 0x1000, **dict.fromkeys("ABC", 256)}

    def open(self, client_initial: int = 0xAABB_CCDD, server_initial: int = 0x1122_3344) -> None:
        """The three-way handshake, which A always does itself."""
        self._client, self._server = _End(client_initial, client_initial), _End(server_initial, server_initial)
        self.client_sends(SYN, "ORG-1: a client asks for a connection with server A.")
        self.server_sends(
            A, SYN | ACK, "ORG-1: router A answers by itself; ORG-2: it offers an MSS with room for the encapsulation."
        )
        self.wait(20)
        self.client_sends(ACK, "ORG-3: the connection is established; nobody is chosen before the request.")

    def client_sends(self, flags: TcpFlag, comment: str, data: bytes = b"", *, held: bool = False) -> ClientPacket:
        """The client's next segment. ``held``: A keeps it, no endpoint has seen it until `forward` or `deliver`."""
        window = 64240 if flags & SYN else _CLIENT_WINDOW
        segment = Segment(
            sequence=self._client.next,
            acknowledgement=self._client.expected,
            flags=flags,
            window=window,
            timestamps=self._client_timestamps(),
            offers=_CLIENT_OFFERS if flags & SYN else None,
            data=data,
        )
        self._client = replace(self._client, next=segment.next_sequence)
        packet = self._client_packet(segment, comment)
        if not held:
            self.deliver(packet)
        return packet

    def client_repeats(self, packet: ClientPacket, comment: str) -> ClientPacket:
        """The same segment once more, with the time of now (RFC 7323 3.2)."""
        return self._client_packet(packet.segment._replace(timestamps=self._client_timestamps()), comment)

    def deliver(self, packet: ClientPacket) -> None:
        """The endpoint, wherever it is, takes a client's packet."""
        segment = packet.segment
        heard = segment.timestamps.value if segment.timestamps else 0
        self._server = replace(self._server, expected=segment.next_sequence, heard=heard)
        self._seen = segment

    def server_sends(self, by: Router, flags: TcpFlag, comment: str, data: bytes = b"") -> None:
        """The endpoint's next segment to the client, from whichever router has it; the client takes it."""
        timestamps = Timestamps(_SERVER_CLOCK + self.now_ns // 1_000_000, self._server.heard)
        segment = Segment(
            sequence=self._server.next,
            acknowledgement=self._server.expected,
            flags=flags,
            window=_SERVER_WINDOW << (_SERVER_OFFERS.window_scale if flags & SYN else 0),
            timestamps=timestamps,
            offers=_SERVER_OFFERS if flags & SYN else None,
            data=data,
        )
        self._server = replace(self._server, next=segment.next_sequence)
        packet = tcp_packet(self.server, CLIENT, segment, identification=self._identification(by.name), ttl=SERVER_TTL)
        self.to_client(by, packet, comment)
        self._client = replace(self._client, expected=segment.next_sequence, heard=timestamps.value)

    def offer(self, origin: Router, target: Router, comment: str) -> TcpConnectionPacket:
        """An origin sends the connection packet of the endpoint as it is now."""
        packet = self.connection_packet(origin, target)
        self.on_second_lan(packet, comment)
        return packet

    def connection_packet(self, origin: Router, target: Router) -> TcpConnectionPacket:
        """FIG. 11E for the endpoint as it is now."""
        connection = TcpConnectionInformation(
            server_ip=self.server.ip, server_port=self.server.port, control_block=self.control_block()
        )
        return packets.tcp_connection_packet(between(origin, target), self.reference(target), connection)

    def forward(self, origin: Router, target: Router, packet: ClientPacket, comment: str, *, last: bool = True) -> None:
        """A router passes a client's packet on (FIG. 11G); at its last hop the endpoint takes it."""
        self.on_second_lan(packets.tcp_packet(between(origin, target), self.reference(target), packet.octets), comment)
        if last:
            self.deliver(packet)

    def control_block(self) -> ControlBlock:
        """The endpoint's state (FIG. 11D), with what it has seen but without what is held."""
        seen = self._seen
        if seen is None or seen.acknowledgement != self._server.next:
            raise ValueError("an endpoint migrates only when the client has acknowledged everything (TCB-1)")
        client_window = seen.window << _CLIENT_OFFERS.window_scale
        server_window = _SERVER_WINDOW << _SERVER_OFFERS.window_scale
        return ControlBlock(
            t_maxseg=_CLIENT_OFFERS.maximum_segment,
            t_flags=ControlFlag.SCALE | ControlFlag.TIMESTAMPS | ControlFlag.SACK_PERMIT,
            ts_now=_SERVER_CLOCK + self.now_ns // 1_000_000,
            snd_una=self._server.next,
            snd_nxt=self._server.next,
            snd_up=self._server.next,
            snd_max=self._server.next,
            snd_wl1=seen.sequence,
            snd_wl2=seen.acknowledgement,
            iss=self._server.initial,
            snd_wnd=client_window,
            max_sndwnd=client_window,
            rcv_wnd=server_window,
            rcv_nxt=self._server.expected,
            rcv_up=self._server.expected,
            irs=self._client.initial,
            rcv_adv=(self._server.expected + server_window) % (1 << 32),
            snd_cwnd=10 * _SERVER_OFFERS.maximum_segment,
            snd_ssthresh=0x7FFF_FFFF,
            snd_scale=_CLIENT_OFFERS.window_scale,
            rcv_scale=_SERVER_OFFERS.window_scale,
            request_r_scale=_SERVER_OFFERS.window_scale,
            requested_s_scale=_CLIENT_OFFERS.window_scale,
            ts_recent=self._server.heard,
            last_ack_sent=self._server.expected,
        )

    def _client_timestamps(self) -> Timestamps:
        return Timestamps(_CLIENT_CLOCK + self.now_ns // 1_000_000, self._client.heard)

    def _client_packet(self, segment: Segment, comment: str) -> ClientPacket:
        octets = tcp_packet(CLIENT, self.server, segment, identification=self._identification(""), ttl=CLIENT_TTL)
        self.from_client(octets, comment)
        return ClientPacket(octets, segment)

    def _identification(self, who: str) -> int:
        """IP identifications count up per host: nobody sets DF, for a target should not (TGT-9)."""
        self._identifications[who] += 1
        return self._identifications[who]

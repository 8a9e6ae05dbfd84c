"""Connections are handed over to the target: what the cases of its role as a target (TGT) have in common."""

from typing import Any

from ipos_spec.addresses import IPv4
from ipos_spec.codec import decode, encode
from ipos_spec.errors import DecodeError
from ipos_spec.packets import Acknowledgement, ConnectionPacket, TcpConnectionPacket, acknowledgement, acknowledges

from ipos_conformance.changes import changed
from ipos_conformance.device import Device
from ipos_conformance.frames import Client, Frame, Lan
from ipos_conformance.judge import endpoint_of
from ipos_conformance.stations.conversation import Conversation
from ipos_conformance.stations.peer import Peer

_RCV_NXT = "connection.control_block.rcv_nxt"
_SPACE = 1 << 32


class HandingOver(Device):
    """A device to which peers hand clients over."""

    def expect_acknowledgement(self, packet: ConnectionPacket) -> Frame:
        """The target acknowledges this connection packet, to the MAC that it came from (ENC-3, ENC-6, TGT-1)."""
        return self.judge.expect(
            lambda frame: frame.lan is Lan.SECOND and self.acknowledges(frame, packet),
            f"the acknowledgement of client {packet.header.reference}, to the MAC that sent the connection packet",
            exact=encode(acknowledgement(packet, packet.ethernet.destination)),
        )

    def acknowledges(self, frame: Frame, packet: ConnectionPacket) -> bool:
        """Whether a frame is the right acknowledgement of this packet, from the right MAC to the right MAC."""
        try:
            answer = decode(frame.octets, frame.ether_type)
        except DecodeError:
            return False
        return (
            isinstance(answer, Acknowledgement)
            and acknowledges(answer, packet)
            and answer.ethernet.destination == packet.ethernet.source
            and answer.ethernet.source == packet.ethernet.destination
        )

    def hand_over(
        self,
        client: Client | None = None,
        server: tuple[IPv4, int] | None = None,
        **block: Any,
    ) -> Conversation:
        """Hand a provisional endpoint over from `peer`; the client's side is ready to send its request."""
        return self.hand_over_by(self.peer, self.peer.connection_packet(client or self.new_client(), server, **block))

    def hand_over_by(self, peer: Peer, packet: TcpConnectionPacket) -> Conversation:
        """The same with a connection packet that is already made."""
        conversation = self.endpoint(peer, packet)
        peer.send(packet)
        self.expect_acknowledgement(packet)
        return conversation

    def endpoint(self, peer: Peer, packet: TcpConnectionPacket) -> Conversation:
        """The client's side of a packet's connection, carried by a peer; it is reset after the case."""
        conversation = endpoint_of(packet, peer)
        self.traffic.inbox.open.append(conversation)
        return conversation

    def expect_no_endpoint(self, peer: Peer, packet: TcpConnectionPacket) -> None:
        """A packet that was refused has left nothing behind.

        An earlier holder's packet (rcv_nxt one less) is acknowledged where there is no endpoint, and discarded where
        the refused packet made one (TGT-4): the answer comes at once in either case.
        """
        self.endpoint(peer, packet)
        earlier = changed(packet, {_RCV_NXT: (packet.connection.control_block.rcv_nxt - 1) % _SPACE})
        self.hand_over_by(peer, earlier)

    def successor(self, peer: Peer, packet: TcpConnectionPacket, *, rcv: int = 0, snd: int = 0) -> TcpConnectionPacket:
        """A connection packet for the same connection from ``peer``, rcv_nxt and snd_nxt so many octets further on."""
        block, information = packet.connection.control_block, packet.connection
        return peer.connection_packet(
            Client(packet.header.source_ip, packet.header.source_port),
            (information.server_ip, information.server_port),
            iss=block.iss,
            irs=block.irs,
            rcv_nxt=(block.rcv_nxt + rcv) % _SPACE,
            snd_nxt=(block.snd_nxt + snd) % _SPACE,
            t_flags=block.t_flags,
            ts_now=block.ts_now,
            ts_recent=block.ts_recent,
        )

    def expect_provisional(self, packet: TcpConnectionPacket) -> None:
        """The endpoint of this packet is not definite: only so does a later holder's packet replace it (TGT-4)."""
        self.hand_over_by(self.peer, self.successor(self.peer, packet, rcv=256))

    def expect_ended(self, conversation: Conversation) -> None:
        """The endpoint is gone: no answer to data in the window, nor to a segment before it, which a live one must ACK.

        A reset, as for a closed connection, is as good as silence: TGT-8 does not say whose address "its own" is.
        """
        conversation.carry(conversation.packet("PA", b"G"))
        conversation.carry(conversation.packet("PA", b"old", seq=conversation.snd_nxt - 1000))
        self.judge.expect_silence(
            "resets, as for a closed connection",
            tolerated=lambda frame: conversation.is_mine(frame) and "R" in frame.tcp.flags,
        )

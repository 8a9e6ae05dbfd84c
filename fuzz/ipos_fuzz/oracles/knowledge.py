"""What the harness has sent, sorted: what a router may take, and what it must discard, each to whom it is about."""

from ipos_conformance.frames import ARP_TYPE, IPV4_TYPE, Frame, Lan
from ipos_spec.advertisement import TYPE as ADVERTISEMENT
from ipos_spec.encapsulation import PacketType, Protocol
from ipos_spec.packets import Acknowledgement, ConnectionPacket, TcpConnectionPacket, UdpConnectionPacket

from ipos_fuzz.oracles import refusals
from ipos_fuzz.oracles.acknowledgements import Acknowledgements
from ipos_fuzz.oracles.connections import Connection, Offered
from ipos_fuzz.oracles.control_messages import ControlMessages
from ipos_fuzz.oracles.datagrams import Datagrams
from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.flows import Flow, FlowKey
from ipos_fuzz.oracles.memory import Memory
from ipos_fuzz.oracles.migrations import Migrations
from ipos_fuzz.oracles.neighbours import Neighbours
from ipos_fuzz.oracles.parsing import (
    ACK,
    ETHERNET,
    FIN,
    ICMP,
    IPOS,
    RST,
    SYN,
    TCP,
    UDP,
    IpPacket,
    datagram,
    ip_packet,
    segment,
)

_FRAGMENTING = 1024


class Knowledge:
    """Everything that is remembered of a target's clients and neighbours.

    facts, fresh, bound   as of `model.Model`
    """

    def __init__(self, facts: Facts, bound: int, *, fresh: bool) -> None:
        self._facts = facts
        self._connections: Memory[FlowKey, Connection] = Memory(Connection, bound, fresh=fresh)
        self._datagrams: Memory[FlowKey, Datagrams] = Memory(Datagrams, bound, fresh=fresh)
        self.neighbours = Neighbours(facts)
        self.acknowledgements = Acknowledgements(facts, self.neighbours, bound, fresh=fresh)
        self.migrations = Migrations(facts, self.neighbours, bound, fresh=fresh)
        self.messages = ControlMessages(facts, bound, fresh=fresh)
        self._fragmenting: set[int] = set()

    def known(self, protocol: int, key: FlowKey) -> tuple[Flow | None, bool]:
        """What is known of a flow, and whether all of it is."""
        memory = self._connections if protocol == TCP else self._datagrams
        flow = memory.get(key)
        is_complete = key[0] not in self._fragmenting and len(self._fragmenting) < _FRAGMENTING
        if flow is not None and not is_complete:
            flow.is_new = False
        return flow, is_complete and memory.is_new(key)

    def sent(self, frame: Frame) -> None:
        """Take in a frame that was sent to the target."""
        octets = frame.octets
        kind = frame.type
        if kind == self._facts.ether_type:
            self._sent_ipos(frame)
        elif kind == IPV4_TYPE:
            packet = ip_packet(octets, ETHERNET)
            if packet is not None:
                refusal = "NBR-1" if frame.lan is Lan.SECOND and not self._facts.one_lan else ""
                self._sent_packet(packet, refusal, frame.time)
        elif kind == ARP_TYPE:
            self.neighbours.hear(frame.lan, octets)
        elif len(octets) >= ETHERNET + IPOS:
            self.acknowledgements.refuse(frame, "ENC-2")

    def _sent_ipos(self, frame: Frame) -> None:
        octets, facts = frame.octets, self._facts
        kind = octets[ETHERNET + 12] if len(octets) >= ETHERNET + IPOS else 0
        if kind >= ADVERTISEMENT:
            self.neighbours.tell(int.from_bytes(octets[ETHERNET : ETHERNET + 4], "big"), frame.source)
        packet, refusal = refusals.refusal(frame, facts)
        if kind == PacketType.ACKNOWLEDGEMENT:
            self.migrations.hear(frame, packet if isinstance(packet, Acknowledgement) else None, refusal)
        elif kind == PacketType.PACKET:
            self._sent_client_packet(frame, refusal)
        elif isinstance(packet, TcpConnectionPacket | UdpConnectionPacket) and not refusal:
            self._sent_connection_packet(frame, packet)
        else:
            self.acknowledgements.refuse(frame, refusal)

    def _sent_connection_packet(self, frame: Frame, packet: ConnectionPacket) -> None:
        connection, header = packet.connection, packet.header
        key = (header.source_ip, header.source_port, connection.server_ip, connection.server_port)
        flow = self._flow(TCP if header.protocol == Protocol.TCP else UDP, key)
        comes_home = any(attempt.acknowledged is not None for attempt in flow.attempts)
        if connection.server_ip == self._facts.address and flow.is_new and not comes_home:
            self.acknowledgements.refuse(frame, "TGT-4")
            return
        self.acknowledgements.ask(frame, packet, flow)
        if isinstance(flow, Connection) and isinstance(packet, TcpConnectionPacket):
            flow.offer(Offered(frame.source, packet.connection.control_block, frame.time))
        elif isinstance(flow, Datagrams):
            flow.offer(frame.source, frame.time)

    def _sent_client_packet(self, frame: Frame, refusal: str) -> None:
        packet = ip_packet(frame.octets, ETHERNET + IPOS)
        if packet is not None:
            self._sent_packet(packet, refusal, frame.time, frame.source)

    def _sent_packet(self, packet: IpPacket, refusal: str, now: float, mac: bytes = b"") -> None:
        """A client's packet, from the edge router or (with the MAC of who passes it on) in a type 2 packet."""
        if packet.is_fragment:
            # Its pieces may be put together and make what nobody has seen whole (FWD-1): nothing more is concluded.
            if len(self._fragmenting) < _FRAGMENTING:
                self._fragmenting.add(packet.source)
            refusal = refusal or "FWD-1"
        if packet.protocol == TCP:
            self._sent_segment(packet, refusal, now, mac)
        elif packet.protocol == UDP:
            self._sent_datagram(packet, refusal, now, mac)
        elif packet.protocol == ICMP:
            self.messages.hear(packet, refusal)

    def _sent_segment(self, packet: IpPacket, refusal: str, now: float, mac: bytes) -> None:
        found = segment(packet)
        if found is None:
            return
        flow = self._connections.of((packet.source, found.source_port, packet.destination, found.destination_port))
        flow.use(now, self._facts, udp=False)
        refusal = _note(flow, packet, refusal, mac)
        if refusal or found.flaw:
            flow.refusal = refusal or "ORG-9"
            flow.hear_refused(found, flow.refusal)
            return
        if found.flags & (FIN | RST):
            flow.close()
        if flow.lacks_stamp(found):
            flow.hear_refused(found, "TGT-7")
            return
        opens = found.flags & (SYN | ACK | RST) == SYN
        if opens and not mac:
            flow.hear_syn(found)
        flow.hear(found)
        flow.answerable |= not found.flags & RST and not (mac and found.flags & SYN)
        flow.speaks |= bool(mac) and flow.may_become_definite(found, mac, now, self._facts)

    def _sent_datagram(self, packet: IpPacket, refusal: str, now: float, mac: bytes) -> None:
        found = datagram(packet)
        if found is None:
            return
        flow = self._datagrams.of((packet.source, found.source_port, packet.destination, found.destination_port))
        flow.use(now, self._facts, udp=True)
        refusal = _note(flow, packet, refusal, mac)
        if refusal or found.flaw:
            flow.refusal = refusal or "UDP-2"
            return
        flow.asked |= not mac and packet.destination not in self._facts.peers
        flow.hear(mac, now, self._facts)

    def _flow(self, protocol: int, key: FlowKey) -> Flow:
        return (self._connections if protocol == TCP else self._datagrams).of(key)


def _note(flow: Flow, packet: IpPacket, refusal: str, mac: bytes) -> str:
    """Remember a packet that may be passed on, or must not be; the requirement by which it is discarded, if it is."""
    if packet.flaw or refusal:
        flow.note_refused(packet, refusal or "FWD-1")
        return refusal or "ORG-9"
    flow.note_packet(packet, mac)
    return ""

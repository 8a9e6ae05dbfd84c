"""The protocol model: watches every frame, and says which of the target's are wrong, or not allowed where they stand.

It judges by what passed on both LANs alone and knows no router's inside. Every rule errs on the side of the target:
what a right router may do in any order of events on two LANs, with any of protocol.md's freedoms, is no violation; so

* what was sent is known to the model before what was received, and counts from then on, whether it has arrived or not;
* silence is asked for only where something that came shows that the target has taken the step which begins it;
* numbers are judged only where the client has begun the connection once (a second SYN, or a control block with other
  numbers, may or may not have been taken);
* times end a permission late and begin a prohibition late (`facts.skew`, TIM-1);
* what is too short, too late or not at all is no matter of this oracle, which sees wrong frames, not missing ones.
"""

from collections.abc import Iterable
from dataclasses import replace

from ipos_conformance.frames import ARP_TYPE, IPV4_TYPE, Direction, Frame, Lan
from ipos_spec.addresses import BROADCAST_MAC, ipv4_text
from ipos_spec.advertisement import TYPE as ADVERTISEMENT
from ipos_spec.advertisement import AdvertisedTable
from ipos_spec.advertisement import decode as decode_advertisement
from ipos_spec.advertisement import violations as violations_of
from ipos_spec.codec import decode
from ipos_spec.encapsulation import Protocol
from ipos_spec.errors import DecodeError
from ipos_spec.packets import (
    Acknowledgement,
    ClientPacket,
    ConnectionPacket,
    TcpConnectionPacket,
    UdpConnectionPacket,
)

from ipos_fuzz.oracles import datagrams, segments
from ipos_fuzz.oracles.connections import Connection
from ipos_fuzz.oracles.datagrams import Datagrams
from ipos_fuzz.oracles.facts import Facts
from ipos_fuzz.oracles.knowledge import Knowledge
from ipos_fuzz.oracles.parsing import (
    ETHERNET,
    ICMP,
    IPOS,
    TCP,
    UDP,
    Datagram,
    IpPacket,
    Segment,
    datagram,
    ip_packet,
    segment,
)
from ipos_fuzz.violation import Violation

Problem = tuple[str, str]

_BOUND = 8192

_TAGS = (b"\x81\x00", b"\x88\xa8")
"""EtherTypes of IEEE 802.1Q's tags."""


class Model:
    """One target since it was set up, or since the first frame.

    facts   of its bench
    fresh   whether it had no connections before the first frame; a target that was reset needs a new model
    bound   connections, flows of datagrams, and references that are remembered
    """

    def __init__(self, facts: Facts, *, fresh: bool = True, bound: int = _BOUND) -> None:
        self._facts = facts
        self._knowledge = Knowledge(facts, bound, fresh=fresh)

    def sent(self, frame: Frame) -> None:
        """Take in a frame that was sent to the target.

        Tagged with a priority alone (IEEE 802.1Q, VLAN number 0), it may be taken for what it is without the tag.
        """
        self._knowledge.sent(_without_priority(frame))

    def received(self, frame: Frame) -> Violation | None:
        """Take in a frame that came from the target, and say what is wrong with it, if anything is."""
        problem = self._judge(frame)
        if problem is None:
            return None
        requirement, kind = problem
        return Violation("model", requirement, kind, f"The target {_start(kind)}{kind}: {_words(frame)}", frame)

    def _judge(self, frame: Frame) -> Problem | None:
        facts, octets, kind = self._facts, frame.octets, frame.type
        if len(octets) > ETHERNET + (facts.first_mtu if frame.lan is Lan.FIRST else facts.second_mtu):
            return "MTU-1", "a frame that is larger than the LAN's MTU"
        if kind == facts.ether_type:
            return self._judge_ipos(frame)
        if kind == IPV4_TYPE:
            return self._judge_ip(frame)
        return self._knowledge.neighbours.judge(frame.lan, octets) if kind == ARP_TYPE else None

    def _judge_ipos(self, frame: Frame) -> Problem | None:
        facts, octets = self._facts, frame.octets
        if frame.lan is Lan.FIRST and not facts.one_lan:
            return "ORG-5", "an ipOS frame on the first LAN"
        if not facts.is_own(frame.source, facts.second_mac):
            return "ENC-12", "an ipOS frame from another MAC than the router's"
        if len(octets) < ETHERNET + IPOS:
            return "ENC-8", "an ipOS frame that is cut off"
        kind = octets[ETHERNET + 12]
        if kind >= ADVERTISEMENT:
            return self._judge_extension(frame, kind)
        try:
            packet = decode(octets, facts.ether_type)
        except DecodeError as error:
            requirement = "ENC-6" if error.requirement == "ENC-7" else error.requirement
            return requirement, f"an ipOS frame with a wrong {error.path.rpartition('.')[2]}"
        if isinstance(packet, Acknowledgement):
            return self._knowledge.acknowledgements.judge(frame)
        if isinstance(packet, TcpConnectionPacket | UdpConnectionPacket):
            return self._judge_connection_packet(frame, packet)
        return self._judge_client_packet(frame, packet)

    def _judge_connection_packet(self, frame: Frame, packet: ConnectionPacket) -> Problem | None:
        header, connection = packet.header, packet.connection
        key = (header.source_ip, header.source_port, connection.server_ip, connection.server_port)
        flow, is_complete = self._knowledge.known(TCP if header.protocol == Protocol.TCP else UDP, key)
        if flow is None and not is_complete:
            return None
        return self._knowledge.migrations.judge_connection_packet(frame, packet, flow)

    def _judge_client_packet(self, frame: Frame, packet: ClientPacket) -> Problem | None:
        inner = ip_packet(frame.octets, ETHERNET + IPOS)
        found = None if inner is None else _transport(inner)
        if inner is None or found is None:
            return "ENC-10", "passes on a packet that can't be read"
        key = (inner.source, found.source_port, inner.destination, found.destination_port)
        flow, is_complete = self._knowledge.known(inner.protocol, key)
        if flow is None and is_complete:
            return "FWD-1", "passes on a packet that the client has not sent"
        return self._knowledge.migrations.judge_client_packet(frame, packet, flow)

    def _judge_extension(self, frame: Frame, kind: int) -> Problem | None:
        if kind != ADVERTISEMENT:
            return None
        if frame.destination != BROADCAST_MAC:
            return "ADV-1", "an advertisement that is not broadcast"
        try:
            packet = decode_advertisement(frame.octets, self._facts.ether_type)
        except DecodeError as error:
            requirement = {"ENC-7": "ENC-6"}.get(error.requirement, error.requirement)
            return requirement, f"an advertisement with a wrong {error.path.rpartition('.')[2]}"
        for broken in violations_of(packet):
            return "ADV-1", f"an advertisement with a wrong {broken.path.rpartition('.')[2]}"
        if packet.header.source_ip in self._facts.peers:
            return "ADV-3", "an advertisement in another server's name"
        # A session's record may be any router's to tell (ADV-3).
        if packet.table_header.table != AdvertisedTable.COOKIE_MAP:
            servers = {getattr(record, "server_ip", None) for record in packet.records}
            if servers & self._facts.peers.keys():
                return "ADV-3", "an advertisement of another server's record"
        return None

    def _judge_ip(self, frame: Frame) -> Problem | None:
        packet, facts = ip_packet(frame.octets, ETHERNET), self._facts
        if packet is None or packet.protocol not in (TCP, UDP, ICMP) or packet.is_fragment:
            return None
        found = _transport(packet)
        ports = (0, 0) if found is None else (found.destination_port, found.source_port)
        key = (packet.destination, ports[0], packet.source, ports[1])
        flow, is_complete = self._knowledge.known(packet.protocol, key)
        if flow is None and not facts.is_client(packet.destination):
            return None  # its operator's, or routing: none of the harness's business
        if frame.lan is Lan.SECOND and not facts.one_lan:
            return "TGT-6", "an IP packet to a client on the second LAN"
        if not facts.is_own(frame.source, facts.first_mac):
            return "TGT-6", "a packet to a client from another MAC than the router's"
        if packet.protocol == ICMP:
            return self._knowledge.messages.judge(packet, self._knowledge.known)
        if found is None or found.flaw:
            return "ORG-9" if packet.protocol == TCP else "UDP-3", "a packet that the client has to discard"
        if flow is None:
            return ("CON-1", "speaks from an address that the client has not addressed") if is_complete else None
        if isinstance(flow, Connection) and isinstance(found, Segment):
            return segments.judge(flow, key, found, frame.time, facts)
        if isinstance(flow, Datagrams) and isinstance(found, Datagram):
            return datagrams.judge(flow, found, frame.time, facts)
        return None


def judge(frames: Iterable[Frame], facts: Facts, *, fresh: bool = True) -> list[Violation]:
    """What a model says of a whole sequence, in the order in which the harness saw it."""
    model = Model(facts, fresh=fresh)
    found = []
    for frame in frames:
        if frame.direction is Direction.SENT:
            model.sent(frame)
        elif (violation := model.received(frame)) is not None:
            found.append(violation)
    return found


def _transport(packet: IpPacket) -> Segment | Datagram | None:
    """What a packet of TCP or UDP carries, if its header is there."""
    if packet.protocol == TCP:
        return segment(packet)
    return datagram(packet) if packet.protocol == UDP else None


def _start(kind: str) -> str:
    return "sends " if kind.startswith(("a ", "an ", "SYN", "no ", "other", "octets", "neither", "flags")) else ""


def _words(frame: Frame) -> str:
    """Who to whom, for people."""
    octets = frame.octets
    packet = ip_packet(octets, ETHERNET) if frame.type == IPV4_TYPE else None
    if packet is None:
        return f"EtherType 0x{frame.type:04x}, {len(octets)} octets on the {frame.lan}"
    return (
        f"IP protocol {packet.protocol} from {ipv4_text(packet.source)} to {ipv4_text(packet.destination)} "
        f"on the {frame.lan}"
    )


def _without_priority(frame: Frame) -> Frame:
    octets = frame.octets
    while octets[12:14] in _TAGS and len(octets) >= ETHERNET + 4 and not int.from_bytes(octets[14:16], "big") & 0xFFF:
        octets = octets[:12] + octets[16:]
    return frame if octets is frame.octets else replace(frame, octets=octets)

"""The sans-I/O router: frames and times in, frames and events out. No socket, thread or clock inside."""

import random
from collections import deque
from enum import StrEnum

from ipos_spec.addresses import BROADCAST_MAC, Mac, is_unicast_ipv4
from ipos_spec.codec import decode
from ipos_spec.errors import DecodeError
from ipos_spec.packets import Acknowledgement, ConnectionPacket, TcpPacket, UdpPacket

from ipos_reference import acceptance, arp, ethernet, icmp, ipv4, udp
from ipos_reference.addresses import Address
from ipos_reference.arp import Operation
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections
from ipos_reference.discards import DISCARD_OF_REQUIREMENT, Discard, Discards
from ipos_reference.ethernet import Frame
from ipos_reference.events import Event
from ipos_reference.first_lan import FirstLan
from ipos_reference.ipv4 import FragmentError, IpProtocol, Ipv4Error, Ipv4Packet
from ipos_reference.journal import SILENT, Journal
from ipos_reference.origin import Origin
from ipos_reference.settings import Settings
from ipos_reference.tables import Place
from ipos_reference.target import Target
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp import sequence
from ipos_reference.tcp.endpoint import Endpoint, State
from ipos_reference.tcp.reset import reset_for
from ipos_reference.tcp.segment import Flags, Segment, SegmentError

_OPENING = Flags.SYN | Flags.ACK | Flags.RST | Flags.FIN
"""Of these, a segment that opens a connection has SYN alone."""


class Lan(StrEnum):
    """The two LANs of section 1."""

    FIRST = "first LAN"
    SECOND = "second LAN"


class Router:
    """An ipOS router for one server.

    Times are seconds of one clock that never goes back. The caller hands in frames by `receive` and calls
    `handle_timeout` when `next_timeout` is reached; after each it takes `frames_to_send` and `next_event`. Applications
    are outside: an Attached event names an endpoint, whose octets go through `read`, `write`, `close` and `abort`.
    What becomes of each frame is told to a ``journal``.
    """

    def __init__(self, settings: Settings, randomness: random.Random, journal: Journal = SILENT) -> None:
        self.settings = settings
        self.discards = Discards()
        self.discards.journal = journal
        self._frames: deque[tuple[Lan, bytes]] = deque()
        self._first_lan = FirstLan(settings, self.discards, lambda frame: self._emit(Lan.FIRST, frame))
        self._connections = Connections(settings, self.discards, self._first_lan, journal)
        self.tables = self._connections.tables
        self._origin = Origin(self._connections, randomness.randbytes(32))
        self._target = Target(
            self._connections, self._deliver, lambda frame: self._emit(Lan.SECOND, ethernet.pad(frame))
        )

    # The network's side

    def receive(self, lan: Lan, octets: bytes, now: float) -> None:
        """Take one Ethernet frame, without frame check sequence, that came in on a LAN."""
        frame = ethernet.parse(octets)
        if frame is None:
            self.discards.because(Discard.SHORT_FRAME)
        elif frame.type == self.settings.ether_type:
            self._receive_ipos(lan, frame, octets, now)
        elif frame.destination not in (self._mac(lan), BROADCAST_MAC):
            self.discards.because(Discard.OTHER_MAC)
        elif frame.type == ethernet.ARP:
            self._receive_arp(lan, frame, now)
        elif frame.type != ethernet.IPV4:
            self.discards.because(Discard.OTHER_ETHER_TYPE)
        elif lan is Lan.SECOND:
            self.discards.because(Discard.IPV4_ON_SECOND_LAN)
        elif frame.destination == BROADCAST_MAC:
            self.discards.because(Discard.OTHER_MAC)
        else:
            self._receive_ipv4(frame.payload, now)

    def frames_to_send(self) -> list[tuple[Lan, bytes]]:
        """Take all frames that wait to be sent, in order."""
        frames = list(self._frames)
        self._frames.clear()
        return frames

    def next_timeout(self) -> float | None:
        """When `handle_timeout` is due."""
        due = (self._connections.schedule.next(), self._first_lan.neighbours.next_timeout())
        return min((when for when in due if when is not None), default=None)

    def handle_timeout(self, now: float) -> None:
        """Do what is due; too early is harmless."""
        self._first_lan.neighbours.handle_timeout(now)
        for number in list(self._connections.schedule.pop_due(now)):
            connection = self.tables.by_number(number)
            if connection is None:
                continue
            deadline = self._connections.role_deadline(connection)
            if deadline is not None and deadline <= now:
                role = self._target if connection.migration is not None else self._origin
                role.handle_timeout(connection, now)
            else:
                connection.endpoint.handle_timeout(now)
                self._connections.tell(connection)
                self._connections.settle(connection, now)

    # The applications' side

    def next_event(self) -> Event | None:
        """The next thing to tell the applications, or None."""
        return self._connections.next_event()

    def endpoint(self, number: int) -> Endpoint | None:
        """What an application may look at: how much there is to read, how much room to write. None once it is gone."""
        return self._connections.endpoint(number)

    def read(self, number: int, limit: int, now: float) -> bytes:
        """Octets of the client for the application, at most ``limit``; empty if there are none now, or never again."""
        endpoint = self.endpoint(number)
        octets = endpoint.read(limit) if endpoint is not None else b""
        self._connections.settle_number(number, now)
        return octets

    def write(self, number: int, octets: bytes, now: float) -> int:
        """Octets of the application for the client; returns how many were taken, 0 once the endpoint is gone."""
        endpoint = self.endpoint(number)
        taken = endpoint.write(octets) if endpoint is not None else 0
        self._connections.settle_number(number, now)
        return taken

    def close(self, number: int, now: float) -> None:
        """The application has sent everything: FIN follows the last octet."""
        if (endpoint := self.endpoint(number)) is not None:
            endpoint.close()
            self._connections.settle_number(number, now)

    def abort(self, number: int, now: float) -> None:
        """The application broke off: the client gets an RST."""
        if (endpoint := self.endpoint(number)) is not None:
            endpoint.abort()
            self._connections.settle_number(number, now)

    # The end

    def stop_listening(self) -> None:
        """Take no one new: ports are as closed to SYNs (RFC 9293 3.10.7.1), connection packets unanswered (TGT-2)."""
        self._connections.listening = False

    @property
    def busy(self) -> bool:
        """Whether some client's connection is under way."""
        return self._connections.busy

    def end_all(self, now: float) -> None:
        """Reset what is left, so that no client waits for a router that is no more."""
        self._connections.end_all(now)

    # ipOS

    def _receive_ipos(self, lan: Lan, frame: Frame, octets: bytes, now: float) -> None:
        if lan is Lan.FIRST:
            self.discards.because(Discard.FIRST_LAN)
            return
        if frame.destination != self.settings.second_mac:
            self.discards.because(Discard.OTHER_ROUTER)
            return
        try:
            packet = decode(octets, self.settings.ether_type)
        except DecodeError as error:
            self.discards.because(DISCARD_OF_REQUIREMENT[error.requirement])
            return
        if not acceptance.is_acceptable(packet, self.settings.address):
            self.discards.because(Discard.REFERENCE)
        elif frame.source not in self.settings.peers.values():
            self.discards.because(Discard.UNKNOWN_PEER)
        elif isinstance(packet, ConnectionPacket):
            self._target.receive_connection_packet(packet, now)
        elif isinstance(packet, TcpPacket):
            self._receive_tcp_packet(packet, now)
        elif isinstance(packet, UdpPacket):
            self.discards.because(Discard.NO_ENDPOINT)
        elif isinstance(packet, Acknowledgement):
            self.discards.because(Discard.NOT_IN_PROGRESS)

    def _receive_tcp_packet(self, packet: TcpPacket, now: float) -> None:
        inner = ipv4.parse(packet.inner)  # the codec has checked it (ENC-10)
        segment = self._segment(inner)
        if segment is not None:
            client = Address(inner.source, segment.source_port)
            server = Address(inner.destination, segment.destination_port)
            self._target.receive_packet(packet, client, server, segment, now)

    # The first LAN

    def _receive_arp(self, lan: Lan, frame: Frame, now: float) -> None:
        packet = arp.parse(frame.payload)
        if packet is None:
            self.discards.because(Discard.ARP_MALFORMED)
            return
        for_us = packet.target_ip == self.settings.address
        if lan is Lan.FIRST and is_unicast_ipv4(packet.sender_ip) and packet.sender_ip != self.settings.address:
            self._first_lan.neighbours.learn(packet.sender_ip, packet.sender_mac, now, create=for_us)
        if for_us and packet.operation is Operation.REQUEST:
            answer = arp.build(arp.reply(packet, self._mac(lan)))
            self._emit(lan, ethernet.build(Frame(packet.sender_mac, self._mac(lan), ethernet.ARP, answer)))
        elif not for_us:
            self.discards.because(Discard.ARP_OTHER)

    def _receive_ipv4(self, octets: bytes, now: float) -> None:
        try:
            packet = ipv4.parse(octets)
        except FragmentError:
            self.discards.because(Discard.IPV4_FRAGMENT)
            return
        except Ipv4Error:
            self.discards.because(Discard.IPV4_MALFORMED)
            return
        if not is_unicast_ipv4(packet.source) or packet.source == self.settings.address:
            self.discards.because(Discard.IPV4_BAD_SOURCE)
        elif packet.protocol == IpProtocol.TCP:
            self._receive_tcp(packet, now)
        elif packet.destination != self.settings.address:
            self.discards.because(Discard.IPV4_OTHER_DESTINATION)
        elif packet.protocol == IpProtocol.ICMP:
            self._receive_icmp(packet, now)
        elif packet.protocol == IpProtocol.UDP:
            self._receive_udp(packet, octets, now)
        else:
            self.discards.because(Discard.IPV4_OTHER_PROTOCOL)

    def _receive_tcp(self, packet: Ipv4Packet, now: float) -> None:
        """Look a segment of the first LAN up among the endpoints; only then does it open something new (TAB-1)."""
        segment = self._segment(packet)
        if segment is None:
            return
        client, server = (
            Address(packet.source, segment.source_port),
            Address(packet.destination, segment.destination_port),
        )
        connection = self.tables.by_client(client, server)
        if connection is not None and connection.provisional:
            self.discards.because(Discard.PROVISIONAL)
            return
        if connection is not None and _starts_anew(segment, connection.endpoint) and self._listens(server):
            self._connections.remove(connection, now)
            self._origin.open(segment, client, server, now, after=connection.endpoint.snd_nxt)
        elif connection is None:
            self._receive_for_no_endpoint(segment, client, server, now)
        else:
            self._deliver(connection, segment, now)

    def _deliver(self, connection: Connection, segment: Segment, now: float) -> None:
        """Give an endpoint a segment of its client, whichever way it came (TGT-5); in Temporary it may be held."""
        if self.tables.place_of(connection) is Place.TEMPORARY:
            self._origin.receive(connection, segment, now)
        else:
            self._connections.receive(connection, segment, now)

    def _receive_for_no_endpoint(self, segment: Segment, client: Address, server: Address, now: float) -> None:
        if server.ip != self.settings.address:
            self.discards.because(Discard.IPV4_OTHER_DESTINATION)
        elif self._listens(server) and segment.flags & _OPENING == Flags.SYN:
            self._origin.open(segment, client, server, now)
        elif (rst := reset_for(segment)) is not None:
            self._connections.answer(server, client, rst, now)
        else:
            self.discards.because(Discard.TCP_UNANSWERABLE)

    def _receive_icmp(self, packet: Ipv4Packet, now: float) -> None:
        reply = icmp.echo_reply(packet.payload)
        if reply is None:
            self.discards.because(Discard.ICMP_OTHER)
        else:
            self._first_lan.send(self.settings.address, packet.source, IpProtocol.ICMP, reply, now)

    def _receive_udp(self, packet: Ipv4Packet, octets: bytes, now: float) -> None:
        if not udp.is_well_formed(packet.payload, packet.source, packet.destination):
            self.discards.because(Discard.UDP_MALFORMED)
        else:
            message = icmp.port_unreachable(octets)
            self._first_lan.send(self.settings.address, packet.source, IpProtocol.ICMP, message, now)

    def _segment(self, packet: Ipv4Packet) -> Segment | None:
        try:
            return tcp_segment.parse(packet.payload, packet.source, packet.destination)
        except SegmentError:
            self.discards.because(Discard.TCP_MALFORMED)
            return None

    def _listens(self, server: Address) -> bool:
        own = server.ip == self.settings.address and server.port in self.settings.listeners
        return own and self._connections.listening

    def _mac(self, lan: Lan) -> Mac:
        return self.settings.first_mac if lan is Lan.FIRST else self.settings.second_mac

    def _emit(self, lan: Lan, frame: bytes) -> None:
        self._frames.append((lan, frame))


def _starts_anew(segment: Segment, endpoint: Endpoint) -> bool:
    """Whether a SYN reopens a connection in TIME_WAIT (RFC 9293 3.10.7.4, RFC 1122 4.2.2.13)."""
    return (
        endpoint.state is State.TIME_WAIT
        and segment.flags & _OPENING == Flags.SYN
        and sequence.difference(segment.seq, endpoint.rcv_nxt) > 0
    )

"""The sans-I/O router: frames and times in, frames and events out. No socket, thread or clock inside."""

import random
from collections import deque
from collections.abc import Iterable
from enum import StrEnum

from ipos_spec import advertisement
from ipos_spec.addresses import BROADCAST_MAC, Mac, is_unicast_ipv4
from ipos_spec.advertisement import AdvertisedTable
from ipos_spec.codec import decode
from ipos_spec.encapsulation import Protocol
from ipos_spec.errors import DecodeError
from ipos_spec.packets import (
    Acknowledgement,
    Packet,
    TcpConnectionPacket,
    TcpPacket,
    UdpConnectionPacket,
    UdpPacket,
)
from ipos_spec.tables.records import CookieEntry

from ipos_reference import acceptance, arp, ethernet, icmp, ipv4
from ipos_reference.advertising import Advertiser
from ipos_reference.arp import Operation
from ipos_reference.attempts import Attempts
from ipos_reference.connection import Connection
from ipos_reference.connections import Connections, endpoint_bounds
from ipos_reference.datagrams import Datagrams
from ipos_reference.discards import DISCARD_OF_REQUIREMENT, Discard, Discards
from ipos_reference.ethernet import Frame
from ipos_reference.events import Changed, Event
from ipos_reference.fast_path import FastPath
from ipos_reference.figures import Figures
from ipos_reference.first_lan import FirstLan
from ipos_reference.forwarding import Forwarder
from ipos_reference.ipv4 import FragmentError, IpProtocol, Ipv4Error, Ipv4Packet
from ipos_reference.journal import SILENT, Journal
from ipos_reference.knowledge import Knowledge
from ipos_reference.lookup import Lookup
from ipos_reference.operations import Operations
from ipos_reference.origin import Origin
from ipos_reference.own_server import OwnServer
from ipos_reference.sessions import Sessions
from ipos_reference.settings import Settings
from ipos_reference.tables import EndpointTables, Numbering
from ipos_reference.tally import Happening
from ipos_reference.target import Target
from ipos_reference.tcp.endpoint import Endpoint, State

_TYPE_AT, _ADVERTISEMENT = 26, bytes([advertisement.TYPE])
"""Offset of the type octet in a frame, and the one of the extension (ADV-1)."""

_COOKIE_LINE = 512
"""Octets that an answer may grow by on its way through the router."""


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
        self.knowledge = Knowledge.of(settings)
        self._frames: deque[tuple[Lan, bytes]] = deque()
        self._events: deque[Event] = deque()
        self._first_lan = FirstLan(settings, self.discards, lambda frame: self._emit(Lan.FIRST, frame))
        self._attempts = Attempts(self._emit_second, settings.timer_scale)
        self._advertiser = Advertiser(
            settings, self.knowledge, self.discards, self._emit_second, enabled=settings.advertise
        )
        self._own_server = OwnServer(settings, self.knowledge, self._advertiser)
        self._sessions = Sessions(
            self.knowledge,
            settings.address,
            randomness.randbytes,
            begun=self._session_begun,
            ended=self._session_ended,
            scale=settings.timer_scale,
        )
        numbering = Numbering()
        self._connections = Connections(
            settings,
            self.discards,
            self._first_lan,
            attempts=self._attempts,
            knowledge=self.knowledge,
            events=self._events,
            numbering=numbering,
            new_cookie=self._sessions.cookie,
            journal=journal,
        )
        self.tables = self._connections.tables
        self.forward = self._connections.forward
        self.tally = self._connections.tally
        forwarder = Forwarder(settings, self._first_lan, self.discards, self.tally, journal, self._emit_second)
        self._origin = Origin(self._connections, forwarder, randomness.randbytes(32))
        self._target = Target(self._connections, self._emit_second)
        self._fast_path = FastPath(settings, self.forward, self.tables)
        self._lookup = Lookup(self._connections, self._origin, self._target, forwarder)
        self.datagrams = Datagrams(
            settings,
            EndpointTables(endpoint_bounds(settings), journal, numbering),
            discards=self.discards,
            tally=self.tally,
            journal=journal,
            lan=self._first_lan,
            forwarder=forwarder,
            attempts=self._attempts,
            knowledge=self.knowledge,
            events=self._events,
            emit=self._emit_second,
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

    def receive_all(self, lan: Lan, frames: Iterable[bytes], now: float) -> None:
        """Take frames that came in together, in order; what `receive` would do, done faster where it can be."""
        forwarded = self._fast_path.forwarded if lan is Lan.FIRST else None
        send, second, count = self._frames.append, Lan.SECOND, 0
        for octets in frames:
            if forwarded is not None and (frame := forwarded(octets, now)) is not None:
                send((second, frame))
                count += 1
            else:
                self.receive(lan, octets, now)
        if count:
            self.tally[Happening.FORWARDED] += count

    def frames_to_send(self) -> list[tuple[Lan, bytes]]:
        """Take all frames that wait to be sent, in order."""
        frames = list(self._frames)
        self._frames.clear()
        return frames

    def next_timeout(self) -> float | None:
        """When `handle_timeout` is due."""
        due = (
            self._connections.schedule.next(),
            self._first_lan.neighbours.next_timeout(),
            self._attempts.next_timeout(),
            self.forward.next_timeout(),
            self.datagrams.next_timeout(),
            self._advertiser.next_timeout(),
            self._sessions.next_timeout(),
        )
        return min((when for when in due if when is not None), default=None)

    def handle_timeout(self, now: float) -> None:
        """Do what is due; too early is harmless."""
        self._first_lan.neighbours.handle_timeout(now)
        self._attempts.handle_timeout(now)
        self._advertiser.handle_timeout(now)
        self._sessions.handle_timeout(now)
        self._target.end_entries(now)
        self.datagrams.handle_timeout(now)
        for number in list(self._connections.schedule.pop_due(now)):
            connection = self.tables.by_number(number)
            if connection is None or connection.migrating:
                continue
            deadline = self._connections.role_deadline(connection, now)
            if deadline is None or deadline > now:
                connection.endpoint.handle_timeout(now)
                self._connections.tell(connection)
                self._connections.settle(connection, now)
            elif connection.hold.first_octet_at is not None or not (connection.attached or connection.provisional):
                self._origin.handle_timeout(connection, now)
            else:
                self._target.handle_timeout(connection, now)

    # The applications' side

    def next_event(self) -> Event | None:
        """The next thing to tell the applications, or None."""
        if not self._events:
            return None
        event = self._events.popleft()
        if isinstance(event, Changed):
            self._connections.forget_change(event)
        return event

    def endpoint(self, number: int) -> Endpoint | None:
        """What an application may look at: how much there is to read. None once it is gone."""
        return self._connections.endpoint(number)

    def room(self, number: int) -> int:
        """How many octets `write` would take."""
        connection = self._attached(number)
        if connection is None:
            return 0
        exchange = connection.exchange
        return max(0, connection.endpoint.room - (0 if exchange is None else _COOKIE_LINE + exchange.kept_back))

    def read(self, number: int, limit: int, now: float) -> bytes:
        """Octets of the client for the application, at most ``limit``; empty if there are none now, or never again."""
        connection = self._attached(number)
        if connection is None:
            return b""
        octets = connection.endpoint.read(limit)
        if connection.exchange is not None:
            self._sessions.handle_timeout(now)
            connection.exchange.to_application(octets)
        self._connections.settle(connection, now)
        return octets

    def write(self, number: int, octets: bytes, now: float) -> int:
        """Octets of the application for the client, at most `room`; returns how many were taken, 0 once it is gone."""
        connection = self._attached(number)
        taken = octets[: self.room(number)]
        if connection is None or not taken:
            return 0
        exchange = connection.exchange
        connection.endpoint.write(taken if exchange is None else exchange.from_application(taken))
        self._connections.settle(connection, now)
        return len(taken)

    def close(self, number: int, now: float) -> None:
        """The application has sent everything: FIN follows the last octet."""
        connection = self._attached(number)
        if connection is None:
            return
        if connection.exchange is not None:
            connection.endpoint.write(connection.exchange.end_of_application())
        connection.endpoint.close()
        self._connections.settle(connection, now)

    def abort(self, number: int, now: float) -> None:
        """The application broke off: the client gets an RST."""
        if (connection := self._attached(number)) is not None:
            connection.endpoint.abort()
            self._connections.settle(connection, now)

    def _attached(self, number: int) -> Connection | None:
        """The endpoint of an application; None if it is gone, or was let go of, whatever the application knows yet."""
        connection = self.tables.by_number(number)
        return connection if connection is not None and connection.attached else None

    def datagram(self, number: int, octets: bytes, now: float) -> None:
        """A datagram of a UDP endpoint's application for its client."""
        self.datagrams.from_application(number, octets, now)

    # The machine's side

    def process_started(self, protocol: Protocol, port: int, process: int) -> None:
        """The application of a port runs now, as a process with this id."""
        self._own_server.process_started(protocol, port, process)

    def process_ended(self, protocol: Protocol, port: int) -> None:
        """It runs no longer."""
        self._own_server.process_ended(protocol, port)

    def set_state(self, figures: Figures) -> None:
        """How busy the machine is; the others hear of it with the next advertisement (ADV-2)."""
        established = sum(connection.endpoint.state is State.ESTABLISHED for connection in self.tables)
        self._advertiser.set_state(figures, established)

    # The operator's side

    @property
    def operations(self) -> Operations:
        """What an operator may have done (`ipos-router migrate`, `drain`)."""
        return Operations(self._connections, self.datagrams, self._advertiser)

    def stop_listening(self) -> None:
        """Take no one new: ports are as closed to SYNs (RFC 9293 3.10.7.1), connection packets unanswered (TGT-2)."""
        self._connections.listening = self.datagrams.listening = False
        self._advertiser.stop()

    @property
    def busy(self) -> bool:
        """Whether some client's connection is under way."""
        return self._connections.busy

    def end_all(self, now: float) -> None:
        """Reset what is left, so that no client waits for a router that is no more."""
        self._connections.end_all(now)
        self.datagrams.end_all(now)

    # ipOS

    def _receive_ipos(self, lan: Lan, frame: Frame, octets: bytes, now: float) -> None:
        if lan is Lan.FIRST:
            self.discards.because(Discard.FIRST_LAN)
            return
        if frame.destination == BROADCAST_MAC and octets[_TYPE_AT : _TYPE_AT + 1] == _ADVERTISEMENT:
            self._advertiser.receive(octets, frame.source, now)
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
        else:
            self._dispatch(packet, now)

    def _dispatch(self, packet: Packet, now: float) -> None:
        match packet:
            case TcpConnectionPacket():
                self._target.receive_connection_packet(packet, now)
            case UdpConnectionPacket():
                self.datagrams.receive_connection_packet(packet, now)
            case TcpPacket():
                self._lookup.second_lan(packet, now)
            case UdpPacket():
                self.datagrams.second_lan(packet, now)
            case Acknowledgement():
                self._receive_acknowledgement(packet, now)

    def _receive_acknowledgement(self, packet: Acknowledgement, now: float) -> None:
        attempt = self._attempts.take(packet)
        if attempt is None:
            self.discards.because(Discard.NOT_IN_PROGRESS)
        else:
            attempt.acknowledged(now)

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
            self._lookup.first_lan(packet, octets, now)
        elif packet.protocol == IpProtocol.UDP:
            self.datagrams.first_lan(packet, octets, now)
        elif packet.destination != self.settings.address:
            self.discards.because(Discard.IPV4_OTHER_DESTINATION)
        elif packet.protocol == IpProtocol.ICMP:
            self._receive_icmp(packet, now)
        else:
            self.discards.because(Discard.IPV4_OTHER_PROTOCOL)

    def _receive_icmp(self, packet: Ipv4Packet, now: float) -> None:
        reply = icmp.echo_reply(packet.payload)
        if reply is None:
            self.discards.because(Discard.ICMP_OTHER)
        else:
            self._first_lan.send(self.settings.address, packet.source, IpProtocol.ICMP, reply, now)

    def _session_begun(self, entry: CookieEntry) -> None:
        self.tally[Happening.COOKIES] += 1
        self._advertiser.changed(AdvertisedTable.COOKIE_MAP, put=[entry])

    def _session_ended(self, entry: CookieEntry) -> None:
        self._advertiser.changed(AdvertisedTable.COOKIE_MAP, deleted=[entry])

    def _mac(self, lan: Lan) -> Mac:
        return self.settings.first_mac if lan is Lan.FIRST else self.settings.second_mac

    def _emit(self, lan: Lan, frame: bytes) -> None:
        self._frames.append((lan, frame))

    def _emit_second(self, frame: bytes) -> None:
        self._emit(Lan.SECOND, ethernet.pad(frame))

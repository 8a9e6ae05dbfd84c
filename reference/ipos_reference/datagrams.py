"""UDP in both roles: endpoints served here, handed over, and taken over (UDP-1 to UDP-5)."""

from collections import deque
from collections.abc import Callable

from ipos_spec.codec import encode
from ipos_spec.connection import UdpConnectionInformation
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import UdpConnectionPacket, UdpPacket, acknowledgement, udp_connection_packet
from ipos_spec.tables import FORWARD, FORWARD_CONNECT, LOCAL

from ipos_reference import icmp, ipv4, udp
from ipos_reference.addresses import Address
from ipos_reference.attempts import Attempt, Attempts
from ipos_reference.choosing import choose, choose_elsewhere
from ipos_reference.datagram_endpoint import DatagramEndpoint
from ipos_reference.discards import Discard, Discards
from ipos_reference.events import Attached, Datagram, Detached, Event
from ipos_reference.first_lan import FirstLan
from ipos_reference.forward_table import Entry, ForwardTable, Onward
from ipos_reference.forwarding import Forwarder, Transit, transit
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_reference.journal import Journal
from ipos_reference.knowledge import Knowledge
from ipos_reference.schedule import Schedule
from ipos_reference.settings import Settings
from ipos_reference.tables import EndpointTables, Place
from ipos_reference.tally import Happening, Tally

IDLE = LOCAL.lifetime("idle", Protocol.UDP).seconds
"""Seconds without a datagram after which an endpoint ends (UDP-3)."""

PROVISIONAL_LIFETIME = FORWARD_CONNECT.lifetime("provisional", Protocol.UDP).seconds
"""Seconds after which an endpoint that no datagram made definite is removed (TGT-12)."""

REFRESH = FORWARD.lifetime("refresh", Protocol.UDP).seconds
"""Seconds after which the connection packet of an entry in use is repeated (UDP-4)."""


class Datagrams:
    """All UDP endpoints of one router, and its UDP instance of Forward (TAB-5).

    tables  its instances of Temporary, Local and Forward-Connect
    emit    called with a frame for the second LAN
    """

    def __init__(
        self,
        settings: Settings,
        tables: EndpointTables[DatagramEndpoint],
        *,
        discards: Discards,
        tally: Tally,
        journal: Journal,
        lan: FirstLan,
        forwarder: Forwarder,
        attempts: Attempts,
        knowledge: Knowledge,
        events: deque[Event],
        emit: Callable[[bytes], None],
    ) -> None:
        self._settings = settings
        self.tables = tables
        self.forward = ForwardTable(Protocol.UDP, settings.bounds.forward, settings.timer_scale)
        self._discards = discards
        self._tally = tally
        self._journal = journal
        self._lan = lan
        self._forwarder = forwarder
        self._attempts = attempts
        self._knowledge = knowledge
        self._events = events
        self._emit = emit
        self._schedule = Schedule()
        self._packets: dict[Address, tuple[UdpConnectionPacket, float]] = {}
        """Of each entry: its connection packet, and when that was last acknowledged."""
        self.listening = True
        self.draining = False

    # Packets

    def first_lan(self, packet: Ipv4Packet, octets: bytes, now: float) -> None:
        """A datagram of the first LAN: endpoints, then Forward, then something new (TAB-1)."""
        found = transit(packet, octets, first=True)
        if found is None:
            self._discards.because(Discard.UDP_MALFORMED)
            return
        endpoint = self.tables.by_client(found.client, found.server)
        if endpoint is not None and not endpoint.provisional:
            self._receive(endpoint, found, now)
        elif (entry := self.forward.get(found.client, found.server, now)) is not None:
            self._forward_in_use(entry, found, now)
        elif endpoint is not None:
            self._discards.because(Discard.PROVISIONAL)
        elif found.server.ip != self._settings.address:
            self._discards.because(Discard.IPV4_OTHER_DESTINATION)
        elif not udp.is_well_formed(packet.payload, packet.source, packet.destination):
            self._discards.because(Discard.UDP_MALFORMED)
        elif self.listening and found.server.port in self._settings.udp_listeners:
            self._open(found, now)
        else:
            self._refuse(packet, octets, now)

    def _refuse(self, packet: Ipv4Packet, octets: bytes, now: float) -> None:
        """Nobody serves the port (NBR-2)."""
        message = icmp.port_unreachable(octets)
        self._lan.send(self._settings.address, packet.source, IpProtocol.ICMP, message, now)

    def second_lan(self, packet: UdpPacket, now: float) -> None:
        """A type 2 packet: endpoints by its reference and inner destination, then Forward (TAB-1, TGT-12)."""
        found = transit(ipv4.parse(packet.inner), packet.inner, first=False)  # the codec has checked it (ENC-10)
        if found is None:
            self._discards.because(Discard.UDP_MALFORMED)
            return
        referred = self.tables.by_reference(packet.header.reference)
        endpoint = next((candidate for candidate in referred if candidate.server == found.server), None)
        if endpoint is not None and not endpoint.provisional:
            self._receive(endpoint, found, now)
        elif endpoint is not None and endpoint.origin == packet.ethernet.source:
            self._make_definite(endpoint, found, now)
        elif (entry := self.forward.get(found.client, found.server, now)) is not None:
            self._forwarder.forward(self.forward, entry, found, now)
        elif endpoint is not None:
            self._discards.because(Discard.PROVISIONAL)
        else:
            self._discards.because(Discard.WRONG_INNER_DESTINATION if referred else Discard.NO_ENDPOINT)

    def receive_connection_packet(self, packet: UdpConnectionPacket, now: float) -> None:
        """Take an endpoint over and acknowledge, or stay silent (TGT-1 to TGT-4)."""
        client, server = _addresses(packet)
        found = (*self.tables.by_reference(packet.header.reference), self.tables.by_client(client, server))
        rivals = list({rival.number: rival for rival in found if rival is not None}.values())
        again = any(
            rival.origin is not None and rival.key == packet.header.reference and rival.server == server
            for rival in rivals
        )
        if not again:
            refusal = self._refusal(packet, rivals, now)
            if refusal is not None:
                self._discards.because(refusal)
                return
            self._make(packet, rivals, now)
        self._journal.acknowledged(again=again)
        self._emit(encode(acknowledgement(packet, source=self._settings.second_mac)))

    def from_application(self, number: int, octets: bytes, now: float) -> None:
        """Send an application's datagram to the client, from the address that the client talks to (UDP-3)."""
        endpoint = self.tables.by_number(number)
        if endpoint is None or endpoint.migrating or endpoint.provisional:
            return
        if len(octets) > self._settings.first_mtu - ipv4.HEADER - udp.HEADER:
            self._discards.because(Discard.TOO_LARGE_FOR_FIRST_LAN)
            return
        endpoint.heard = now
        datagram = udp.build(endpoint.server, endpoint.client, octets)
        self._lan.send(endpoint.server.ip, endpoint.client.ip, IpProtocol.UDP, datagram, now)

    # Times

    def next_timeout(self) -> float | None:
        """When `handle_timeout` is due."""
        due = (self._schedule.next(), self.forward.next_timeout())
        return min((when for when in due if when is not None), default=None)

    def handle_timeout(self, now: float) -> None:
        """Endpoints and entries whose time is over end."""
        for number in list(self._schedule.pop_due(now)):
            endpoint = self.tables.by_number(number)
            if endpoint is not None:
                self._end_if_over(endpoint, now)
        for client, entry in self.forward.pop_over(now):
            self._forget_refresh(client)
            self._journal.entry_ended(client, entry.server, "its time is over (UDP-3)")

    def end_all(self, now: float) -> None:
        """The router stops: nobody is told, as UDP has no way to."""
        for endpoint in self.tables:
            self._remove(endpoint, now, "router stopped")

    def _end_if_over(self, endpoint: DatagramEndpoint, now: float) -> None:
        ends = endpoint.heard + self._lifetime(endpoint)
        if endpoint.migrating or now < ends:
            self._schedule.set(endpoint.number, max(ends, now + self._settings.timer_scale))
        else:
            self._remove(endpoint, now, None)

    def _lifetime(self, endpoint: DatagramEndpoint) -> float:
        return (PROVISIONAL_LIFETIME if endpoint.provisional else IDLE) * self._settings.timer_scale

    # The origin's part

    def _open(self, found: Transit, now: float) -> None:
        """The first datagram is the request (UDP-1): the endpoint is served here, or handed over."""
        port, own = found.server.port, self._settings.address
        way = choose_elsewhere if self.draining else choose
        server = way(None, port, self._knowledge, now, Protocol.UDP).server
        mac = self._settings.peers.get(server)
        leaves = server != own and mac is not None and self._may_leave(found.client, now)
        place = Place.TEMPORARY if leaves else Place.LOCAL
        if not self.tables.has_room(place):
            self._discards.because(Discard.TEMPORARY_FULL if leaves else Discard.LOCAL_FULL)
            return
        endpoint = DatagramEndpoint(
            number=self.tables.new_number(),
            client=found.client,
            server=found.server,
            key=Reference(*found.client, *found.server),
            listener=port,
            heard=now,
        )
        self._enter(place, endpoint, now)
        if leaves and mac is not None:
            endpoint.hold(found)
            self._migrate(endpoint, Onward(server, port, mac), now)
        else:
            self._attach(endpoint)
            self._deliver(endpoint, found, now)

    def _may_leave(self, client: Address, now: float) -> bool:
        """Whether a reference may name the client (ENC-13), and one more of its may be in Forward (TAB-3, TAB-4)."""
        if not client.port:
            self._tally[Happening.PORT_ZERO] += 1
            return False
        if self.forward.of(client, now) is not None or self._attempts.of(Protocol.UDP, client) is not None:
            self._tally[Happening.SECOND_CONNECTION] += 1
            return False
        migrating = len(self.tables.records(Place.TEMPORARY))
        if len(self.forward) + migrating >= self.forward.bound:
            self._tally[Happening.FORWARD_FULL] += 1
            return False
        return True

    def _migrate(self, endpoint: DatagramEndpoint, onward: Onward, now: float) -> None:
        ethernet = EthernetHeader(
            destination=onward.mac, source=self._settings.second_mac, type=self._settings.ether_type
        )
        information = UdpConnectionInformation(server_ip=endpoint.server.ip, server_port=endpoint.server.port)
        packet = udp_connection_packet(ethernet, onward.reference(endpoint.client), information)
        endpoint.migrating = True
        self._tally[Happening.BEGUN] += 1
        self._journal.migrates(endpoint, onward)
        attempt = Attempt(
            packet,
            onward,
            acknowledged=lambda when: self._acknowledged(endpoint, packet, onward, when),
            given_up=lambda when: self._given_up(endpoint, onward, when),
        )
        self._attempts.begin(attempt, now)

    def _acknowledged(
        self, endpoint: DatagramEndpoint, packet: UdpConnectionPacket, onward: Onward, now: float
    ) -> None:
        self._tally[Happening.ACKNOWLEDGED] += 1
        entry = self.forward.enter(endpoint.client, endpoint.server, onward, None, now)
        self._packets[endpoint.client] = packet, now
        endpoint.migrating = False
        self._remove(endpoint, now, None)
        self._journal.migrated(endpoint, onward)
        for held in endpoint.held:
            self._forwarder.forward(self.forward, entry, held, now)

    def _given_up(self, endpoint: DatagramEndpoint, onward: Onward, now: float) -> None:
        self._tally[Happening.GIVEN_UP] += 1
        self._journal.given_up(endpoint, onward)
        endpoint.migrating = False
        if not self.tables.has_room(Place.LOCAL):
            self._discards.because(Discard.LOCAL_FULL, len(endpoint.held))
            self._remove(endpoint, now, None)
            return
        self.tables.move(endpoint, Place.LOCAL)
        self._attach(endpoint)
        held, endpoint.held = endpoint.held, []
        for one in held:
            self._deliver(endpoint, one, now)

    def _forward_in_use(self, entry: Entry, found: Transit, now: float) -> None:
        """Forward a datagram; now and then ask whether the target still has the endpoint (UDP-4)."""
        packet, refreshed = self._packets[found.client]
        due = now - refreshed >= REFRESH * self._settings.timer_scale
        if due and self._attempts.of(Protocol.UDP, found.client) is None:
            attempt = Attempt(
                packet,
                entry.onward,
                acknowledged=lambda when: self._refreshed(found.client, packet, when),
                given_up=lambda when: self._lost(found.client, entry, when),
            )
            self._attempts.begin(attempt, now)
        self._forwarder.forward(self.forward, entry, found, now)

    def _refreshed(self, client: Address, packet: UdpConnectionPacket, now: float) -> None:
        self._tally[Happening.REFRESHED] += 1
        if client in self._packets:
            self._packets[client] = packet, now

    def _lost(self, client: Address, entry: Entry, now: float) -> None:
        found = self.forward.of(client, now)
        if found is not None and (found.server, found.onward) == (entry.server, entry.onward):
            self._end_entry(client, entry, "its target does not answer (UDP-4)")

    def _end_entry(self, client: Address, entry: Entry, why: str) -> None:
        self.forward.remove(client)
        self._forget_refresh(client)
        self._journal.entry_ended(client, entry.server, why)

    def _forget_refresh(self, client: Address) -> None:
        """What is under way for the client may be its next migration already, if the entry was over for a moment."""
        packet, _ = self._packets.pop(client)
        attempt = self._attempts.of(Protocol.UDP, client)
        if attempt is not None and attempt.packet is packet:
            self._attempts.cancel(Protocol.UDP, client)

    # The target's part

    def _refusal(self, packet: UdpConnectionPacket, rivals: list[DatagramEndpoint], now: float) -> Discard | None:
        """Why a connection packet that repeats none is not acknowledged; None if it is (TGT-2, TGT-4 (b))."""
        client, server = _addresses(packet)
        from_owner = self._settings.peers.get(server.ip) == packet.ethernet.source
        is_entry = self.forward.get(client, server, now) is not None
        listens = self.listening and not self.draining
        if not listens or packet.header.destination_port not in self._settings.udp_listeners:
            return Discard.NO_LISTENER
        if server.ip == self._settings.address:
            return Discard.NOT_LATER  # no UDP endpoint moves on, so none comes home (UDP-5)
        if any(rival.origin is None for rival in rivals) or ((rivals or is_entry) and not from_owner):
            return Discard.NOT_LATER
        frees = any(self.tables.place_of(rival) is Place.FORWARD_CONNECT for rival in rivals)
        if not frees and not self.tables.has_room(Place.FORWARD_CONNECT):
            return Discard.FORWARD_CONNECT_FULL
        return None

    def _make(self, packet: UdpConnectionPacket, replaced: list[DatagramEndpoint], now: float) -> None:
        for rival in replaced:
            self._remove(rival, now, "replaced")
        client, server = _addresses(packet)
        entry = self.forward.get(client, server, now)
        if entry is not None:
            self._end_entry(client, entry, "the owner of the server address has handed the client over anew (TGT-4)")
        self._tally[Happening.TAKEN_OVER] += 1
        endpoint = DatagramEndpoint(
            number=self.tables.new_number(),
            client=client,
            server=server,
            key=packet.header.reference,
            listener=packet.header.destination_port,
            heard=now,
            origin=packet.ethernet.source,
            provisional=True,
        )
        self._enter(Place.FORWARD_CONNECT, endpoint, now)

    def _make_definite(self, endpoint: DatagramEndpoint, found: Transit, now: float) -> None:
        if not udp.is_well_formed(found.packet.payload, found.packet.source, found.packet.destination):
            self._discards.because(Discard.UDP_MALFORMED)
            return
        endpoint.provisional = False
        self._tally[Happening.DEFINITE] += 1
        self._journal.definite(endpoint)
        self._attach(endpoint)
        self._deliver(endpoint, found, now)

    # Endpoints

    def _receive(self, endpoint: DatagramEndpoint, found: Transit, now: float) -> None:
        if not udp.is_well_formed(found.packet.payload, found.packet.source, found.packet.destination):
            self._discards.because(Discard.UDP_MALFORMED)
        elif not endpoint.migrating:
            self._deliver(endpoint, found, now)
        elif endpoint.hold(found):
            self._journal.held(endpoint, len(endpoint.held))
        else:
            self._discards.because(Discard.HOLD_FULL)

    def _deliver(self, endpoint: DatagramEndpoint, found: Transit, now: float) -> None:
        endpoint.heard = now
        self._events.append(Datagram(endpoint.number, udp.payload(found.packet.payload)))

    def _enter(self, place: Place, endpoint: DatagramEndpoint, now: float) -> None:
        self.tables.enter(place, endpoint)
        self._schedule.set(endpoint.number, now + self._lifetime(endpoint))

    def _attach(self, endpoint: DatagramEndpoint) -> None:
        endpoint.attached = True
        self._journal.attached(endpoint)
        self._events.append(Attached(endpoint.number, endpoint.listener, Protocol.UDP))

    def _remove(self, endpoint: DatagramEndpoint, _now: float, failure: str | None) -> None:
        self.tables.remove(endpoint)
        self._schedule.set(endpoint.number, None)
        if endpoint.migrating:
            self._attempts.cancel(Protocol.UDP, endpoint.client)
        if endpoint.attached:
            self._events.append(Detached(endpoint.number, failure))


def _addresses(packet: UdpConnectionPacket) -> tuple[Address, Address]:
    """Client and server of the connection that a packet hands over."""
    header, information = packet.header, packet.connection
    return Address(header.source_ip, header.source_port), Address(information.server_ip, information.server_port)

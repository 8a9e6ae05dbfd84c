"""Defects of the origin's and the forwarder's part in UDP (CON, ENC, FWD, MTU, ORG, TAB, UDP)."""

from collections.abc import Callable
from dataclasses import replace

from ipos_reference import datagram_endpoint, datagrams, forwarding, ipv4, udp
from ipos_reference.addresses import Address
from ipos_reference.choosing import choose
from ipos_reference.datagram_endpoint import DatagramEndpoint
from ipos_reference.datagrams import Datagrams
from ipos_reference.forward_table import Entry, ForwardTable, Onward
from ipos_reference.forwarding import Forwarder, Transit
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_spec.checksum import internet_checksum
from ipos_spec.codec import encode
from ipos_spec.connection import UdpConnectionInformation
from ipos_spec.encapsulation import Protocol, Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import UdpConnectionPacket, udp_connection_packet

from ipos_defects.defect import defect, patch

# The first datagram


@defect("UDP-1")
def first_datagram_always_served_here() -> None:
    """Has its own server answer every datagram, whoever was to be chosen."""
    patch(Datagrams, "_may_leave", lambda *_: False)


@defect("UDP-1")
def second_datagram_is_the_request() -> None:
    """Drops a client's first datagram, and chooses with the next one."""
    original = Datagrams._open
    seen: set[Address] = set()

    def open_(self: Datagrams, found: Transit, now: float) -> None:
        if found.client in seen:
            original(self, found, now)
        seen.add(found.client)

    patch(Datagrams, "_open", open_)


@defect("UDP-1")
def served_and_handed_over() -> None:
    """Hands a client over though its own server has been chosen, and has that answer, too."""
    original = Datagrams._open

    def open_(self: Datagrams, found: Transit, now: float) -> None:
        original(self, found, now)
        server, mac = next(iter(self._settings.peers.items()))
        ethernet = EthernetHeader(destination=mac, source=self._settings.second_mac, type=self._settings.ether_type)
        information = UdpConnectionInformation(server_ip=found.server.ip, server_port=found.server.port)
        reference = Reference(*found.client, server, found.server.port)
        if choose(None, found.server.port, self._knowledge, now, Protocol.UDP).server == self._settings.address:
            self._emit(encode(udp_connection_packet(ethernet, reference, information)))

    patch(Datagrams, "_open", open_)


@defect("CON-1")
def udp_connection_packet_names_the_target() -> None:
    """Names the chosen server in a UDP connection packet, instead of the address that the client talks to."""

    def make(
        ethernet: EthernetHeader, reference: Reference, connection: UdpConnectionInformation
    ) -> UdpConnectionPacket:
        other = replace(connection, server_ip=reference.target_ip)
        return udp_connection_packet(ethernet, reference, other)

    patch(datagrams, "udp_connection_packet", make)


# Until the acknowledgement


@defect("UDP-2")
def held_datagrams_reversed() -> None:
    """Sends held datagrams on in the wrong order, the last one first."""
    original = Datagrams._acknowledged

    def acknowledged(
        self: Datagrams, endpoint: DatagramEndpoint, packet: UdpConnectionPacket, onward: Onward, now: float
    ) -> None:
        endpoint.held.reverse()
        original(self, endpoint, packet, onward, now)

    patch(Datagrams, "_acknowledged", acknowledged)


@defect("UDP-2")
def first_datagram_lost_in_migration() -> None:
    """Forgets the datagram that was the request, and sends on only what came behind it."""
    original = Datagrams._acknowledged

    def acknowledged(
        self: Datagrams, endpoint: DatagramEndpoint, packet: UdpConnectionPacket, onward: Onward, now: float
    ) -> None:
        del endpoint.held[:1]
        original(self, endpoint, packet, onward, now)

    patch(Datagrams, "_acknowledged", acknowledged)


@defect("UDP-2")
def unbounded_hold_for_datagrams() -> None:
    """Holds as many datagrams as may come."""
    patch(datagram_endpoint, "MAXIMUM_PACKETS", 1 << 20)


@defect("UDP-2")
def hold_of_16_datagrams() -> None:
    """Holds 16 datagrams and no more."""
    patch(datagram_endpoint, "MAXIMUM_PACKETS", 16)


@defect("UDP-2")
def last_held_datagrams_kept() -> None:
    """Drops the first held datagram for each one too many, so that the request itself gets lost."""
    original = DatagramEndpoint.hold

    def hold(self: DatagramEndpoint, packet: Transit) -> bool:
        if not original(self, packet):
            del self.held[0]
            self.held.append(packet)
        return True

    patch(DatagramEndpoint, "hold", hold)


@defect("UDP-2")
def own_server_answers_meanwhile() -> None:
    """Gives its own application what it holds for another server."""
    original = Datagrams._migrate

    def migrate(self: Datagrams, endpoint: DatagramEndpoint, onward: Onward, now: float) -> None:
        original(self, endpoint, onward, now)
        self._attach(endpoint)
        self._deliver(endpoint, endpoint.held[0], now)

    def from_application(self: Datagrams, number: int, octets: bytes, now: float) -> None:
        endpoint = self.tables.by_number(number)
        if endpoint is not None:
            before, endpoint.migrating = endpoint.migrating, False
            answer(self, number, octets, now)
            endpoint.migrating = before

    answer = Datagrams.from_application
    patch(Datagrams, "_migrate", migrate)
    patch(Datagrams, "from_application", from_application)


@defect("UDP-2")
def held_datagrams_lost_after_giving_up() -> None:
    """Drops what it held when nobody has acknowledged, and serves the next datagram."""
    original = Datagrams._given_up

    def given_up(self: Datagrams, endpoint: DatagramEndpoint, onward: Onward, now: float) -> None:
        endpoint.held.clear()
        original(self, endpoint, onward, now)

    patch(Datagrams, "_given_up", given_up)


@defect("UDP-2")
def udp_client_dropped_after_giving_up() -> None:
    """Forgets a client whose migration nobody has acknowledged, and tries again with its next datagram."""
    patch(Datagrams, "_given_up", lambda self, endpoint, _onward, now: self._remove(endpoint, now, None))


# Forwarding


def _forwarding(change: Callable[[Transit, Entry], tuple[Transit, Entry] | None]) -> None:
    """Have datagrams forwarded differently, or not at all."""
    original = Forwarder.forward

    def forward(
        self: Forwarder, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True
    ) -> None:
        is_datagram = packet.packet.protocol == IpProtocol.UDP
        other = change(packet, entry) if is_datagram else (packet, entry)
        if other is not None:
            original(self, table, other[1], other[0], now, renew=renew)

    patch(Forwarder, "forward", forward)


def _is_sound(packet: Ipv4Packet) -> bool:
    return udp.is_well_formed(packet.payload, packet.source, packet.destination)


@defect("ENC-3")
def datagrams_under_the_address_that_the_client_talks_to() -> None:
    """Refers to a forwarded datagram's own destination instead of the target's endpoint."""
    _forwarding(lambda packet, entry: (packet, entry._replace(ip=packet.server.ip)))


@defect("FWD-1")
def damaged_datagrams_not_forwarded() -> None:
    """Checks a datagram's checksum and length before it forwards it."""
    _forwarding(lambda packet, entry: (packet, entry) if _is_sound(packet.packet) else None)


@defect("FWD-1")
def datagrams_forwarded_as_by_ip() -> None:
    """Counts the TTL down, as an IP router does, and drops what has reached zero."""

    def change(packet: Transit, entry: Entry) -> tuple[Transit, Entry] | None:
        ttl = packet.packet.ttl - 1
        header = packet.octets[:8] + bytes([ttl]) + packet.octets[9:10] + b"\0\0" + packet.octets[12:20]
        checksum = internet_checksum(header).to_bytes(2, "big")
        return (
            (packet._replace(octets=header[:10] + checksum + header[12:] + packet.octets[20:]), entry) if ttl else None
        )

    _forwarding(change)


@defect("FWD-1")
def datagrams_rebuilt() -> None:
    """Makes a new IP packet around a client's datagram, without its options."""

    def change(packet: Transit, entry: Entry) -> tuple[Transit, Entry]:
        return packet._replace(octets=ipv4.build(packet.packet)), entry

    _forwarding(change)


@defect("FWD-1")
def empty_datagrams_not_forwarded() -> None:
    """Forwards no datagram without data."""
    _forwarding(lambda packet, entry: (packet, entry) if len(packet.packet.payload) > udp.HEADER else None)


@defect("FWD-1")
def first_lan_s_packets_unchecked() -> None:
    """Forwards fragments and packets whose IP header checksum is wrong."""
    original = ipv4.parse

    def parse(octets: bytes) -> Ipv4Packet:
        mended = octets[:6] + b"\0\0" + octets[8:10] + b"\0\0" + octets[12:]
        size = (octets[0] & 0xF) * 4
        checksum = internet_checksum(mended[:size]).to_bytes(2, "big")
        return original(mended[:10] + checksum + mended[12:])

    patch(ipv4, "parse", parse)


@defect("MTU-1")
def large_datagrams_truncated() -> None:
    """Cuts off what does not fit the second LAN, and forwards the rest."""
    _forwarding(lambda packet, entry: (packet._replace(octets=packet.octets[:1484]), entry))


@defect("MTU-1")
def large_datagrams_forwarded() -> None:
    """Sends frames that are larger than the second LAN takes."""
    original = Forwarder.forward

    def forward(
        self: Forwarder, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True
    ) -> None:
        self._settings = replace(self._settings, second_mtu=1600)
        original(self, table, entry, packet, now, renew=renew)

    patch(Forwarder, "forward", forward)


@defect("MTU-1")
def largest_datagram_refused() -> None:
    """Takes Ethernet's header for a part of what the second LAN's MTU counts."""
    _forwarding(lambda packet, entry: (packet, entry) if len(packet.octets) <= 1500 - 16 - 14 else None)


@defect("FWD-3")
def datagrams_of_other_routers_not_sent_on() -> None:
    """Forwards what comes from the first LAN, and drops what another router passes on."""
    _forwarding(lambda packet, entry: (packet, entry) if packet.first else None)


@defect("FWD-3")
def datagrams_sent_on_under_the_old_reference() -> None:
    """Sends on what another router passes on with the header as it came."""
    _forwarding(lambda packet, entry: (packet, entry if packet.first else entry._replace(port=entry.port ^ 1)))


@defect("TAB-1")
def forward_before_endpoints() -> None:
    """Forwards every datagram of a client that stands in Forward, also for endpoints of its own."""
    original = Datagrams.first_lan

    def receive(self: Datagrams, packet: Ipv4Packet, octets: bytes, now: float) -> None:
        found = forwarding.transit(packet, octets, first=True)
        entry = None if found is None else self.forward.of(found.client, now)
        if found is None or entry is None:
            original(self, packet, octets, now)
        else:
            self._forward_in_use(entry, found, now)

    patch(Datagrams, "first_lan", receive)


@defect("TAB-3")
def udp_entry_applied_to_every_server() -> None:
    """Applies a client's Forward entry to its datagrams for any server address."""
    patch(ForwardTable, "get", lambda self, client, _server, now: self.of(client, now))


@defect("TAB-3")
def udp_migration_in_progress_holds_everything() -> None:
    """While a client is being handed over, drops its datagrams to other ports."""
    original = Datagrams._open

    def open_(self: Datagrams, found: Transit, now: float) -> None:
        if self._attempts.of(Protocol.UDP, found.client) is None:
            original(self, found, now)

    patch(Datagrams, "_open", open_)

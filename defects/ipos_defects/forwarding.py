"""Defects in forwarding a client's packets to the router that has its endpoint (FWD-1 to FWD-3, MTU-1, TAB, ORG-8)."""

from collections.abc import Callable
from typing import Any

from ipos_reference import forwarding, icmp, ipv4
from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.discards import Discard
from ipos_reference.forward_table import Entry, ForwardTable, Onward
from ipos_reference.forwarding import Forwarder, Transit
from ipos_reference.ipv4 import IpProtocol
from ipos_reference.lookup import Lookup, _read
from ipos_reference.numbers import Numbers
from ipos_reference.origin import Origin
from ipos_reference.router import Router
from ipos_reference.settings import ENCAPSULATION
from ipos_reference.tcp.segment import Flags, Segment
from ipos_reference.tcp.segment import build as build_segment
from ipos_spec import inner_packet
from ipos_spec.checksum import internet_checksum, verifies
from ipos_spec.encapsulation import EncapsulationHeader, Protocol, Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import TcpPacket, tcp_packet

from ipos_defects.defect import defect, patch
from ipos_defects.regularly import regularly

_END = Flags.FIN | Flags.RST
_TTL, _CHECKSUM, _DATA_OFFSET = 8, 28, 12
"""Offsets in the IP header, in a frame with an ipOS header, and in a TCP header."""


def _forwarding(change: Callable[[Forwarder, Transit], Transit | None]) -> None:
    """Have each packet changed before it is forwarded, or dropped."""
    original = Forwarder.forward

    def forward(
        self: Forwarder, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True
    ) -> None:
        changed = change(self, packet)
        if changed is not None:
            original(self, table, entry, changed, now, renew=renew)

    patch(Forwarder, "forward", forward)


def _forwarding_segments(change: Callable[[Forwarder, Transit], Transit | None]) -> None:
    """The same of TCP alone: a datagram has no flags, and would end the router instead."""
    _forwarding(lambda self, packet: change(self, packet) if _is_segment(packet) else packet)


def _is_segment(packet: Transit) -> bool:
    return packet.packet.protocol == IpProtocol.TCP


def _afterwards(action: Callable[[Forwarder, ForwardTable, Transit, float], None]) -> None:
    """Have something done when a segment has been forwarded."""
    original = Forwarder.forward

    def forward(
        self: Forwarder, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True
    ) -> None:
        original(self, table, entry, packet, now, renew=renew)
        if _is_segment(packet):
            action(self, table, packet, now)

    patch(Forwarder, "forward", forward)


def _one_hop_less(octets: bytes) -> bytes:
    """A packet as an IP router passes it on (RFC 1812 5.3.1)."""
    return _summed(octets[:_TTL] + bytes([octets[_TTL] - 1]) + octets[_TTL + 1 :])


def _summed(octets: bytes) -> bytes:
    """A packet with a right IP header checksum."""
    blank = octets[:10] + b"\0\0" + octets[12:]
    return blank[:10] + internet_checksum(blank[: (octets[0] & 0xF) * 4]).to_bytes(2, "big") + blank[12:]


def _data(packet: Transit) -> bytes:
    payload = packet.packet.payload
    return payload[(payload[_DATA_OFFSET] >> 4) * 4 :]


# What is forwarded


@defect("FWD-1")
def ttl_counts_down() -> None:
    """Takes one off a packet's TTL when it forwards it."""
    _forwarding(lambda _self, packet: packet._replace(octets=_one_hop_less(packet.octets)))


@defect("FWD-1")
def headers_written_anew() -> None:
    """Forwards a packet with an IP header of its own making: without options, type of service and identification."""
    _forwarding(lambda _self, packet: packet._replace(octets=ipv4.build(packet.packet)))


@defect("FWD-1")
def segments_written_anew() -> None:
    """Forwards a segment as it understands it: options that it doesn't know are gone."""

    def change(_self: Forwarder, packet: Transit) -> Transit:
        segment = _read(packet)
        if segment is None:
            return packet
        inner, header = packet.packet, (packet.octets[0] & 0xF) * 4
        octets = packet.octets[:header] + build_segment(segment, inner.source, inner.destination)
        length = len(octets).to_bytes(2, "big")
        return packet._replace(octets=_summed(octets[:2] + length + octets[4:]))

    _forwarding_segments(change)


@defect("FWD-1")
def damaged_segments_dropped() -> None:
    """Verifies the TCP checksum of what it forwards, and drops what is damaged."""
    _forwarding_segments(lambda _self, packet: packet if _read(packet) is not None else None)


@defect("FWD-1")
def bare_segments_dropped() -> None:
    """Forwards what carries data, and nothing else."""
    _forwarding_segments(lambda _self, packet: packet if _data(packet) else None)


@defect("FWD-1")
def resets_dropped() -> None:
    """Believes that an RST is of no use to the router that has the endpoint."""
    _forwarding_segments(lambda _self, packet: None if packet.flags & Flags.RST else packet)


@defect("FWD-1")
def damaged_headers_forwarded() -> None:
    """Does not verify the IP header checksum of what it receives."""
    patch(ipv4, "verifies", lambda _octets: True)


@defect("FWD-1")
def fragments_forwarded() -> None:
    """Takes a first fragment for a whole packet, and a later one's data for ports."""
    patch(ipv4, "_FRAGMENT_BITS", 0)


@defect("FWD-1")
def newest_first() -> None:
    """Forwards what has come within 20 ms newest first."""
    waiting: list[Callable[[], None]] = []
    original = Forwarder.forward

    def forward(self: Forwarder, *arguments: Any, renew: bool = True) -> None:
        waiting.append(lambda: original(self, *arguments, renew=renew))

    def flush(_router: Router, _now: float) -> None:
        while waiting:
            waiting.pop()()

    patch(Forwarder, "forward", forward)
    regularly(0.02, flush)


@defect("FWD-2")
def entry_ends_with_the_stream() -> None:
    """Removes an entry with the first FIN or RST that it forwards, whoever sent it."""
    _afterwards(lambda _self, table, packet, _now: table.remove(packet.client) if packet.flags & _END else None)


# What is sent on


@defect("FWD-3")
def moved_on_discarded() -> None:
    """Discards type 2 packets for a client whose endpoint has moved on."""
    _forwarding(lambda _self, packet: packet if packet.first else None)


@defect("FWD-3")
def ttl_counts_down_on_the_way() -> None:
    """Takes one off the TTL of a packet that it sends on."""
    _forwarding(lambda _self, packet: packet if packet.first else packet._replace(octets=_one_hop_less(packet.octets)))


@defect("FWD-3")
def reference_left_as_it_came() -> None:
    """Sends a packet on under the reference under which it came."""
    original = Forwarder.forward

    def forward(
        self: Forwarder, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True
    ) -> None:
        before = entry._replace(ip=self._settings.address, port=packet.server.port)
        original(self, table, entry if packet.first else before, packet, now, renew=renew)

    patch(Forwarder, "forward", forward)


@defect("FWD-3")
def checksum_left_as_it_came() -> None:
    """Sends a packet on under the entry's reference with the checksum of the other one."""
    original = Forwarder.forward

    def forward(
        self: Forwarder, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True
    ) -> None:
        emit, settings = self._emit, self._settings
        way = EthernetHeader(destination=entry.mac, source=settings.second_mac, type=settings.ether_type)
        before = Reference(*packet.client, settings.address, packet.server.port)
        checksum = tcp_packet(way, before, packet.octets).header.checksum.to_bytes(2, "big")
        if not packet.first:
            self._emit = lambda frame: emit(frame[:_CHECKSUM] + checksum + frame[_CHECKSUM + 2 :])
        original(self, table, entry, packet, now, renew=renew)
        self._emit = emit

    patch(Forwarder, "forward", forward)


@defect("FWD-3")
def end_on_the_way_unnoticed() -> None:
    """Sends a FIN or an RST on without counting it for the entry."""
    original = Forwarder.forward

    def forward(
        self: Forwarder, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True
    ) -> None:
        original(self, table, entry, packet, now, renew=renew and packet.first)

    patch(Forwarder, "forward", forward)


@defect("FWD-3")
def damaged_packets_sent_on() -> None:
    """Leaves it to the next router to verify the IP header checksum of what it sends on."""
    check_before, original = inner_packet.check, Lookup.second_lan

    def check(header: EncapsulationHeader, octets: bytes, offset: int) -> None:
        readable = header.protocol == Protocol.TCP and len(octets) >= inner_packet.IPV4_HEADER
        check_before(header, _summed(octets) if readable else octets, offset)

    def second_lan(self: Lookup, packet: TcpPacket, now: float) -> None:
        if verifies(packet.inner[: (packet.inner[0] & 0xF) * 4]):
            original(self, packet, now)
            return
        found = forwarding.transit(ipv4.parse(_summed(packet.inner)), packet.inner, first=False)
        entry = None if found is None else self._forward.get(found.client, found.server, now)
        if found is not None and entry is not None:  # for an endpoint of its own it is discarded (ENC-10)
            self._forwarder.forward(self._forward, entry, found, now)

    patch(inner_packet, "check", check)
    patch(Lookup, "second_lan", second_lan)


# What is too large


@defect("MTU-1")
def too_large_cut_off() -> None:
    """Forwards as much of a packet as fits."""
    _forwarding(lambda self, packet: packet._replace(octets=packet.octets[: self._settings.second_mtu - ENCAPSULATION]))


@defect("MTU-1")
def header_forgotten_in_the_limit() -> None:
    """Forwards what fits the second LAN without the 16 octets that come before it."""
    patch(forwarding, "ENCAPSULATION", 0)


@defect("MTU-1")
def exact_fit_dropped() -> None:
    """Drops a packet that fills the second LAN's MTU exactly."""
    patch(forwarding, "ENCAPSULATION", 17)


@defect("MTU-1")
def too_large_untold() -> None:
    """Tells nobody of a packet that is too large."""
    patch(Forwarder, "_refuse", lambda self, _packet, _now: self._discards.because(Discard.TOO_LARGE_TO_FORWARD))


@defect("MTU-1")
def told_the_whole_mtu() -> None:
    """Tells the client the second LAN's MTU, without taking off its own 16 octets."""
    original = icmp.fragmentation_needed
    patch(icmp, "fragmentation_needed", lambda packet, mtu: original(packet, mtu + 16))


@defect("MTU-1")
def told_without_df() -> None:
    """Tells a client that never asked of a packet that was too large."""

    def refuse(self: Forwarder, packet: Transit, now: float) -> None:
        message = icmp.fragmentation_needed(packet.octets, self._settings.second_mtu - ENCAPSULATION)
        self._lan.send(self._settings.address, packet.client.ip, IpProtocol.ICMP, message, now)

    patch(Forwarder, "_refuse", refuse)


# What the client hears


def _answering(self: Forwarder, packet: Transit, now: float, flags: int) -> None:
    payload = packet.packet.payload
    seq, ack = int.from_bytes(payload[4:8], "big"), int.from_bytes(payload[8:12], "big")
    segment = Segment(
        source_port=packet.server.port,
        destination_port=packet.client.port,
        seq=ack,
        ack=(seq + len(_data(packet))) % 2**32,
        flags=flags,
        window=0xFFFF,
    )
    octets = build_segment(segment, packet.server.ip, packet.client.ip)
    self._lan.send(packet.server.ip, packet.client.ip, IpProtocol.TCP, octets, now)


@defect("ORG-8")
def forwarded_octets_acknowledged() -> None:
    """Acknowledges what it forwards, in the holder's name."""
    _afterwards(lambda self, _table, packet, now: _answering(self, packet, now, Flags.ACK) if _data(packet) else None)


@defect("ORG-8")
def client_reset_when_it_has_left() -> None:
    """Ends its own side of a connection that has left by an RST."""
    original = Origin._acknowledged

    def acknowledged(self: Origin, connection: Connection, onward: Onward, numbers: Numbers, now: float) -> None:
        original(self, connection, onward, numbers, now)
        connection.endpoint.abort()
        self._connections._send(connection.server, connection.client, connection.endpoint.segments_to_send(now), now)

    patch(Origin, "_acknowledged", acknowledged)


@defect("ORG-8")
def timer_of_a_connection_that_has_left() -> None:
    """Resets a connection without data after 30 s, though it has left meanwhile."""
    left: list[tuple[float, Origin, Connection]] = []
    original = Origin._acknowledged

    def acknowledged(self: Origin, connection: Connection, onward: Onward, numbers: Numbers, now: float) -> None:
        original(self, connection, onward, numbers, now)
        left.append((connection.opened_at + 30 * self._settings.timer_scale, self, connection))

    def expire(_router: Router, now: float) -> None:
        while left and left[0][0] <= now:
            _, origin, gone = left.pop(0)
            gone.endpoint.abort()
            origin._connections._send(gone.server, gone.client, gone.endpoint.segments_to_send(now), now)

    patch(Origin, "_acknowledged", acknowledged)
    regularly(0.05, expire)


# Whose entry it is


@defect("TAB-1")
def entry_found_by_the_port_of_the_reference() -> None:
    """Sends a type 2 packet on only if its reference names the port that the client talks to."""
    original = Lookup.second_lan

    def second_lan(self: Lookup, packet: TcpPacket, now: float) -> None:
        header_length = (packet.inner[0] & 0xF) * 4
        port = int.from_bytes(packet.inner[header_length + 2 : header_length + 4], "big")
        if port == packet.header.destination_port:
            original(self, packet, now)

    patch(Lookup, "second_lan", second_lan)


@defect("TAB-1")
def first_lan_forwarded_for_its_own_server_only() -> None:
    """Does not forward a packet of the first LAN for another server, whose connection has moved on from here."""
    _forwarding(lambda self, packet: packet if not packet.first or packet.server.ip == self._settings.address else None)


@defect("TAB-1")
def inner_destination_ignored_in_forward() -> None:
    """Sends a type 2 packet on by the client's entry, whichever server it is for."""
    original, get = Lookup.second_lan, ForwardTable.get

    def second_lan(self: Lookup, packet: TcpPacket, now: float) -> None:
        setattr(ForwardTable, "get", lambda table, client, _server, when: table.of(client, when))  # noqa: B010 - for this packet alone
        try:
            original(self, packet, now)
        finally:
            setattr(ForwardTable, "get", get)  # noqa: B010

    patch(Lookup, "second_lan", second_lan)


@defect("TAB-3")
def entry_applies_to_every_server() -> None:
    """Forwards whatever comes from a client that has an entry, as FIG. 12's key suggests."""

    def get(self: ForwardTable, client: Address, _server: Address, now: float) -> Entry | None:
        return self.of(client, now)

    patch(ForwardTable, "get", get)


@defect("TAB-3")
def second_connection_migrates() -> None:
    """Migrates a second connection of a client's port, whose entry then takes the place of the first one's."""
    patch(Origin, "_is_moved", lambda _self, _client: False)

"""Bugs in forwarding: packets on their way to another router, and clients that begin anew (FWD-1 to FWD-5, UDP)."""

import struct

from ipos_reference import forwarding, ipv4, lookup, udp
from ipos_reference.addresses import Address
from ipos_reference.connection import Connection
from ipos_reference.datagram_endpoint import DatagramEndpoint
from ipos_reference.datagrams import Datagrams
from ipos_reference.forward_table import ForwardTable
from ipos_reference.forwarding import Transit
from ipos_reference.ipv4 import FragmentError, IpProtocol, Ipv4Error, Ipv4Packet
from ipos_reference.lookup import Lookup, _read
from ipos_reference.router import Router
from ipos_reference.tcp.segment import Flags
from ipos_spec.addresses import IPv4

from ipos_defects.bug import bug
from ipos_defects.defect import patch

_PORTS = 4
_SEQUENCE_NUMBER = struct.Struct("=I")


@bug(4, "process")
def cut_header_forwarded() -> None:
    """Looks at the control bits of a packet that goes by a Forward entry, be its TCP header cut off before them."""
    original = forwarding.transit

    def transit(packet: Ipv4Packet, octets: bytes, *, first: bool) -> Transit | None:
        found = original(packet, octets, first=first)
        if found is not None or len(packet.payload) < _PORTS:
            return found
        client, server = _ports(packet.source, packet.destination, packet.payload)
        return Transit(client, server, packet, octets[: ipv4.total_length(octets)], first)

    patch(lookup, "transit", transit)


@bug(4, "model")
def fragments_take_the_fast_path() -> None:
    """Forwards a fragment whose first octets look like the ports of a client in Forward."""
    original = Router._receive_ipv4

    def receive(self: Router, octets: bytes, now: float) -> None:
        try:
            ipv4.parse(octets)
        except FragmentError:
            forward(self, octets, now)
        except Ipv4Error:
            pass
        original(self, octets, now)

    def forward(self: Router, octets: bytes, now: float) -> None:
        source, destination = (IPv4(int.from_bytes(octets[at : at + 4], "big")) for at in (12, 16))
        payload = octets[(octets[0] & 0xF) * 4 : ipv4.total_length(octets)]
        client, server = _ports(source, destination, payload)
        entry = self.forward.get(client, server, now)
        if entry is not None and octets[9] == IpProtocol.TCP:
            packet = Ipv4Packet(source=source, destination=destination, protocol=IpProtocol.TCP, payload=payload)
            whole = Transit(client, server, packet, octets[: ipv4.total_length(octets)], first=True)
            self._lookup._forwarder.forward(self.forward, entry, whole, now, renew=False)

    patch(Router, "_receive_ipv4", receive)


@bug(4, "process")
def believed_syn_forgotten() -> None:
    """Has no sequence number to note when a Forward entry's client is believed to have begun anew."""
    original = ForwardTable.doubt

    def doubt(self: ForwardTable, client: Address, seq: int | None) -> None:
        _SEQUENCE_NUMBER.pack(seq)
        original(self, client, seq)

    patch(ForwardTable, "doubt", doubt)


@bug(5, "process")
def half_open_endpoint_reset() -> None:
    """Looks for a half-open endpoint that its client resets where the ordinary ones are."""
    original = Lookup._receive_half_open

    def receive(self: Lookup, half_open: Connection, found: Transit, now: float) -> bool:
        segment = _read(found)
        if segment is not None and segment.flags & Flags.RST and segment.seq == half_open.endpoint.rcv_nxt:
            del self._tables._by_client[half_open.client, half_open.server]
        return original(self, half_open, found, now)

    patch(Lookup, "_receive_half_open", receive)


@bug(2, "process")
def first_octet_of_an_empty_datagram() -> None:
    """Looks at the first octet of the datagram that makes an endpoint definite."""
    original = Datagrams._make_definite

    def make_definite(self: Datagrams, endpoint: DatagramEndpoint, found: Transit, now: float) -> None:
        _first = udp.payload(found.packet.payload)[0]
        original(self, endpoint, found, now)

    patch(Datagrams, "_make_definite", make_definite)


def _ports(source: IPv4, destination: IPv4, payload: bytes) -> tuple[Address, Address]:
    """Client and server by what stands where the ports should."""
    ports = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:_PORTS], "big")
    return Address(source, ports[0]), Address(destination, ports[1])

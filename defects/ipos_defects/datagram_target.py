"""Defects of the target's part in UDP (CON, TAB, TGT, UDP)."""

from collections.abc import Callable
from dataclasses import replace
from unittest import mock

from ipos_reference import datagrams, forwarding, icmp, udp
from ipos_reference.addresses import Address
from ipos_reference.choosing import choose
from ipos_reference.datagram_endpoint import DatagramEndpoint
from ipos_reference.datagrams import Datagrams
from ipos_reference.discards import Discard
from ipos_reference.forward_table import Onward
from ipos_reference.forwarding import Transit
from ipos_reference.ipv4 import IpProtocol, Ipv4Packet
from ipos_spec.encapsulation import Protocol
from ipos_spec.packets import UdpConnectionPacket, UdpPacket

from ipos_defects.defect import defect, patch


def _refusing(
    change: Callable[[Datagrams, UdpConnectionPacket, list[DatagramEndpoint], Discard | None], Discard | None],
) -> None:
    """Have the judgement about UDP connection packets changed: None takes the endpoint over."""
    original = Datagrams._refusal

    def refusal(
        self: Datagrams, packet: UdpConnectionPacket, rivals: list[DatagramEndpoint], now: float
    ) -> Discard | None:
        return change(self, packet, rivals, original(self, packet, rivals, now))

    patch(Datagrams, "_refusal", refusal)


def _from_second_lan(change: Callable[[Datagrams, UdpPacket, list[DatagramEndpoint]], None]) -> None:
    """Have something done before a type 2 packet is looked up, with the endpoints of its reference."""
    original = Datagrams.second_lan

    def receive(self: Datagrams, packet: UdpPacket, now: float) -> None:
        change(self, packet, list(self.tables.by_reference(packet.header.reference)))
        original(self, packet, now)

    patch(Datagrams, "second_lan", receive)


@defect("CON-1")
def datagrams_answered_from_own_address() -> None:
    """Answers a client that was handed over from the router's own address."""
    original = Datagrams.from_application

    def answer(self: Datagrams, number: int, octets: bytes, now: float) -> None:
        endpoint = self.tables.by_number(number)
        if endpoint is None:
            return
        right, endpoint.server = endpoint.server, Address(self._settings.address, endpoint.server.port)
        original(self, number, octets, now)
        endpoint.server = right

    patch(Datagrams, "from_application", answer)


@defect("UDP-3")
def datagrams_answered_with_the_other_lan_s_mac() -> None:
    """Answers clients on the first LAN as if it were the second one's interface."""
    original = Datagrams.from_application

    def answer(self: Datagrams, number: int, octets: bytes, now: float) -> None:
        settings = self._lan._settings
        self._lan._settings = replace(settings, first_mac=settings.second_mac)
        original(self, number, octets, now)
        self._lan._settings = settings

    patch(Datagrams, "from_application", answer)


@defect("UDP-2")
def every_third_datagram_overtakes() -> None:
    """Gives an application each second datagram of a client behind the third."""
    original = Datagrams._deliver
    waiting: dict[int, Transit] = {}
    counts: dict[int, int] = {}

    def deliver(self: Datagrams, endpoint: DatagramEndpoint, found: Transit, now: float) -> None:
        count = counts[endpoint.number] = counts.get(endpoint.number, 0) + 1
        if count % 3 == 2:
            waiting[endpoint.number] = found
            return
        original(self, endpoint, found, now)
        if endpoint.number in waiting:
            original(self, endpoint, waiting.pop(endpoint.number), now)

    patch(Datagrams, "_deliver", deliver)


@defect("UDP-2")
def stray_datagram_answered() -> None:
    """Tells a client by ICMP that there is no endpoint for what another router has passed on."""
    original = Datagrams.second_lan

    def receive(self: Datagrams, packet: UdpPacket, now: float) -> None:
        if not self.tables.by_reference(packet.header.reference):
            message = icmp.port_unreachable(packet.inner)
            self._lan.send(self._settings.address, packet.header.source_ip, IpProtocol.ICMP, message, now)
        original(self, packet, now)

    patch(Datagrams, "second_lan", receive)


@defect("TGT-1")
def udp_acknowledgement_to_the_owner() -> None:
    """Acknowledges a UDP connection packet to the router that owns the server address, whoever asked."""
    original = Datagrams.receive_connection_packet

    def receive(self: Datagrams, packet: UdpConnectionPacket, now: float) -> None:
        owner = self._settings.peers.get(packet.connection.server_ip, packet.ethernet.source)
        original(self, replace(packet, ethernet=replace(packet.ethernet, source=owner)), now)

    patch(Datagrams, "receive_connection_packet", receive)


@defect("TGT-2")
def udp_acknowledged_without_listener() -> None:
    """Acknowledges a UDP connection packet for a port that nobody serves."""
    _refusing(lambda _self, _packet, _rivals, why: None if why is Discard.NO_LISTENER else why)


@defect("TGT-3")
def udp_repeat_unacknowledged() -> None:
    """Acknowledges a UDP connection packet once only, so that no refresh is answered."""
    original = Datagrams.receive_connection_packet

    def receive(self: Datagrams, packet: UdpConnectionPacket, now: float) -> None:
        if not any(known.server == _server(packet) for known in self.tables.by_reference(packet.header.reference)):
            original(self, packet, now)

    patch(Datagrams, "receive_connection_packet", receive)


@defect("TGT-3")
def udp_repeat_starts_anew() -> None:
    """Makes a new provisional endpoint of a repeated UDP connection packet."""
    original = Datagrams.receive_connection_packet

    def receive(self: Datagrams, packet: UdpConnectionPacket, now: float) -> None:
        for known in list(self.tables.by_reference(packet.header.reference)):
            if known.origin is not None and known.server == _server(packet):
                self._remove(known, now, None)
        original(self, packet, now)

    patch(Datagrams, "receive_connection_packet", receive)


@defect("TGT-3")
def udp_repeat_moves_the_endpoint() -> None:
    """Has a provisional endpoint listen to whoever repeated its UDP connection packet last."""
    original = Datagrams.receive_connection_packet

    def receive(self: Datagrams, packet: UdpConnectionPacket, now: float) -> None:
        original(self, packet, now)
        for known in self.tables.by_reference(packet.header.reference):
            known.origin = packet.ethernet.source if known.origin is not None else None

    patch(Datagrams, "receive_connection_packet", receive)


@defect("TGT-4")
def udp_stranger_replaces() -> None:
    """Lets another server's UDP endpoint take a reference over, whoever sends it."""
    _refusing(
        lambda _self, _packet, rivals, why: (
            None if why is Discard.NOT_LATER and rivals and all(one.origin is not None for one in rivals) else why
        )
    )


@defect("TGT-4")
def unknown_owner_replaces() -> None:
    """Takes a server address that it does not know for the sender's own."""

    def change(
        self: Datagrams, packet: UdpConnectionPacket, rivals: list[DatagramEndpoint], why: Discard | None
    ) -> Discard | None:
        unknown = (
            packet.connection.server_ip not in self._settings.peers and _server(packet).ip != self._settings.address
        )
        return None if why is Discard.NOT_LATER and unknown and rivals else why

    _refusing(change)


@defect("TGT-4")
def owner_s_udp_connection_refused() -> None:
    """Keeps the first UDP endpoint of a reference though the other server's own router hands the client over."""
    _refusing(lambda _self, _packet, rivals, why: Discard.NOT_LATER if rivals else why)


@defect("TGT-4")
def definite_udp_endpoint_never_replaced() -> None:
    """Keeps a UDP endpoint that is in use though the other server's own router hands the client over."""
    _refusing(
        lambda _self, _packet, rivals, why: Discard.NOT_LATER if any(not one.provisional for one in rivals) else why
    )


@defect("TGT-4")
def udp_comes_home() -> None:
    """Takes over a client of its own address."""
    _refusing(lambda self, packet, rivals, why: None if _is_own(self, packet) and not rivals else why)


@defect("TGT-4")
def own_udp_client_replaced() -> None:
    """Lets a peer hand over a client that it serves itself."""
    _refusing(
        lambda _self, _packet, rivals, why: (
            None if why is Discard.NOT_LATER and rivals[:1] and not rivals[0].origin else why
        )
    )


@defect("TGT-5")
def inner_destination_of_datagrams_ignored() -> None:
    """Gives a type 2 packet's datagram to the endpoint of its reference whatever its inner destination is."""
    original, transit = Datagrams.second_lan, forwarding.transit

    def receive(self: Datagrams, packet: UdpPacket, now: float) -> None:
        referred = self.tables.by_reference(packet.header.reference)

        def misread(inner: Ipv4Packet, octets: bytes, *, first: bool) -> Transit | None:
            found = transit(inner, octets, first=first)
            return found._replace(server=referred[0].server) if found is not None and referred else found

        with (
            mock.patch.object(datagrams, "transit", misread),
            mock.patch.object(udp, "is_well_formed", return_value=True),
        ):
            original(self, packet, now)

    patch(Datagrams, "second_lan", receive)


@defect("TGT-5")
def definite_udp_endpoint_bound_to_its_origin() -> None:
    """Takes a definite endpoint's datagrams from the router only that handed it over."""
    original = Datagrams.second_lan

    def receive(self: Datagrams, packet: UdpPacket, now: float) -> None:
        if all(one.origin == packet.ethernet.source for one in self.tables.by_reference(packet.header.reference)):
            original(self, packet, now)

    patch(Datagrams, "second_lan", receive)


@defect("TAB-1")
def datagrams_for_its_own_address_only() -> None:
    """Drops what comes from the first LAN for the server of a client that was handed over."""
    original = Datagrams.first_lan

    def receive(self: Datagrams, packet: Ipv4Packet, octets: bytes, now: float) -> None:
        if packet.destination == self._settings.address:
            original(self, packet, octets, now)

    patch(Datagrams, "first_lan", receive)


@defect("TGT-12")
def provisional_udp_speaks() -> None:
    """Sends the client an empty datagram as soon as a UDP connection packet comes."""
    original = Datagrams._make

    def make(self: Datagrams, packet: UdpConnectionPacket, replaced: list[DatagramEndpoint], now: float) -> None:
        original(self, packet, replaced, now)
        for endpoint in self.tables.by_reference(packet.header.reference):
            datagram = udp.build(endpoint.server, endpoint.client, b"")
            self._lan.send(endpoint.server.ip, endpoint.client.ip, IpProtocol.UDP, datagram, now)

    patch(Datagrams, "_make", make)


@defect("TGT-12")
def provisional_udp_open_to_all() -> None:
    """Lets any router's datagram make a provisional endpoint definite."""

    def change(_self: Datagrams, packet: UdpPacket, referred: list[DatagramEndpoint]) -> None:
        for endpoint in referred:
            if endpoint.provisional:
                endpoint.origin = packet.ethernet.source

    _from_second_lan(change)


@defect("TGT-12")
def provisional_udp_found_from_the_first_lan() -> None:
    """Lets a bare datagram of the first LAN make a provisional endpoint definite."""
    original = Datagrams.first_lan

    def receive(self: Datagrams, packet: Ipv4Packet, octets: bytes, now: float) -> None:
        for endpoint in list(self.tables):
            if endpoint.provisional and endpoint.client.ip == packet.source:
                endpoint.provisional = False
                self._attach(endpoint)
        original(self, packet, octets, now)

    patch(Datagrams, "first_lan", receive)


@defect("UDP-5")
def udp_endpoint_moves_on() -> None:
    """Chooses a server once more for a client that was handed over, and hands it on."""
    original = Datagrams._make_definite

    def make_definite(self: Datagrams, endpoint: DatagramEndpoint, found: Transit, now: float) -> None:
        server = choose(None, endpoint.listener, self._knowledge, now, Protocol.UDP).server
        if server == self._settings.address:
            original(self, endpoint, found, now)
            return
        endpoint.provisional = False
        endpoint.hold(found)
        self._migrate(endpoint, Onward(server, endpoint.listener, self._settings.peers[server]), now)

    patch(Datagrams, "_make_definite", make_definite)


def _server(packet: UdpConnectionPacket) -> Address:
    return Address(packet.connection.server_ip, packet.connection.server_port)


def _is_own(self: Datagrams, packet: UdpConnectionPacket) -> bool:
    return packet.connection.server_ip == self._settings.address

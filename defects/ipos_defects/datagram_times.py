"""Defects in how long UDP endpoints and entries live, and in the refresh (UDP-3, UDP-4, TGT-12)."""

from ipos_reference import datagrams
from ipos_reference.datagram_endpoint import DatagramEndpoint
from ipos_reference.datagrams import Datagrams
from ipos_reference.forward_table import Entry, ForwardTable
from ipos_reference.forwarding import Forwarder, Transit
from ipos_spec.codec import encode
from ipos_spec.encapsulation import Protocol
from ipos_spec.packets import UdpConnectionPacket, udp_connection_packet

from ipos_defects.defect import defect, patch


def _entries_live(seconds: float) -> None:
    """Have entries of UDP live so long without a datagram."""
    original = ForwardTable.__init__

    def begin(self: ForwardTable, protocol: Protocol, bound: int, scale: float = 1.0) -> None:
        original(self, protocol, bound, scale)
        if protocol is Protocol.UDP:
            self._idle = self._closing = seconds * scale

    patch(ForwardTable, "__init__", begin)


@defect("UDP-3")
def udp_entry_ends_after_30_s() -> None:
    """Forgets an entry of Forward after half its time."""
    _entries_live(30)


@defect("UDP-3")
def udp_entry_lives_as_tcp_s() -> None:
    """Keeps an entry of Forward for 900 s without a datagram."""
    _entries_live(900)


@defect("UDP-3")
def udp_entry_not_renewed() -> None:
    """Counts an entry's 60 s from the acknowledgement on, whatever the client sends."""
    original = Forwarder.forward

    def forward(
        self: Forwarder, table: ForwardTable, entry: Entry, packet: Transit, now: float, *, renew: bool = True
    ) -> None:
        original(self, table, entry, packet, now, renew=renew and packet.packet.protocol != 17)

    patch(Forwarder, "forward", forward)


@defect("UDP-3")
def udp_endpoint_ends_after_60_s() -> None:
    """Forgets an endpoint as early as its origin forgets the entry."""
    patch(datagrams, "IDLE", 60)


@defect("UDP-3")
def udp_endpoint_never_ends() -> None:
    """Keeps an endpoint of UDP for 900 s without a datagram."""
    patch(datagrams, "IDLE", 900)


@defect("UDP-3")
def udp_endpoint_not_kept_by_datagrams() -> None:
    """Counts an endpoint's 90 s from its first datagram on."""
    original = Datagrams._deliver

    def deliver(self: Datagrams, endpoint: DatagramEndpoint, found: Transit, now: float) -> None:
        heard = endpoint.heard
        original(self, endpoint, found, now)
        endpoint.heard = heard

    def from_application(self: Datagrams, number: int, octets: bytes, now: float) -> None:
        endpoint = self.tables.by_number(number)
        heard = now if endpoint is None else endpoint.heard
        answer(self, number, octets, now)
        if endpoint is not None:
            endpoint.heard = heard

    answer = Datagrams.from_application
    patch(Datagrams, "_deliver", deliver)
    patch(Datagrams, "from_application", from_application)


@defect("TGT-12")
def provisional_udp_ends_after_30_s() -> None:
    """Forgets a provisional endpoint of UDP after 30 s."""
    patch(datagrams, "PROVISIONAL_LIFETIME", 30)


@defect("TGT-12")
def provisional_udp_lives_as_tcp_s() -> None:
    """Keeps a provisional endpoint of UDP for 900 s."""
    patch(datagrams, "PROVISIONAL_LIFETIME", 900)


@defect("UDP-4")
def no_refresh() -> None:
    """Forwards to a target without ever asking whether it is still there."""
    patch(datagrams, "REFRESH", 1e9)


@defect("UDP-4")
def refresh_every_5_s() -> None:
    """Repeats the connection packet of an entry in use every 5 s."""
    patch(datagrams, "REFRESH", 5)


@defect("UDP-4")
def refresh_behind_the_datagram() -> None:
    """Forwards the datagram first, and asks the target for the endpoint then."""
    original, forward_before = Datagrams._forward_in_use, Forwarder.forward

    def in_use(self: Datagrams, entry: Entry, found: Transit, now: float) -> None:
        self._forwarder.forward(self.forward, entry, found, now)
        patch(Forwarder, "forward", lambda *_arguments, **_options: None)
        original(self, entry, found, now)
        patch(Forwarder, "forward", forward_before)

    patch(Datagrams, "_forward_in_use", in_use)


@defect("UDP-4")
def refresh_acknowledged_in_vain() -> None:
    """Asks again with each datagram, though the target has just acknowledged."""
    patch(Datagrams, "_refreshed", lambda *_: None)


@defect("UDP-4")
def unused_entry_refreshed() -> None:
    """Asks after an entry that nobody uses."""
    original = Datagrams.handle_timeout

    def handle_timeout(self: Datagrams, now: float) -> None:
        for client, (packet, refreshed) in list(self._packets.items()):
            if now - refreshed >= datagrams.REFRESH * self._settings.timer_scale:
                self._packets[client] = packet, now
                self._emit(encode(packet))
        original(self, now)

    def next_timeout(self: Datagrams) -> float | None:
        due = [when + datagrams.REFRESH * self._settings.timer_scale for _, when in self._packets.values()]
        before = next_before(self)
        return min([*due, *([] if before is None else [before])], default=None)

    next_before = Datagrams.next_timeout
    patch(Datagrams, "handle_timeout", handle_timeout)
    patch(Datagrams, "next_timeout", next_timeout)


@defect("UDP-4")
def lost_target_kept() -> None:
    """Goes on forwarding to a target that acknowledges no refresh any more."""
    patch(Datagrams, "_lost", lambda *_: None)


@defect("UDP-4")
def refresh_differs() -> None:
    """Refreshes with a connection packet that names the target as the server."""
    original = Datagrams._acknowledged

    def acknowledged(
        self: Datagrams, endpoint: DatagramEndpoint, packet: UdpConnectionPacket, onward: object, now: float
    ) -> None:
        original(self, endpoint, packet, onward, now)  # type: ignore[arg-type]
        other = udp_connection_packet(
            packet.ethernet,
            packet.header.reference,
            type(packet.connection)(server_ip=packet.header.destination_ip, server_port=packet.connection.server_port),
        )
        self._packets[endpoint.client] = other, now

    patch(Datagrams, "_acknowledged", acknowledged)

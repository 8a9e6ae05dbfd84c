"""Defects in choosing a server: too early, too late, or for a connection that has to stay (ORG-3 to ORG-5, 9, 11)."""

from typing import Any

from ipos_reference import connections, leaving, request
from ipos_reference.connection import Connection
from ipos_reference.forward_table import Onward
from ipos_reference.hold import Arrival, Hold
from ipos_reference.origin import Origin
from ipos_reference.request import RequestKind
from ipos_reference.tcp import negotiation
from ipos_reference.tcp.connection import State
from ipos_reference.tcp.segment import Flags, Segment
from ipos_spec.codec import encode
from ipos_spec.connection import TcpConnectionInformation
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import tcp_connection_packet

from ipos_defects.defect import defect, patch


@defect("ORG-5")
def never_migrates() -> None:
    """Serves every client itself, whatever it asks for."""
    original = Origin._choose

    def choose_itself(self: Origin, connection: Connection, asked: Any, now: float) -> Any:
        original(self, connection, asked, now)
        return self._settings.address

    patch(Origin, "_choose", choose_itself)


@defect("ORG-3")
def chooses_at_the_handshake() -> None:
    """Chooses a server as soon as the client has connected, by its port alone."""
    original = Origin._receive_in_handshake

    def receive(self: Origin, connection: Connection, arrival: Arrival, now: float) -> None:
        original(self, connection, arrival, now)
        raw = self._settings.listeners[connection.listener] is RequestKind.RAW
        if raw and connection.endpoint.state is State.ESTABLISHED and not connection.hold:
            self._go(connection, self._choose(connection, None, now), now)

    patch(Origin, "_receive_in_handshake", receive)


@defect("ORG-3")
def chooses_at_a_fin() -> None:
    """Chooses a server at the client's FIN, though it has asked for nothing."""
    patch(Hold, "starts_with_fin", lambda _self, _rcv_nxt: False)
    original = Origin._hold

    def hold(self: Origin, connection: Connection, arrival: Arrival, now: float) -> None:
        original(self, connection, arrival, now)
        if arrival.segment.flags & Flags.FIN and not arrival.segment.payload and not connection.migrating:
            self._go(connection, self._choose(connection, None, now), now)

    patch(Origin, "_hold", hold)


@defect("ORG-3")
def raw_waits_for_a_line() -> None:
    """Waits for the end of a line on a raw port, too."""
    original = request.is_complete
    patch(
        request,
        "is_complete",
        lambda kind, octets: b"\n" in octets if kind is RequestKind.RAW else original(kind, octets),
    )


@defect("ORG-3")
def chooses_by_the_first_segment() -> None:
    """Takes what the first segment holds for the request, whether it is whole or not."""
    patch(request, "is_complete", lambda _kind, octets: bool(octets))


@defect("ORG-3")
def chooses_after_4_kib() -> None:
    """Waits for 4 KiB of a request only."""
    patch(request, "MAXIMUM", 4096)


@defect("ORG-3")
def waits_beyond_16_kib() -> None:
    """Waits for 64 KiB of a request."""
    patch(request, "MAXIMUM", 65536)


@defect("ORG-3")
def waits_for_the_request_for_ever() -> None:
    """Never chooses a server for a request that is not completed."""
    patch(connections, "FIRST_OCTET_UNACKNOWLEDGED", 1e6)


@defect("ORG-4")
def offers_what_it_serves() -> None:
    """Sends a connection packet for each client that it serves, too, in case a peer likes to have it."""
    original = Origin._serve

    def serve(self: Origin, connection: Connection, now: float) -> None:
        server, mac = next(iter(self._settings.peers.items()))
        information = TcpConnectionInformation(
            server_ip=connection.server.ip,
            server_port=connection.server.port,
            control_block=connection.endpoint.export(now),
        )
        ethernet = EthernetHeader(destination=mac, source=self._settings.second_mac, type=self._settings.ether_type)
        reference = Onward(server, connection.listener, mac).reference(connection.client)
        self._forwarder._emit(encode(tcp_connection_packet(ethernet, reference, information)))
        original(self, connection, now)

    patch(Origin, "_serve", serve)


@defect("ORG-9")
def small_segments_migrate() -> None:
    """Migrates a client whose MSS no target would continue."""
    patch(leaving, "SMALLEST_MSS", 0)


@defect("ORG-9")
def huge_mss_unbounded() -> None:
    """Takes an MSS as it comes, though no IPv4 packet holds such a segment."""
    patch(negotiation, "MAXIMUM_MSS", 0xFFFF)


@defect("ORG-11")
def acknowledged_request_migrates() -> None:
    """Acknowledges half a request after a second, and migrates the connection all the same when the rest comes."""

    def handle_timeout(self: Origin, connection: Connection, now: float) -> None:
        hold, state = connection.hold, connection.endpoint._connection
        held = hold.contiguous(state.rcv_nxt)
        hold.first_octet_at = now + 10
        segment = hold.arrivals[0].segment
        ack = Segment(
            source_port=segment.destination_port,
            destination_port=segment.source_port,
            seq=state.snd_nxt,
            ack=(state.rcv_nxt + len(held)) % 2**32,
            flags=Flags.ACK,
            window=0xFFFF,
        )
        self._connections.answer(connection.server, connection.client, ack, now)
        self._connections.settle(connection, now)

    patch(Origin, "handle_timeout", handle_timeout)


@defect("ORG-11")
def fin_ends_the_wait() -> None:
    """Serves a client that has finished at once, since nothing will complete its request any more."""
    original = Origin._hold

    def hold(self: Origin, connection: Connection, arrival: Arrival, now: float) -> None:
        original(self, connection, arrival, now)
        if arrival.segment.flags & Flags.FIN and connection.hold and not connection.migrating:
            self._serve(connection, now)

    patch(Origin, "_hold", hold)

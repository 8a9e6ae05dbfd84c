"""Defects of the origin role and of the neighbourhood (ORG, NBR)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ipos_reference import arp, ethernet, icmp, request
from ipos_reference.addresses import Address
from ipos_reference.arp import Operation
from ipos_reference.configuration import Configuration
from ipos_reference.connection import Connection
from ipos_reference.datagrams import Datagrams
from ipos_reference.ethernet import Frame
from ipos_reference.hold import Arrival, Hold
from ipos_reference.lookup import Lookup
from ipos_reference.origin import Origin
from ipos_reference.router import Lan, Router
from ipos_reference.settings import IPV4_AND_TCP, Settings
from ipos_reference.tcp import acceptability, acknowledgment, arrival, endpoint, negotiation, opening, transmit
from ipos_reference.tcp import segment as tcp_segment
from ipos_reference.tcp.acceptability import Acceptance
from ipos_reference.tcp.negotiation import Agreement
from ipos_reference.tcp.options import Options
from ipos_reference.tcp.segment import Flags, Segment
from ipos_spec.addresses import Mac

from ipos_defects.defect import defect, patch

_TYPE = 26
"""Offset of the type octet in the frame."""


def _verdict(wrong: Acceptance, instead: Acceptance) -> None:
    """Have the verdict on a segment changed."""
    original = acceptability.judge

    def judge(connection: Any, segment: Segment, now: float) -> Acceptance:
        verdict = original(connection, segment, now)
        return instead if verdict is wrong else verdict

    for module in (arrival, endpoint):
        patch(module, "judge", judge)


@defect("ORG-1")
def closed_port_silent() -> None:
    """Drops a SYN to a port that nobody serves instead of resetting it."""
    original = Lookup._receive_for_no_endpoint

    def receive(self: Lookup, segment: Segment, client: Address, server: Address, now: float) -> None:
        if self._connections.listens(server):
            original(self, segment, client, server, now)

    patch(Lookup, "_receive_for_no_endpoint", receive)


@defect("ORG-2")
def second_lan_forgotten_in_mss() -> None:
    """Offers an MSS that fills a packet of the first LAN, so that it no longer fits when encapsulated."""
    patch(Settings, "offered_mss", property(lambda self: self.first_mtu - IPV4_AND_TCP))


@defect("ORG-3")
def end_without_request_ignored() -> None:
    """Holds a FIN without data for ever, as if a request could still come."""
    patch(Hold, "starts_with_fin", lambda _self, _rcv_nxt: False)


@defect("ORG-4")
def request_delivered_twice() -> None:
    """Delivers the held octets to the application twice."""
    original = Origin._serve

    def serve(self: Origin, connection: Connection, now: float) -> None:
        held = [arrival for arrival in connection.hold.arrivals if arrival.segment.payload]
        connection.hold.arrivals = [
            arrival._replace(segment=arrival.segment._replace(payload=arrival.segment.payload * 2)) for arrival in held
        ]
        original(self, connection, now)

    patch(Origin, "_serve", serve)


@defect("ORG-4")
def held_in_order_of_arrival_only() -> None:
    """Delivers held segments in the order in which they came, as if nothing could overtake."""

    def contiguous(self: Hold, rcv_nxt: int) -> bytes:
        seq = rcv_nxt
        for index, held in enumerate(self.arrivals):
            self.arrivals[index] = held._replace(segment=held.segment._replace(seq=seq))
            seq = (seq + len(held.segment.payload)) % 2**32
        return b"".join(held.segment.payload for held in self.arrivals)

    patch(Hold, "contiguous", contiguous)


@defect("ORG-9")
def repeated_syn_ignored() -> None:
    """Answers a SYN once only, though its SYN/ACK may have been lost."""
    _verdict(Acceptance.REPEATED_SYN, Acceptance.CLOSED)


@defect("ORG-9")
def wrong_tcp_checksum_accepted() -> None:
    """Takes segments whose TCP checksum is wrong."""
    patch(tcp_segment, "verifies", lambda _octets: True)


@defect("ORG-9")
def reset_anywhere_in_the_window_counts() -> None:
    """Ends a connection on any RST in the window, so that a stranger can guess one (RFC 5961)."""
    _verdict(Acceptance.INEXACT_RESET, Acceptance.ACCEPTABLE)


@defect("ORG-9")
def data_outside_the_window_unanswered() -> None:
    """Drops data outside the window without an ACK."""
    _verdict(Acceptance.OUTSIDE_WINDOW, Acceptance.CLOSED)


@defect("ORG-9")
def options_unasked() -> None:
    """Puts options into its SYN/ACK that the client did not offer."""
    original = negotiation.agree

    def agree(offer: Options, settings: Any) -> Agreement:
        return replace(original(offer, settings), timestamps=True, scaling=True, rcv_scale=2)

    patch(opening, "agree", agree)


@defect("ORG-9")
def data_on_a_syn_accepted() -> None:
    """Takes the data on a SYN and acknowledges it."""
    original = opening.open_passively

    def open_passively(syn: Segment, **others: Any) -> Any:
        return original(syn._replace(seq=(syn.seq + len(syn.payload)) % 2**32), **others)

    patch(endpoint, "open_passively", open_passively)


@defect("ORG-11")
def request_acknowledged_at_once() -> None:
    """Acknowledges an incomplete request as it comes."""
    patch(request, "is_complete", lambda _kind, octets: bool(octets))


@defect("NBR-1")
def routers_mixed_up() -> None:
    """Takes each other router's MAC for its neighbour's in the configuration."""
    original = Configuration.settings

    def settings(self: Configuration) -> Settings:
        right = original(self)
        macs = [*right.peers.values()]
        return replace(right, peers=dict(zip(right.peers, (*macs[1:], macs[0]), strict=True)))

    patch(Configuration, "settings", settings)


@defect("NBR-1")
def arp_with_the_other_lans_mac() -> None:
    """Answers ARP on either LAN with the MAC of the first."""
    original = Router._mac

    def mac(self: Router, lan: Lan) -> Mac:
        return self.settings.first_mac if lan is Lan.SECOND else original(self, lan)

    patch(Router, "_mac", mac)


@defect("NBR-1")
def arp_answered_for_servers_of_its_endpoints() -> None:
    """Answers ARP also for the servers whose connections it has taken over, as a proxy would."""
    original = Router._receive_arp

    def receive(self: Router, lan: Lan, frame: Frame, now: float) -> None:
        original(self, lan, frame, now)
        packet = arp.parse(frame.payload)
        servers = {endpoint.server.ip for endpoint in self.tables} - {self.settings.address}
        if packet is not None and packet.operation is Operation.REQUEST and packet.target_ip in servers:
            answer = arp.build(arp.reply(packet, self._mac(lan)))
            self._emit(lan, ethernet.build(Frame(packet.sender_mac, self._mac(lan), ethernet.ARP, answer)))

    patch(Router, "_receive_arp", receive)


@defect("NBR-1")
def ipv4_taken_from_the_second_lan() -> None:
    """Takes bare IPv4 packets from the second LAN like those of the first."""
    original = Router.receive

    def receive(self: Router, lan: Lan, octets: bytes, now: float) -> None:
        frame = ethernet.parse(octets)
        if frame is not None and (frame.destination, frame.type) == (self._mac(lan), ethernet.IPV4):
            self._receive_ipv4(frame.payload, now)
        else:
            original(self, lan, octets, now)

    patch(Router, "receive", receive)


@defect("NBR-2")
def echo_unanswered() -> None:
    """Does not answer ICMP echo requests."""
    patch(icmp, "echo_reply", lambda _message: None)


@defect("NBR-2")
def unserved_port_silent() -> None:
    """Drops a datagram for a port that nobody serves without a word."""
    patch(Datagrams, "_refuse", lambda *_: None)


@defect("ORG-6")
def stray_acknowledgement_answered() -> None:
    """Sends an acknowledgement of no migration back to where it came from."""
    original = Router._receive_ipos

    def receive(self: Router, lan: Lan, frame: Frame, octets: bytes, now: float) -> None:
        original(self, lan, frame, octets, now)
        if lan is Lan.SECOND and octets[_TYPE : _TYPE + 1] == b"\x03":
            self._emit(lan, frame.source + self.settings.second_mac + octets[12:])

    patch(Router, "_receive_ipos", receive)


@defect("ORG-9")
def own_clients_window_ignored() -> None:
    """Sends its own clients as much as if their windows were always 65535."""
    patch(acknowledgment, "_set_window", lambda connection, _segment: setattr(connection, "snd_wnd", 0xFFFF))


@defect("ORG-9")
def timestamps_not_echoed() -> None:
    """Puts zero into TSecr."""
    original = transmit._timestamps

    def timestamps(connection: Any, now: float) -> tuple[int, int] | None:
        stamps = original(connection, now)
        return None if stamps is None else (stamps[0], 0)

    patch(transmit, "_timestamps", timestamps)


@defect("ORG-11")
def held_octets_sacked() -> None:
    """Acknowledges held octets selectively."""
    original = Origin._hold

    def hold(self: Origin, connection: Connection, arrival: Arrival, now: float) -> None:
        endpoint_state, segment = connection.endpoint._connection, arrival.segment
        block = segment.seq, (segment.seq + len(segment.payload)) % 2**32
        sack = Segment(
            source_port=segment.destination_port,
            destination_port=segment.source_port,
            seq=endpoint_state.snd_nxt,
            ack=endpoint_state.rcv_nxt,
            flags=Flags.ACK,
            window=0xFFFF,
            options=Options(sack=(block,) if endpoint_state.agreement.sack else ()),
        )
        self._connections.answer(connection.server, connection.client, sack, now)
        original(self, connection, arrival, now)

    patch(Origin, "_hold", hold)


def _held_resets(end: Callable[[Segment, int], bool]) -> None:
    """Have another rule for the resets that end a connection while octets are held."""

    def reset(self: Origin, connection: Connection, rst: Segment, now: float) -> None:
        if end(rst, connection.endpoint.rcv_nxt):
            self._connections.remove(connection, now)

    patch(Origin, "_reset", reset)


@defect("ORG-12")
def reset_behind_held_octets_ignored() -> None:
    """Ends a connection by an RST at rcv_nxt only, though the client is further while octets are held."""
    _held_resets(lambda rst, rcv_nxt: rst.seq == rcv_nxt)


@defect("ORG-12")
def any_reset_ends_what_is_held() -> None:
    """Ends a connection whose request is held by any RST."""
    _held_resets(lambda _rst, _rcv_nxt: True)

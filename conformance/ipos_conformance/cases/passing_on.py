"""Packets that reach a router whose endpoint has moved on: they follow it, untouched, by that router's own entry."""

from collections.abc import Callable

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import changed, inverted, with_checksum_field
from ipos_conformance.dut import Dut
from ipos_conformance.steps.left_as_sent import AS_SENT
from ipos_conformance.steps.moved import send_away, send_on

_PEERS = {"from-the-holder": "peer", "from-a-third-router": "other_peer"}


@requirement("FWD-3")
@parameters(by=_PEERS)
def test_type_2_packet_follows_the_endpoint(dut: Dut, by: str) -> None:
    """From whichever router it comes, it is sent on under the entry's reference, with a right checksum."""
    moved = send_away(dut)
    moved.through(getattr(dut, by)).carry(packet := moved.client.packet("PA", b"more"))
    moved.expect_forwarded(packet)
    dut.judge.expect_silence()


@requirement("FWD-3")
@parameters(change=AS_SENT)
def test_inner_packet_is_untouched(dut: Dut, change: Callable[[bytes], bytes]) -> None:
    """Neither TTL nor checksums are touched or judged on the way."""
    moved = send_away(dut)
    moved.through(dut.other_peer).carry(packet := change(moved.client.packet("PA", b"more")))
    moved.expect_forwarded(packet)
    dut.judge.expect_silence()


@requirement("FWD-3")
def test_late_copies_are_sent_on_like_first_ones(dut: Dut) -> None:
    """A type 2 packet that comes twice is sent on twice: whether it is a copy is for the endpoint to judge."""
    moved = send_away(dut)
    packet = moved.client.packet("PA", b"more")
    moved.through(dut.other_peer).carry(packet)
    moved.through(dut.other_peer).carry(packet)
    moved.expect_forwarded(packet, packet)
    dut.judge.expect_silence()


@requirement("FWD-3")
def test_packets_of_a_chain_are_sent_on(dut: Dut) -> None:
    """Of a connection that came from one router and moved on to another, what the first sends goes to the other."""
    moved = send_on(dut)
    moved.expect_passed_on(*(moved.client.packet("PA", octets) for octets in (b"one", b"two", b"three")))


@requirement("FWD-3")
@parameters(flags={"fin": "FA", "rst": "R"})
def test_fin_or_reset_on_its_way_starts_the_closing_time(dut: Dut, flags: str) -> None:
    """A FIN or RST that is sent on counts for the entry: the client's next SYN is answered at once (FWD-2, FWD-5)."""
    moved = send_away(dut)
    moved.through(dut.other_peer).carry(end := moved.client.packet(flags))
    moved.expect_forwarded(end)
    dut.expect_syn_ack(dut.start_connecting(client=moved.client.client))
    moved.expect_nothing_forwarded()


@requirement("FWD-3")
def test_damaged_inner_packet_is_not_sent_on(dut: Dut) -> None:
    """An inner packet with a wrong IP header checksum is discarded, as from any router (ENC-10)."""
    moved = send_away(dut)
    moved.through(dut.other_peer).carry(inverted(moved.client.packet("PA", b"more"), 10))
    dut.judge.expect_silence()


@requirement("ENC-7")
def test_wrong_checksum_is_not_made_right(dut: Dut) -> None:
    """A type 2 packet whose checksum is wrong is discarded, and not sent on under a right one (FWD-3)."""
    moved = send_away(dut)
    packet = dut.other_peer.client_packet(moved.client.client, moved.client.packet("PA", b"more"))
    dut.other_peer.send(with_checksum_field(packet, packet.header.checksum ^ 1))
    dut.judge.expect_silence()


@requirement("TAB-1")
@parameters(port={"the-closed-port": "closed_port", "the-http-port": "http_port"})
def test_entry_is_found_by_client_and_inner_destination(dut: Dut, port: str) -> None:
    """Under whatever port of this router a type 2 packet comes, its inner destination finds the entry."""
    moved = send_away(dut)
    packet = dut.other_peer.client_packet(moved.client.client, moved.client.packet("PA", b"more"))
    fields = {"header.destination_port": getattr(dut.target.pixit, port)}
    dut.other_peer.send(changed(packet, fields))
    moved.expect_forwarded(packet.inner)


@requirement("TAB-1")
@parameters(server={"another-server-s": "peer", "a-third-server-s": "other_peer"})
def test_type_2_packet_for_another_server_is_not_sent_on(dut: Dut, server: str) -> None:
    """An inner destination that is not the entry's server finds no entry, though the reference is the same."""
    moved = send_away(dut)
    other = moved.through(dut.other_peer)
    other.server = getattr(dut, server).server
    other.carry(other.packet("PA", b"more"))
    moved.expect_nothing_forwarded()


@requirement("TAB-1")
def test_type_2_packet_for_another_port_is_not_sent_on(dut: Dut) -> None:
    """Nor does another port of the entry's server."""
    moved = send_away(dut)
    other = moved.through(dut.other_peer)
    other.server = (dut.address, dut.target.pixit.closed_port)
    other.carry(other.packet("PA", b"more"))
    moved.expect_nothing_forwarded()


@requirement("TAB-1")
def test_first_lan_s_packet_for_another_server_finds_its_entry(dut: Dut) -> None:
    """A packet from the first LAN for the server of a connection that came in and moved on goes by its entry."""
    moved = send_on(dut)
    moved.through_first_lan(moved.client).carry(packet := moved.client.packet("PA", b"more"))
    moved.expect_forwarded(packet)
    dut.judge.expect_silence()

"""A client whose one connection stands in Forward has another from the same port: each for itself, and here."""

from ipos_spec.encapsulation import PacketType

from ipos_conformance.case import parameters, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.steps.echo import connect_to_echo, expect_echo
from ipos_conformance.steps.kept_open import expect_answer, request_kept_open
from ipos_conformance.steps.moved import carried, is_type, needs_moving_on, send_away, send_on


@requirement("TAB-3")
@parameters(port={"that-stays-here": "local", "that-goes-elsewhere": "away"})
def test_connection_to_another_port_is_served_here(dut: Dut, port: str) -> None:
    """The echo service answers the same client port, and nothing of it appears on the second LAN."""
    moved = send_away(dut)
    expect_echo(dut, connect_to_echo(dut, moved.client.client, getattr(dut.target.pixit.raw, port)), b"ipOS")
    moved.expect_nothing_on_second_lan()


@requirement("TAB-3")
def test_connection_to_another_port_is_served_here_while_one_migrates(dut: Dut) -> None:
    """So it is while the other connection's acknowledgement is still waited for."""
    client = dut.settle(dut.connect())
    dut.origin.request(client)
    packet = dut.origin.expect_connection_packet(client)
    expect_echo(dut, connect_to_echo(dut, client.client, dut.target.pixit.raw.away), b"ipOS")
    dut.judge.expect_none(
        lambda frame: (
            is_type(PacketType.CONNECTION, frame) and client.client in frame.clients and frame.header != packet.header
        ),
        "no connection packet for the second connection",
    )


@requirement("TAB-3")
def test_first_connection_is_forwarded_beside_the_second(dut: Dut) -> None:
    """With another connection open from the same port, the one in Forward is still forwarded, and only that one."""
    moved = send_away(dut)
    second = connect_to_echo(dut, moved.client.client, dut.target.pixit.raw.local)
    moved.expect_passed_on(moved.client.packet("PA", b"more"))
    expect_echo(dut, second, b"ipOS")
    moved.expect_nothing_on_second_lan()


@requirement("TAB-3")
def test_entry_does_not_apply_to_a_closed_port(dut: Dut) -> None:
    """A SYN of the same client port to a port that nobody serves is reset, and not forwarded."""
    moved = send_away(dut)
    other = dut.start_connecting(client=moved.client.client, port=dut.target.pixit.closed_port)
    dut.expect_segment(other, lambda tcp: "R" in tcp.flags and tcp.ack == other.snd_nxt, "RST, as for a closed port")
    moved.expect_nothing_on_second_lan()


@requirement("TAB-3")
def test_entry_does_not_apply_to_another_server(dut: Dut) -> None:
    """A packet from the first LAN for another server's address is not forwarded by the entry."""
    moved = send_away(dut)
    other = moved.through_first_lan(moved.client)
    other.server = dut.other_peer.server
    other.carry(other.packet("PA", b"more"))
    moved.expect_nothing_on_second_lan()


@requirement("TAB-3")
def test_connection_of_another_server_comes_in_beside_the_entry(dut: Dut) -> None:
    """The same client port's connection to another server is taken over, though the reference is the same."""
    moved = send_away(dut)
    endpoint = dut.hand_over_by(dut.other_peer, dut.other_peer.connection_packet(moved.client.client))
    moved.expect_passed_on(moved.client.packet("PA", b"more"))
    dut.expect_exchange(endpoint)
    moved.expect_nothing_on_second_lan()


@requirement("TAB-3")
def test_connection_of_another_server_does_not_move_on_beside_the_entry(dut: Dut) -> None:
    """At its next request for what another server has, the target's own server answers."""
    needs_moving_on(dut)
    moved = send_away(dut)
    endpoint = dut.hand_over_by(dut.other_peer, dut.other_peer.connection_packet(moved.client.client))
    request_kept_open(endpoint, dut.first)
    expect_answer(dut, endpoint, dut.first)
    dut.expect_exchange(carried(dut, endpoint, endpoint.carry), dut.origin.away)
    moved.expect_nothing_on_second_lan()


@requirement("TAB-3")
def test_own_connection_does_not_migrate_beside_another_server_s_entry(dut: Dut) -> None:
    """Nor does the client's own connection here where the entry is that of another server's, which moved on."""
    moved = send_on(dut)
    dut.expect_exchange(dut.connect(client=moved.client.client), dut.origin.away)
    moved.expect_nothing_on_second_lan()


@requirement("TGT-4")
def test_connection_under_the_reference_of_one_that_never_migrated_is_refused(dut: Dut) -> None:
    """Another server's connection with the reference of the client's own connection here replaces nothing."""
    client = dut.settle(dut.connect())
    dut.peer.send(dut.peer.connection_packet(client.client))
    dut.expect_silence_in(client)
    dut.expect_exchange(client)

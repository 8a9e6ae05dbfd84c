"""Another UDP connection packet for a reference that the target has: there are no numbers to tell a later holder."""

from ipos_spec.addresses import ipv4

from ipos_conformance.case import parameters, requirement
from ipos_conformance.dut import Dut

_NOBODY = ipv4("203.0.113.9"), 7


@requirement("TGT-3")
def test_repeated_connection_packet_is_acknowledged_again(dut: Dut) -> None:
    """The same UDP connection packet gets the same acknowledgement, and the one endpoint serves the client."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    dut.udp.hand_over_by(packet)
    dut.udp.expect_exchange(endpoint)


@requirement("TGT-3")
def test_repetition_changes_nothing_in_a_definite_endpoint(dut: Dut) -> None:
    """A refresh (UDP-4) is acknowledged, and the endpoint stays definite: it is found from everywhere."""
    packet = dut.udp.connection_packet()
    dut.udp.expect_exchange(dut.udp.hand_over_by(packet))
    dut.udp.hand_over_by(packet)
    dut.udp.expect_exchange(dut.udp.endpoint(packet, dut.other_peer))


@requirement("TGT-3")
def test_repetition_through_another_router_moves_nothing(dut: Dut) -> None:
    """It is acknowledged to the MAC that it came from; the provisional endpoint goes on listening to the first."""
    packet = dut.udp.connection_packet()
    endpoint = dut.udp.hand_over_by(packet)
    dut.udp.hand_over(dut.other_peer, endpoint.client, endpoint.server)
    dut.udp.expect_provisional(endpoint, packet)


@requirement("TGT-4")
@parameters(of={"another-server": ("other_peer", "peer"), "another-port": ("peer", "other_peer")})
def test_other_connection_from_a_stranger_does_not_replace(dut: Dut, of: tuple[str, str]) -> None:
    """Another server address under the same reference, from a router that does not own it, is discarded."""
    endpoint = dut.udp.hand_over()
    address, port = dut.udp.server_of(getattr(dut, of[0]))
    sender = getattr(dut, of[1])
    sender.send(dut.udp.connection_packet(sender, endpoint.client, (address, port + 1)))
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("TGT-4")
def test_other_connection_of_an_unknown_owner_does_not_replace(dut: Dut) -> None:
    """An address whose owner the target can't know counts as one that the sender does not own."""
    endpoint = dut.udp.hand_over()
    dut.peer.send(dut.udp.connection_packet(client=endpoint.client, server=_NOBODY))
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("TGT-4")
def test_other_connection_from_the_owner_replaces(dut: Dut) -> None:
    """Another server address, from its owner, takes the reference over from a provisional endpoint."""
    endpoint = dut.udp.hand_over()
    newer = dut.udp.hand_over(dut.other_peer, endpoint.client)
    dut.udp.expect_exchange(newer)
    endpoint.send(b"of the old one")
    dut.judge.expect_silence()
    dut.udp.expect_exchange(newer)


@requirement("TGT-4")
def test_other_connection_from_the_owner_replaces_a_definite_endpoint(dut: Dut) -> None:
    """Without numbers an endpoint that is in use is no later holder than the owner's word."""
    endpoint = dut.udp.hand_over()
    dut.udp.expect_exchange(endpoint)
    newer = dut.udp.hand_over(dut.other_peer, endpoint.client)
    dut.udp.expect_exchange(newer)
    endpoint.send(b"of the old one")
    dut.judge.expect_silence()
    dut.udp.expect_exchange(newer)


@requirement("TGT-4")
def test_connection_of_its_own_address_is_refused(dut: Dut) -> None:
    """A router takes over no client of its own address: no UDP endpoint comes home."""
    dut.peer.send(dut.udp.connection_packet(server=dut.udp.local))
    dut.judge.expect_silence()


@requirement("TGT-4")
@parameters(server={"its-own": "local", "a-peer-s": "peer"})
def test_endpoint_that_never_migrated_is_not_replaced(dut: Dut, server: str) -> None:
    """A client that the target itself serves under this reference stays, whatever a peer says about it."""
    flow = dut.udp.flow()
    dut.udp.expect_exchange(flow)
    servers = {"local": dut.udp.local, "peer": dut.udp.server_of(dut.peer)}
    dut.peer.send(dut.udp.connection_packet(client=flow.client, server=servers[server]))
    dut.judge.expect_silence()
    dut.udp.expect_exchange(flow)

"""Another connection packet for a connection that the target has: only a later holder's counts."""

from ipos_spec.packets import TcpConnectionPacket

from ipos_conformance.case import parameters, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Client
from ipos_conformance.stations.conversation import request_octets
from ipos_conformance.stations.peer import Peer

_EARLIER = {"rcv-nxt-earlier": (-100, 0), "rcv-nxt-earlier-snd-nxt-later": (-100, 100), "snd-nxt-earlier": (0, -100)}
_LATER = {"rcv-nxt-later": (100, 0), "both-later": (100, 100), "snd-nxt-later": (0, 100)}
_FIRST_SND_NXT = {"plain": 0x1000_0000, "across-the-wrap": 0xFFFF_FF00}
_FOUR_SECONDS = 1_000_000
"""What RFC 9293 3.4.1 adds to initial sequence numbers in that time."""


def _other_connection(peer: Peer, packet: TcpConnectionPacket, *, iss: int) -> TcpConnectionPacket:
    """A connection packet from ``peer`` for the same client and server with another irs, and an iss so much later."""
    information = packet.connection
    return peer.connection_packet(
        Client(packet.header.source_ip, packet.header.source_port),
        (information.server_ip, information.server_port),
        snd_nxt=(information.control_block.snd_nxt + iss) % (1 << 32),
    )


@requirement("TGT-4")
@parameters(by=_EARLIER)
def test_earlier_holder_does_not_replace(dut: Dut, by: tuple[int, int]) -> None:
    """The same connection with earlier numbers is discarded, and the endpoint stays as it was."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    dut.other_peer.send(dut.successor(dut.other_peer, packet, rcv=by[0], snd=by[1]))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("TGT-4")
@parameters(by=_LATER)
def test_later_holder_replaces_a_provisional_endpoint(dut: Dut, by: tuple[int, int]) -> None:
    """The same connection with later numbers, from whatever router, is acknowledged and goes on from there."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.hand_over_by(dut.peer, packet)
    later = dut.hand_over_by(dut.other_peer, dut.successor(dut.other_peer, packet, rcv=by[0], snd=by[1]))
    dut.expect_exchange(later)


@requirement("TGT-4")
def test_later_is_judged_across_the_wrap(dut: Dut) -> None:
    """Numbers that have wrapped around 2^32 are later, though smaller."""
    packet = dut.peer.connection_packet(dut.new_client(), rcv_nxt=0xFFFF_FFF0)
    dut.hand_over_by(dut.peer, packet)
    dut.expect_exchange(dut.hand_over_by(dut.other_peer, dut.successor(dut.other_peer, packet, rcv=100)))


@requirement("TGT-4")
def test_other_connection_under_the_same_reference_is_discarded(dut: Dut) -> None:
    """The same client for another server, from a router that does not own that one, replaces nothing."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    dut.peer.send(dut.peer.connection_packet(endpoint.client, dut.other_peer.server))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("TGT-4")
def test_later_holder_does_not_replace_a_definite_endpoint(dut: Dut) -> None:
    """Once data has made the endpoint definite, later numbers are discarded too."""
    packet, octets = dut.peer.connection_packet(dut.new_client()), request_octets(dut.first.path)
    endpoint = dut.hand_over_by(dut.peer, packet)
    endpoint.send("PA", octets[:128])
    dut.other_peer.send(later := dut.successor(dut.other_peer, packet, rcv=300))
    dut.judge.expect_none(lambda frame: dut.acknowledges(frame, later), "no acknowledgement")
    endpoint.send("PA", octets[128:])
    dut.expect_response(endpoint, dut.first)


@requirement("TGT-4")
def test_other_connection_from_a_stranger_does_not_replace(dut: Dut) -> None:
    """Other initial sequence numbers from a router that does not own the server's address are discarded."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    dut.other_peer.send(_other_connection(dut.other_peer, packet, iss=_FOUR_SECONDS))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("TGT-4")
@parameters(snd_nxt=_FIRST_SND_NXT)
def test_other_connection_from_the_owner_replaces(dut: Dut, snd_nxt: int) -> None:
    """Other numbers and a later iss from the router that owns the server's address: the client has started anew."""
    packet = dut.peer.connection_packet(dut.new_client(), snd_nxt=snd_nxt)
    dut.hand_over_by(dut.peer, packet)
    newer = _other_connection(dut.peer, packet, iss=_FOUR_SECONDS)
    dut.expect_exchange(dut.hand_over_by(dut.peer, newer))


@requirement("TGT-4")
def test_older_connection_from_the_owner_does_not_replace(dut: Dut) -> None:
    """Other numbers and an earlier iss from the owner: a packet that was delayed while the client started anew."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    dut.peer.send(_other_connection(dut.peer, packet, iss=-_FOUR_SECONDS))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("TGT-4")
def test_ended_endpoint_is_remembered(dut: Dut) -> None:
    """Right after a migrated connection has ended, its old connection packet does not bring it back."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    dut.expect_exchange(endpoint)
    endpoint.carry(endpoint.packet("R"))
    dut.peer.send(packet)
    dut.judge.expect_none(lambda frame: dut.acknowledges(frame, packet), "no acknowledgement")


@requirement("TGT-4")
def test_endpoint_that_was_reset_is_remembered(dut: Dut) -> None:
    """A reset ends a provisional endpoint, and its connection packet, late, does not bring it back."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    endpoint.carry(endpoint.packet("R"))
    dut.peer.send(packet)
    dut.judge.expect_silence()


@requirement("TGT-4")
def test_connection_of_its_own_address_is_refused(dut: Dut) -> None:
    """A router takes over no connection to its own address that it has not migrated away."""
    dut.peer.send(dut.peer.connection_packet(dut.new_client(), dut.server))
    dut.judge.expect_silence()


@requirement("TGT-4")
def test_endpoint_that_never_migrated_is_not_replaced(dut: Dut) -> None:
    """A connection that the client itself opened here stays, whatever a peer says about it."""
    client = dut.settle(dut.connect())
    dut.peer.send(dut.peer.connection_packet(client.client, dut.server))
    dut.expect_silence_in(client)
    dut.expect_exchange(client)

"""Connection packets for a connection that the target has migrated away: only a later holder's counts."""

from ipos_spec.packets import TcpConnectionPacket

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import changed
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Client
from ipos_conformance.stations.conversation import REQUEST, Conversation
from ipos_conformance.stations.peer import Peer
from ipos_conformance.steps.moved import ANSWER, Moved, send_away, send_on
from ipos_conformance.steps.schedule import DELAYED_ACK

_LATER = {"rcv-nxt-later": (100, 0), "both-later": (100, 100), "snd-nxt-later": (0, 100), "snd-nxt-earlier": (100, -9)}
_NOT_LATER = {
    "the-same": (0, 0),
    "rcv-nxt-earlier": (-100, 0),
    "rcv-nxt-earlier-snd-nxt-later": (-100, 100),
    "snd-nxt-earlier": (0, -100),
}
_SPACE = 1 << 32
_FOUR_SECONDS = 1_000_000
"""What RFC 9293 3.4.1 adds to initial sequence numbers in that time."""


@requirement("TGT-4")
@parameters(by=_LATER)
def test_later_holder_stands_beside_the_entry(dut: Dut, by: tuple[int, int]) -> None:
    """The same connection with later numbers than it left with is acknowledged, and goes on from there."""
    dut.expect_exchange(send_away(dut).hand_back(rcv=by[0], snd=by[1]))


@requirement("TGT-4")
@parameters(by=_NOT_LATER, by_whom={"the-holder": "peer", "a-third-router": "other_peer"})
def test_holder_that_is_not_later_is_refused(dut: Dut, by: tuple[int, int], by_whom: str) -> None:
    """With equal or earlier numbers it is discarded, and the client's packets are forwarded as before."""
    moved, peer = send_away(dut), getattr(dut, by_whom)
    peer.send(moved.later_packet(peer, rcv=by[0], snd=by[1]))
    dut.judge.expect_silence()
    moved.expect_passed_on(moved.client.packet("PA", b"more"))


@requirement("TGT-4")
def test_later_than_the_entry_is_judged_across_the_wrap(dut: Dut) -> None:
    """Numbers that have wrapped around 2^32 since it left are later, though smaller."""
    dut.expect_exchange(send_on(dut, rcv_nxt=0xFFFF_FFF0 - REQUEST).hand_back())


@requirement("TGT-4")
def test_still_later_holder_replaces_the_one_beside_the_entry(dut: Dut) -> None:
    """Of two that were handed back, the later one's numbers go on, from whatever router it came."""
    moved = send_away(dut)
    moved.hand_back()
    dut.expect_exchange(moved.hand_back(dut.other_peer, rcv=2 * REQUEST, snd=2 * ANSWER))


@requirement("TGT-4")
def test_holder_between_the_entry_and_the_endpoint_beside_it_is_refused(dut: Dut) -> None:
    """One that is later than the entry, but earlier than the provisional endpoint, is discarded."""
    moved = send_away(dut)
    back = moved.hand_back(rcv=2 * REQUEST)
    dut.other_peer.send(moved.later_packet(dut.other_peer))
    dut.judge.expect_silence()
    dut.expect_exchange(back)


@requirement("TGT-4")
def test_definite_endpoint_at_home_is_not_replaced(dut: Dut) -> None:
    """Once the client has spoken to it here, a later holder's packet is discarded."""
    moved = send_away(dut)
    home = moved.come_home()
    dut.peer.send(later := moved.later_packet(rcv=1000, snd=100_000))
    dut.judge.expect_none(lambda frame: dut.acknowledges(frame, later), "no acknowledgement")
    dut.expect_exchange(home)


@requirement("TGT-4")
def test_connection_that_ended_at_home_does_not_come_back(dut: Dut) -> None:
    """Its connection packet, late, is discarded: there is neither an entry nor an endpoint that it could follow."""
    moved = send_away(dut)
    home = moved.come_home()
    home.carry(home.packet("R"))
    dut.settle(home)
    dut.peer.send(moved.later_packet())
    dut.judge.expect_silence()


@requirement("TGT-4")
@parameters(by_whom={"the-holder": "peer", "a-third-router": "other_peer"})
def test_other_connection_of_its_own_server_is_refused(dut: Dut, by_whom: str) -> None:
    """Beside its entry, a router that owns the server takes only the connection that left, by iss and irs."""
    moved, peer = send_away(dut), getattr(dut, by_whom)
    peer.send(_other_connection(moved, peer, moved.packet))
    dut.judge.expect_silence()
    moved.expect_passed_on(moved.client.packet("PA", b"more"))


@requirement("TGT-4")
@parameters(same={"iss": "iss", "irs": "irs"})
def test_one_of_both_initial_numbers_is_not_enough(dut: Dut, same: str) -> None:
    """The same iss with another irs, or the other way round, is another connection."""
    moved = send_away(dut)
    block = {"iss": moved.packet.connection.control_block.iss, "irs": moved.packet.connection.control_block.irs}
    block[same] = (block[same] + 1) % _SPACE
    dut.peer.send(changed(moved.later_packet(), {f"connection.control_block.{same}": block[same]}))
    dut.judge.expect_silence()


@requirement("TGT-4")
def test_owner_s_newer_connection_ends_the_entry(dut: Dut) -> None:
    """Other numbers and a later iss from the router that owns the server: the entry of the older one is gone."""
    moved = send_on(dut)
    newer = dut.hand_over_by(dut.other_peer, _other_connection(moved, dut.other_peer, moved.packet))
    moved.through(dut.peer, newer).send("PA", b"no endpoint's, no entry's")
    dut.judge.expect_silence()
    dut.expect_exchange(newer)


@requirement("TGT-4")
@parameters(by={"a-stranger-s": ("peer", _FOUR_SECONDS), "the-owner-s-older": ("other_peer", -_FOUR_SECONDS)})
def test_other_connection_does_not_end_the_entry(dut: Dut, by: tuple[str, int]) -> None:
    """A newer connection from a router that does not own the server, or an older one from its owner, is discarded."""
    moved, peer = send_on(dut), getattr(dut, by[0])
    peer.send(_other_connection(moved, peer, moved.packet, iss=by[1]))
    dut.judge.expect_silence()
    moved.expect_passed_on(moved.client.packet("PA", b"more"))


@requirement("TGT-4")
def test_packet_with_which_it_came_is_refused_when_it_has_moved_on(dut: Dut) -> None:
    """A late copy of the connection packet that brought it is earlier than the entry."""
    moved = send_on(dut)
    dut.other_peer.send(moved.came)
    dut.judge.expect_silence()
    moved.expect_passed_on(moved.client.packet("PA", b"more"))


@requirement("TGT-3")
def test_repetition_is_acknowledged_beside_the_entry(dut: Dut) -> None:
    """The packet that handed it back, again, is acknowledged again, and changes nothing."""
    moved = send_away(dut)
    back = moved.hand_back()
    dut.peer.send(moved.later_packet())
    dut.expect_acknowledgement(moved.later_packet())
    moved.expect_passed_on(moved.client.packet("PA", b"more"))
    dut.expect_exchange(back)


@requirement("TGT-3")
def test_repetition_is_acknowledged_at_home(dut: Dut) -> None:
    """So it is when the client has spoken to the endpoint, which goes on where it was."""
    moved = send_away(dut)
    home = moved.come_home()
    dut.peer.send(moved.later_packet())
    dut.expect_acknowledgement(moved.later_packet())
    dut.expect_exchange(home)


@requirement("TGT-4")
def test_another_connection_follows_one_in_time_wait(dut: Dut) -> None:
    """When the server has closed and the client too, another connection counts from any router."""
    packet = dut.peer.connection_packet(dut.new_client())
    _end(dut, dut.hand_over_by(dut.peer, packet))
    newer = dut.other_peer.connection_packet(
        Client(packet.header.source_ip, packet.header.source_port), dut.peer.server
    )
    dut.expect_exchange(dut.hand_over_by(dut.other_peer, newer))


@requirement("TGT-4")
def test_one_in_time_wait_is_not_brought_back(dut: Dut) -> None:
    """A holder that is later than the connection packet, but earlier than where the connection ended, is discarded."""
    packet = dut.peer.connection_packet(dut.new_client())
    _end(dut, dut.hand_over_by(dut.peer, packet))
    dut.other_peer.send(later := dut.successor(dut.other_peer, packet, rcv=100))
    dut.judge.expect_none(lambda frame: dut.acknowledges(frame, later), "no acknowledgement")


def _end(dut: Dut, endpoint: Conversation) -> None:
    """A request is answered, the server closes, and then the client."""
    dut.expect_exchange(endpoint)
    endpoint.send("FA")
    dut.judge.expect(
        lambda frame: endpoint.is_mine(frame) and frame.tcp.ack == endpoint.snd_nxt,
        "an acknowledgement of the client's FIN",
        seconds=DELAYED_ACK + dut.target.timing.answer,
    )
    dut.settle(endpoint)


def _other_connection(
    moved: Moved, peer: Peer, packet: TcpConnectionPacket, *, iss: int = _FOUR_SECONDS
) -> TcpConnectionPacket:
    """A connection packet for the same client and server with another irs, and an iss so much later."""
    information = packet.connection
    server = (information.server_ip, information.server_port)
    return peer.connection_packet(moved.client.client, server, snd_nxt=(information.control_block.iss + iss) % _SPACE)

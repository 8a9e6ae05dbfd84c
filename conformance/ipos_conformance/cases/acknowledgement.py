"""The acknowledgement of a connection packet: when, to whom, with what."""

from ipos_spec.encapsulation import PacketType
from ipos_spec.ethernet import MINIMUM_FRAME
from ipos_spec.packets import acknowledgement

from ipos_conformance.case import requirement
from ipos_conformance.changes import changed
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Lan
from ipos_conformance.stations.conversation import request_octets

_ACKNOWLEDGEMENT = 30
"""Octets of a type 3 frame without padding."""


@requirement("TGT-1")
def test_connection_packet_is_acknowledged(dut: Dut) -> None:
    """A valid connection packet for a listened port is acknowledged to the MAC that it came from."""
    dut.hand_over()


@requirement("TGT-1")
def test_acknowledgement_goes_where_the_packet_came_from(dut: Dut) -> None:
    """Also where the packet comes from another router than the one that owns the server's address."""
    packet = dut.other_peer.connection_packet(dut.new_client(), dut.peer.server)
    dut.hand_over_by(dut.other_peer, packet)


@requirement("ENC-3")
def test_acknowledgement_repeats_the_reference_unswapped(dut: Dut) -> None:
    """Source stays the client, destination stays the target's endpoint."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.endpoint(dut.peer, packet)
    dut.peer.send(packet)
    dut.judge.expect(
        lambda frame: (
            frame.lan is Lan.SECOND
            and frame.header is not None
            and (frame.header.type, frame.header.protocol) == (PacketType.ACKNOWLEDGEMENT, packet.header.protocol)
            and frame.header.reference == packet.header.reference
        ),
        f"an acknowledgement whose reference is client {packet.header.reference}",
    )


@requirement("ENC-9")
def test_acknowledgement_is_padded_with_zeros(dut: Dut) -> None:
    """An acknowledgement reaches the wire with at least 60 octets, those behind its 30 zero."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.endpoint(dut.peer, packet)
    dut.peer.send(packet)
    frame = dut.expect_acknowledgement(packet)
    long_enough, padding = len(frame.octets) >= MINIMUM_FRAME, frame.octets[_ACKNOWLEDGEMENT:]
    # ENC-8 leaves the length to the sender: a link may have its own idea of the shortest frame.
    dut.require(long_enough and not any(padding), f"at least {MINIMUM_FRAME} octets, padded with zeros", frame)


@requirement("TGT-2")
def test_connection_packet_for_a_port_without_listener_is_refused(dut: Dut) -> None:
    """No listener, no acknowledgement: that is the refusal."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.peer.send(changed(packet, {"header.destination_port": dut.target.pixit.closed_port}))
    dut.judge.expect_silence()


@requirement("TGT-3")
def test_repeated_connection_packet_is_acknowledged_again(dut: Dut) -> None:
    """The same connection packet gets the same acknowledgement, and the one endpoint serves the client."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    dut.peer.send(packet)
    dut.expect_acknowledgement(packet)
    dut.expect_exchange(endpoint)


@requirement("TGT-3")
def test_repetition_through_another_router_moves_nothing(dut: Dut) -> None:
    """It is acknowledged to the MAC that it came from; the provisional endpoint goes on listening to the first."""
    packet = dut.peer.connection_packet(dut.new_client())
    endpoint = dut.hand_over_by(dut.peer, packet)
    dut.other_peer.send(again := dut.successor(dut.other_peer, packet))
    dut.expect_acknowledgement(again)
    dut.other_peer.send(dut.other_peer.client_packet(endpoint.client, endpoint.packet("PA", dut.wrong_request())))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("ORG-6")
def test_acknowledgement_of_nothing_is_discarded(dut: Dut) -> None:
    """An acknowledgement, right in itself, of a migration that is not in progress gets no answer."""
    ours = dut.peer.connection_packet(dut.new_client())
    theirs = {
        "header.destination_ip": dut.peer.address,
        "ethernet.source": dut.second_mac,
        "ethernet.destination": dut.peer.mac,
    }
    dut.peer.send(acknowledgement(changed(ours, theirs), dut.peer.mac))
    dut.judge.expect_silence()


@requirement("TGT-3")
def test_repetition_changes_nothing_in_a_definite_endpoint(dut: Dut) -> None:
    """Half a request later, the same connection packet is acknowledged again and the request goes on where it was."""
    packet, octets = dut.peer.connection_packet(dut.new_client()), request_octets(dut.first.path)
    endpoint = dut.hand_over_by(dut.peer, packet)
    endpoint.send("PA", octets[:128])
    dut.peer.send(packet)
    dut.expect_acknowledgement(packet)
    endpoint.send("PA", octets[128:])
    dut.expect_response(endpoint, dut.first)

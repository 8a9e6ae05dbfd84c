"""The target's part in UDP: what is taken over, who finds it, and from where the client is answered."""

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import changed
from ipos_conformance.dut import Dut


@requirement("UDP-2")
def test_datagrams_of_a_client_that_was_handed_over_are_answered(dut: Dut) -> None:
    """A UDP connection packet is acknowledged, and the client's datagrams get their answers."""
    endpoint = dut.udp.hand_over()
    dut.udp.expect_exchange(endpoint)
    dut.udp.expect_exchange(endpoint)


@requirement("UDP-2")
def test_target_keeps_the_order_of_datagrams(dut: Dut) -> None:
    """Datagrams that come one behind the other are answered in this order."""
    endpoint = dut.udp.hand_over()
    endpoint.send(b"first")
    endpoint.send(b"second")
    endpoint.send(b"third")
    dut.udp.expect_echo(endpoint, b"first")
    dut.udp.expect_echo(endpoint, b"second")
    dut.udp.expect_echo(endpoint, b"third")


@requirement("TGT-1")
def test_acknowledgement_goes_where_the_packet_came_from(dut: Dut) -> None:
    """Also where the UDP connection packet comes from another router than the owner of the server's address."""
    dut.udp.hand_over(dut.other_peer, server=dut.udp.server_of(dut.peer))


@requirement("TGT-2")
def test_connection_packet_for_a_port_without_listener_is_refused(dut: Dut) -> None:
    """A UDP connection packet for a port that nobody serves gets no answer."""
    packet = dut.udp.connection_packet()
    dut.peer.send(changed(packet, {"header.destination_port": dut.target.pixit.closed_port}))
    dut.judge.expect_silence()


@requirement("UDP-3")
def test_answer_goes_directly_to_the_client(dut: Dut) -> None:
    """Answers leave on the first LAN, from the router's own MAC there to the client's next hop."""
    frame = dut.udp.expect_exchange(dut.udp.hand_over())
    way = (frame.destination, frame.source) == (dut.edge.mac, dut.first_mac)
    dut.require(way, "a frame from the router's MAC to the gateway's", frame)


@requirement("CON-1")
@parameters(server={"the-origin-s": ("peer", 0), "a-third-router-s": ("other_peer", 0), "another-port": ("peer", 1)})
def test_client_is_answered_from_the_address_that_it_talks_to(dut: Dut, server: tuple[str, int]) -> None:
    """Whatever server address and port the connection information names, the client's answers come from them."""
    owner, further = dut.udp.server_of(getattr(dut, server[0])), server[1]
    dut.udp.expect_exchange(dut.udp.hand_over(server=(owner[0], owner[1] ^ further)))


@requirement("TGT-5")
@parameters(change={"another-address": (1, 0), "another-port": (0, 1)})
def test_datagram_for_another_server_is_discarded(dut: Dut, change: tuple[int, int]) -> None:
    """A datagram under the endpoint's reference, but to another inner destination, does not reach it."""
    endpoint = dut.udp.hand_over()
    address, port = endpoint.server
    endpoint.carry(endpoint.to((type(address)(address ^ change[0]), port + change[1])).packet(b"wrong"))
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("TGT-5")
def test_definite_endpoint_is_found_through_any_router(dut: Dut) -> None:
    """Once definite, an endpoint gets the datagrams that any router passes on."""
    packet = dut.udp.connection_packet()
    dut.udp.expect_exchange(dut.udp.hand_over_by(packet))
    dut.udp.expect_exchange(dut.udp.endpoint(packet, dut.other_peer))


@requirement("TAB-1")
def test_definite_endpoint_is_found_from_the_first_lan(dut: Dut) -> None:
    """Once definite, an endpoint gets what comes from the first LAN for the server address of its connection."""
    endpoint = dut.udp.hand_over()
    dut.udp.expect_exchange(endpoint)
    dut.udp.expect_exchange(dut.udp.flow(endpoint.client, endpoint.server))


@requirement("TGT-9")
def test_dont_fragment_is_not_set(dut: Dut) -> None:
    """A migrated client's answers have no DF: an ICMP error about them would reach the origin."""
    frame = dut.udp.expect_exchange(dut.udp.hand_over())
    dut.require("DF" not in str(frame.ip.flags), "a datagram without DF", frame)


@requirement("TGT-12")
def test_provisional_endpoint_sends_nothing(dut: Dut) -> None:
    """Between the acknowledgement and the first datagram the client hears nothing."""
    dut.udp.hand_over()
    dut.judge.expect_silence()


@requirement("TGT-12")
def test_only_the_mac_that_handed_over_finds_it(dut: Dut) -> None:
    """A datagram that another router passes on is discarded; the origin's is answered."""
    packet = dut.udp.connection_packet()
    dut.udp.expect_provisional(dut.udp.hand_over_by(packet), packet)


@requirement("TGT-12")
def test_first_lan_does_not_find_it(dut: Dut) -> None:
    """A datagram that comes in bare from the first LAN is discarded; the origin's is answered."""
    endpoint = dut.udp.hand_over()
    dut.edge.pass_on(endpoint.packet(b"wrong"))
    dut.judge.expect_silence()
    dut.udp.expect_exchange(endpoint)


@requirement("UDP-5")
def test_endpoint_that_came_in_is_never_moved_on(dut: Dut) -> None:
    """A client that was handed over to a port whose own clients leave is answered here, from both LANs."""
    endpoint = dut.udp.hand_over_by(dut.udp.connection_packet(dut.other_peer, port=dut.udp.away[1]), dut.other_peer)
    dut.udp.expect_exchange(endpoint)
    dut.udp.expect_exchange(dut.udp.flow(endpoint.client, endpoint.server))
    dut.judge.expect_silence()


@requirement("UDP-2")
def test_datagram_for_no_endpoint_is_discarded(dut: Dut) -> None:
    """A type 2 packet with a datagram for no endpoint and no Forward entry gets no answer, not even an error."""
    packet = dut.udp.connection_packet()
    dut.udp.endpoint(packet).send(b"for nobody")
    dut.judge.expect_silence()
    dut.udp.expect_no_endpoint(packet)

"""TCP and UDP have tables of their own: the same addresses in both are two connections."""

from ipos_conformance.case import requirement
from ipos_conformance.changes import changed
from ipos_conformance.dut import Dut
from ipos_conformance.steps.echo import expect_echo


@requirement("TAB-5")
def test_same_reference_in_both_protocols_is_two_endpoints(dut: Dut) -> None:
    """With a TCP connection handed over, a UDP connection packet with its reference is acknowledged; both work."""
    tcp = dut.udp.hand_over_tcp_beside()
    udp = dut.udp.hand_over(client=tcp.client)
    dut.udp.expect_exchange(udp)
    expect_echo(dut, tcp, b"octets")
    dut.udp.expect_exchange(udp)


@requirement("TAB-5")
def test_tcp_listener_is_none_for_a_udp_connection_packet(dut: Dut) -> None:
    """A port that TCP alone listens on gives a UDP endpoint no place."""
    dut.peer.send(dut.udp.connection_packet(port=dut.udp.port_of_tcp_alone))
    dut.judge.expect_silence()


@requirement("TAB-5")
def test_tcp_listener_is_none_for_a_datagram(dut: Dut) -> None:
    """A datagram to a port that TCP alone listens on is for an unserved one: no answer but port unreachable."""
    flow = dut.udp.flow(server=(dut.address, dut.udp.port_of_tcp_alone))
    flow.send(b"nobody's")
    dut.judge.expect_silence("ICMP port unreachable", tolerated=lambda frame: dut.udp.says_unreachable(frame, flow))


@requirement("TAB-5")
def test_udp_listener_is_none_for_a_tcp_connection_packet(dut: Dut) -> None:
    """A port that UDP alone listens on gives a TCP endpoint no place."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.peer.send(changed(packet, {"header.destination_port": dut.udp.port_of_udp_alone}))
    dut.judge.expect_silence()


@requirement("TAB-5")
def test_udp_listener_is_none_for_a_syn(dut: Dut) -> None:
    """A SYN to a port that UDP alone listens on is answered as by a closed one."""
    client = dut.start_connecting(port=dut.udp.port_of_udp_alone)
    dut.expect_segment(
        client, lambda tcp: "R" in tcp.flags and tcp.ack == client.snd_nxt, "RST that acknowledges the SYN"
    )


@requirement("TAB-5")
def test_same_client_s_connections_in_both_protocols_leave(dut: Dut) -> None:
    """A client that stands in UDP's Forward is no second connection (TAB-3) for TCP: this one leaves, too."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    dut.origin.migrate(dut.connect(client=flow.client))
    dut.udp.expect_forwarded(flow, flow.send(b"datagram"))


@requirement("TAB-5")
def test_migrations_of_both_protocols_are_under_way_at_once(dut: Dut) -> None:
    """While a client's TCP connection is being handed over, its datagrams are, too, each by its own acknowledgement."""
    client = dut.connect()
    request = client.packet("PA", dut.origin.request_octets())
    dut.origin.request(client)
    segment = dut.origin.expect_connection_packet(client)
    flow = dut.udp.leaving(client.client)
    packet, held = dut.udp.start_migrating(flow)
    dut.udp.take_over(flow, packet)
    dut.udp.expect_forwarded(flow, held)
    dut.peer.acknowledge(segment)
    dut.origin.expect_forwarded(client, request)


@requirement("TAB-5")
def test_own_clients_of_both_protocols_are_served(dut: Dut) -> None:
    """A client that the own server serves by UDP can connect from the same port by TCP, and is answered in both."""
    flow = dut.udp.flow()
    dut.udp.expect_exchange(flow)
    client = dut.connect(client=flow.client)
    dut.udp.expect_exchange(flow)
    dut.expect_exchange(client)

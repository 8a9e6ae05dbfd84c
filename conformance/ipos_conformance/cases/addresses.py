"""Addresses: to whom a frame must be, from whom it may be, and what no reference may contain."""

from typing import Any

from ipos_spec.addresses import BROADCAST_MAC, IPv4, Mac, ipv4
from ipos_spec.codec import encode

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import changed
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Client

_NO_HOSTS = {"zero": ipv4("0.0.0.0"), "multicast": ipv4("224.0.0.1"), "broadcast": ipv4("255.255.255.255")}  # noqa: S104
_OTHER_MACS = {
    "broadcast": BROADCAST_MAC,
    "multicast": Mac(bytes.fromhex("01005e000001")),
    "unknown": Mac(bytes.fromhex("020000005555")),
}


@requirement("ENC-12")
@parameters(mac=_OTHER_MACS)
def test_connection_packet_to_another_mac_is_discarded(dut: Dut, mac: Mac) -> None:
    """A connection packet to all, to a group or to somebody else gets no acknowledgement and makes no endpoint."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.peer.send(mac + encode(packet)[6:])
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("ENC-12")
@parameters(mac=_OTHER_MACS)
def test_client_packet_to_another_mac_is_discarded(dut: Dut, mac: Mac) -> None:
    """A type 2 packet to all, to a group or to somebody else does not reach the endpoint."""
    endpoint = dut.hand_over()
    packet = dut.peer.client_packet(endpoint.client, endpoint.packet("PA", dut.wrong_request()))
    dut.peer.send(mac + encode(packet)[6:])
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("ENC-13")
@parameters(
    fields={
        **{f"client-{name}": {"header.source_ip": address} for name, address in _NO_HOSTS.items()},
        **{f"server-{name}": {"connection.server_ip": address} for name, address in _NO_HOSTS.items()},
        "client-port-0": {"header.source_port": 0},
        "server-port-0": {"connection.server_port": 0},
        "destination-port-0": {"header.destination_port": 0},
    }
)
def test_connection_packet_with_an_impossible_address_is_discarded(dut: Dut, fields: dict[str, Any]) -> None:
    """A connection packet for a client or server that can't exist gets no acknowledgement."""
    dut.peer.send(changed(dut.peer.connection_packet(dut.new_client()), fields))
    dut.judge.expect_silence()


@requirement("ENC-13")
def test_connection_packet_for_the_router_as_client_is_discarded(dut: Dut) -> None:
    """The router's own address can't be a client's."""
    dut.peer.send(dut.peer.connection_packet(Client(dut.address, dut.new_client().port)))
    dut.judge.expect_silence()


@requirement("ENC-13")
def test_connection_packet_for_another_destination_is_discarded(dut: Dut) -> None:
    """A connection packet to this router's MAC, but for an endpoint at another address, gets no acknowledgement."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.peer.send(changed(packet, {"header.destination_ip": dut.other_peer.address}))
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("ENC-13")
def test_connection_packet_from_a_group_mac_is_discarded(dut: Dut) -> None:
    """A connection packet whose source MAC is a group's gets no acknowledgement and makes no endpoint."""
    packet = dut.peer.connection_packet(dut.new_client())
    group = bytes([dut.peer.mac[0] | 1]) + dut.peer.mac[1:]
    dut.peer.send(changed(packet, {"ethernet.source": group}))
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("ENC-13")
def test_client_packet_for_another_destination_is_discarded(dut: Dut) -> None:
    """A type 2 packet whose reference names another router's address does not reach this one's endpoint."""
    endpoint = dut.hand_over()
    packet = dut.peer.client_packet(endpoint.client, endpoint.packet("PA", dut.wrong_request()))
    dut.peer.send(changed(packet, {"header.destination_ip": dut.other_peer.address}))
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("ENC-13")
@parameters(address=_NO_HOSTS)
def test_client_packet_of_an_impossible_client_is_discarded(dut: Dut, address: IPv4) -> None:
    """A type 2 packet of a client that can't exist gets no answer, not even a reset."""
    stranger = dut.unopened(Client(address, dut.new_client().port))
    dut.peer.send(dut.peer.client_packet(stranger.client, stranger.packet("A")))
    dut.judge.expect_silence()


@requirement("ENC-13")
def test_client_packet_of_the_router_itself_is_discarded(dut: Dut) -> None:
    """A type 2 packet whose client is the router's own address gets no answer, not even a reset."""
    stranger = dut.unopened(Client(dut.address, dut.new_client().port))
    dut.peer.send(dut.peer.client_packet(stranger.client, stranger.packet("A")))
    dut.judge.expect_silence()


@requirement("ENC-13")
def test_client_packet_from_port_0_is_discarded(dut: Dut) -> None:
    """A type 2 packet from client port 0 gets no answer, not even a reset."""
    stranger = dut.unopened(Client(dut.new_client().ip, 0))
    dut.peer.send(dut.peer.client_packet(stranger.client, stranger.packet("A")))
    dut.judge.expect_silence()

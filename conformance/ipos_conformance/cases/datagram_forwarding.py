"""Datagrams of a client that was handed over: octet for octet to its target, by the entry of its own server address."""

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import inverted, ip_changed, with_ip_options
from ipos_conformance.dut import Dut
from ipos_conformance.stations.datagrams import HEADERS

_ENCAPSULATION = 16


@requirement("FWD-1")
@parameters(data={"0-octets": b"", "1-octet": b"x", "1400-octets": b"x" * 1400})
def test_datagram_is_forwarded_octet_for_octet(dut: Dut, data: bytes) -> None:
    """A later datagram of the client appears as a type 2 packet with the same octets, and the client hears nothing."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    dut.udp.expect_forwarded(flow, flow.send(data))
    dut.judge.expect_silence()


@requirement("FWD-1")
@parameters(header={"wrong-checksum": {"chksum": 0x1234}, "no-checksum": {"chksum": 0}, "wrong-length": {"len": 9}})
def test_udp_header_is_none_of_the_forwarder_s_business(dut: Dut, header: dict[str, int]) -> None:
    """Only the IP header checksum is verified: whatever the UDP header says goes on."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    flow.carry(odd := flow.packet(b"odd", **header))
    dut.udp.expect_forwarded(flow, odd)


@requirement("FWD-1")
@parameters(ttl={"1": 1, "64": 64, "255": 255})
def test_time_to_live_stays(dut: Dut, ttl: int) -> None:
    """The TTL goes on as it came, even if no router could forward the packet by IP."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    flow.carry(packet := ip_changed(flow.packet(b"ttl"), 8, bytes([ttl])))
    dut.udp.expect_forwarded(flow, packet)


@requirement("FWD-1")
def test_ip_options_stay(dut: Dut) -> None:
    """IP options go on as they came."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    flow.carry(packet := with_ip_options(flow.packet(b"options"), b"\x01\x01\x01\x00"))
    dut.udp.expect_forwarded(flow, packet)


@requirement("FWD-1")
def test_wrong_ip_header_checksum_is_not_forwarded(dut: Dut) -> None:
    """A datagram whose IP header checksum is wrong is dropped; the next one goes on."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    flow.carry(inverted(flow.packet(b"wrong"), 10))
    dut.judge.expect_silence()
    dut.udp.expect_forwarded(flow, flow.send(b"right"))


@requirement("FWD-1")
@parameters(fragment={"first": b"\x20\x00", "middle": b"\x20\x01", "last": b"\x00\x01"})
def test_fragments_are_not_forwarded(dut: Dut, fragment: bytes) -> None:
    """A fragment of a datagram is dropped; the next whole one goes on."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    flow.carry(ip_changed(flow.packet(b"fragment"), 6, fragment))
    dut.judge.expect_silence()
    dut.udp.expect_forwarded(flow, flow.send(b"whole"))


@requirement("MTU-1")
def test_datagram_that_just_fits_is_forwarded(dut: Dut) -> None:
    """With 16 octets more the packet is as large as the second LAN's MTU: it goes on whole."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    largest = min(dut.target.second_lan.mtu - _ENCAPSULATION, dut.target.first_lan.mtu)
    dut.udp.expect_forwarded(flow, flow.send(b"x" * (largest - HEADERS)))


@requirement("MTU-1")
@parameters(flags={"df": "DF", "no-df": ""}, further={"one-octet": 1, "as-large-as-may-be": 16})
def test_datagram_that_does_not_fit_is_dropped(dut: Dut, flags: str, further: int) -> None:
    """It appears on the second LAN neither whole nor in part; the client may be told by ICMP, if DF is set."""
    largest = dut.target.second_lan.mtu - _ENCAPSULATION
    dut.needs(largest + further <= dut.target.first_lan.mtu, "the second LAN takes all that the first one does")
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    flow.carry(flow.packet(b"x" * (largest + further - HEADERS), flags=flags))
    dut.judge.expect_silence(
        "ICMP fragmentation needed, if DF is set",
        tolerated=lambda frame: flags == "DF" and dut.udp.says_too_large(frame, flow, largest),
    )
    dut.udp.expect_forwarded(flow, flow.send(b"small"))


@requirement("FWD-3")
def test_datagram_of_another_router_is_sent_on(dut: Dut) -> None:
    """A type 2 packet for a client in Forward goes on to the entry's target, under its reference, octet for octet."""
    flow = dut.udp.leaving()
    packet = dut.udp.migrate(flow)
    inner = flow.packet(b"through another router")
    dut.other_peer.send(dut.udp.forwarded_by(dut.other_peer, flow, inner))
    onward = dut.udp.expect_forwarded(flow, inner)
    same = onward.header.reference == packet.header.reference
    dut.udp.require(same, f"reference {packet.header.reference}", str(onward.header.reference))


@requirement("TAB-1")
def test_endpoint_goes_before_forward(dut: Dut) -> None:
    """A client's own endpoint here gets its datagrams though another of its addresses stands in Forward."""
    flow = dut.udp.leaving()
    here = dut.udp.flow(flow.client)
    dut.udp.expect_exchange(here)
    dut.udp.migrate(flow)
    dut.udp.expect_exchange(here)
    dut.udp.expect_forwarded(flow, flow.send(b"away"))


@requirement("TAB-3")
def test_entry_is_not_applied_to_another_server_port(dut: Dut) -> None:
    """With a client in Forward, its first datagram to another port of the server is answered here."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    dut.udp.expect_exchange(dut.udp.flow(flow.client))
    dut.judge.expect_silence()


@requirement("TAB-3")
def test_type_2_packet_for_another_server_port_is_not_sent_on(dut: Dut) -> None:
    """A type 2 packet of a client in Forward whose inner destination is another one does not follow the entry."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    inner = flow.to(dut.udp.server_of(dut.other_peer)).packet(b"for another server")
    dut.other_peer.send(dut.udp.forwarded_by(dut.other_peer, flow, inner))
    dut.udp.expect_nothing_forwarded(flow)


@requirement("TAB-3")
def test_migration_in_progress_does_not_hold_another_port_s_datagrams(dut: Dut) -> None:
    """While a client is being handed over, its datagrams to another port are answered at once."""
    flow = dut.udp.leaving()
    packet, held = dut.udp.start_migrating(flow)
    here = dut.udp.flow(flow.client)
    here.send(b"here")
    dut.udp.expect_echo(here, b"here")
    dut.udp.take_over(flow, packet)
    dut.udp.expect_forwarded(flow, held)

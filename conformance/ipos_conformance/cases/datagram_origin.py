"""The origin's part in UDP: the first datagram decides, the client hears nothing until it is clear who answers."""

from dataclasses import replace

from ipos_spec.addresses import BROADCAST_MAC, Mac
from ipos_spec.codec import encode
from ipos_spec.ethernet import MINIMUM_FRAME
from ipos_spec.fields import layout
from ipos_spec.packets import Acknowledgement, acknowledgement

from ipos_conformance.case import CaseSteps, generated, parameters, requirement
from ipos_conformance.changes import acknowledging, changed, summed, truncated, with_checksum_field
from ipos_conformance.dut import Dut
from ipos_conformance.frames import ETHERNET, Lan

_HELD = 64
"""Packets that an origin holds (ORG-12)."""
_CUTS = {f"before-{field.path}": field.offset for field in layout(Acknowledgement) if field.offset >= ETHERNET}
_MULTICAST, _NOBODY = Mac(bytes.fromhex("01005e000001")), Mac(bytes.fromhex("020000005555"))


@requirement("UDP-1")
@parameters(data={"0-octets": b"", "1-octet": b"x", "1400-octets": b"x" * 1400})
def test_first_datagram_for_the_own_server_is_answered(dut: Dut, data: bytes) -> None:
    """A first datagram to a listened port whose server is the target's own reaches its application; none leaves."""
    flow = dut.udp.flow()
    flow.send(data)
    dut.udp.expect_echo(flow, data)
    dut.judge.expect_silence()


@requirement("UDP-1")
@parameters(data={"0-octets": b"", "1-octet": b"x", "1400-octets": b"x" * 1400})
def test_first_datagram_for_another_server_makes_a_connection_packet(dut: Dut, data: bytes) -> None:
    """A first datagram to a listened port whose server is another one makes a UDP connection packet, no answer."""
    flow = dut.udp.leaving()
    flow.send(data)
    dut.udp.expect_connection_packet(flow)
    dut.udp.expect_held(flow)


@requirement("UDP-1")
def test_own_server_s_next_datagrams_stay(dut: Dut) -> None:
    """Once the application has a client, its later datagrams are answered without another choice."""
    flow = dut.udp.flow()
    dut.udp.expect_exchange(flow)
    dut.udp.expect_exchange(flow)
    dut.judge.expect_silence()


@requirement("CON-1")
def test_connection_packet_names_the_address_that_the_client_talks_to(dut: Dut) -> None:
    """Server IP and port are the router's own address and the port to which the datagram went."""
    packet, _ = dut.udp.start_migrating(dut.udp.leaving())
    named = (packet.connection.server_ip, packet.connection.server_port)
    dut.udp.require(named == dut.udp.away, f"a connection packet for server {dut.udp.away}", str(packet))


@requirement("ENC-9")
def test_connection_packet_is_padded_with_zeros(dut: Dut) -> None:
    """A UDP connection packet has 36 octets: it reaches the wire with at least 60, the others zero."""
    flow = dut.udp.leaving()
    packet, _ = dut.udp.start_migrating(flow)
    padded = len(encode(packet)) >= MINIMUM_FRAME and not any(packet.padding)
    dut.udp.require(padded, f"at least {MINIMUM_FRAME} octets, padded with zeros", encode(packet).hex(" "))


@requirement("ENC-3")
def test_datagrams_carry_the_reference_of_the_connection_packet(dut: Dut) -> None:
    """A type 2 packet names the client and the target's endpoint exactly as the connection packet did."""
    flow = dut.udp.leaving()
    packet = dut.udp.migrate(flow)
    forwarded = dut.udp.expect_forwarded(flow, flow.send(b"more"))
    same = forwarded.header.reference == packet.header.reference
    dut.udp.require(same, f"reference {packet.header.reference}", str(forwarded.header.reference))


@requirement("UDP-2")
def test_held_datagrams_keep_their_order(dut: Dut) -> None:
    """Datagrams that came before the acknowledgement appear behind it as type 2 packets, in the same order."""
    flow = dut.udp.leaving()
    packet, first = dut.udp.start_migrating(flow)
    second, third = flow.send(b"second"), flow.send(b"third")
    dut.udp.expect_held(flow)
    dut.udp.take_over(flow, packet)
    dut.udp.expect_forwarded(flow, first)
    dut.udp.expect_forwarded(flow, second)
    dut.udp.expect_forwarded(flow, third)


@requirement("UDP-2")
def test_at_most_64_datagrams_are_held(dut: Dut) -> None:
    """Of more than 64 datagrams before the acknowledgement the first 64 appear, in order, and no other (ORG-12)."""
    flow = dut.udp.leaving()
    packet, first = dut.udp.start_migrating(flow)
    sent = [first, *dut.udp.send_many(flow, _HELD + 5)]
    dut.udp.expect_held(flow)
    dut.udp.take_over(flow, packet)
    dut.udp.expect_forwarded(flow, *sent[:_HELD])
    dut.judge.expect_silence()


@requirement("UDP-2")
def test_client_hears_nothing_of_it(dut: Dut) -> None:
    """Neither connection packet nor type 2 packet nor an answer appears on the first LAN (ORG-5, ORG-8)."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    flow.send(b"more")
    own, ipos = flow.client, dut.target.second_lan.ether_type
    dut.judge.expect_none(
        lambda frame: (
            frame.lan is Lan.FIRST and (own in frame.clients or (frame.type == ipos and not dut.target.one_lan))
        ),
        "neither anything for the client nor anything of ipOS on the first LAN",
    )


@requirement("UDP-2")
def test_unacknowledged_client_is_served_here(dut: Dut) -> CaseSteps:
    """Four identical connection packets in the rhythm of ORG-7; 3.0 s after the first the own server answers all."""
    flow = dut.udp.leaving()
    flow.send(b"first")
    flow.send(b"second")
    yield dut.pause(3.5)
    dut.udp.attempts.expect_rhythm(flow, dut.udp.peer)
    dut.udp.expect_echo(flow, b"first")
    dut.udp.expect_echo(flow, b"second")
    dut.udp.expect_exchange(flow)
    dut.judge.expect_silence()


@requirement("UDP-2")
def test_late_acknowledgement_changes_nothing(dut: Dut) -> CaseSteps:
    """After the origin has given up, an acknowledgement is discarded: the client stays with the own server."""
    flow = dut.udp.leaving()
    packet, _ = dut.udp.start_migrating(flow)
    yield dut.pause(3.5)
    dut.udp.peer.acknowledge(packet)
    dut.udp.settle(flow)
    dut.udp.expect_exchange(flow)


@requirement("ORG-6")
def test_acknowledgement_ends_the_repetition(dut: Dut) -> CaseSteps:
    """Once it is acknowledged the UDP connection packet does not appear again."""
    flow = dut.udp.leaving()
    dut.udp.migrate(flow)
    yield dut.pause(2)
    dut.judge.expect_silence()


@requirement("ORG-6")
@parameters(
    change={
        "of-another-client": {"header.source_port": 1},
        "of-another-endpoint": {"header.destination_port": 1},
        "of-another-protocol": {"header.protocol": 1},
    }
)
def test_acknowledgement_of_something_else_is_discarded(dut: Dut, change: dict[str, int]) -> None:
    """An acknowledgement with another reference or protocol, right in itself, sends nothing on; the right one does."""
    flow = dut.udp.leaving()
    packet, held = dut.udp.start_migrating(flow)
    dut.udp.peer.send(acknowledgement(changed(packet, change), dut.udp.peer.mac))
    dut.udp.expect_held(flow)
    dut.udp.take_over(flow, packet)
    dut.udp.expect_forwarded(flow, held)


@requirement("ORG-6")
def test_acknowledgement_from_another_router_is_discarded(dut: Dut) -> None:
    """Only the MAC of the router that the connection packet was sent to can acknowledge it."""
    flow = dut.udp.leaving()
    packet, held = dut.udp.start_migrating(flow)
    dut.udp.other_peer.acknowledge(packet)
    dut.udp.expect_held(flow)
    dut.udp.take_over(flow, packet)
    dut.udp.expect_forwarded(flow, held)


@requirement("ENC-5")
@generated
@parameters(protocol={"0": 0, "3": 3, "iana-udp": 17, "255": 255})
def test_acknowledgement_of_an_unknown_protocol_is_discarded(dut: Dut, protocol: int) -> None:
    """An acknowledgement under IANA's number or any other, its checksum right for it, sends nothing on."""
    flow = dut.udp.leaving()
    packet, held = dut.udp.start_migrating(flow)
    dut.udp.peer.send(acknowledging(packet, dut.udp.peer.mac, {"protocol": protocol}))
    dut.udp.expect_held(flow)
    dut.udp.take_over(flow, packet)
    dut.udp.expect_forwarded(flow, held)


@requirement("ENC-7")
@parameters(difference={"one-more": 1, "octet-order": 0x0100, "inverted-bit": 0x8000})
def test_acknowledgement_with_a_wrong_checksum_is_discarded(dut: Dut, difference: int) -> None:
    """The checksum is verified against the UDP connection packet in progress."""
    flow = dut.udp.leaving()
    packet, held = dut.udp.start_migrating(flow)
    right = acknowledgement(packet, dut.udp.peer.mac)
    dut.udp.peer.send(with_checksum_field(right, (right.header.checksum + difference) % 0xFFFF))
    dut.udp.expect_held(flow)
    dut.udp.take_over(flow, packet)
    dut.udp.expect_forwarded(flow, held)


@requirement("ENC-7")
def test_checksum_over_the_header_alone_is_wrong_in_an_acknowledgement(dut: Dut) -> None:
    """One that leaves out what is acknowledged does not verify."""
    flow = dut.udp.leaving()
    packet, held = dut.udp.start_migrating(flow)
    dut.udp.peer.send(summed(encode(acknowledgement(packet, dut.udp.peer.mac))))
    dut.udp.expect_held(flow)
    dut.udp.take_over(flow, packet)
    dut.udp.expect_forwarded(flow, held)


@requirement("ENC-8")
@generated
@parameters(size=_CUTS)
def test_truncated_acknowledgement_is_discarded(dut: Dut, size: int) -> None:
    """An acknowledgement cut off at any field of its header sends nothing on."""
    flow = dut.udp.leaving()
    packet, held = dut.udp.start_migrating(flow)
    dut.udp.peer.send(truncated(acknowledgement(packet, dut.udp.peer.mac), size))
    dut.udp.expect_held(flow)
    dut.udp.take_over(flow, packet)
    dut.udp.expect_forwarded(flow, held)


@requirement("ENC-8")
@parameters(padding={"zeros": bytes(30), "ones": b"\xff" * 30, "one-odd-octet": b"\xa5", "a-frame": b"\x5a" * 1000})
def test_octets_behind_an_acknowledgement_are_ignored(dut: Dut, padding: bytes) -> None:
    """Padding of any length and value changes nothing in an acknowledgement."""
    flow = dut.udp.leaving()
    packet, held = dut.udp.start_migrating(flow)
    dut.udp.peer.send(replace(acknowledgement(packet, dut.udp.peer.mac), padding=padding))
    dut.udp.expect_forwarded(flow, held)


@requirement("ENC-12")
@parameters(mac={"broadcast": BROADCAST_MAC, "multicast": _MULTICAST, "unknown": _NOBODY})
def test_acknowledgement_to_another_mac_is_discarded(dut: Dut, mac: Mac) -> None:
    """An acknowledgement to all, to a group or to somebody else sends nothing on."""
    flow = dut.udp.leaving()
    packet, held = dut.udp.start_migrating(flow)
    dut.udp.peer.send(mac + encode(acknowledgement(packet, dut.udp.peer.mac))[6:])
    dut.udp.expect_held(flow)
    dut.udp.take_over(flow, packet)
    dut.udp.expect_forwarded(flow, held)

"""Acknowledgements that are not the one: discarded silently, the repetition goes on, and the right one counts yet."""

from collections.abc import Callable
from typing import Any

from ipos_spec.addresses import BROADCAST_MAC, Mac
from ipos_spec.checksum import internet_checksum
from ipos_spec.codec import encode
from ipos_spec.compiled import build
from ipos_spec.fields import layout
from ipos_spec.packets import Acknowledgement, acknowledgement

from ipos_conformance.case import CaseSteps, generated, parameters, requirement
from ipos_conformance.changes import acknowledging, with_checksum_field
from ipos_conformance.dut import Dut
from ipos_conformance.frames import ETHERNET, Lan
from ipos_conformance.steps.attempt import Attempt

_NO_HOSTS = {"zero": 0, "multicast": 0xE000_0001, "broadcast": 0xFFFF_FFFF}
_IN_THE_HEADER = {field.path: field.offset for field in layout(Acknowledgement) if field.offset > ETHERNET}


def _right(attempt: Attempt) -> Acknowledgement:
    return acknowledgement(attempt.packet, attempt.peer.mac)


@requirement("ORG-6")
@parameters(
    change={
        "other-client-port": lambda header: {"source_port": header.source_port ^ 1},
        "other-client": lambda header: {"source_ip": header.source_ip ^ 1},
        "other-target-port": lambda header: {"destination_port": header.destination_port ^ 1},
        "other-target": lambda header: {"destination_ip": header.destination_ip ^ 1},
        "swapped": lambda header: {
            "source_ip": header.destination_ip,
            "source_port": header.destination_port,
            "destination_ip": header.source_ip,
            "destination_port": header.source_port,
        },
        "for-udp": lambda _: {"protocol": 2},
    }
)
def test_acknowledgement_of_another_reference_is_discarded(
    dut: Dut, change: Callable[[Any], dict[str, int]]
) -> CaseSteps:
    """One that repeats the reference swapped, or another reference or protocol, with a checksum that fits."""
    attempt = Attempt.begin(dut)
    attempt.peer.send(acknowledging(attempt.packet, attempt.peer.mac, change(attempt.packet.header)))
    yield from attempt.still_under_way()


@requirement("ORG-6")
def test_acknowledgement_from_another_router_is_discarded(dut: Dut) -> CaseSteps:
    """The right acknowledgement counts only from the MAC that the connection packet was sent to."""
    attempt = Attempt.begin(dut)
    dut.other_peer.acknowledge(attempt.packet)
    yield from attempt.still_under_way()


@requirement("ORG-6")
def test_acknowledgement_before_the_connection_packet_is_discarded(dut: Dut) -> CaseSteps:
    """While half a request is held, an acknowledgement acknowledges nothing, and it counts for nothing later."""
    client, octets = dut.connect(), dut.origin.request_octets()
    client.send("PA", octets[:128])
    dut.settle(client)
    dut.peer.send(acknowledging(dut.origin.guess(client), dut.peer.mac, {}))
    client.send("PA", octets[128:])
    yield from Attempt.expect(dut, client).still_under_way()


@requirement("ENC-5")
@parameters(protocol={"0": 0, "3": 3, "iana-tcp": 6, "iana-udp": 17, "255": 255})
def test_acknowledgement_of_an_unknown_protocol_is_discarded(dut: Dut, protocol: int) -> CaseSteps:
    """An acknowledgement whose protocol is neither 1 nor 2, with a checksum that fits."""
    attempt = Attempt.begin(dut)
    attempt.peer.send(acknowledging(attempt.packet, attempt.peer.mac, {"protocol": protocol}))
    yield from attempt.still_under_way()


@requirement("ENC-7")
@parameters(
    checksum={
        "one-more": lambda attempt: _right(attempt).header.checksum + 1,
        "zero": lambda _: 0,
        "not-complemented": lambda attempt: _right(attempt).header.checksum ^ 0xFFFF,
        "as-in-the-connection-packet": lambda attempt: attempt.packet.header.checksum,
        "over-the-header-alone": lambda attempt: internet_checksum(
            build(_right(attempt).header)[:14]  # the checksum field, which counts as zero, stands last
        ),
    }
)
def test_acknowledgement_with_a_wrong_checksum_is_discarded(dut: Dut, checksum: Callable[[Attempt], int]) -> CaseSteps:
    """The checksum of an acknowledgement is verified against the migration in progress."""
    attempt = Attempt.begin(dut)
    attempt.peer.send(with_checksum_field(_right(attempt), checksum(attempt) & 0xFFFF))
    yield from attempt.still_under_way()


@generated
@requirement("ENC-8")
@parameters(size={**{f"before-{path}": offset for path, offset in _IN_THE_HEADER.items()}, "before-the-last-octet": 29})
def test_truncated_acknowledgement_is_discarded(dut: Dut, size: int) -> CaseSteps:
    """An acknowledgement that is cut off at any field of its header."""
    attempt = Attempt.begin(dut)
    attempt.peer.send(encode(_right(attempt))[:size])
    yield from attempt.still_under_way()


@requirement("ENC-8")
@parameters(padding={"zeros": bytes(30), "ones": b"\xff" * 30, "one-odd-octet": b"\xa5", "a-whole-frame": b"Z" * 1000})
def test_octets_behind_an_acknowledgement_are_ignored(dut: Dut, padding: bytes) -> None:
    """Padding of any length and value changes nothing in an acknowledgement: the held request is passed on."""
    attempt = Attempt.begin(dut)
    attempt.peer.send(encode(_right(attempt)) + padding)
    attempt.expect_held()


@requirement("ENC-11")
@parameters(mac={"first-lan-mac": Lan.FIRST, "second-lan-mac": Lan.SECOND})
def test_acknowledgement_from_the_first_lan_is_discarded(dut: Dut, mac: Lan) -> CaseSteps:
    """The right acknowledgement, but on the first LAN, to either MAC of the router."""
    dut.needs(not dut.target.one_lan, "both LANs are one interface")
    attempt = Attempt.begin(dut)
    attempt.peer.send(dut.mac_on(mac) + encode(_right(attempt))[6:], Lan.FIRST)
    yield from attempt.still_under_way()


@requirement("ENC-12")
@parameters(
    mac={
        "broadcast": BROADCAST_MAC,
        "multicast": Mac(bytes.fromhex("01005e000001")),
        "unknown": Mac(bytes.fromhex("020000005555")),
    }
)
def test_acknowledgement_to_another_mac_is_discarded(dut: Dut, mac: Mac) -> CaseSteps:
    """An acknowledgement to all, to a group or to somebody else does not end the attempt."""
    attempt = Attempt.begin(dut)
    attempt.peer.send(mac + encode(_right(attempt))[6:])
    yield from attempt.still_under_way()


@requirement("ENC-13")
def test_acknowledgement_from_a_group_mac_is_discarded(dut: Dut) -> CaseSteps:
    """An acknowledgement whose source MAC is a group's does not end the attempt."""
    attempt = Attempt.begin(dut)
    frame = encode(_right(attempt))
    attempt.peer.send(frame[:6] + bytes([frame[6] | 1]) + frame[7:])
    yield from attempt.still_under_way()


@requirement("ENC-13")
@parameters(
    fields={
        **{f"client-{name}": {"source_ip": address} for name, address in _NO_HOSTS.items()},
        **{f"target-{name}": {"destination_ip": address} for name, address in _NO_HOSTS.items()},
        "client-port-0": {"source_port": 0},
        "target-port-0": {"destination_port": 0},
    }
)
def test_acknowledgement_with_an_impossible_address_is_discarded(dut: Dut, fields: dict[str, int]) -> CaseSteps:
    """An acknowledgement for a client or target that can't exist gets no answer and ends no attempt."""
    attempt = Attempt.begin(dut)
    attempt.peer.send(acknowledging(attempt.packet, attempt.peer.mac, fields))
    yield from attempt.still_under_way()

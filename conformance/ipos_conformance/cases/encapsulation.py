"""Frames that are no packet of FIG. 11, or come in where none may: other EtherType, type, protocol, LAN."""

from collections.abc import Callable

from ipos_spec.codec import encode
from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE, ETHER_TYPE

from ipos_conformance.case import parameters, requirement
from ipos_conformance.changes import with_header
from ipos_conformance.dut import Dut
from ipos_conformance.frames import IPV4_TYPE, Lan

_OTHER_PROTOCOLS = {"0": 0, "3": 3, "iana-tcp": 6, "iana-udp": 17, "255": 255}


@requirement("ENC-2")
@parameters(
    change={
        "the-alternative": lambda own: ETHER_TYPE if own == ALTERNATIVE_ETHER_TYPE else ALTERNATIVE_ETHER_TYPE,
        "one-less": lambda own: own - 1,
        "one-more": lambda own: own + 1,
        "octets-swapped": lambda own: own >> 8 | (own & 0xFF) << 8,
        "highest-bit": lambda own: own ^ 0x8000,
        "ipv4": lambda _: IPV4_TYPE,
    }
)
def test_connection_packet_under_another_ether_type_is_ignored(dut: Dut, change: Callable[[int], int]) -> None:
    """What would be a connection packet is none under an EtherType that is not the configured one."""
    ether_type = change(dut.target.second_lan.ether_type)
    packet = dut.peer.connection_packet(dut.new_client())
    frame = encode(packet)
    dut.peer.send(frame[:12] + ether_type.to_bytes(2, "big") + frame[14:])
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("ENC-4")
@parameters(packet_type={"00": 0x00, "04": 0x04, "7f": 0x7F, "81": 0x81, "ff": 0xFF})
def test_unknown_type_is_discarded(dut: Dut, packet_type: int) -> None:
    """A connection packet under a type that does not exist gets no answer and makes no endpoint."""
    dut.needs(packet_type not in dut.target.pics.extensions, f"the target knows extension 0x{packet_type:02x}")
    packet = dut.peer.connection_packet(dut.new_client())
    dut.peer.send(with_header(encode(packet), packet_type, 1))
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("ENC-5")
@parameters(protocol=_OTHER_PROTOCOLS)
def test_connection_packet_of_an_unknown_protocol_is_discarded(dut: Dut, protocol: int) -> None:
    """A connection packet whose protocol is neither 1 nor 2 gets no answer and makes no endpoint."""
    packet = dut.peer.connection_packet(dut.new_client())
    dut.peer.send(with_header(encode(packet), 1, protocol))
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("ENC-5")
@parameters(protocol=_OTHER_PROTOCOLS)
def test_client_packet_of_an_unknown_protocol_is_discarded(dut: Dut, protocol: int) -> None:
    """A client's packet under a protocol that is neither 1 nor 2 does not reach the endpoint."""
    endpoint = dut.hand_over()
    packet = dut.peer.client_packet(endpoint.client, endpoint.packet("PA", dut.wrong_request()))
    frame = encode(packet)
    checked = with_header(frame[:30], 2, protocol) + frame[30:]
    dut.peer.send(checked)
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)


@requirement("ENC-11")
@parameters(mac={"first-lan-mac": Lan.FIRST, "second-lan-mac": Lan.SECOND})
def test_connection_packet_from_the_first_lan_is_discarded(dut: Dut, mac: Lan) -> None:
    """A connection packet that comes in from the first LAN gets no answer on either and makes no endpoint."""
    dut.needs(not dut.target.one_lan, "both LANs are one interface")
    packet = dut.peer.connection_packet(dut.new_client())
    dut.peer.send(dut.mac_on(mac) + encode(packet)[6:], Lan.FIRST)
    dut.judge.expect_silence()
    dut.expect_no_endpoint(dut.peer, packet)


@requirement("ENC-11")
@parameters(mac={"first-lan-mac": Lan.FIRST, "second-lan-mac": Lan.SECOND})
def test_client_packet_from_the_first_lan_is_discarded(dut: Dut, mac: Lan) -> None:
    """A type 2 packet that comes in from the first LAN does not reach the endpoint."""
    dut.needs(not dut.target.one_lan, "both LANs are one interface")
    endpoint = dut.hand_over()
    packet = dut.peer.client_packet(endpoint.client, endpoint.packet("PA", dut.wrong_request()))
    dut.peer.send(dut.mac_on(mac) + encode(packet)[6:], Lan.FIRST)
    dut.judge.expect_silence()
    dut.expect_exchange(endpoint)

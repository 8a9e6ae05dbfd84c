"""ARP, ICMP, and what the router must not take from its neighbours."""

from ipos_spec.addresses import mac_text
from ipos_spec.encapsulation import PacketType
from scapy.layers.inet import ICMP

from ipos_conformance.case import parameters, requirement
from ipos_conformance.dut import Dut
from ipos_conformance.frames import Lan, address

_LANS = {lan.value: lan for lan in Lan}


@requirement("NBR-1")
@parameters(lan=_LANS)
def test_arp_is_answered_with_the_mac_of_its_lan(dut: Dut, lan: Lan) -> None:
    """Asked for its own address, the router answers on either LAN, with the MAC that it has there."""
    dut.ask_who_has(dut.address, lan)
    dut.judge.expect(
        lambda frame: (
            frame.lan is lan
            and frame.arp is not None
            and (frame.arp.op, address(frame.arp.psrc)) == (2, dut.address)
            and bytes.fromhex(frame.arp.hwsrc.replace(":", "")) == dut.mac_on(lan)
        ),
        f"ARP answer on the {lan} with the router's own MAC there",
    )


@requirement("NBR-1")
@parameters(lan=_LANS)
def test_arp_for_another_server_is_not_answered(dut: Dut, lan: Lan) -> None:
    """Also while it holds an endpoint of another server, a router does not claim that server's address."""
    dut.hand_over()
    dut.ask_who_has(dut.peer.address, lan)
    dut.judge.expect_none(
        lambda frame: frame.arp is not None and (frame.arp.op, address(frame.arp.psrc)) == (2, dut.peer.address),
        "no ARP answer for another server's address",
    )


@requirement("NBR-1")
def test_other_router_is_found_on_the_second_lan(dut: Dut) -> None:
    """A connection packet for a peer goes from the router's own MAC on the second LAN to the peer's."""
    client = dut.connect()
    dut.origin.request(client)
    frame = dut.judge.expect(
        lambda frame: (
            frame.header is not None and frame.header.type == PacketType.CONNECTION and client.client in frame.clients
        ),
        "a connection packet for what is away",
    )
    way = (frame.lan, frame.source, frame.destination)
    dut.require(
        way == (Lan.SECOND, dut.second_mac, dut.peer.mac), f"to {mac_text(dut.peer.mac)}, the peer's MAC", frame
    )


@requirement("NBR-1")
def test_ipv4_on_the_second_lan_is_discarded(dut: Dut) -> None:
    """A SYN that comes in bare from the second LAN is answered on neither LAN."""
    dut.needs(not dut.target.one_lan, "both LANs are one interface")
    conversation = dut.stranger()
    dut.edge.pass_on(conversation.packet("S"), Lan.SECOND)
    dut.judge.expect_silence()


@requirement("NBR-2")
def test_echo_is_answered(dut: Dut) -> None:
    """An ICMP echo request to the router's address is answered with the same identifier and data."""
    client, nonce = dut.new_client(), dut.random.randbytes(16)
    dut.edge.ping(client, nonce)
    dut.judge.expect(
        lambda frame: (
            frame.ip is not None
            and ICMP in frame.ip
            and (frame.ip[ICMP].type, frame.ip[ICMP].id, address(frame.ip.dst)) == (0, client.port, client.ip)
            and bytes(frame.ip[ICMP].payload) == nonce
        ),
        "ICMP echo reply with the request's identifier and data",
    )


@requirement("NBR-2")
def test_datagram_for_an_unserved_port_is_refused(dut: Dut) -> None:
    """A UDP datagram for a port that nobody serves is answered by ICMP "port unreachable"."""
    client = dut.new_client()
    dut.edge.datagram(client, dut.target.pixit.closed_port)
    dut.judge.expect(
        lambda frame: (
            frame.ip is not None
            and ICMP in frame.ip
            and (frame.ip[ICMP].type, frame.ip[ICMP].code) == (3, 3)
            and client in frame.clients
        ),
        "ICMP port unreachable that quotes the datagram",
    )

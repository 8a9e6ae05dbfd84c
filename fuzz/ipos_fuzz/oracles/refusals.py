"""An ipOS frame as the harness sends it: whether a router has to discard it, by which requirement (ENC-2 to ENC-13).

What the frame shows by itself, without any state of the router's.
"""

from ipos_conformance.frames import Frame, Lan
from ipos_spec.addresses import is_group_mac, is_unicast_ipv4
from ipos_spec.codec import decode
from ipos_spec.encapsulation import EncapsulationHeader
from ipos_spec.errors import DecodeError
from ipos_spec.packets import Acknowledgement, Packet, TcpConnectionPacket, UdpConnectionPacket

from ipos_fuzz.oracles.facts import Facts


def refusal(frame: Frame, facts: Facts) -> tuple[Packet | None, str]:
    """The packet, if it can be read as one, and the requirement by which it is discarded; "" if by none of these."""
    try:
        packet = decode(frame.octets, facts.ether_type)
    except DecodeError as error:
        return None, error.requirement
    if frame.lan is Lan.FIRST and not facts.one_lan:
        return packet, "ENC-11"
    if not facts.is_own(frame.destination, facts.second_mac):
        return packet, "ENC-12"
    if is_group_mac(frame.source) or not _may_be_named(packet.header, facts):
        return packet, "ENC-13"
    if isinstance(packet, Acknowledgement):
        return packet, ""
    if packet.header.destination_ip != facts.address:
        return packet, "ENC-13"
    if isinstance(packet, TcpConnectionPacket | UdpConnectionPacket):
        return packet, _refusal_of_connection(packet, facts)
    return packet, ""


def _may_be_named(header: EncapsulationHeader, facts: Facts) -> bool:
    addresses = is_unicast_ipv4(header.source_ip) and is_unicast_ipv4(header.destination_ip)
    return addresses and header.source_ip != facts.address and bool(header.source_port and header.destination_port)


def _refusal_of_connection(packet: TcpConnectionPacket | UdpConnectionPacket, facts: Facts) -> str:
    connection = packet.connection
    if not is_unicast_ipv4(connection.server_ip) or not connection.server_port:
        return "ENC-13"
    if packet.header.destination_port == facts.closed_port:
        return "TGT-2"
    if isinstance(packet, TcpConnectionPacket) and packet.connection.control_block.refusal():
        return "TCB-2"
    return ""

"""Whether an ipOS packet may be looked at, by its addresses alone (ENC-12, ENC-13)."""

from ipos_spec.addresses import IPv4, is_group_mac, is_unicast_ipv4
from ipos_spec.packets import Acknowledgement, ConnectionPacket, Packet


def is_acceptable(packet: Packet, own_ip: IPv4) -> bool:
    """Whether a packet's reference and addresses can be meant for the router with address ``own_ip`` (ENC-13).

    For type 3 the header's destination is the peer's address, which the migration in progress has to match (ORG-6).
    """
    header = packet.header
    server_ip, server_port = _server(packet)
    return (
        not is_group_mac(packet.ethernet.source)
        and is_unicast_ipv4(header.source_ip)
        and header.source_ip != own_ip
        and is_unicast_ipv4(server_ip)
        and 0 not in (header.source_port, header.destination_port, server_port)
        and (isinstance(packet, Acknowledgement) or header.destination_ip == own_ip)
    )


def _server(packet: Packet) -> tuple[int, int]:
    """The address that the client talks to, as far as the packet says it; else the header's destination."""
    if isinstance(packet, ConnectionPacket):
        return packet.connection.server_ip, packet.connection.server_port
    if isinstance(packet, Acknowledgement):
        return packet.header.destination_ip, packet.header.destination_port
    header_length = (packet.inner[0] & 0xF) * 4
    destination_port = packet.inner[header_length + 2 : header_length + 4]
    return int.from_bytes(packet.inner[16:20], "big"), int.from_bytes(destination_port, "big")

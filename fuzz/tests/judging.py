"""Why a router discards a frame: by the specification's codec and by the RFCs, not by the operators' own code."""

from ipos_spec import DecodeError, vectors
from ipos_spec.addresses import is_group_mac, is_unicast_ipv4
from ipos_spec.advertisement import TableAdvertisement
from ipos_spec.checksum import verifies
from ipos_spec.codec import decode_extended
from ipos_spec.packets import Acknowledgement, ClientPacket, Packet, TcpConnectionPacket, acknowledges
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import ARP

TCP_HEADER, UDP_HEADER = 20, 8


def reason_to_discard(frame: bytes, original: bytes) -> str | None:
    """The requirement by which any router, in any state, discards a frame made from this original, or None."""
    if original[12:14] == b"\x08\x06":
        return reason_of_arp(frame[14:])
    if original[12:14] == b"\x08\x00":
        return reason_of_ip(frame[14:])
    return reason_of_ipos(frame, decode_extended(original))


def reason_for_stranger(frame: bytes, original: bytes) -> str | None:
    """The same of a router that has neither endpoint nor Forward entry for the client."""
    reason = reason_to_discard(frame, original)
    if reason is not None:
        return reason
    if original[12:14] == b"\x08\x06":
        return "NBR-1" if ARP(frame[14:]).pdst != ARP(original[14:]).pdst else None
    if original[12:14] == b"\x08\x00":
        return reason_of_transport(frame[14:], is_inside=False)
    carries_packet = isinstance(decode_extended(original), ClientPacket)
    return reason_of_transport(frame[30:], is_inside=True) if carries_packet else None


def reason_of_ipos(frame: bytes, original: Packet | TableAdvertisement) -> str | None:
    try:
        packet = decode_extended(frame)
    except DecodeError as error:
        return error.requirement
    if isinstance(packet, TableAdvertisement) or isinstance(original, TableAdvertisement):
        return None
    if packet.ethernet.destination != original.ethernet.destination:
        return "ENC-12"
    if is_group_mac(packet.ethernet.source) or not usable(packet):
        return "ENC-13"
    if isinstance(original, Acknowledgement):
        return None if is_acknowledged(packet) else "ENC-7"
    router = original.header.destination_ip
    if isinstance(packet, Acknowledgement):
        return None
    if packet.header.destination_ip != router or packet.header.source_ip == router:
        return "ENC-13"
    if isinstance(packet, TcpConnectionPacket) and packet.connection.control_block.refusal():
        return "TCB-2"
    return None


def is_acknowledged(packet: Packet) -> bool:
    return isinstance(packet, Acknowledgement) and acknowledges(packet, vectors.PACKETS["tcp-connection"])


def usable(packet: Packet) -> bool:
    header = packet.header
    addresses, ports = [header.source_ip, header.destination_ip], [header.source_port, header.destination_port]
    if hasattr(packet, "connection"):
        addresses.append(packet.connection.server_ip)
        ports.append(packet.connection.server_port)
    return all(map(is_unicast_ipv4, addresses)) and all(ports)


def reason_of_ip(octets: bytes) -> str | None:
    """RFC 1122 3.2.1, RFC 1812 5.2.2, RFC 792; whose packets a router takes on the first LAN, ORG-9 says for TCP."""
    if len(octets) < 20:
        return "ORG-9"
    length, total = (octets[0] & 0xF) * 4, int.from_bytes(octets[2:4], "big")
    if octets[0] >> 4 != 4 or length < 20 or total < length or total > len(octets):
        return "ORG-9"
    if not verifies(octets[:length]) or not is_unicast_ipv4(int.from_bytes(octets[12:16], "big")):
        return "ORG-9"
    return "NBR-2" if octets[9] == 1 and not verifies(octets[length:total]) else None


def reason_of_transport(octets: bytes, *, is_inside: bool) -> str | None:
    """RFC 9293 3.1, RFC 768, RFC 1122 4.1.3.4; TGT-8 of malformed segments."""
    packet = IP(octets)
    segment = octets[packet.ihl * 4 : packet.len]
    pseudo_header = octets[12:20] + bytes([0, packet.proto]) + len(segment).to_bytes(2, "big")
    if UDP in packet:
        if not UDP_HEADER <= packet[UDP].len <= len(segment):
            return "UDP-1"
        return None if packet[UDP].chksum == 0 or verifies(pseudo_header + segment) else "UDP-1"
    if TCP in packet:
        if not verifies(pseudo_header + segment):
            return "ORG-9"
        return "TGT-8" if is_inside and not TCP_HEADER <= (segment[12] >> 4) * 4 <= len(segment) else None
    return None


def reason_of_arp(octets: bytes) -> str | None:
    """RFC 826: "do I have the hardware type, do I speak the protocol"."""
    if len(octets) < 28:
        return "NBR-1"
    request = ARP(octets)
    return None if request.hwtype in (1, 6) and request.ptype == 0x0800 else "NBR-1"

"""One worked example of each packet of FIG. 11E-11I, in documentation addresses (RFC 5737)."""

from collections.abc import Mapping
from types import MappingProxyType

from ipos_spec.addresses import ipv4, mac
from ipos_spec.codec import encode
from ipos_spec.connection import TcpConnectionInformation, UdpConnectionInformation
from ipos_spec.control_block import ControlBlock, ControlFlag
from ipos_spec.encapsulation import Reference
from ipos_spec.ethernet import EthernetHeader
from ipos_spec.packets import (
    Packet,
    acknowledgement,
    tcp_connection_packet,
    tcp_packet,
    udp_connection_packet,
    udp_packet,
)

_ORIGIN, _TARGET = mac("02:00:00:00:02:02"), mac("02:00:00:00:02:01")
_TO_TARGET = EthernetHeader(destination=_TARGET, source=_ORIGIN)
_REFERENCE = Reference(ipv4("198.51.100.7"), 49152, ipv4("192.0.2.1"), 80)
_UDP_REFERENCE = _REFERENCE._replace(target_port=7)

_CONTROL_BLOCK = ControlBlock(
    t_maxseg=1460,
    t_flags=ControlFlag.SCALE | ControlFlag.TIMESTAMPS | ControlFlag.SACK_PERMIT,
    ts_now=1_000_000,
    snd_una=0x11223345,
    snd_nxt=0x11223345,
    snd_max=0x11223345,
    iss=0x11223344,
    snd_wl1=0xAABBCCDE,
    snd_wl2=0x11223345,
    snd_wnd=64240,
    max_sndwnd=64240,
    irs=0xAABBCCDD,
    rcv_nxt=0xAABBCCDE,
    rcv_up=0xAABBCCDE,
    rcv_wnd=65535,
    rcv_adv=0xAABCCCDD,
    snd_cwnd=14600,
    snd_ssthresh=0x7FFFFFFF,
    snd_scale=7,
    rcv_scale=2,
    request_r_scale=2,
    requested_s_scale=7,
    ts_recent=2_000_000,
    last_ack_sent=0xAABBCCDE,
)

# The client's packets, written out by hand: they are somebody else's octets.
_REQUEST = bytes.fromhex(
    "45000046 00014000 4006 4e74 c6336407 c0000202"  # IPv4: 70 octets, DF, TTL 64, TCP, 198.51.100.7 to 192.0.2.2
    "c0000050 aabbccde 11223345 8018 01f6 6690 0000"  # TCP: ports 49152 and 80, ACK PSH
    "0101080a 001e8480 000f4240"  # timestamps: 2000000 echoing 1000000
    "474554202f20485454502f312e300d0a0d0a"  # GET / HTTP/1.0, and an empty line
)
_DATAGRAM = bytes.fromhex("45000020 00020000 4011 8e8e c6336407 c0000202 c0000007 000c 0000 70696e67")

_TCP_CONNECTION = tcp_connection_packet(
    _TO_TARGET,
    _REFERENCE,
    TcpConnectionInformation(server_ip=ipv4("192.0.2.2"), server_port=80, control_block=_CONTROL_BLOCK),
)

PACKETS: Mapping[str, Packet] = MappingProxyType(
    {
        "tcp-connection": _TCP_CONNECTION,
        "udp-connection": udp_connection_packet(
            _TO_TARGET, _UDP_REFERENCE, UdpConnectionInformation(server_ip=ipv4("192.0.2.2"), server_port=7)
        ),
        "tcp": tcp_packet(_TO_TARGET, _REFERENCE, _REQUEST),
        "udp": udp_packet(_TO_TARGET, _UDP_REFERENCE, _DATAGRAM),
        "acknowledgement": acknowledgement(_TCP_CONNECTION, source=_TARGET),
    }
)
"""Packet values by name: the origin is 192.0.2.2, the target 192.0.2.1, the client 198.51.100.7."""

FRAMES: Mapping[str, bytes] = MappingProxyType({name: encode(packet) for name, packet in PACKETS.items()})
"""The same as frames."""

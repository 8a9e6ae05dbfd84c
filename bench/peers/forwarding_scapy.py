"""The same with Scapy as its documentation has it: `bridge_and_sniff` with a function that makes the new packet.

python forwarding_scapy.py tap|packet FIRST SECOND ENTRIES
"""

import socket
import sys

from forwarding_flow import SECOND_MAC, SERVER, words
from scapy.config import conf
from scapy.interfaces import resolve_iface
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from scapy.layers.tuntap import TunTapInterface
from scapy.packet import Packet, Raw
from scapy.sendrecv import bridge_and_sniff
from scapy.supersocket import SuperSocket
from scapy.utils import checksum
from scapy_layers import EncapsulationHeader

_SO_RCVBUFFORCE = 33


def opened(kind: str, name: str) -> SuperSocket:
    """Scapy's own socket of this kind."""
    if kind == "tap":
        return TunTapInterface(name, mode_tun=False)
    found = conf.L2socket(iface=resolve_iface(name))
    found.ins.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 16 << 20)
    return found


def main(kind: str, first: str, second: str, entries: str) -> None:
    """Open both ports, say so, and forward."""
    sockets = opened(kind, first), opened(kind, second)
    found = dict(map(words, range(int(entries))))
    own, server = SECOND_MAC.hex(":"), SERVER.port

    def sent_on(packet: Packet) -> Packet | bool:
        if TCP not in packet or packet[TCP].dport != server:
            return False
        ip, tcp = packet[IP], packet[TCP]
        onward = found.get((ip.src, tcp.sport))
        if onward is None:
            return False
        address, port, mac = onward
        header = EncapsulationHeader(
            source_ip=ip.src,
            source_port=tcp.sport,
            destination_ip=address,
            destination_port=port,
            type=2,
            protocol=1,
        )
        header.checksum = checksum(bytes(header))
        return Ether(dst=mac, src=own, type=7) / header / Raw(bytes(ip))

    print("ready", flush=True)  # noqa: T201 - that is how a contestant says so
    bridge_and_sniff(*sockets, xfrm12=sent_on, xfrm21=lambda _: False, store=False)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A scripted target on two TAP devices, wrong in a chosen way: what the suite's verdicts are proved with.

    python fake_target.py BEHAVIOUR

mute       makes the interfaces and answers nothing
probes     answers barriers and ARP, and nothing beyond: every connection packet is acknowledged, every SYN is reset
echo       answers like `probes`, and sends every ipOS frame back to where it came from
arp        answers ARP only
dying      answers like `probes`, and ends at the first frame of the unknown type 0x7f
never      ends before it makes an interface
"""

import select
import sys

from ipos_spec.addresses import mac
from ipos_spec.codec import decode, encode
from ipos_spec.errors import DecodeError
from ipos_spec.packets import TcpConnectionPacket, acknowledgement
from pytun import IFF_NO_PI, IFF_TAP, TunTapDevice
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import ARP, Ether

FIRST_MAC, SECOND_MAC = mac("02:00:00:00:01:01"), mac("02:00:00:00:02:01")
DEADLY_TYPE = 0x7F


def answers_on_the_first_lan(frame: bytes) -> list[bytes]:
    if frame[12:14] == b"\x08\x06":
        return arp_answer(frame, FIRST_MAC)
    if frame[12:14] != b"\x08\x00":
        return []
    packet = Ether(frame)
    if TCP not in packet or "S" not in packet[TCP].flags:
        return []
    reset = TCP(sport=packet[TCP].dport, dport=packet[TCP].sport, flags="RA", ack=packet[TCP].seq + 1)
    return [bytes(Ether(src=packet.dst, dst=packet.src) / IP(src=packet[IP].dst, dst=packet[IP].src) / reset)]


def answers_on_the_second_lan(frame: bytes) -> list[bytes]:
    if frame[12:14] == b"\x08\x06":
        return arp_answer(frame, SECOND_MAC)
    try:
        packet = decode(frame)
    except DecodeError:
        return []
    if not isinstance(packet, TcpConnectionPacket):
        return []
    return [encode(acknowledgement(packet, SECOND_MAC))]


def arp_answer(frame: bytes, hardware: bytes) -> list[bytes]:
    request = Ether(frame)
    if request.op != 1 or request.pdst != "192.0.2.1":
        return []
    answer = ARP(op=2, hwsrc=hardware.hex(":"), psrc=request.pdst, hwdst=request.hwsrc, pdst=request.psrc)
    return [bytes(Ether(src=hardware.hex(":"), dst=request.src) / answer)]


def echo(frame: bytes) -> list[bytes]:
    return [frame[6:12] + frame[:6] + frame[12:]] if frame[12:14] == b"\x00\x07" else []


def serve(behaviour: str) -> None:
    first, second = (TunTapDevice(name=name, flags=IFF_TAP | IFF_NO_PI) for name in ("ipos-lan1", "ipos-lan2"))
    first.mtu, second.mtu = 1500, 1600
    first.up()
    second.up()
    while True:
        for device in select.select([first, second], [], [])[0]:
            frame = device.read(2000)
            if behaviour == "dying" and frame[12:14] == b"\x00\x07" and frame[26] == DEADLY_TYPE:
                sys.exit("out of coffee")
            if behaviour == "mute" or (behaviour == "arp" and frame[12:14] != b"\x08\x06"):
                continue
            answers = answers_on_the_first_lan(frame) if device is first else answers_on_the_second_lan(frame)
            for answer in (echo(frame) if behaviour == "echo" else []) + answers:
                device.write(answer)


if __name__ == "__main__":
    if sys.argv[1] == "never":
        sys.exit("no licence")
    serve(sys.argv[1])

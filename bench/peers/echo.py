"""A target that takes whatever it gets: python echo.py INTERFACE... sends each frame back to whom it came from.

MACs change places, and in an IPv4 packet addresses and ports as well, under which its checksums stay right. So barriers
are answered, by their own echo, as early as anybody can.
"""

import select
import socket
import sys
import time

# <asm-generic/socket.h>, <linux/if_packet.h>, <linux/if_ether.h>: numbers that Python's socket module lacks.
SO_RCVBUFFORCE, SOL_PACKET, PACKET_IGNORE_OUTGOING, ETH_P_ALL = 33, 263, 23, 3
MODERATION = 0.0003
"""Seconds for which frames may gather, as at a NIC that moderates its interrupts: else each sender's frame wakes us."""

AT_ONCE = 256
"""Frames that are taken from one interface before it is the other's turn."""


def opened(interface: str) -> socket.socket:
    """A socket for every frame that comes in at an interface."""
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    port.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
    port.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    port.bind((interface, ETH_P_ALL))
    port.setblocking(False)
    return port


def turn(frame: bytearray, length: int) -> None:
    """Make an answer of a frame, in place."""
    frame[0:6], frame[6:12] = frame[6:12], frame[0:6]
    if frame[12:14] == b"\x08\x00" and length >= 38:
        frame[26:30], frame[30:34] = frame[30:34], frame[26:30]
        frame[34:36], frame[36:38] = frame[36:38], frame[34:36]


def main(interfaces: list[str]) -> None:
    """Answer until the end."""
    ports = [opened(name) for name in interfaces]
    frame = bytearray(65536)
    while True:
        ready, _, _ = select.select(ports, [], [])
        time.sleep(MODERATION)
        for port in ready:
            for _ in range(AT_ONCE):
                try:
                    length = port.recv_into(frame)
                except BlockingIOError:
                    break
                turn(frame, length)
                port.send(memoryview(frame)[:length])


if __name__ == "__main__":
    main(sys.argv[1:])

"""The least that a loop in Python can do: one frame is read, one dict looked into, one frame written.

    python forwarding_floor.py tap|packet FIRST SECOND ENTRIES

No check is made, and nothing is counted, renewed or ended: an IP header has 20 octets here, or nothing is found.
"""

import os
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial

import pytun
from forwarding_flow import SERVER, added, client

_ETH_P_ALL, _SO_RCVBUFFORCE, _SOL_PACKET, _PACKET_IGNORE_OUTGOING = 3, 33, 263, 23
_LARGEST = 2048


def forward(
    receive: Callable[[], bytes], send: Callable[[bytes], object], added_by_client: Mapping[bytes, bytes]
) -> None:
    """Forward until the end."""
    while True:
        frame = receive()
        headers = added_by_client.get(frame[26:38])
        if headers is not None:
            send(headers + frame[14:])


def table(entries: int) -> dict[bytes, bytes]:
    """Both headers by addresses and ports as they stand in a packet."""
    found = {}
    for number in range(entries):
        (address, port), server = client(number), SERVER
        ends = address.to_bytes(4, "big") + server.ip.to_bytes(4, "big")
        found[ends + port.to_bytes(2, "big") + server.port.to_bytes(2, "big")] = added(number)
    return found


def tap(name: str) -> int:
    """A TAP device's descriptor."""
    device = pytun.TunTapDevice(name=name, flags=pytun.IFF_TAP | pytun.IFF_NO_PI)
    device.up()
    return os.dup(device.fileno())


def packet(name: str) -> socket.socket:
    """A packet socket on an interface."""
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    opened.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 16 << 20)
    opened.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    opened.bind((name, _ETH_P_ALL))
    return opened


def main(kind: str, first: str, second: str, entries: str) -> None:
    """Open both ports, say so, and forward."""
    if kind == "tap":
        receive, send = partial(os.read, tap(first), _LARGEST), partial(os.write, tap(second))
    else:
        receive, send = partial(packet(first).recv, _LARGEST), packet(second).send
    found = table(int(entries))
    print("ready", flush=True)  # noqa: T201 - that is how a contestant says so
    forward(receive, send, found)


if __name__ == "__main__":
    main(*sys.argv[1:])

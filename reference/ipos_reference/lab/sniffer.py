"""The process that writes down what crosses both LANs: ``sniffer.py FILE FIRST-NAMESPACE SECOND-NAMESPACE``.

It stands on each LAN's bridge, which, being promiscuous, gives it every frame once. Frames have the kernel's times, and
are written in the order of these. Ends with SIGTERM.
"""

import contextlib
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ipos_spec.captures import Direction
from ipos_spec.exchanges.values import FIRST_LAN, SECOND_LAN

from ipos_reference.capture_file import CaptureFile
from ipos_reference.lab import plan
from ipos_reference.lab.namespaces import Namespace
from ipos_reference.lab.place import SAID

LIMIT = 32
"""MiB of the file, and of the one before it."""

_ETH_P_ALL = 3  # <linux/if_ether.h>
_SOL_PACKET, _ADD_MEMBERSHIP, _PROMISCUOUS, _IGNORE_OUTGOING = 263, 1, 1, 23  # <linux/if_packet.h>
_SO_TIMESTAMPNS, _SO_RCVBUFFORCE = 35, 33  # <asm-generic/socket.h>
_RECEIVE_BUFFER = 16 * 2**20
_LARGEST = 65536
_TIMESTAMP = struct.Struct("qq")
_LOOK_AGAIN = 0.005
"""Seconds until a frame that came while both sockets were read is written: nothing earlier can turn up by then."""


class Sniffed(NamedTuple):
    """A frame, and when it came: nanoseconds since 1970-01-01 00:00 UTC."""

    time_ns: int
    lan: str
    octets: bytes


def ready(frames: Iterable[Sniffed], until_ns: int) -> tuple[list[Sniffed], list[Sniffed]]:
    """Those that can be written, in order, and those that have to wait since one before them may still be unread."""
    in_order = sorted(frames, key=lambda frame: frame.time_ns)
    early = [frame for frame in in_order if frame.time_ns <= until_ns]
    return early, in_order[len(early) :]


def _open(interface: str) -> socket.socket:
    sniffing = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    with contextlib.suppress(PermissionError):  # in a user namespace the default buffer has to do
        sniffing.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
    sniffing.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
    sniffing.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    sniffing.bind((interface, _ETH_P_ALL))
    membership = struct.pack("IHH8s", socket.if_nametoindex(interface), _PROMISCUOUS, 0, b"")
    sniffing.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, membership)
    sniffing.setblocking(False)
    return sniffing


def _waiting(sniffing: socket.socket, lan: str) -> Iterator[Sniffed]:
    """What is there to be read."""
    while True:
        try:
            octets, ancillary, _, _ = sniffing.recvmsg(_LARGEST, socket.CMSG_SPACE(_TIMESTAMP.size))
        except BlockingIOError:
            return
        seconds, nanoseconds = _TIMESTAMP.unpack(ancillary[0][2])
        yield Sniffed(seconds * 10**9 + nanoseconds, lan, octets)


def main() -> None:
    """Sniff until somebody ends the process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    path, *namespaces = sys.argv[1:]
    bridges = dict(zip((plan.FIRST_LAN, plan.SECOND_LAN), namespaces, strict=True))
    sockets = {
        Namespace(namespace).within(lambda bridge=bridge: _open(bridge)): lan  # type: ignore[misc]
        for (bridge, namespace), lan in zip(bridges.items(), (FIRST_LAN, SECOND_LAN), strict=True)
    }
    file = CaptureFile(
        Path(path), [FIRST_LAN, SECOND_LAN], "What crossed both LANs of the lab", limit=LIMIT, on_failure=_complain
    )
    later: list[Sniffed] = []
    while True:
        select.select(list(sockets), [], [], _LOOK_AGAIN if later else None)
        until_ns = time.time_ns()
        read = [frame for sniffing, lan in sockets.items() for frame in _waiting(sniffing, lan)]
        now, later = ready([*later, *read], until_ns)
        for frame in now:
            file.write(frame.lan, frame.time_ns, frame.octets, (), direction=Direction.INBOUND)
        file.turn_over()


def _complain(line: str) -> None:
    with contextlib.suppress(OSError):  # what is full may be the disk that this goes to, too
        os.write(sys.stderr.fileno(), f"{SAID}{line}\n".encode())


if __name__ == "__main__":
    main()

"""A packet socket on an interface that exists: a real NIC, or one end of a veth pair."""

import contextlib
import ctypes
import os
import socket
import struct
from collections.abc import Sequence

from ipos_reference.ports.many import ManyReceived, ManySent
from ipos_reference.ports.port import Port, PortError

_ETH_P_ALL = 3
_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, _PACKET_IGNORE_OUTGOING = 263, 1, 23
_PACKET_MR_PROMISC = 1
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_RECEIVE_BUFFER, _SEND_BUFFER = 16 * 2**20, 2**21
"""Octets. Sent frames count until the device is done with them: its interface's queue of 1,000 is to be the bound."""

_LARGEST = 65536 + 18
_AT_ONCE = 64
"""Frames of one system call: of more, nothing is saved any longer."""

_WORTH_IT = 8
"""Frames from which on one system call for all takes less than one each, what it needs to be told included."""

_SO_ATTACH_FILTER = 26
_VLAN_TAG = 0xFFFFF000 + 44
"""<linux/filter.h>: for a classic BPF program, the tag that the kernel has taken off a frame; 0 if there was none."""
_UNTAGGED = (
    (0x20, 0, 0, _VLAN_TAG),
    (0x54, 0, 0, 0xFFF),
    (0x15, 0, 1, 0),
    (0x06, 0, 0, 0xFFFFFFFF),
    (0x06, 0, 0, 0),
)
"""Load, mask the VLAN's number, compare; take all of the frame, or nothing. Number 0 is a priority alone (802.1Q)."""


class PacketPort(Port):
    """Stands beside the kernel on an interface.

    EtherType 0x0007 is below 0x0600, so the kernel files such frames under 802.2: a socket bound to that type gets none
    of them, one for all protocols does.
    It takes the tag off a frame of another VLAN before we see it, and promiscuous as we are we would get that one,
    too: it is not for this interface (IEEE 802.1Q).
    The interface is promiscuous while the port is open, since the router's MAC need not be the interface's.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            with contextlib.suppress(PermissionError):  # without CAP_NET_ADMIN the default buffers have to do
                self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
                self._socket.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _SEND_BUFFER)
            self._socket.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
            self._take_untagged_alone()
            self._socket.bind((name, _ETH_P_ALL))
            membership = struct.pack("IHH8s", socket.if_nametoindex(name), _PACKET_MR_PROMISC, 0, b"")
            self._socket.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, membership)
        except OSError as error:
            raise PortError(_advice(name, error)) from error
        self._socket.setblocking(False)
        self._descriptor = self._socket.fileno()
        self._received, self._sent = ManyReceived(_AT_ONCE, _LARGEST), ManySent(_AT_ONCE)

    def _take_untagged_alone(self) -> None:
        octets = b"".join(struct.pack("HBBI", *instruction) for instruction in _UNTAGGED)
        program = ctypes.create_string_buffer(octets, len(octets))
        descriptor = struct.pack("HL", len(_UNTAGGED), ctypes.addressof(program))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, descriptor)

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._descriptor

    def receive(self, now: float, budget: int) -> list[bytes]:  # noqa: ARG002 - a socket needs no clock
        """Read frames that came in on the interface."""
        frames: list[bytes] = []
        try:
            for _ in range(min(budget, _WORTH_IT)):
                frames.append(self._socket.recv(_LARGEST))  # noqa: PERF401 - those before an error count
            while (room := min(budget - len(frames), _AT_ONCE)) > 0:
                frames += (came := self._received.receive(self._descriptor, room))
                if len(came) < room:
                    break
        except BlockingIOError:
            pass
        except OSError as error:  # said once, when the interface goes down; it may come up again
            if not self._socket.getsockname()[0]:
                raise PortError(f"interface {self._name}: it is gone") from error
        return frames

    def send(self, frame: bytes, now: float) -> bool:
        """Send one frame out of the interface."""
        return self.send_all((frame,), now) == 1

    def send_all(self, frames: Sequence[bytes], now: float) -> int:  # noqa: ARG002 - a socket needs no clock
        """Send frames out of the interface, many in one system call."""
        done = lost = 0
        while done < len(frames):
            try:
                done += self._send_some(frames[done:])
            except OSError:  # the interface is down, its queue full, or the frame larger than its MTU: lost on the wire
                done, lost = done + 1, lost + 1
        return done - lost

    def _send_some(self, frames: Sequence[bytes]) -> int:
        """Send the first frames; how many. Raises OSError if the first can't be sent."""
        if len(frames) >= _WORTH_IT:
            return self._sent.send(self._descriptor, frames)
        self._socket.send(frames[0])
        return 1

    def close(self) -> None:
        """Leave the interface to the kernel."""
        self._socket.close()


def _advice(name: str, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"interface {name}: {os.strerror(error.errno or 0)}; a packet socket needs CAP_NET_RAW (run as root)"
    return f"interface {name}: {error.strerror}; see `ip link` for the names of the interfaces that exist"

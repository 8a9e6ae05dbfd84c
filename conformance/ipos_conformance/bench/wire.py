"""The suite's own packet sockets, one per LAN: kept open, with a large buffer, kernel timestamps and drop counters."""

import ctypes
import errno
import select
import socket
import struct
import time
from collections.abc import Sequence

from ipos_spec.ethernet import ALTERNATIVE_ETHER_TYPE, ETHER_TYPE

from ipos_conformance.bench.link_watch import LinkWatch
from ipos_conformance.bench.pace import Pace
from ipos_conformance.errors import BenchError
from ipos_conformance.frames import ARP_TYPE, IPV4_TYPE, Direction, Frame, Lan

# <linux/if_packet.h>, <linux/if_ether.h>, <asm-generic/socket.h>: numbers that Python's socket module lacks.
_SOL_PACKET = 263
_PACKET_ADD_MEMBERSHIP, _PACKET_MR_PROMISC = 1, 1
_PACKET_STATISTICS = 6
_PACKET_IGNORE_OUTGOING = 23
_ETH_P_ALL = 3
_SO_RCVBUFFORCE, _SO_TIMESTAMPNS, _SO_ATTACH_FILTER = 33, 35, 26
_VLAN_TAG = 0xFFFFF000 + 44
"""<linux/filter.h>: IEEE 802.1Q's tag that the kernel has taken off, 0 if there was none."""
_RECEIVE_BUFFER = 16 << 20
_LARGEST_FRAME = 65536 + 18


class Port:
    """A packet socket on one interface. Bound to every protocol, because Linux takes 0x0007 for an 802.2 length.

    rate   frames that are sent in a second at most
    """

    def __init__(self, lan: Lan, interface: str, ether_type: int, rate: float = 10_000) -> None:
        self.lan = lan
        self.interface = interface
        self._ether_type = ether_type
        self._pace = Pace(rate)
        self._drops = 0
        try:
            # Protocol 0 until all is set: no frame of another interface slips in before the bind.
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self._configure()
            self._link = LinkWatch(interface)
        except PermissionError as error:
            raise BenchError("no permission for packet sockets: run as root or give the program CAP_NET_RAW") from error
        except OSError as error:
            raise BenchError(f"interface {interface}: {error.strerror}") from error

    def _configure(self) -> None:
        with _ignored_permission():
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        self._filter({IPV4_TYPE, ARP_TYPE, ETHER_TYPE, ALTERNATIVE_ETHER_TYPE, self._ether_type})
        self._socket.bind((self.interface, _ETH_P_ALL))
        index = socket.if_nametoindex(self.interface)
        membership = struct.pack("iHH8s", index, _PACKET_MR_PROMISC, 0, b"")
        self._socket.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, membership)
        self._socket.setblocking(False)

    def _filter(self, ether_types: set[int]) -> None:
        """Keep only frames of these EtherTypes, by octets 12-13 (classic BPF), and none of another VLAN.

        The kernel has taken the tag off when we see a frame: it is asked what that was. VID 0 is a priority alone.
        """
        load_word, load_half, jump_equal, mask, leave = 0x20, 0x28, 0x15, 0x54, 0x06
        count = len(ether_types)
        program = [(load_word, 0, 0, _VLAN_TAG), (mask, 0, 0, 0xFFF), (jump_equal, 1, 0, 0), (leave, 0, 0, 0)]
        program += [(load_half, 0, 0, 12)]
        program += [(jump_equal, count - n, 0, value) for n, value in enumerate(sorted(ether_types))]
        program += [(leave, 0, 0, 0), (leave, 0, 0, 0xFFFFFFFF)]
        octets = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
        buffer = ctypes.create_string_buffer(octets, len(octets))
        descriptor = struct.pack("HL", len(program), ctypes.addressof(buffer))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, descriptor)

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def send(self, octets: bytes) -> Frame:
        """Put one frame on the wire. Raises BenchError if the interface refuses it."""
        self._pace.wait()
        now = time.time()
        try:
            self._socket.send(octets)
        except OSError as error:
            if error.errno == errno.ENETDOWN:
                self._link.refused()
            problem = f"interface {self.interface} refuses a frame of {len(octets)} octets: {error.strerror}"
            raise BenchError(problem) from error
        return Frame(self.lan, Direction.SENT, now, octets, self._ether_type)

    def receive(self) -> list[Frame]:
        """All frames that wait, in order of arrival, or none. Raises BenchError if the LAN is gone."""
        frames: list[Frame] = []
        while True:
            try:
                octets, ancillary, _, _ = self._socket.recvmsg(_LARGEST_FRAME, 64)
            except BlockingIOError:
                return frames
            except OSError as error:
                if error.errno == errno.ENETDOWN:
                    return frames
                raise BenchError(f"interface {self.interface}: {error.strerror}") from error
            frames.append(Frame(self.lan, Direction.RECEIVED, _timestamp(ancillary), octets, self._ether_type))

    def drops(self) -> int:
        """Frames that our kernel has dropped since the port was opened."""
        statistics = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        self._drops += int(struct.unpack("II", statistics)[1])  # reading clears the kernel's counter
        return self._drops

    def link_losses(self) -> int:
        """How often the interface has been seen without link since the port was opened, one that is gone included."""
        self._link.look()
        return self._link.losses

    def close(self) -> None:
        """Give the interface back."""
        self._socket.close()
        self._link.close()


def wait(ports: Sequence[Port], seconds: float) -> list[Frame]:
    """Frames of all ports in order of their timestamps; returns with the first ones, or empty after ``seconds``."""
    ready, _, _ = select.select(ports, [], [], max(seconds, 0))
    return sorted((frame for port in ready for frame in port.receive()), key=lambda frame: frame.time)


def _timestamp(ancillary: list[tuple[int, int, bytes]]) -> float:
    for level, kind, octets in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("ll", octets[:16])
            return float(seconds + nanoseconds / 1e9)
    return time.time()


class _ignored_permission:  # noqa: N801 - reads as a statement
    """A larger buffer is a help, not a need: drops are counted, and make the case inconclusive."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: object, traceback: object) -> bool:
        return isinstance(error, PermissionError)

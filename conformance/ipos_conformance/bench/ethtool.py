"""What a network driver may do to frames on its own account, and how it is switched (<linux/ethtool.h>)."""

import contextlib
import ctypes
import fcntl
import socket
import struct
from enum import StrEnum

_SIOCETHTOOL = 0x8946
_GET_FLAGS, _SET_FLAGS = 0x25, 0x26
_LRO = 1 << 15


class Offload(StrEnum):
    """One kind, under the name that `ethtool -K` has for it."""

    RX = "rx"
    TX = "tx"
    TSO = "tso"
    GSO = "gso"
    GRO = "gro"
    LRO = "lro"


_COMMANDS = {
    Offload.RX: (0x14, 0x15),
    Offload.TX: (0x16, 0x17),
    Offload.TSO: (0x1E, 0x1F),
    Offload.GSO: (0x23, 0x24),
    Offload.GRO: (0x2B, 0x2C),
}
"""Commands that read and write one on/off value."""

_OF_A_TEST_BED = (Offload.TX, Offload.TSO, Offload.GSO, Offload.GRO)


def is_on(interface: str, offload: Offload) -> bool:
    """Whether it is switched on; one that the driver does not know is not. Raises OSError without such interface."""
    if offload is Offload.LRO:
        return bool(_ask(interface, _GET_FLAGS) & _LRO)
    return bool(_ask(interface, _COMMANDS[offload][0]))


def switch(interface: str, offload: Offload, *, on: bool) -> None:
    """Switch it. Raises OSError if the driver refuses or we may not."""
    if offload is Offload.LRO:
        flags = _ask(interface, _GET_FLAGS)
        _call(interface, _SET_FLAGS, flags | _LRO if on else flags & ~_LRO)
    else:
        _call(interface, _COMMANDS[offload][1], int(on))


def switch_offloads_off(interface: str) -> None:
    """Captured frames would otherwise carry partial checksums and be larger than the MTU."""
    for offload in _OF_A_TEST_BED:
        with contextlib.suppress(OSError):
            switch(interface, offload, on=False)


def _ask(interface: str, command: int) -> int:
    try:
        return _call(interface, command, 0)
    except PermissionError:
        raise
    except OSError:
        socket.if_nametoindex(interface)  # it is the driver that doesn't know the command, or there is none
        return 0


def _call(interface: str, command: int, value: int) -> int:
    record = ctypes.create_string_buffer(struct.pack("II", command, value), 8)
    request = struct.pack("16sP", interface.encode(), ctypes.addressof(record))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCETHTOOL, request)
    return int(struct.unpack("II", record.raw)[1])
